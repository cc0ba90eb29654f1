package contentline_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/contentline"
)

// FuzzParse: what parses prints as it came, and an edit of each line keeps what all of them say.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "\ufeffBEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD\r\n", "BEGIN:X\nA;B=\"c\":\n d\nEND:X", "BEGIN:X\rA;QUOTED-PRINTABLE:=\r=3D\rEND:X\r",
		"BEGIN:X\r\r\n a\r\nitem1.A;B;C=^n,^':x\r\nBEGIN:Y\r\nEND:Y\r\njunk\r\nEND:X\r\n", "END:X", " a:b\nc:d", "BEGIN:X\nA;B=\"c:\xc3\n \xa9\nEND:X\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := contentline.Parse(data, contentline.Limits{MaxBytes: 1 << 16})
		if err != nil {
			return
		}
		if !bytes.Equal(doc.Bytes(), data) {
			t.Fatalf("Parse(%q).Bytes() = %q", data, doc.Bytes())
		}
		before := views(doc)
		for _, c := range doc.Components() {
			reprint(c)
		}
		again, err := contentline.Parse(doc.Bytes(), contentline.Limits{})
		if err != nil {
			t.Fatalf("reprinted %q: %v", doc.Bytes(), err)
		}
		if diff := cmp.Diff(before, views(again)); diff != "" {
			t.Fatalf("%s\nreprinted %q", diff, doc.Bytes())
		}
	})
}

// reprint makes every line print anew without changing what it says.
func reprint(c *contentline.Component) {
	for l := range c.Lines() {
		l.Set(l.Name, l.Value, l.Params)
	}
	for inner := range c.Components() {
		reprint(inner)
	}
}

// views lists the lines in components. Soft line breaks and raw line breaks in odd places are left out of the
// comparison: printing settles them.
func views(doc *contentline.Document) []view {
	var all []view
	var walk func(c *contentline.Component)
	walk = func(c *contentline.Component) {
		for l := range c.Lines() {
			v := viewOf(l)
			v.Value = strings.TrimRight(v.Value, "=")
			all = append(all, v)
		}
		for inner := range c.Components() {
			walk(inner)
		}
	}
	for _, c := range doc.Components() {
		walk(c)
	}
	return all
}
