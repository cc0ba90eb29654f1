package dedup

import (
	"bytes"
	"strings"
	"testing"

	"ksync/internal/contentline"
	"ksync/internal/vcard"
)

func seeds(f *testing.F) {
	for _, s := range []string{
		"N:Muster;Eva;;;\r\nFN:Eva Muster\r\nTEL:079 123 45 67\r\nEMAIL:e@x.example\r\nBDAY:1980-02-28\r\nADR:;;Seestrasse 9;Spiez;;3700;",
		"FN:欧阳伟\r\nTEL;VALUE=uri:tel:+86-138-0013-8018;ext=5\r\nORG:S.p.A. S.p.A.",
		"FN:\"\" (\r\nN:;;;;;;;;,\r\nEMAIL:<>@\r\nTEL:x5\r\nBDAY:--0230\r\nADR:9999999999\r\nURL:///",
		"item1.TEL:1\r\nitem1.X-ABLabel:a\r\nitem1.EMAIL:b\r\nNOTE:\\\r\nCATEGORIES:,,\\,\r\nPHOTO;ENCODING=b:AA A",
		"FN:ȺİẞȺ ȾȾ\r\nTEL:ȺȺȺȺȺȺȺȺ1x21\r\nEMAIL:ȺİẞȺ@İ.example\r\nORG:Ⱥ AG\r\nADR:;;ȺȾ 9;İ;;1;\r\nURL:ȺȾ://İ",
		"NOTE:T\xfcr\\\r\nNICKNAME;QUOTED-PRINTABLE:=E9\\\r\nCATEGORIES;ENCODING=b:AA",
		"TEL;PREF=1:1\r\nTEL;TYPE=pref,\"a,b\":2\r\nNOTE;ENCODING=QUOTED-PRINTABLE:=C3=\r\n=BC",
	} {
		f.Add([]byte(s), []byte(s))
		f.Add([]byte("FN:Eva Muster"), []byte(s))
	}
}

func wrap(version string, body []byte) []byte {
	return bytes.Join([][]byte{[]byte("BEGIN:VCARD\r\nVERSION:" + version), body, []byte("END:VCARD\r\n")}, []byte("\r\n"))
}

// FuzzScore: whatever a card holds, it can be compared, the same both ways, and is its own double.
func FuzzScore(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, x, y []byte) {
		a, errA := vcard.Parse(wrap("3.0", x))
		b, errB := vcard.Parse(wrap("3.0", y))
		if errA != nil || errB != nil {
			return
		}
		book := NewBook()
		book.Put("a", Normalise(a, "CH"))
		book.Put("b", Normalise(b, "CH"))
		for _, g := range book.Groups(true) {
			if g.Score < 0 || g.Score > 1 {
				t.Errorf("%+v", g)
			}
		}
		m, _ := book.Explain("a", "b")
		if back, _ := book.Explain("b", "a"); back.Score != m.Score {
			t.Errorf("%v, the other way %v", m, back)
		}
		book.Remove("a")
		book.Remove("b")
		if len(book.stats.words)+len(book.stats.carriers)+len(book.stats.orgs)+len(book.blocks)+len(book.alone)+book.stats.cards != 0 {
			t.Errorf("an empty book keeps %+v", book.stats)
		}
	})
}

// FuzzMerge: whatever two cards hold, their merge is a card with the reference's UID that has the texts and items of
// both, and merging again adds nothing.
func FuzzMerge(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, x, y []byte) {
		for _, version := range []string{"3.0", "4.0"} {
			a, errA := vcard.Parse(wrap("3.0", x))
			b, errB := vcard.Parse(wrap(version, y))
			if errA != nil || errB != nil || a.Group || b.Group {
				return
			}
			plan, err := Merge(a, []*vcard.Card{b}, Options{Region: "CH"})
			if err != nil {
				continue // what cannot be converted is not merged
			}
			c, err := vcard.Parse(plan.Merged)
			if err != nil {
				t.Fatalf("%v\n%q", err, plan.Merged)
			}
			if c.UID != a.UID {
				t.Fatalf("UID %q was %q", c.UID, a.UID)
			}
			for _, card := range []*vcard.Card{a, b} {
				checkTexts(t, card, c, plan.Merged)
			}
			again, err := Merge(c, []*vcard.Card{b}, Options{Region: "CH"})
			if err != nil {
				t.Fatal(err)
			}
			if len(again.Merged) > len(plan.Merged) {
				t.Fatalf("again:\n%q\n%q", plan.Merged, again.Merged)
			}
		}
	})
}

// checkTexts looks for the notes and the items of lists of a card in a merge.
func checkTexts(t *testing.T, card, merged *vcard.Card, text []byte) {
	t.Helper()
	from, err := inVersion(card, merged.Version)
	if err != nil {
		t.Fatal(err)
	}
	notes, items := texts(from)
	have, held := texts(merged.Component)
	for _, note := range notes {
		if !strings.Contains(strings.Join(have, " "), note) {
			t.Errorf("the note %q is not in %q", note, text)
		}
	}
	for item := range items {
		if !held[item] {
			t.Errorf("%q is not in %q", item, text)
		}
	}
}

func texts(c *contentline.Component) (notes []string, items map[string]bool) {
	items = map[string]bool{}
	for l := range c.Lines() {
		switch classOf(l.Name) {
		case note:
			notes = append(notes, plain(vcard.Text(l)))
		case list:
			for _, item := range vcard.Items(l) {
				items[l.Name+":"+plain(item)] = true
			}
		}
	}
	return notes, items
}
