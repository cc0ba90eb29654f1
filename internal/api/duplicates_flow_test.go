package api_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ksync/internal/api"
	"ksync/store"
)

// cards are what is stored, by address book and name.
func (p *person) cards() map[string]string {
	p.Helper()
	all := map[string]string{}
	books, err := p.store.Collections(p.Context(), p.account.ID, store.AddressBook)
	p.must(err)
	for _, b := range books {
		page, err := p.store.Objects(p.Context(), store.Query{Account: p.account.ID, Collection: b.ID, WithBytes: true, MaxBytes: 1 << 30})
		p.must(err)
		for _, o := range page {
			all[b.URI+"/"+o.URI] = string(o.Bytes)
		}
	}
	return all
}

const base = "/api/v1/duplicates"

func TestDuplicates_FoundMergedUndoneHidden(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	book := ann.book("people", "")
	a, b := ann.twin(book, 0, "a.vcf", "PHOTO;ENCODING=b;TYPE=GIF:"+one), ann.twin(book, 0, "b.vcf", "NOTE:likes tea")
	ann.card(book, "g.vcf", "UID:g", "FN:Friends", "N:Friends;;;;", "X-ADDRESSBOOKSERVER-KIND:group", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:b.vcf")
	before := ann.cards()

	list := look[api.DuplicateGroups](ann, base)
	if len(list.Groups) != 1 || list.Total != 1 || list.Next != "" || list.Groups[0].Lane != "sure" || len(list.Groups[0].Cards) != 2 || list.Groups[0].Pairs != nil || !slices.Contains(list.Groups[0].Why, "phone same") || len(list.Groups[0].Why) > 3 {
		t.Fatalf("%+v", list)
	}
	g := look[api.DuplicateGroup](ann, base+"/"+list.Groups[0].ID)
	if len(g.Pairs) != 1 || len(g.Pairs[0].Reasons) < 3 || len(g.Cards[0].Values) < 4 || g.Cards[0].ETag != a.ETag || g.Cards[0].Photo == "" || g.Cards[1].Photo != "" {
		t.Errorf("%+v", g)
	}
	preview := decoded[api.MergePreview](t, ann.do("POST", base+"/preview", merging(t, a, b)))
	if len(preview.Cards) != 2 || !strings.Contains(preview.VCard, "NOTE:likes tea") || len(preview.Touched) != 1 || preview.Warnings == nil || len(preview.Fields) < 4 {
		t.Errorf("%+v", preview)
	}
	same(t, "a preview writes nothing", ann.cards(), before)

	done := decoded[api.MergeDone](t, ann.do("POST", base+"/merge", merging(t, a, b)))
	merged := ann.cards()
	if done.Removed != 1 || done.Regrouped != 1 || done.Card.URI != "a.vcf" || done.UID != "a.vcf" || len(merged) != 2 || merged["people/a.vcf"] != preview.VCard {
		t.Errorf("%+v, %d cards", done, len(merged))
	}
	undo := fmt.Sprintf("/api/v1/merges/%d/undo", done.Undo)
	would := look[api.MergeUndone](ann, undo)
	same(t, "an undo's preview writes nothing", ann.cards(), merged)
	did := decoded[api.MergeUndone](t, ann.do("POST", undo, ""))
	same(t, "outcomes", outcomes(did), map[string]string{"a.vcf": "restored", "b.vcf": "restored", "g.vcf": "restored"})
	same(t, "previewed outcomes", outcomes(would), outcomes(did))
	same(t, "undone", ann.cards(), before)
	if p := ann.do("POST", undo, "").problem(t); p != "undone" {
		t.Errorf("a second undo: %s", p)
	}

	if a := ann.do("POST", base+"/hide", text(t, map[string]any{"cards": did.Offer})); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	same(t, "open", look[api.DuplicateGroups](ann, base).Total, 0)
	pairs := ann.want(200, "GET", base+"/hidden", "")["pairs"].([]any)
	ann.want(204, "DELETE", base+"/hidden/"+number(t, pairs[0].(map[string]any)["id"]), "")
	same(t, "open again", look[api.DuplicateGroups](ann, base).Total, 1)
}

func outcomes(u api.MergeUndone) map[string]string {
	all := map[string]string{}
	for _, c := range u.Cards {
		all[c.URI] = c.Outcome
	}
	return all
}

func TestDuplicates_PagesLanesAndBooks(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	book, work := ann.book("people", ""), ann.book("work", "")
	for n := range 7 {
		second := book
		if n == 0 {
			second = work
		}
		ann.twin(book, n, fmt.Sprintf("%d a&b.vcf", n))
		ann.twin(second, n, fmt.Sprintf("%d b?c#d.vcf", n))
	}
	seen, pages := map[string]bool{}, 0
	for path := base + "?limit=3&lane=sure&lane=likely"; path != ""; pages++ {
		a := ann.do("GET", path, "")
		page := decoded[api.DuplicateGroups](t, a)
		for _, g := range page.Groups {
			if seen[g.ID] {
				t.Errorf("%s twice", g.ID)
			}
			seen[g.ID] = true
		}
		if link := a.header.Get("Link"); page.Total != 7 || link != "" && link != "<"+page.Next+`>; rel="next"` || (link == "") != (page.Next == "") {
			t.Errorf("%+v, Link %q", page, link)
		}
		path = page.Next
	}
	same(t, "seen, pages", []int{len(seen), pages}, []int{7, 3})
	for query, want := range map[string]int{
		"": 7, "?lane=sure": 7, "?lane=likely": 0, "?lane=possible": 0, "?book=" + itoa(work): 1, "?book=" + itoa(book): 7, "?book=999999": 0, "?cursor=zz": 7, "?cursor=%00": 7,
	} {
		if got := look[api.DuplicateGroups](ann, base+query); got.Total != want || got.Groups == nil {
			t.Errorf("%s: %d groups, want %d", query, got.Total, want)
		}
	}
	books := ann.want(200, "GET", base+"/books", "")["books"].([]any)
	counts := map[string]any{}
	for _, b := range books {
		counts[b.(map[string]any)["name"].(string)] = b.(map[string]any)["sure"]
	}
	delete(counts, "") // those that every account has
	same(t, "counts", map[string]any{"The people": counts["The people"], "The work": counts["The work"]}, map[string]any{"The people": 7.0, "The work": 1.0})
	for _, bad := range []string{"?limit=0", "?limit=201", "?lane=certain", "?book=x", "?cursor=" + strings.Repeat("x", 2201), "?page=2"} {
		if a := ann.do("GET", base+bad, ""); a.status < 400 || a.status == 500 {
			t.Errorf("%.40s: %d", bad, a.status)
		}
	}
}

func TestDuplicates_HistoryAndHiddenHavePages(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	book := ann.book("people", "")
	for n := range 3 {
		ann.pass(time.Second)
		ann.want(200, "POST", base+"/merge", merging(t, ann.twin(book, n, fmt.Sprintf("a%d.vcf", n)), ann.twin(book, n, fmt.Sprintf("b%d.vcf", n))))
		cards := []ref{ann.twin(book, 3+n, fmt.Sprintf("c%d.vcf", n)), ann.twin(book, 3+n, fmt.Sprintf("d%d.vcf", n))}
		ann.want(204, "POST", base+"/hide", text(t, map[string]any{"cards": cards}))
	}
	for path, list := range map[string]string{"/api/v1/merges": "merges", base + "/hidden": "pairs"} {
		var ids []float64
		pages := 0
		for next := path + "?limit=2"; next != ""; pages++ {
			page := ann.want(200, "GET", next, "")
			for _, one := range page[list].([]any) {
				ids = append(ids, one.(map[string]any)["id"].(float64))
			}
			next, _ = page["next"].(string)
		}
		if pages != 2 || len(ids) != 3 || len(slices.Compact(slices.Sorted(slices.Values(ids)))) != 3 {
			t.Errorf("%s: %v on %d pages", path, ids, pages)
		}
		for _, bad := range []string{"x", "-1", "1.", "99999999999999999999.1"} {
			if p := ann.do("GET", path+"?cursor="+bad, "").problem(t); p != "invalid-input" {
				t.Errorf("%s from %s: %q", path, bad, p)
			}
		}
	}
	made := ann.want(200, "GET", "/api/v1/merges?limit=1", "")["merges"].([]any)[0].(map[string]any)
	same(t, "entry", []any{made["kind"], made["removed"], made["card"].(map[string]any)["uri"], made["undone_at"]}, []any{"merge", 1.0, "a2.vcf", nil})
}

// Who saw an old state is told the new one, and what they then send is done.
func TestDuplicates_StaleGetsTheFreshState(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	book := ann.book("people", "")
	a, b := ann.twin(book, 0, "a.vcf"), ann.twin(book, 0, "b.vcf")
	edited := ann.twin(book, 0, "b.vcf", "NOTE:edited on the phone")
	before := ann.cards()
	for _, path := range []string{"/preview", "/merge"} {
		answer := ann.do("POST", base+path, merging(t, a, b))
		p := decoded[api.Problem](t, answer)
		if answer.problem(t) != "cards-changed" || answer.status != http.StatusPreconditionFailed || len(p.Cards) != 2 {
			t.Fatalf("%s: %d %s", path, answer.status, answer.body)
		}
		same(t, "fresh", []string{p.Cards[0].URI, p.Cards[0].ETag, p.Cards[1].URI, p.Cards[1].ETag}, []string{"a.vcf", a.ETag, "b.vcf", edited.ETag})
		b.ETag = p.Cards[1].ETag
		if path == "/preview" {
			b.ETag = "seen earlier"
		}
	}
	same(t, "nothing is written", ann.cards(), before)
	ann.want(200, "POST", base+"/merge", merging(t, a, b))
	if got := ann.cards()["people/a.vcf"]; !strings.Contains(got, "NOTE:edited on the phone") {
		t.Errorf("the edit is lost:\n%s", got)
	}
	hide := text(t, map[string]any{"cards": []ref{a, ann.twin(book, 0, "c.vcf")}})
	if p := ann.do("POST", base+"/hide", hide).problem(t); p != "cards-changed" {
		t.Errorf("hiding what has changed: %q", p)
	}
}

func withKey(key string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Idempotency-Key", key) }
}

func TestDuplicates_SameKeySameAnswer(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	book := ann.book("people", "")
	a, b, c := ann.twin(book, 0, "a.vcf"), ann.twin(book, 0, "b.vcf"), ann.twin(book, 0, "c.vcf")
	first := ann.do("POST", base+"/merge", merging(t, a, b), withKey(`"k \"1\\"`))
	merged := ann.cards()
	again := ann.do("POST", base+"/merge", merging(t, a, b), withKey(`"k \"1\\"`))
	if first.status != 200 || again.status != 200 || first.body != again.body || first.header.Get("Idempotency-Replayed") != "" || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("%d %s %v\n%d %s %v", first.status, first.body, first.header, again.status, again.body, again.header)
	}
	same(t, "cards", ann.cards(), merged)
	if p := ann.do("POST", base+"/merge", merging(t, a, c), withKey(`"k \"1\\"`)); p.problem(t) != "key-used" || p.status != 422 {
		t.Errorf("another request: %d %s", p.status, p.body)
	}
	if p := ann.do("POST", base+"/merge-sure", text(t, map[string]any{"book": ann.book("empty", "")}), withKey(`"k \"1\\"`)); p.status != 202 {
		t.Errorf("keys of jobs are their own: %d %s", p.status, p.body)
	}
	if p := ann.do("POST", base+"/merge", merging(t, a, b)).problem(t); p != "cards-gone" {
		t.Errorf("without the key: %q", p)
	}
	bob := ann.desk.add("bob@example.org")
	if p := bob.do("POST", base+"/merge", merging(t, a, b), withKey(`"k \"1\\"`)).problem(t); p != "cards-gone" {
		t.Errorf("the key of somebody else: %q", p)
	}
	same(t, "cards", ann.cards(), merged)
}

