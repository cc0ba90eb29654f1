package web

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ksync/internal/account"
	"ksync/internal/carddav"
	"ksync/internal/duplicates"
	"ksync/store"
)

// book is an account's first address book.
func (h house) book(a store.Account) store.Collection {
	h.Helper()
	all, err := h.store.Collections(h.Context(), a.ID, store.AddressBook)
	h.must(err)
	return all[0]
}

// put stores a card as a phone does.
func (h house) put(c store.Collection, uri string, lines ...string) {
	h.Helper()
	data := []byte("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:" + uri + "\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VCARD\r\n")
	index, err := carddav.Kind().Check(&c, data)
	h.must(err)
	_, err = h.store.PutObject(h.Context(), store.Put{Account: c.Account, Collection: c.ID, URI: uri + ".vcf", Bytes: data, Index: index})
	h.must(err)
}

// cards are the texts of an address book, by name.
func (h house) cards(c store.Collection) map[string]string {
	h.Helper()
	page, err := h.store.Objects(h.Context(), store.Query{Account: c.Account, Collection: c.ID, WithBytes: true, MaxBytes: 1 << 30})
	h.must(err)
	all := map[string]string{}
	for _, o := range page {
		all[o.URI] = string(o.Bytes)
	}
	return all
}

// roberts are two cards of one person.
func (h house) roberts(c store.Collection) {
	h.Helper()
	h.put(c, "robert", "N:Keller;Robert;;;", "FN:Robert Keller", "TEL;TYPE=CELL:+41 79 611 20 31", "EMAIL:robert@keller.example", "ORG:Acme AG;Sales", "BDAY:1980-02-28", "TITLE:Buyer", "CATEGORIES:friends", "NOTE:Likes tea")
	h.put(c, "bob", "N:Keller;Bob;;;", "FN:Bob Keller", "TEL;TYPE=CELL:079 611 20 31", "EMAIL:bob@work.example", "BDAY:1980-02-28", "TITLE:Boss", "CATEGORIES:work", "NOTE:Has a dog")
	h.put(c, "team", "N:Team;;;;", "FN:Team", "X-ADDRESSBOOKSERVER-KIND:group", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:bob", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:robert")
}

// pairOf are two cards that are surely one.
func (h house) pairOf(c store.Collection, n int) {
	h.Helper()
	name := []string{"Quentin", "Ottilie", "Wendelin", "Roswitha", "Ferdinand", "Leocadia"}[n%6]
	for i, more := range []string{"NOTE:first", "URL:https://example.org/" + name} {
		h.put(c, fmt.Sprintf("%s-%d", strings.ToLower(name), i), "N:Abegg;"+name+";;;", "FN:"+name+" Abegg", fmt.Sprintf("TEL;TYPE=CELL:+4179300%04d", n*731), "EMAIL:"+strings.ToLower(name)+"@abegg.example", fmt.Sprintf("BDAY:19%02d-03-1%d", 60+n, n), more)
	}
}

// visitor is a person with a house of duplicates who is signed in.
func (h house) visitor() (*person, store.Collection) {
	h.Helper()
	a := h.ann()
	p := h.person()
	p.signIn("")
	return p, h.book(a)
}

var groupPath = regexp.MustCompile(`/duplicates/groups/[0-9a-f]+[^"#]*`)

// firstGroup opens the first group of the list.
func (p *person) firstGroup() answer {
	p.Helper()
	a := p.get(pathDuplicates)
	found := groupPath.FindString(a.body)
	if found == "" {
		p.Fatalf("no group:\n%s", text(a.body))
	}
	return p.get(unescape(found))
}

// formOf are the fields of a page of a group, as a browser sends them.
func formOf(a answer, do string) url.Values {
	v := url.Values{"do": {do}}
	for _, tag := range inputs.FindAllString(a.body, -1) {
		at := attributesOf(tag)
		switch {
		case at["name"] == "" || at["name"] == "back" || at["name"] == "keys" || at["name"] == "language":
		case (at["type"] == "radio" || at["type"] == "checkbox") && !strings.HasSuffix(strings.SplitN(tag, " aria-", 2)[0], " checked") && !strings.Contains(tag, " checked"):
		default:
			v.Add(at["name"], unescape(at["value"]))
		}
	}
	return v
}

func pathOf(a answer) string { p, _, _ := strings.Cut(a.path, "?"); return p }

