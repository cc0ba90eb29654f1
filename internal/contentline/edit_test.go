package contentline_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ksync/internal/contentline"
)

func TestEdit_ChangesOnlyItsLine(t *testing.T) {
	t.Parallel()
	const card = "BEGIN:VCARD\r\nversion:3.0\r\nitem1.Tel;type=Home,\"a,b\":1\r\n  2\r\n\r\nJunk\r\nNOTE:x\r\nEND:VCARD"
	tests := map[string]struct {
		edit func(c *contentline.Component)
		want [2]string // what is replaced by what
	}{
		"value": {func(c *contentline.Component) { c.First("VERSION").SetValue("4.0") }, [2]string{"version:3.0", "version:4.0"}},
		"value with a line break": {func(c *contentline.Component) { c.First("NOTE").SetValue("a\r\nb\nEND:VCARD") },
			[2]string{"NOTE:x", `NOTE:a\nb\nEND:VCARD`}},
		"param added": {func(c *contentline.Component) { c.First("TEL").SetParam("pref", "1") },
			[2]string{"item1.Tel;type=Home,\"a,b\":1\r\n  2", `item1.Tel;TYPE=Home,"a,b";PREF=1:1 2`}},
		"param replaced": {func(c *contentline.Component) { c.First("TEL").SetParam("TYPE", "say \"x\"\n", "^n") },
			[2]string{"item1.Tel;type=Home,\"a,b\":1\r\n  2", "item1.Tel;TYPE=say ^'x^'^n,^^n:1 2"}},
		"param dropped":        {func(c *contentline.Component) { c.First("TEL").DelParam("TYPE") }, [2]string{"item1.Tel;type=Home,\"a,b\":1\r\n  2", "item1.Tel:1 2"}},
		"absent param dropped": {func(c *contentline.Component) { c.First("TEL").DelParam("PREF") }, [2]string{}},
		"name and group":       {func(c *contentline.Component) { c.First("NOTE").Set("X-a", "x", nil); c.First("X-A").SetGroup("g") }, [2]string{"NOTE:x", "g.X-a:x"}},
		"removed": {func(c *contentline.Component) {
			c.RemoveFunc(func(l *contentline.Line) bool { return l.Name == "TEL" })
		}, [2]string{"item1.Tel;type=Home,\"a,b\":1\r\n  2\r\n", ""}},
		"inserted":                {func(c *contentline.Component) { c.InsertBefore(c.First("NOTE"), contentline.New("", "a", "1")) }, [2]string{"NOTE:x", "a:1\r\nNOTE:x"}},
		"inserted before nothing": {func(c *contentline.Component) { c.InsertBefore(nil, contentline.New("", "a", "1")) }, [2]string{"version", "a:1\r\nversion"}},
		"appended":                {func(c *contentline.Component) { c.Append(contentline.New("", "a", "1")) }, [2]string{"END:", "a:1\r\nEND:"}},
		"junk removed":            {func(c *contentline.Component) { c.RemoveJunk() }, [2]string{"\r\n\r\nJunk", ""}},
		"all at once": {func(c *contentline.Component) {
			c.First("TEL").Set("tel", "3", []contentline.Param{{Name: "PREF", Values: []string{"1"}}})
		}, [2]string{"item1.Tel;type=Home,\"a,b\":1\r\n  2", "item1.Tel;PREF=1:3"}},
		"rewritten": {func(c *contentline.Component) {
			c.Rewrite(func(l *contentline.Line, emit func(*contentline.Line)) {
				switch l.Name {
				case "NOTE":
					emit(l)
					emit(contentline.New("", "a", "1"))
				case "VERSION":
				default:
					emit(l)
				}
			})
			c.InsertBefore(nil, contentline.New("", "version", "3.0"))
		}, [2]string{"NOTE:x", "NOTE:x\r\na:1"}},
		"component": {func(c *contentline.Component) { c.AppendComponent(contentline.NewComponent("y")) }, [2]string{"END:", "BEGIN:y\r\nEND:y\r\nEND:"}},
	}
	for _, end := range []string{"\r\n", "\n", "\r"} {
		for name, tt := range tests {
			t.Run(name+" "+strings.NewReplacer("\r", "CR", "\n", "LF").Replace(end), func(t *testing.T) {
				t.Parallel()
				if name == "component" && end != "\r\n" {
					return // a component brings its own line ends along
				}
				lines := func(s string) string { return strings.ReplaceAll(s, "\r\n", end) }
				c := parse(t, lines(card)).Components()[0]
				untouched := c.Clone()
				tt.edit(c)
				want := strings.Replace(lines(card), lines(tt.want[0]), lines(tt.want[1]), 1)
				if diff := cmp.Diff(want, string(c.Bytes())); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff(lines(card), string(untouched.Bytes())); diff != "" {
					t.Error("the clone changed:", diff)
				}
			})
		}
	}
}

func TestEdit_KeepsLinesApart(t *testing.T) {
	t.Parallel()
	outer := parse(t, "BEGIN:X\nN;QUOTED-PRINTABLE:a=\nEND:X\n").Components()[0]
	outer.Append(contentline.New("", "A", "1"))
	outer.AppendComponent(parse(t, "BEGIN:Y\nEND:Y").Components()[0])
	outer.AppendComponent(parse(t, "BEGIN:Z\nEND:Z").Components()[0])
	again := parse(t, string(outer.Bytes())).Components()[0]
	if again.First("A") == nil || again.First("N").Value != "a" {
		t.Errorf("got %q", outer.Bytes())
	}
}