func TestDuplicates_KeysThatAreNone(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	book := ann.book("people", "")
	body := merging(t, ann.twin(book, 0, "a.vcf"), ann.twin(book, 0, "b.vcf"))
	for _, bad := range []string{`"`, `""`, `"open`, `"a"b"`, "k\u00e9y", `"a\b"`, `a"b`, strings.Repeat("x", 203)} {
		a := ann.do("POST", base+"/merge", body, withKey(bad))
		if p := a.problem(t); p != "malformed" && p != "invalid-input" {
			t.Errorf("%.20q: %d %s", bad, a.status, a.body)
		}
	}
	quoted := ann.do("POST", base+"/merge", body, withKey(`"8e03978e-40d5"`))
	bare := ann.do("POST", base+"/merge", body, withKey(`8e03978e-40d5`))
	if quoted.status != 200 || quoted.body != bare.body {
		t.Errorf("%s\n%s", quoted.body, bare.body)
	}
}

func TestDuplicates_AllSureOnesAsAJob(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	book := ann.book("people", "")
	for n := range 4 {
		ann.twin(book, n, fmt.Sprintf("a%d.vcf", n))
		ann.twin(book, n, fmt.Sprintf("b%d.vcf", n))
	}
	before := ann.cards()
	look[api.DuplicateGroups](ann, base)

	var calls atomic.Int32
	entered, leave := make(chan struct{}), make(chan struct{})
	hold := func() { // the first call is the request's own, the second the job's
		if calls.Add(1) == 2 {
			close(entered)
			<-leave
		}
	}
	ann.held.Store(&hold)
	started := ann.do("POST", base+"/merge-sure", text(t, map[string]any{"book": book}), withKey("k"))
	job := decoded[api.MergeJob](t, started)
	location := started.header.Get("Location")
	if started.status != http.StatusAccepted || location != fmt.Sprintf("%s/jobs/%d", base, job.ID) || job.State != "running" || job.Total != 4 || job.Ended != nil {
		t.Fatalf("%d %s, Location %q", started.status, started.body, location)
	}
	<-entered
	undo := fmt.Sprintf("/api/v1/merges/%d/undo", job.ID)
	for path, body := range map[string]string{base + "/merge-sure": `{}`, undo: ""} {
		if a := ann.do("POST", path, body); a.problem(t) != "job-running" || a.status != 409 {
			t.Errorf("%s while it runs: %d %s", path, a.status, a.body)
		}
	}
	if a := ann.do("POST", base+"/merge-sure", text(t, map[string]any{"book": book}), withKey("k")); a.status != 202 || decoded[api.MergeJob](t, a).ID != job.ID {
		t.Errorf("the same key: %d %s", a.status, a.body)
	}
	if p := ann.do("POST", base+"/merge-sure", `{}`, withKey("k")).problem(t); p != "key-used" {
		t.Errorf("another request: %q", p)
	}
	close(leave)
	for job.State == "running" {
		job = look[api.MergeJob](ann, location)
	}
	if job.State != "done" || job.Merged != 4 || job.Ended == nil || job.Failed+job.Choice+job.Changed != 0 || len(ann.cards()) != 4 {
		t.Errorf("%+v, %d cards", job, len(ann.cards()))
	}
	did := decoded[api.MergeUndone](t, ann.do("POST", undo, ""))
	same(t, "undone", ann.cards(), before)
	if len(did.Cards) != 8 || look[api.MergeJob](ann, location).State != "undone" {
		t.Errorf("%+v", did)
	}
}

