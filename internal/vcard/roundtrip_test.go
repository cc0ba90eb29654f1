package vcard_test

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/contentline"
	"ksync/internal/vcard"
)

// checkConversions holds a card to what must be true of every one: both versions can be made and parse; a round trip
// loses no property; a second round trip changes nothing; what is served is complete UTF-8.
func checkConversions(t testing.TB, path string, data []byte) {
	t.Helper()
	c, err := vcard.Parse(data)
	if err != nil {
		return
	}
	for _, there := range []string{vcard.V3, vcard.V4} {
		back := vcard.V3
		if there == vcard.V3 {
			back = vcard.V4
		}
		start := mustConvert(t, path, data, back)
		other := mustConvert(t, path, start, there)
		again := mustConvert(t, path, other, back)
		if diff := cmp.Diff(meaning(t, start), meaning(t, again)); diff != "" && c.Version == back && modern(c) {
			t.Errorf("%s: %s to %s and back: %s", path, back, there, diff)
		}
		settled := mustConvert(t, path, mustConvert(t, path, again, there), back)
		if diff := cmp.Diff(string(again), string(settled)); diff != "" {
			t.Errorf("%s: a second round trip from %s changes: %s", path, back, diff)
		}
		checkServed(t, path, c, there)
	}
}

// modern says whether the properties of the card can be compared as they stand.
func modern(c *vcard.Card) bool {
	for range c.Component.Components() {
		return false
	}
	return utf8.Valid(c.Bytes())
}

func mustConvert(t testing.TB, path string, data []byte, version string) []byte {
	t.Helper()
	c, err := vcard.Parse(data)
	if err != nil {
		t.Fatalf("%s: %v\n%q", path, err, data)
	}
	out, err := c.Convert(version)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	made, err := vcard.Parse(out)
	if err != nil || made.Version != version {
		t.Fatalf("%s: made version %q of %q, error %v\n%q", path, made.Version, version, err, out)
	}
	return out
}

// meaning counts properties by what they are called in 4.0, and by value where no version rewrites it.
func meaning(t testing.TB, data []byte) map[string]int {
	c, err := vcard.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for l := range c.Component.Lines() {
		name := strings.TrimPrefix(l.Name, "X-")
		switch name {
		case "ABLABEL", "SORT-STRING", "LABEL", "VERSION":
			continue // become a parameter or a type, and may become one later
		case "ABDATE", "ABRELATEDNAMES", "AGENT", "RELATED", "ANNIVERSARY", "ABSHOWAS", "KIND", "GENDER", "REV", "BDAY":
			found["date, relation, kind"]++
			continue
		case "ADR":
			if strings.Trim(l.Value, ";") == "" {
				continue // stands for a LABEL
			}
		case "PHOTO", "LOGO", "SOUND", "KEY", "TEL", "TZ", "GEO":
			found[name]++
			continue
		}
		found[name+":"+contentline.Unescape(l.Value)]++
	}
	return found
}

// checkServed looks for what stops clients. The bytes are looked at as lines, not through the parser that made them.
func checkServed(t testing.TB, path string, c *vcard.Card, version string) {
	t.Helper()
	out := c.Serve(version)
	served, err := vcard.Parse(out)
	switch {
	case err != nil:
		t.Errorf("%s: served %q: %v", path, out, err)
		return
	case served.Version != version || served.FN == "":
		t.Errorf("%s: served version %q, FN %q", path, served.Version, served.FN)
	case version == vcard.V3 && served.Component.First("N") == nil:
		t.Errorf("%s: served without N", path)
	case !utf8.Valid(out):
		t.Errorf("%s: served no UTF-8: %q", path, out)
	case !bytes.Equal(served.Serve(version), out):
		t.Errorf("%s: serving what was served changes it:\n%q\n%q", path, out, served.Serve(version))
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(string(out), "\r\n"), "\r\n") {
		if line == "" || strings.ContainsAny(line, "\r\n") {
			t.Errorf("%s: served the line %q", path, line)
		}
	}
}