func TestRemoveJunk_TakesFoldedBlankLinesApart(t *testing.T) {
	t.Parallel()
	c := parse(t, " BEGIN:X\nA:1\n\n B:2\nBEGIN:Y\n\nEND:Y\n\n END:X\n").Components()[0]
	c.RemoveJunk()
	if diff := cmp.Diff("BEGIN:X\nA:1\nB:2\nBEGIN:Y\nEND:Y\nEND:X\n", string(c.Bytes())); diff != "" {
		t.Error(diff)
	}
}

func TestComponents_AreTakenOut(t *testing.T) {
	t.Parallel()
	c := parse(t, "BEGIN:X\nA:1\nBEGIN:Y\nA:2\nEND:Y\nBEGIN:Z\nEND:Z\nBEGIN:Y\nEND:Y\nA:3\nEND:X\n").Components()[0]
	shell := c.Shell()
	if diff := cmp.Diff("BEGIN:X\nA:1\nA:3\nEND:X\n", string(shell.Bytes())); diff != "" {
		t.Error(diff)
	}
	shell.First("A").SetValue("5") // of the copy
	first := slices.Collect(c.Components())[0]
	c.RemoveComponents(func(inner *contentline.Component) bool { return inner == first })
	c.Append(contentline.New("", "B", "4"))
	if diff := cmp.Diff("BEGIN:X\nA:1\nBEGIN:Z\nEND:Z\nBEGIN:Y\nEND:Y\nA:3\nB:4\nEND:X\n", string(c.Bytes())); diff != "" {
		t.Error(diff)
	}
	c.RemoveComponents(func(inner *contentline.Component) bool { return inner.Name == "Y" })
	if diff := cmp.Diff("BEGIN:X\nA:1\nBEGIN:Z\nEND:Z\nA:3\nB:4\nEND:X\n", string(c.Bytes())); diff != "" {
		t.Error(diff)
	}
	if lines := c.All("A"); len(lines) != 2 || lines[0] != c.First("A") || c.First("C") != nil {
		t.Errorf("All: %v", lines)
	}
}

func TestSetValue_FoldsBetweenCharacters(t *testing.T) {
	t.Parallel()
	l := parse(t, "BEGIN:X\nA:\xc3\n \xa9\nEND:X\n").Components()[0].First("A")
	if l.ValidUTF8() {
		t.Error("the fold inside a character is not seen")
	}
	if l.SetValue(l.Value); !l.ValidUTF8() || string(l.Raw()) != "A:é\n" {
		t.Errorf("got %q", l.Raw())
	}
}

func TestFold_At75OctetsBetweenCharacters(t *testing.T) {
	t.Parallel()
	l := contentline.New("", "NOTE", strings.Repeat("é", 100))
	for i, part := range strings.Split(strings.TrimSuffix(string(l.Raw()), "\r\n"), "\r\n") {
		if len(part) > 75 || strings.ToValidUTF8(part, "") != part || (i > 0) != strings.HasPrefix(part, " ") {
			t.Errorf("bad part %q", part)
		}
	}
}

// TestPrint_ReadsBack: what a new line says is what the next reader finds.
func TestPrint_ReadsBack(t *testing.T) {
	t.Parallel()
	text := rapid.StringOfN(rapid.RuneFrom([]rune("aé=^\"';:, \t\\n😀")), 0, 120, -1)
	rapid.Check(t, func(t *rapid.T) {
		want := view{Group: rapid.SampledFrom([]string{"", "item1"}).Draw(t, "group"), Name: "NOTE", Value: text.Draw(t, "value")}
		for range rapid.IntRange(0, 3).Draw(t, "params") {
			want.Params = append(want.Params, contentline.Param{Name: "X-P", Values: rapid.SliceOfN(text, 1, 3).Draw(t, "values")})
		}
		c := contentline.NewComponent("VCARD")
		c.Append(contentline.New(want.Group, "note", want.Value, want.Params...))
		doc, err := contentline.Parse(c.Bytes(), contentline.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, viewOf(doc.Components()[0].First("NOTE"))); diff != "" {
			t.Fatalf("%s\n%q", diff, c.Bytes())
		}
	})
}

func TestParamValues_OverRepeatedParams(t *testing.T) {
	t.Parallel()
	l := parse(t, "A;TYPE=a;X=1;TYPE=b,c;Y:v\n"+"BEGIN:X\nA;TYPE=a;X=1;TYPE=b,c;Y:v\nEND:X\n").Components()[0].First("A")
	if diff := cmp.Diff([]string{"a", "b", "c"}, l.ParamValues("TYPE")); diff != "" {
		t.Error(diff)
	}
	if v, ok := l.Param("Y"); v != "" || !ok {
		t.Errorf("Param(Y) = %q, %v", v, ok)
	}
	if v, ok := l.Param("TYPE"); v != "a" || !ok {
		t.Errorf("Param(TYPE) = %q, %v", v, ok)
	}
}
