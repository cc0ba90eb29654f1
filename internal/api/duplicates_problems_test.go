package api_test

import (
	"strings"
	"testing"

	"ksync/internal/api"
	"ksync/internal/duplicates"
	"ksync/store"
)

// Every problem of merging and hiding, what it says, and that nothing is written.
func TestDuplicates_Problems(t *testing.T) {
	t.Parallel()
	ann := deskWithin(t, duplicates.Limits{Object: 600, Cards: 30}).add("ann@example.org")
	book, feed := ann.book("people", ""), ann.book("feed", "https://elsewhere.example/x.vcf")
	a, b := ann.twin(book, 0, "a.vcf"), ann.twin(book, 0, "b.vcf")
	large := ann.twin(book, 1, "large.vcf", "NOTE:"+strings.Repeat("x", 400))
	group := ann.card(book, "g.vcf", "UID:g", "FN:G", "X-ADDRESSBOOKSERVER-KIND:group")
	copied := ann.twin(feed, 2, "c.vcf")
	gone, elsewhere := ref{book, "gone.vcf", "x"}, ref{1 << 40, "a.vcf", "x"}
	with := func(choices string) string {
		return strings.TrimSuffix(merging(t, a, b), "}") + `,"choices":` + choices + "}"
	}
	before := ann.cards()
	for _, tt := range []struct {
		name, body, problem string
		status              int
		check               func(api.Problem) bool
	}{
		{"a card that is gone", merging(t, a, gone), "cards-gone", 409, func(p api.Problem) bool { return len(p.Cards) == 1 && p.Cards[0].URI == "gone.vcf" }},
		{"a book that is gone", merging(t, a, elsewhere), "cards-gone", 409, func(p api.Problem) bool { return len(p.Cards) == 1 && p.Cards[0].Book == 1<<40 }},
		{"too large", merging(t, a, large), "result-too-large", 413, func(p api.Problem) bool {
			return p.Property == "NOTE" && p.Bytes >= 400 && p.Limit == 600 && p.Size > 600
		}},
		{"a subscription", merging(t, a, copied), "read-only-book", 403, func(p api.Problem) bool { return p.Book == feed }},
		{"a group", merging(t, a, group), "not-a-contact", 422, nil},
		{"a card twice", merging(t, a, b, b), "no-such-merge", 422, nil},
		{"with itself", merging(t, a, a), "no-such-merge", 422, nil},
		{"a choice of no value", with(`{"pick":{"BDAY":{"card":1,"line":77}}}`), "no-such-merge", 422, nil},
		{"dropping no value", with(`{"drop":[{"card":1,"line":77}]}`), "no-such-merge", 422, nil},
		{"no duplicates", merging(t, a), "invalid-input", 422, nil},
		{"null", `{"reference":null,"duplicates":null}`, "invalid-input", 422, nil},
		{"too many", merging(t, a, make([]ref, 40)...), "invalid-input", 422, nil},
		{"no ETag", merging(t, a, ref{book, "b.vcf", ""}), "invalid-input", 422, nil},
		{"a long name", merging(t, a, ref{book, strings.Repeat("x", 1025), "x"}), "invalid-input", 422, nil},
		{"a negative book", merging(t, a, ref{-1, "x", "x"}), "invalid-input", 422, nil},
		{"an unknown field", with(`{"keep":[]}`), "invalid-input", 422, nil},
		{"a negative line", with(`{"drop":[{"card":1,"line":-1}]}`), "invalid-input", 422, nil},
		{"a thousand drops and one", with(`{"drop":[` + strings.Repeat(`{"card":0,"line":1},`, 1000) + `{"card":0,"line":1}]}`), "invalid-input", 422, nil},
		{"forty picks and one", with(`{"pick":{` + picks(41) + `}}`), "invalid-input", 422, nil},
		{"a megabyte", with(`{"pick":{"` + strings.Repeat("x", 1<<20) + `":{"card":0,"line":1}}}`), "too-large", 413, nil},
		{"half of it", merging(t, a, b)[:40], "malformed", 400, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, path := range []string{"/preview", "/merge"} {
				got := ann.do("POST", base+path, tt.body)
				if got.problem(t) != tt.problem || got.status != tt.status {
					t.Errorf("%s: %d %s", path, got.status, got.body)
				} else if tt.check != nil && !tt.check(decoded[api.Problem](t, got)) {
					t.Errorf("%s: %s", path, got.body)
				}
			}
		})
	}
	for name, tt := range map[string]struct{ body, problem string }{
		"a group": {text(t, map[string]any{"cards": []ref{a, group}}), "not-a-contact"},
		"gone":    {text(t, map[string]any{"cards": []ref{a, gone}}), "cards-gone"},
		"twice":   {text(t, map[string]any{"cards": []ref{a, a}}), "no-such-merge"},
		"one":     {text(t, map[string]any{"cards": []ref{a}}), "invalid-input"},
		"many":    {text(t, map[string]any{"cards": make([]ref, 41)}), "invalid-input"},
	} {
		if got := ann.do("POST", base+"/hide", tt.body).problem(t); got != tt.problem {
			t.Errorf("hiding %s: %q", name, got)
		}
	}
	same(t, "nothing is written", ann.cards(), before)
	if ann.logged.String() != "" {
		t.Errorf("logged %s", ann.logged)
	}
}

