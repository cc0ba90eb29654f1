package web

import (
	"net/url"
	"strings"
	"testing"

	"ksync/store"
)

// annas are three cards of one person.
func (h house) annas(c store.Collection) {
	h.Helper()
	for uri, more := range map[string]string{"one": "NOTE:first", "two": "EMAIL:anna@two.example", "three": "ORG:Third AG"} {
		h.put(c, uri, "N:Abegg;Annemarie;;;", "FN:Annemarie Abegg", "TEL;TYPE=CELL:+41793001112", "BDAY:1971-03-12", more)
	}
}

// Of three records one is left alone: it is neither changed nor removed, and
// what it says is not taken.
func TestDuplicates_OneOfThreeIsLeftAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	h.annas(book)
	a := p.firstGroup()
	p.says(a, "One record instead of 3")
	sent := formOf(a, "look")
	var alone string
	for i, card := range sent["card"] {
		if n := decimal(int64(i)); n != sent.Get("reference") {
			_, alone, _ = strings.Cut(card[strings.Index(card, " ")+1:], " ")
			sent.Set("out", n)
		}
	}
	before := h.cards(book)
	shown := p.follow(p.post(pathOf(a), sent))
	p.says(shown, "One record instead of 2")
	p.says(p.follow(p.post(pathOf(shown), formOf(shown, "merge"))), "Merged: 1 record went into Annemarie Abegg")
	after := h.cards(book)
	if len(after) != 2 || after[alone] != before[alone] {
		t.Errorf("%s was not left alone: %q", alone, after)
	}
}

// A hidden group is three pairs; the way back from the page after it shows all.
func TestDuplicates_HidingThreeIsTakenBackAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	h.annas(book)
	a := p.firstGroup()
	told := p.follow(p.post(pathOf(a), formOf(a, "hide")))
	sent := formOf(told, "")
	if got := len(sent["pair"]); got != 3 {
		t.Fatalf("%d pairs", got)
	}
	p.says(p.get(pathDuplicates), "No duplicates here")
	p.says(p.follow(p.post(pathHidden+"/show", url.Values{"pair": sent["pair"], "from": sent["from"]})), "One record instead of 3")
}

// Hidden fields that nobody's browser sends do nothing and are no fault.
func TestDuplicates_OddForms(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	h.annas(book)
	a := p.firstGroup()
	good := formOf(a, "merge")
	for name, change := range map[string]func(url.Values){
		"no cards":        func(v url.Values) { v.Del("card") },
		"one card":        func(v url.Values) { v["card"] = v["card"][:1] },
		"no reference":    func(v url.Values) { v.Del("reference") },
		"far reference":   func(v url.Values) { v.Set("reference", "9"); v.Set("shown", "9") },
		"below":           func(v url.Values) { v.Set("reference", "-1"); v.Set("shown", "-1") },
		"broken card":     func(v url.Values) { v["card"][0] = "x" },
		"a card twice":    func(v url.Values) { v["card"][1] = v["card"][0] },
		"all out":         func(v url.Values) { v["out"] = []string{"0", "1", "2"} },
		"without an ETag": func(v url.Values) { v["card"][0] = strings.Split(v["card"][0], " ")[0] + "  " + "one.vcf" },
		"next elsewhere":  func(v url.Values) { v.Set("next", "//evil.example"); v.Del("card") },
	} {
		v := url.Values{}
		for key, values := range good {
			v[key] = append([]string(nil), values...)
		}
		change(v)
		got := p.post(pathOf(a), v)
		if got.status >= 500 || got.status == 200 || strings.Contains(got.header.Get("Location"), "evil") {
			t.Errorf("%s: %d to %q\n%s", name, got.status, got.header.Get("Location"), text(got.body))
		}
	}
	if got := len(h.cards(book)); got != 3 {
		t.Errorf("%d cards are left", got)
	}
}
