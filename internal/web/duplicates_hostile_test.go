package web

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

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
