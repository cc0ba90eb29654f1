package contentline_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/contentline"
)

// chosen are the lines of a document that have one of the names, wherever they are.
func chosen(c *contentline.Component, names contentline.Names) (all []view) {
	for l := range c.Lines() {
		if names[l.Name] {
			all = append(all, viewOf(l))
		}
	}
	for inner := range c.Components() {
		all = append(all, chosen(inner, names)...)
	}
	return all
}

var asked = contentline.Names{"FN": true, "TEL": true, "UID": true, "STATUS": true}

func sameAsParse(t *testing.T, r *contentline.Reader, data []byte) {
	t.Helper()
	whole, err := contentline.Parse(data, contentline.Limits{})
	if err != nil {
		return // bounds on lines that are left out need not hold
	}
	part, err := r.Read(string(data))
	if err != nil {
		t.Fatalf("Read of what Parse takes: %v", err)
	}
	want, got := whole.Components(), part.Components()
	if len(want) != len(got) {
		t.Fatalf("%d components, want %d", len(got), len(want))
	}
	for i := range want {
		if diff := cmp.Diff(chosen(want[i], asked), chosen(got[i], asked)); diff != "" {
			t.Errorf("component %d (-Parse +Read):\n%s", i, diff)
		}
	}
}

func TestReader_FindsWhatParseFinds(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"plain":              "BEGIN:VCARD\r\nNOTE:x\r\nFN:Ada\r\nitem1.TEL;TYPE=CELL:1\r\nEND:VCARD\r\n",
		"folded":             "BEGIN:VCARD\r\nNOTE:x\r\n FN:no\r\nFN:A\r\n da\r\nEND:VCARD\r\n",
		"folded in its name": "BEGIN:VCARD\r\nF\r\n N:Ada\r\nNOTE:a\r\nEND:VCARD\r\n",
		"lower case":         "begin:vcard\nnote:x\nfn:Ada\nend:vcard\n",
		"bare CR":            "BEGIN:VCARD\rNOTE:x\rFN:Ada\rEND:VCARD\r",
		"mixed line ends":    "BEGIN:VCARD\nNOTE:x\rFN:Ada\nTEL:1\r\r\nEND:VCARD\n",
		"quoted-printable":   "BEGIN:VCARD\nNOTE;ENCODING=QUOTED-PRINTABLE:a=\nFN:no\nFN:Ada\nEND:VCARD\n",
		"ends with =":        "BEGIN:VCARD\nNOTE:a=\nFN:Ada\nEND:VCARD\n",
		"folded, then CR":    "BEGIN:VCARD\nNOTE:x\n y\rFN:Ada\rTEL:1\nEND:VCARD\n",
		"folded, then =":     "BEGIN:VCARD\nNOTE:x\n y=\nFN:Ada\nTEL:1\nEND:VCARD\n",
		"no line end":        "BEGIN:VCARD\nFN:Ada\nNOTE:x\nEND:VCARD",
		"nested":             "BEGIN:VCALENDAR\nUID:1\nBEGIN:VTODO\nX:1\nSTATUS:DONE\nEND:VTODO\nEND:VCALENDAR\n",
		"blank lines":        "BEGIN:VCARD\n\n\nNOTE\nFN:Ada\n\nEND:VCARD\n",
		"a long name":        "BEGIN:VCARD\nX-" + string(slices.Repeat([]byte("A"), 100)) + ":x\nFN:Ada\nEND:VCARD\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sameAsParse(t, contentline.NewReader(contentline.Limits{}, asked), []byte(text))
		})
	}
}

func TestReader_LeavesTheRestOut(t *testing.T) {
	t.Parallel()
	doc, err := contentline.NewReader(contentline.Limits{}, contentline.Names{"FN": true}).Read("BEGIN:VCARD\nNOTE:x\nFN:Ada\nEND:VCARD\n")
	if err != nil {
		t.Fatal(err)
	}
	for l := range doc.Components()[0].Lines() {
		if l.Name != "FN" {
			t.Errorf("%s was read", l.Name)
		}
	}
}

// One reader for all, so that what it keeps of one text would be seen in the next.
func TestCorpus_ReaderFindsWhatParseFinds(t *testing.T) {
	t.Parallel()
	r := contentline.NewReader(contentline.Limits{}, asked)
	eachOfCorpus(t, func(_, _, _ string, data []byte) { sameAsParse(t, r, data) })
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("BEGIN:VCARD\r\nNOTE;ENCODING=QUOTED-PRINTABLE:a=\r\nFN:Ada\r\n b\rTEL:1\n\r\r\nEND:VCARD\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := contentline.NewReader(contentline.Limits{}, asked)
		sameAsParse(t, r, data)
		sameAsParse(t, r, data)
	})
}

// Names are ASCII (RFC 5545 §3.1, RFC 6350 §3.3): a letter that some language has for one of A to Z is another one.
func TestNames_AreCasedAsASCII(t *testing.T) {
	t.Parallel()
	text := "BEGIN:VCARD\nſtatus:a\nBEGıN:x\nFN;ıd=1;caf\xe9=2:b\nX-Caf\xe9:c\nEND:VCARD\n"
	c := parse(t, text).Components()[0]
	var names []string
	for l := range c.Lines() {
		names = append(names, l.Name)
		for _, p := range l.Params {
			names = append(names, p.Name)
		}
	}
	if diff := cmp.Diff([]string{"ſTATUS", "BEGıN", "FN", "ıD", "CAF\xe9", "X-CAF\xe9"}, names); diff != "" {
		t.Error(diff)
	}
	sameAsParse(t, contentline.NewReader(contentline.Limits{}, asked), []byte(text))
}