func TestCorpus_Conversions(t *testing.T) {
	t.Parallel()
	eachOfCorpus(t, func(path, _, _ string, data []byte) { checkConversions(t, path, data) })
}

func TestCorpus_Import(t *testing.T) {
	t.Parallel()
	count := regexp.MustCompile(`(\d+)-cards`)
	eachOfCorpus(t, func(path, class, note string, data []byte) {
		items, err := vcard.Split(data)
		if class == "invalid" {
			return
		}
		want := "1"
		if m := count.FindStringSubmatch(note); m != nil {
			want = m[1]
		}
		nested := strings.Contains(note, "nested-VCARD")
		if err != nil || strconv.Itoa(len(items)) != want && !nested {
			t.Errorf("%s: %d items, want %s, error %v", path, len(items), want, err)
		}
		for _, it := range items {
			if it.Err != nil {
				t.Errorf("%s: %v", path, it.Err)
			}
		}
		checkItems(t, path, items)
	})
}

// checkItems: every item can be stored, and importing it again changes nothing.
func checkItems(t testing.TB, path string, items []vcard.Item) {
	t.Helper()
	for _, it := range items {
		if it.Err != nil {
			continue
		}
		c, err := vcard.Parse(it.Bytes)
		if err != nil {
			t.Errorf("%s: %v\n%q", path, err, it.Bytes)
			continue
		}
		if c.UID == "" || c.UID != it.UID || !utf8.Valid(it.Bytes) || !slices.Contains([]string{vcard.V3, vcard.V4}, c.Version) {
			t.Errorf("%s: UID %q (item %q), version %q\n%q", path, c.UID, it.UID, c.Version, it.Bytes)
		}
		again, err := vcard.Split(it.Bytes)
		if err != nil || len(again) != 1 || !bytes.Equal(again[0].Bytes, it.Bytes) {
			t.Errorf("%s: imported again: %v, %q", path, err, again)
		}
	}
}

// FuzzConvert: no card makes the conversions, the import or the filters fail or lose what they must keep.
func FuzzConvert(f *testing.F) {
	for _, seed := range []string{
		"N;SORT-AS=a:Doe\nADR;LABEL=\"a^nb\";TYPE=home:;;x;;;;\nKIND:group\nMEMBER:urn:uuid:x", "BDAY:--0512\nANNIVERSARY:20090808\nRELATED;VALUE=text;TYPE=spouse:x",
		"PHOTO;ENCODING=b;TYPE=JPEG:Zm9v\nLABEL;HOME:x\nitem1.X-ABDATE:2009-08-08\nitem1.X-ABLabel:_$!<Anniversary>!$_", "AGENT:\nBEGIN:VCARD\nFN:x\nEND:VCARD",
		"NOTE;QUOTED-PRINTABLE;CHARSET=ISO-8859-1:=EB=\n x", "TEL;PREF=3;VALUE=uri:tel:1\nGEO:geo:1,2\nTZ:-0500\nPHOTO:data:image/png;base64,Zm9v",
	} {
		for _, version := range []string{"2.1", "3.0", "4.0"} {
			f.Add(card(version, seed))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<14 {
			return
		}
		items, _ := vcard.Split(data)
		checkItems(t, "fuzz", items)
		c, err := vcard.Parse(data)
		if err != nil {
			return
		}
		for _, version := range []string{vcard.V3, vcard.V4} {
			mustConvert(t, "fuzz", data, version)
			checkServed(t, "fuzz", c, version)
		}
		for _, name := range []string{"N", "ADR"} {
			filter := vcard.Filter{Props: []vcard.PropFilter{{Name: name, Texts: []contentline.TextMatch{{Text: "x"}}}}}
			if filter.Match(c) && c.Component.First(name) == nil {
				t.Errorf("matched a %s that is not there", name)
			}
		}
	})
}