// labelled is the value of the radio or box whose text has these words.
func labelled(t *testing.T, a answer, name, words string) string {
	t.Helper()
	for _, found := range regexp.MustCompile(`(?s)<input [^>]*name="`+name+`" value="([^"]+)".*?</label>`).FindAllStringSubmatch(a.body, -1) {
		if strings.Contains(tags.ReplaceAllString(found[0], " "), words) {
			return found[1]
		}
	}
	t.Fatalf("no %s with %q:\n%s", name, words, text(a.body))
	return ""
}

func TestDuplicates_FromTheFirstPageToAMergeAndBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	if a := p.get(pathHome); strings.Contains(text(a.body), "possible duplicate") || !strings.Contains(a.body, "Manage duplicates<") {
		t.Errorf("without any:\n%s", text(a.body))
	}
	p.says(p.get(pathDuplicates), "No duplicates here")
	h.roberts(book)
	before := h.cards(book)
	p.says(p.get(pathHome), "1 possible duplicate", "Manage duplicates: 1 group")
	p.says(p.get(fmt.Sprintf("%s?book=%d", pathDuplicates, book.ID)), "Robert Keller", "All to look at (1)", "same phone number: +41796112031 · similar names: Bob Keller / Robert Keller")
	a := p.firstGroup()
	p.says(a, "same mobile: 079 611 20 31", "same birthday: 28 February 1980", "similar names: Bob Keller / Robert Keller",
		"identical", "same, written otherwise", "will be added", "another value is kept", "One record instead of 2", "will name the kept record: Team", "Group 1 of 1")
	done := p.follow(p.post(pathOf(a), formOf(a, "merge")))
	p.says(done, "Merged: 1 record went into Robert Keller", "This can be undone until", "No duplicates here")
	after := h.cards(book)
	if len(after) != 2 || !strings.Contains(after["robert.vcf"], "bob@work.example") || strings.Contains(after["team.vcf"], "uuid:bob") {
		t.Errorf("after the merge: %q", after)
	}
	undo := firstMatch(t, done.body, `/duplicates/merges/\d+/undo`)
	back := p.follow(p.post(undo, url.Values{"from": {hidden(t, done, "from")}}))
	p.says(back, "Undone: Robert Keller and the others are as before", "Group 1 of 1")
	if got := h.cards(book); fmt.Sprint(got) != fmt.Sprint(before) {
		t.Errorf("after the undo: %q", got)
	}
	p.says(p.follow(p.post(undo, nil)), "It had been undone before")
	p.says(p.get(pathHistory), "1 record merged into Robert Keller", "Merge of Robert Keller undone", "Undone:")
	again := p.follow(p.post(firstMatch(t, back.body, `/duplicates/merges/\d+/undo`), nil))
	p.says(again, "Undone. The contacts are back")
	if got := h.cards(book); len(got) != 2 {
		t.Errorf("after the undo of the undo: %q", got)
	}
}

func TestDuplicates_ChoicesAreFollowed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	h.roberts(book)
	a := p.firstGroup()
	sent := formOf(a, "look")
	sent.Set("pick-TITLE", labelled(t, a, "pick-TITLE", "Boss"))
	sent.Set("pick-FN", labelled(t, a, "pick-FN", "Bob Keller"))
	sent.Add("drop", labelled(t, a, "drop", "robert@keller.example"))
	sent.Add("drop", labelled(t, a, "drop", "Has a dog"))
	looked := p.post(pathOf(a), sent)
	if looked.status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", looked.status, text(looked.body))
	}
	shown := p.follow(looked)
	p.says(shown, "left out")
	if got := formOf(shown, "merge"); !slices.Equal(got["drop"], sent["drop"]) || got.Get("pick-TITLE") != sent.Get("pick-TITLE") || got.Get("pick-FN") != sent.Get("pick-FN") {
		t.Errorf("the page forgot what was chosen: %v, want %v", got, sent)
	}
	if len(h.cards(book)) != 3 {
		t.Error("looking changed something")
	}
	p.follow(p.post(pathOf(shown), formOf(shown, "merge")))
	got := h.cards(book)["robert.vcf"]
	for want, there := range map[string]bool{
		"TITLE:Boss": true, "TITLE:Buyer": false, "FN:Bob Keller": true, "robert@keller.example": false, "bob@work.example": true,
		"dog": false, "tea": true, "friends": true, "work": true, "UID:robert": true,
	} {
		if strings.Contains(got, want) != there {
			t.Errorf("%q there: %v\n%s", want, !there, got)
		}
	}
}