func picks(n int) string {
	var all []string
	for i := range n {
		all = append(all, `"P`+itoa(int64(i))+`":{"card":0,"line":1}`)
	}
	return strings.Join(all, ",")
}

// No choice makes a fault of a merge, not even one that leaves no name.
func TestDuplicates_DroppingEverything(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	book := ann.book("people", "")
	a, b := ann.twin(book, 0, "a.vcf"), ann.twin(book, 0, "b.vcf")
	preview := decoded[api.MergePreview](t, ann.do("POST", base+"/preview", merging(t, a, b)))
	var drop []api.ValueRef
	for _, f := range preview.Fields {
		for _, r := range f.Rows {
			for _, v := range r.Values {
				drop = append(drop, v.ValueRef)
			}
		}
	}
	body := text(t, map[string]any{"reference": a, "duplicates": []ref{b}, "choices": map[string]any{"drop": drop}})
	ann.want(200, "POST", base+"/merge", body)
	if got := ann.cards()["people/a.vcf"]; strings.Contains(got, "TEL") || !strings.Contains(got, "UID:a.vcf") {
		t.Errorf("%s", got)
	}
}

func TestDuplicates_NoRoom(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	book := ann.book("people", "")
	a, b := ann.twin(book, 0, "a.vcf"), ann.twin(book, 0, "b.vcf", "NOTE:tea")
	ann.must(ann.store.UpdateAccount(ann.Context(), ann.account.ID, func(a *store.Account) error { a.Quota = 1; return nil }))
	before := ann.cards()
	if got := ann.do("POST", base+"/merge", merging(t, a, b)); got.problem(t) != "full" || got.status != 507 {
		t.Errorf("%d %s", got.status, got.body)
	}
	same(t, "nothing is written", ann.cards(), before)
}

func TestDuplicates_MoreThanCanBeCompared(t *testing.T) {
	t.Parallel()
	ann := deskWithin(t, duplicates.Limits{Cards: 3}).add("ann@example.org")
	book := ann.book("people", "")
	for n := range 4 {
		ann.twin(book, n, itoa(int64(n)))
	}
	for _, path := range []string{base, base + "/books", base + "/x"} {
		if got := ann.do("GET", path, ""); got.problem(t) != "too-many-cards" || got.status != 409 {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}

func TestDuplicates_UnknownIDs(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	for method, paths := range map[string][]string{
		"GET":    {base + "/nonsense", base + "/jobs/7", "/api/v1/merges/7/undo", base + "/photo?book=7&uri=x"},
		"POST":   {"/api/v1/merges/7/undo"},
		"DELETE": {base + "/hidden/7"},
	} {
		for _, path := range paths {
			if got := ann.do(method, path, ""); got.problem(t) != "not-found" || got.status != 404 {
				t.Errorf("%s %s: %d %s", method, path, got.status, got.body)
			}
		}
	}
	for _, path := range []string{base + "/" + strings.Repeat("x", 65), base + "/jobs/x", base + "/photo?book=7", base + "/photo?uri=x"} {
		if p := ann.do("GET", path, "").problem(t); p != "invalid-input" {
			t.Errorf("%s: %q", path, p)
		}
	}
}

// What the reference shows as an example is taken by the operation, but for what it names, which is not there.
func TestDocument_ExamplesFit(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	document := ann.desk.do("GET", "/api/openapi.json", "").json(t)
	example := func(of any) any { // nil where there is none, or no JSON
		o, _ := of.(map[string]any)
		content, _ := o["content"].(map[string]any)
		media, _ := content["application/json"].(map[string]any)
		return media["example"]
	}
	sent, answers := 0, 0
	for path, item := range document["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			o := op.(map[string]any)
			if body := example(o["requestBody"]); body != nil {
				sent++
				if got := ann.do(strings.ToUpper(method), path, text(t, body)); got.problem(t) != "cards-gone" {
					t.Errorf("%s: %d %s", path, got.status, got.body)
				}
			}
			for _, answer := range o["responses"].(map[string]any) {
				if example(answer) != nil {
					answers++
				}
			}
		}
	}
	same(t, "examples", []bool{sent >= 2, answers >= 3}, []bool{true, true})
}
