package vcard_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/contentline"
	"ksync/internal/vcard"
)

func firstLine(t *testing.T, version, property string) *contentline.Line {
	t.Helper()
	for l := range parse(t, card(version, property+"\r\n")).Component.Lines() {
		if l.Name != "VERSION" {
			return l
		}
	}
	t.Fatal("no line")
	return nil
}

func TestFields_AsAReaderSeesThem(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		version, property string
		read              func(*contentline.Line) any
		want              any
	}{
		"text":              {"3.0", `FN:Muster\, Eva`, func(l *contentline.Line) any { return vcard.Text(l) }, "Muster, Eva"},
		"parts escape":      {"3.0", `N:Mus\;ter;Eva`, func(l *contentline.Line) any { return vcard.Parts(l) }, []string{"Mus;ter", "Eva"}},
		"parts quoted":      {"2.1", `N;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:B=C3=BChler;Z`, func(l *contentline.Line) any { return vcard.Parts(l) }, []string{"Bühler", "Z"}},
		"items":             {"3.0", `CATEGORIES:a,,b\,c`, func(l *contentline.Line) any { return vcard.Items(l) }, []string{"a", "b,c"}},
		"types bare":        {"2.1", `TEL;CELL;VOICE:1`, func(l *contentline.Line) any { return vcard.Types(l) }, []string{"cell", "voice"}},
		"types quoted list": {"4.0", `TEL;TYPE="Home,VOICE":1`, func(l *contentline.Line) any { return vcard.Types(l) }, []string{"home", "voice"}},
		"media 2.1":         {"2.1", "PHOTO;JPEG;BASE64:AA BB", func(l *contentline.Line) any { d, _ := vcard.Media(l); return d }, "AABB"},
		"media 3.0":         {"3.0", "PHOTO;ENCODING=b;TYPE=JPEG:AABB", func(l *contentline.Line) any { d, _ := vcard.Media(l); return d }, "AABB"},
		"media 4.0":         {"4.0", "PHOTO:data:image/jpeg;base64,AABB", func(l *contentline.Line) any { d, _ := vcard.Media(l); return d }, "AABB"},
		"media elsewhere":   {"4.0", "PHOTO:https://x.example/a.jpg", func(l *contentline.Line) any { _, in := vcard.Media(l); return in }, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, test.read(firstLine(t, test.version, test.property))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