// Who picks another record without a script sees what that does before it is
// done; what was chosen of the values stays.
func TestDuplicates_AnotherReferenceIsShownFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	h.roberts(book)
	a := p.firstGroup()
	sent := formOf(a, "merge")
	other := map[string]string{"0": "1", "1": "0"}[sent.Get("reference")]
	sent.Set("reference", other)
	sent.Add("drop", labelled(t, a, "drop", "robert@keller.example"))
	shown := p.follow(p.post(pathOf(a), sent))
	if len(h.cards(book)) != 3 || hidden(t, shown, "shown") != other {
		t.Fatalf("merged unseen:\n%s", text(shown.body))
	}
	p.says(p.follow(p.post(pathOf(shown), formOf(shown, "merge"))), "went into Bob Keller")
	if got := h.cards(book)["bob.vcf"]; strings.Contains(got, "robert@keller") || !strings.Contains(got, "Likes tea") {
		t.Errorf("%s", got)
	}
}

func TestDuplicates_NothingIsMergedThatChangedMeanwhile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	h.roberts(book)
	a := p.firstGroup()
	sent := formOf(a, "merge")
	sent.Add("drop", labelled(t, a, "drop", "bob@work.example"))
	h.put(book, "bob", "N:Keller;Bob;;;", "FN:Bob Keller", "TEL;TYPE=CELL:079 611 20 31", "EMAIL:bob@work.example", "BDAY:1980-02-28", "NOTE:edited on the phone")
	before := h.cards(book)
	stale := p.post(pathOf(a), sent)
	if stale.status != http.StatusPreconditionFailed {
		t.Errorf("%d", stale.status)
	}
	p.says(stale, "changed meanwhile", "nothing is lost", "edited on the phone")
	again := formOf(stale, "merge")
	if !slices.Equal(again["drop"], sent["drop"]) {
		t.Errorf("the choices that still hold: %v, want %v", again["drop"], sent["drop"])
	}
	if fmt.Sprint(h.cards(book)) != fmt.Sprint(before) {
		t.Error("something was written")
	}
	p.says(p.follow(p.post(pathOf(stale), again)), "Merged")
	if got := h.cards(book)["robert.vcf"]; !strings.Contains(got, "edited on the phone") {
		t.Errorf("%s", got)
	}
}

func TestDuplicates_AFormIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	h.roberts(book)
	a := p.firstGroup()
	for name, sent := range map[string]url.Values{"plain": formOf(a, "merge")} {
		sent.Add("drop", labelled(t, a, "drop", "bob@work.example"))
		first, second := p.post(pathOf(a), sent), p.post(pathOf(a), sent)
		if first.status != 303 || second.header.Get("Location") != first.header.Get("Location") {
			t.Errorf("%s: %d %q, then %d %q", name, first.status, first.header.Get("Location"), second.status, second.header.Get("Location"))
		}
	}
	if got := strings.Count(p.get(pathHistory).body, "/duplicates/merges/"); got != 1 {
		t.Errorf("%d merges", got)
	}
}

func TestDuplicates_HideAndShowAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	h.roberts(book)
	h.pairOf(book, 1)
	p.get(pathDuplicates)
	a := p.get(pathDuplicates + "?lane=likely")
	if groupPath.FindString(a.body) == "" {
		a = p.get(pathDuplicates)
	}
	a = p.get(unescape(groupPath.FindString(a.body)))
	name := hidden(t, a, "card")
	told := p.follow(p.post(pathOf(a), formOf(a, "hide")))
	p.says(told, "Hidden: these are not duplicates")
	if len(h.cards(book)) != 5 {
		t.Error("hiding changed a card")
	}
	pair := hidden(t, told, "pair")
	p.says(p.get(pathHidden), "≠", "Stop hiding")
	back := p.follow(p.post(pathHidden+"/show", url.Values{"pair": {pair}, "from": {hidden(t, told, "from")}}))
	if hidden(t, back, "card") != name {
		t.Errorf("not the group that was hidden:\n%s", text(back.body))
	}
	p.says(p.get(pathHidden), "Nothing is hidden")
}