func TestDuplicates_HostileValues(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	book := ann.book("people", "")
	const uri, name = `a"b&book=9#</x>é%2F.vcf`, "\"</script><img src=x onerror=alert(1)>\u2028\\ {{.}}"
	tel, photo := "TEL;TYPE=CELL:+41796112031", "PHOTO;ENCODING=b;TYPE=GIF:"+one
	a := ann.card(book, uri, "UID:"+`u"<>`, "FN:"+strings.ReplaceAll(name, `\`, `\\`), "N:Kx;"+"Anna;;;", tel, photo, "NOTE:\xff\xfe\x01")
	b := ann.card(book, "b.vcf", "UID:b", "FN:"+strings.ReplaceAll(name, `\`, `\\`), "N:Kx;"+"Anna;;;", tel, "PHOTO;ENCODING=b;TYPE=JPEG:"+"PGh0bWw+PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==")
	answer := ann.do("GET", base+"?lane=sure&lane=likely&lane=possible", "")
	list := decoded[api.DuplicateGroups](t, answer)
	if len(list.Groups) != 1 || !strings.HasPrefix(answer.header.Get("Content-Type"), "application/json") || answer.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Fatalf("%v %s", answer.header, answer.body)
	}
	cards := map[string]api.Card{}
	for _, c := range list.Groups[0].Cards {
		cards[c.URI] = c
	}
	if c := cards[uri]; c.Name != name || c.ETag != a.ETag {
		t.Errorf("%+v", c)
	}
	picture := ann.do("GET", cards[uri].Photo, "")
	if picture.status != 200 || picture.header.Get("Content-Type") != "image/gif" || !strings.HasPrefix(picture.body, "GIF89a") ||
		!strings.Contains(picture.header.Get("Content-Security-Policy"), "sandbox") || picture.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d %v", picture.status, picture.header)
	}
	if p := ann.do("GET", base+"/photo?book="+itoa(book)+"&uri=b.vcf", ""); p.problem(t) != "not-found" {
		t.Errorf("a page that says it is a picture: %d %v", p.status, p.header)
	}
	look[api.DuplicateGroup](ann, base+"/"+list.Groups[0].ID)
	if p := ann.do("GET", base+"/"+url.PathEscape(`x"<>/..`), "").problem(t); p != "not-found" {
		t.Errorf("a strange id: %q", p)
	}
	done := ann.want(200, "POST", base+"/merge", merging(t, a, b))
	if c := done["card"].(map[string]any); c["uri"] != uri {
		t.Errorf("%v", done)
	}
	same(t, "cards left", slices.Collect(maps.Keys(ann.cards())), []string{"people/" + uri})
}
