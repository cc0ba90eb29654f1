package contentline_test

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/contentline"
	"ksync/internal/corpus"
)

// parse is for input that must parse.
func parse(t *testing.T, text string) *contentline.Document {
	t.Helper()
	doc, err := contentline.Parse([]byte(text), contentline.Limits{})
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return doc
}

// view is what a line means.
type view struct {
	Group, Name string
	Params      []contentline.Param
	Value       string
}

func viewOf(l *contentline.Line) view { return view{l.Group, l.Name, l.Params, l.Value} }

func TestParse_Line(t *testing.T) {
	t.Parallel()
	param := func(name string, values ...string) contentline.Param {
		return contentline.Param{Name: name, Values: values}
	}
	params := func(p ...contentline.Param) []contentline.Param { return p }
	tests := map[string]struct {
		text string
		want view
	}{
		"plain":                     {"SUMMARY:Lunch", view{Name: "SUMMARY", Value: "Lunch"}},
		"value keeps escapes":       {`NOTE:a\, b\n`, view{Name: "NOTE", Value: `a\, b\n`}},
		"lower case, group":         {"item1.x-abLabel:Home", view{Group: "item1", Name: "X-ABLABEL", Value: "Home"}},
		"blanks around the dot":     {"item1 . tel :1", view{Group: "item1", Name: "TEL", Value: "1"}},
		"param list":                {"TEL;TYPE=home,cell;PREF=1:1", view{"", "TEL", params(param("TYPE", "home", "cell"), param("PREF", "1")), "1"}},
		"quoted param":              {`ATTENDEE;CN="Doe; J: x, y":mailto:a@b`, view{"", "ATTENDEE", params(param("CN", "Doe; J: x, y")), "mailto:a@b"}},
		"quoted values":             {`A;MEMBER="a,b","c":v`, view{"", "A", params(param("MEMBER", "a,b", "c")), "v"}},
		"RFC 6868 §3.2 example":     {`ATTENDEE;CN=George Herman ^'Babe^' Ruth:mailto:b@e`, view{"", "ATTENDEE", params(param("CN", `George Herman "Babe" Ruth`)), "mailto:b@e"}},
		"RFC 6868 caret, line feed": {`GEO;X-ADDRESS="Pittsburgh Pirates^n115 ^^ ^x":geo:1,2`, view{"", "GEO", params(param("X-ADDRESS", "Pittsburgh Pirates\n115 ^ ^x")), "geo:1,2"}},
		"bare param of vCard 2.1":   {"TEL;CELL;WORK:1", view{"", "TEL", params(param("CELL"), param("WORK")), "1"}},
		"empty param value":         {"A;B=;C=,:v", view{"", "A", params(param("B", ""), param("C", "", "")), "v"}},
		"empty params":              {"A;;B=1;:v", view{"", "A", params(param("B", "1")), "v"}},
		"params without a name":     {"A;;=1;:v", view{Name: "A", Value: "v"}},
		"quote never closed":        {`A;CN="Joe:mailto:a`, view{"", "A", params(param("CN", `"Joe`)), "mailto:a"}},
		"quote in a param's name":   {`A;B"c;D="e;f":v`, view{"", "A", params(param(`B"C`), param("D", "e;f")), "v"}},
		"folded":                    {"NOTE:ab\r\n c\r\n\td", view{Name: "NOTE", Value: "abcd"}},
		"folded inside a character": {"NOTE:\xc3\r\n \xa9", view{Name: "NOTE", Value: "é"}},
		"folded name":               {"NO\n TE:x", view{Name: "NOTE", Value: "x"}},
		"fold after CRCRLF":         {"NOTE:a\r\r\n b", view{Name: "NOTE", Value: "ab"}},
		"no UTF-8":                  {"NOTE:J\xf6rg\x00", view{Name: "NOTE", Value: "J\xf6rg\x00"}},
		"no colon":                  {"this is no line", view{}},
		"no name":                   {":x", view{}},
		"soft line break": {"N;ENCODING=QUOTED-PRINTABLE:a=\r\n b=\r\nc=3D", view{"", "N",
			params(param("ENCODING", "QUOTED-PRINTABLE")), "a bc=3D"}},
		"soft line break, encoding behind a fold": {"N;\r\n ENCODING=QUOTED-PRINTABLE:a=\r\nb", view{"", "N", params(param("ENCODING", "QUOTED-PRINTABLE")), "ab"}},
		"soft line break behind another":          {"N;QUOTED-PRINTABLE:a==\n\n", view{"", "N", params(param("QUOTED-PRINTABLE")), "a"}},
		"soft line break, bare param":             {"N;quoted-printable:a=\nb", view{"", "N", params(param("QUOTED-PRINTABLE")), "ab"}},
		"no soft break, another param":            {`N;X="a;ENCODING=QUOTED-PRINTABLE";Y=quoted-printable:a=`, view{"", "N", params(param("X", "a;ENCODING=QUOTED-PRINTABLE"), param("Y", "quoted-printable")), "a="}},
		"equals sign is no soft break":            {"N:a=", view{Name: "N", Value: "a="}},
		"soft line break before the end":          {"N;QUOTED-PRINTABLE:a=", view{"", "N", params(param("QUOTED-PRINTABLE")), "a"}},
		"leading blanks of the document":          {"NOTE:x", view{Name: "NOTE", Value: "x"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := "BEGIN:X\r\n" + tt.text + "\r\nEND:X\r\n"
			doc := parse(t, text)
			if got := string(doc.Bytes()); got != text {
				t.Errorf("Bytes() = %q, want %q", got, text)
			}
			var got view
			for l := range doc.Components()[0].Lines() {
				got = viewOf(l)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParse_NestsComponents(t *testing.T) {
	t.Parallel()
	doc := parse(t, "\ufeff\n  begin:vCalendar \nA:1\nBEGIN:VEVENT\rB:2\r\rEND:vevent\r\n\r\nC:3\nEND:VCALENDAR\nstray\nBEGIN:X\nEND:X")
	var names, lines []string
	for _, c := range doc.Components() {
		names = append(names, c.Name)
		for l := range c.Lines() {
			lines = append(lines, l.Name)
		}
		for inner := range c.Components() {
			names = append(names, "-"+inner.Name)
			lines = append(lines, "-"+inner.First("B").Value)
		}
	}
	if diff := cmp.Diff([]string{"VCALENDAR", "-VEVENT", "X"}, names); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"A", "C", "-2"}, lines); diff != "" {
		t.Error(diff)
	}
}

func TestParse_Errors(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("BEGIN:X\n", 20) + strings.Repeat("END:X\n", 20)
	tests := map[string]struct {
		text string
		lim  contentline.Limits
		line int // 0: ErrTooLarge
	}{
		"no END":          {"BEGIN:X\nA:1\n", contentline.Limits{}, 2},
		"END in a fold":   {"BEGIN:X\nA:1\n END:X\n", contentline.Limits{}, 3},
		"no BEGIN":        {"A:1\n b\nEND:X\n", contentline.Limits{}, 3},
		"crossed":         {"BEGIN:X\nBEGIN:Y\nEND:X\nEND:Y\n", contentline.Limits{}, 3},
		"too deep":        {deep, contentline.Limits{}, 0},
		"too many bytes":  {"A:12345", contentline.Limits{MaxBytes: 6}, 0},
		"too many lines":  {"A:1\nB:1\n", contentline.Limits{MaxLines: 1}, 0},
		"too long a line": {"A:1\n 23456\n", contentline.Limits{MaxLineBytes: 8}, 0},
		"too many params": {"A;B;C=1:1\n", contentline.Limits{MaxParams: 2}, 0},
		"too many values": {"A;B=" + strings.Repeat(",", 5000) + ":1\n", contentline.Limits{}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := contentline.Parse([]byte(tt.text), tt.lim)
			if tt.line == 0 {
				if !errors.Is(err, contentline.ErrTooLarge) {
					t.Fatalf("got %v, want ErrTooLarge", err)
				}
				return
			}
			syntax, ok := errors.AsType[*contentline.SyntaxError](err)
			if !ok || syntax.Line != tt.line || !strings.HasPrefix(err.Error(), "line "+strconv.Itoa(tt.line)+": ") {
				t.Fatalf("got %v, want a SyntaxError in line %d", err, tt.line)
			}
		})
	}
}

// TestParse_LinearTime feeds what would take minutes if a scan started over with each line.
func TestParse_LinearTime(t *testing.T) {
	t.Parallel()
	const size = 1 << 19
	lim := contentline.Limits{MaxLines: size}
	for name, unit := range map[string]string{
		"CR only": "\r", "LF only": "\n", "CR run": "\r\r\n\r\r\r", "folds": "\n ", "soft breaks": "=\n", "quotes": `"`,
		"colons": ":", "semicolons": ";a", "lines": "a:b\r",
	} {
		t.Run(name, func(t *testing.T) { // one after the other: they are timed
			text := "A;QUOTED-PRINTABLE:" + strings.Repeat(unit, size/len(unit))
			start := time.Now()
			if _, err := contentline.Parse([]byte(text), lim); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// eachOfCorpus calls fn with each file of the shared corpus and its class.
func eachOfCorpus(t *testing.T, fn func(path, class, note string, data []byte)) {
	t.Helper()
	for _, f := range append(corpus.Files(t, "vcard"), corpus.Files(t, "icalendar")...) {
		fn(f.Path, f.Class, f.Note, f.Read(t))
	}
}

func TestCorpus_ParsesAndPrintsByteForByte(t *testing.T) {
	t.Parallel()
	eachOfCorpus(t, func(path, class, note string, data []byte) {
		start := time.Now()
		doc, err := contentline.Parse(data, contentline.Limits{})
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s: took %v", path, took)
		}
		broken := strings.Contains(note, "E:missing-END") || strings.Contains(note, "E:END-")
		switch {
		case broken && err == nil:
			t.Errorf("%s: parsed though BEGIN and END do not nest", path)
		case class != "invalid" && err != nil:
			t.Errorf("%s: %v", path, err)
		case err == nil && !bytes.Equal(doc.Bytes(), data):
			t.Errorf("%s: printed differently", path)
		}
	})
}

func TestTidy(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"BEGIN:X\nA:1\nBEGIN:Y\nEND:Y\nEND:X\n": true, "\ufeffBEGIN:X\nEND:X\n": false, "BEGIN:X\n\nEND:X": false,
		"BEGIN:X\nEND:X\n\n": false, "BEGIN:X\n\n A:1\nEND:X\n": false, "BEGIN:X\n\n END:X\n": false, " BEGIN:X\nEND:X\n": false, "BEGIN:X\nBEGIN:Y\njunk\nEND:Y\nEND:X\n": false,
	} {
		if got := parse(t, text).Tidy(); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