func TestDuplicates_RefusalsAreTold(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		do     func(h house, book store.Collection)
		status int
		says   string
	}{
		"deleted": {func(h house, book store.Collection) {
			h.must(h.store.DeleteObject(h.Context(), store.Delete{Account: book.Account, Collection: book.ID, URI: "bob.vcf"}))
		}, 303, "changed or deleted meanwhile"},
		"quota": {func(h house, book store.Collection) {
			h.must(h.store.UpdateAccount(h.Context(), book.Account, func(a *store.Account) error { a.Quota = 10; return nil }))
		}, 507, "Your space is full"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			p, book := h.visitor()
			h.roberts(book)
			a := p.firstGroup()
			tt.do(h, book)
			got := p.post(pathOf(a), formOf(a, "merge"))
			if got.status != tt.status {
				t.Errorf("%d, want %d\n%s", got.status, tt.status, text(got.body))
			}
			p.says(p.follow(got), tt.says)
		})
	}
}

// wordy are two cards of one person that are together larger than a card may be.
func wordy(t *testing.T) (h house, p *person, book store.Collection) {
	t.Helper()
	h = newHouse(t, func(so *account.ServiceOptions, o *Options) {
		o.Duplicates = duplicates.New(duplicates.Options{Store: o.Store, Check: carddav.Kind().Check, Limits: duplicates.Limits{Object: 900}})
	})
	p, book = h.visitor()
	h.roberts(book)
	h.put(book, "bob", "N:Keller;Bob;;;", "FN:Bob Keller", "TEL;TYPE=CELL:079 611 20 31", "EMAIL:bob@work.example", "BDAY:1980-02-28", "NOTE:"+strings.Repeat("x", 800))
	return h, p, book
}

// What is too large as it is can be made smaller where it is looked at.
func TestDuplicates_WhatIsTooLargeCanBeTrimmed(t *testing.T) {
	t.Parallel()
	h, p, book := wordy(t)
	a := p.firstGroup()
	sent := formOf(a, "look")
	sent.Add("drop", labelled(t, a, "drop", "bob@work.example"))
	still := p.follow(p.post(pathOf(a), sent))
	p.says(still, "too large: ", "left out")
	if still.status != 413 {
		t.Errorf("%d", still.status)
	}
	sent.Add("drop", labelled(t, still, "drop", "xxx"))
	fits := p.follow(p.post(pathOf(a), sent))
	p.says(fits, "One record instead of 2")
	if fits.status != 200 || strings.Contains(fits.body, "too large: ") {
		t.Errorf("%d\n%s", fits.status, text(fits.body))
	}
	p.says(p.follow(p.post(pathOf(a), formOf(fits, "merge"))), "Merged: 1 record went into Robert Keller")
	if got := h.cards(book)["robert.vcf"]; strings.Contains(got, "xxx") || strings.Contains(got, "bob@work") || !strings.Contains(got, "Likes tea") {
		t.Errorf("%s", got)
	}
}

// What cannot be merged as it is is told where it is looked at, and can be hidden.
func TestDuplicates_WhatCannotBeMergedCanBeHidden(t *testing.T) {
	t.Parallel()
	_, p, _ := wordy(t)
	a := p.firstGroup()
	p.says(a, "too large: ", "The largest part is Note")
	if a.status != 413 || strings.Contains(a.body, `value="merge"`) {
		t.Errorf("%d, or it can be merged", a.status)
	}
	p.says(p.follow(p.post(pathOf(a), formOf(a, "merge"))), "too large")
	p.says(p.follow(p.post(pathOf(a), formOf(a, "hide"))), "Hidden: these are not duplicates")
}

const onePixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

// What others wrote into a card is text, and never a link, a script or a page.
func TestDuplicates_HostileCards(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	evil := []string{"FN:<script>alert(1)</script>\"' onload=x", "N:<img src=x onerror=alert(1)>;\u202eevil;;;", "TEL;TYPE=CELL:+41796112031", "BDAY:1980-02-28", "EMAIL:<svg/onload=alert(1)>@x.example",
		"URL:javascript:alert(1)", "NOTE:{{.}}<iframe srcdoc=x>", "X-\"><script>:x", "ORG:</table></form><form action=//evil.example>", "CATEGORIES:<b>a</b>"}
	svg := base64.StdEncoding.EncodeToString([]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`))
	h.put(book, "a", slices.Concat(evil[:7], evil[8:], []string{"PHOTO;ENCODING=b;TYPE=SVG:" + svg})...)
	h.put(book, "b", slices.Concat(evil[:7], []string{"NOTE:other", "URL:data:text/html,<script>alert(1)</script>", "PHOTO;ENCODING=b;TYPE=HTML:" + onePixel})...)
	list, group := p.get(pathDuplicates), p.firstGroup()
	for _, a := range []answer{list, group} {
		if a.status != 200 {
			t.Fatalf("%s: %d", a.path, a.status)
		}
		for _, never := range []string{"<script>alert", "<img src=x", "<iframe", "<b>a</b>", `href="javascript:`, `href="data:`, "onerror=alert(1)>", "<form action=//evil", "<svg/onload"} {
			if strings.Contains(a.body, never) {
				t.Errorf("%s has %q", a.path, never)
			}
		}
	}
	p.says(group, "javascript:alert(1)")
	if strings.Contains(firstMatch(t, group.header.Get("Content-Security-Policy"), "script-src[^;]*"), "unsafe") {
		t.Error("the policy is weak")
	}
	merged := p.follow(p.post(pathOf(group), formOf(group, "merge")))
	if strings.Contains(merged.body, "<script>alert") {
		t.Errorf("the confirmation:\n%s", merged.body)
	}
}

func TestDuplicates_PhotosAreOfTheirOwnerAndOnlyPictures(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	raw := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for name, photo := range map[string]string{
		"png": "PHOTO;ENCODING=b;TYPE=HTML:" + onePixel, "svg": "PHOTO;ENCODING=b;TYPE=PNG:" + raw("<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>"),
		"html": "PHOTO;ENCODING=b;TYPE=JPEG:" + raw("<!DOCTYPE html><script>1</script>"), "pdf": "PHOTO;ENCODING=b:" + raw("%PDF-1.4"), "far": "PHOTO;VALUE=uri:https://evil.example/x.png", "none": "NOTE:x",
	} {
		h.put(book, name, "N:"+name+";;;;", "FN:"+name, photo)
	}
	at := func(name string) string {
		return pathPhoto + "?" + url.Values{"book": {decimal(book.ID)}, "card": {name + ".vcf"}}.Encode()
	}
	a := p.get(at("png"))
	want, _ := base64.StdEncoding.DecodeString(onePixel)
	if a.status != 200 || !bytes.Equal([]byte(a.body), want) {
		t.Errorf("the picture: %d %q", a.status, a.body)
	}
	for name, value := range map[string]string{"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=3600", "Content-Security-Policy": "default-src 'none'; sandbox", "Cross-Origin-Resource-Policy": "same-origin"} {
		if got := a.header.Get(name); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
	for _, name := range []string{"svg", "html", "pdf", "far", "none", "nobody"} {
		if a := p.get(at(name)); a.status != 404 || strings.Contains(a.header.Get("Cache-Control"), "max-age") {
			t.Errorf("%s: %d %v", name, a.status, a.header)
		}
	}
	stranger := h.person()
	stranger.leads(stranger.get(at("png")), "/sign-in?next="+url.QueryEscape(at("png")))
	bob := h.bob()
	if a := bob.get(at("png")); a.status != 404 {
		t.Errorf("another account: %d", a.status)
	}
}

// bob is somebody else, signed in.
func (h house) bob() *person {
	h.Helper()
	b, err := account.Create(h.Context(), h.store, store.Account{Login: "bob@example.org", Locale: "en"})
	h.must(err)
	h.must(h.accounts.ImposePassword(h.Context(), b.ID, annsPassword))
	p := h.person()
	p.leads(p.post("/sign-in", url.Values{"login": {"bob@example.org"}, "password": {annsPassword}}), "/account")
	return p
}

// Nobody reaches the groups, cards, merges or pairs of another account, by
// whatever name.
func TestDuplicates_AreOfTheirAccount(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	h.roberts(book)
	h.pairOf(book, 2)
	bob := h.bob()
	a := p.firstGroup()
	if got := bob.get(a.path); got.status != 303 {
		t.Errorf("the group: %d\n%s", got.status, text(got.body))
	}
	before := h.cards(book)
	for _, do := range []string{"merge", "hide", "look"} {
		if got := bob.follow(bob.post(pathOf(a), formOf(a, do))); strings.Contains(got.body, "Keller") || strings.Contains(got.body, "Abegg") {
			t.Errorf("%s:\n%s", do, text(got.body))
		}
	}
	if fmt.Sprint(h.cards(book)) != fmt.Sprint(before) {
		t.Error("somebody else changed a card")
	}
	merged := p.follow(p.post(pathOf(a), formOf(a, "merge")))
	after := h.cards(book)
	undo := firstMatch(t, merged.body, `/duplicates/merges/\d+/undo`)
	bob.follow(bob.post(undo, url.Values{"sure": {"1"}}))
	if got := bob.get(strings.TrimSuffix(undo, "/undo")); got.status != 404 {
		t.Errorf("the merge: %d", got.status)
	}
	if fmt.Sprint(h.cards(book)) != fmt.Sprint(after) {
		t.Error("somebody else undid a merge")
	}
	p.firstGroup()
	a = p.firstGroup()
	p.post(pathOf(a), formOf(a, "hide"))
	pair := hidden(t, p.get(pathHidden), "pair")
	bob.post(pathHidden+"/show", url.Values{"pair": {pair}})
	p.says(p.get(pathHidden), "Stop hiding")
}

func TestDuplicates_AllSureOnes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	for n := range 4 {
		h.pairOf(book, n)
	}
	before := h.cards(book)
	p.says(p.get(pathDuplicates), "Merge all 4 sure groups", "Sure (4)")
	a := p.get(pathSure)
	p.says(a, "Quentin Abegg", "Roswitha Abegg", "Look through the groups first")
	sent := url.Values{formField: {hidden(t, a, formField)}}
	job := p.post(pathSure, sent)
	again := p.post(pathSure, sent)
	if job.status != 303 || job.header.Get("Location") != again.header.Get("Location") {
		t.Errorf("twice: %q and %q", job.header.Get("Location"), again.header.Get("Location"))
	}
	done := p.get(job.header.Get("Location"))
	for strings.Contains(done.body, "refresh") {
		done = p.get(job.header.Get("Location"))
	}
	p.says(done, "4 of 4 groups", "4 groups merged", "All sure duplicates are merged")
	if got := h.cards(book); len(got) != 4 {
		t.Errorf("%d cards", len(got))
	}
	p.says(p.follow(p.post(firstMatch(t, done.body, `/duplicates/merges/\d+/undo`), nil)), "Undone. The contacts are back")
	if got := h.cards(book); fmt.Sprint(got) != fmt.Sprint(before) {
		t.Errorf("after the undo: %q", got)
	}
}

// While a job runs its page asks for itself again, without a script.
func TestDuplicates_APageOfAJobReloadsItself(t *testing.T) {
	t.Parallel()
	r := gallery(t)
	for name, want := range map[string]bool{"duplicates-job": true, "duplicates-job-done": false} {
		if got := strings.Contains(exhibited(t, r, name, "en"), `<noscript><meta http-equiv="refresh" content="2"></noscript>`); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestDuplicates_UndoAfterAnEditIsShownFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	h.roberts(book)
	a := p.firstGroup()
	merged := p.follow(p.post(pathOf(a), formOf(a, "merge")))
	h.put(book, "robert", "N:Keller;Robert;;;", "FN:Robert Keller", "TEL;TYPE=CELL:+41 79 611 20 31", "NOTE:edited since")
	undo := firstMatch(t, merged.body, `/duplicates/merges/\d+/undo`)
	asked := p.follow(p.post(undo, nil))
	p.says(asked, "Something was edited since", "the edits stay", "comes back as it was")
	if len(h.cards(book)) != 2 {
		t.Error("undone unasked")
	}
	p.follow(p.post(undo, url.Values{"sure": {"1"}}))
	if got := h.cards(book); len(got) != 3 || !strings.Contains(got["robert.vcf"], "edited since") {
		t.Errorf("%q", got)
	}
}

func TestDuplicates_KeysCanBeTurnedOff(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	h.roberts(book)
	a := p.firstGroup()
	if !strings.Contains(a.body, `aria-keyshortcuts="m"`) {
		t.Error("no keys")
	}
	off := p.post(pathKeys, url.Values{"keys": {"off"}, "back": {a.path}})
	p.leads(off, a.path)
	if got := p.get(a.path); strings.Contains(got.body, "aria-keyshortcuts") {
		t.Error("keys are on")
	}
	p.post(pathKeys, url.Values{"keys": {"on"}, "back": {"//evil.example"}})
	if got := p.get(a.path); !strings.Contains(got.body, "aria-keyshortcuts") {
		t.Error("keys are off")
	}
}
