package ical

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ksync/internal/contentline"
)

// plainComp is RFC 4791 §9.7, word for word, without time ranges.
func plainComp(f CompFilter, inside *contentline.Component) bool {
	var named []*contentline.Component
	for c := range inside.Components() {
		if strings.EqualFold(c.Name, f.Name) {
			named = append(named, c)
		}
	}
	if f.IsNotDefined {
		return len(named) == 0
	}
	return slices.ContainsFunc(named, func(c *contentline.Component) bool { return plainInner(f, c) })
}

func plainInner(f CompFilter, c *contentline.Component) bool {
	return !slices.ContainsFunc(f.Props, func(p PropFilter) bool { return !plainProp(p, c) }) &&
		!slices.ContainsFunc(f.Comps, func(inner CompFilter) bool { return !plainComp(inner, c) })
}

func plainProp(f PropFilter, c *contentline.Component) bool {
	var named []*contentline.Line
	for l := range c.Lines() {
		if strings.EqualFold(l.Name, f.Name) {
			named = append(named, l)
		}
	}
	if f.IsNotDefined {
		return len(named) == 0
	}
	return slices.ContainsFunc(named, func(l *contentline.Line) bool {
		if f.Text != nil && strings.Contains(strings.ToLower(contentline.Unescape(l.Value)), strings.ToLower(f.Text.Text)) == f.Text.Negate {
			return false
		}
		return !slices.ContainsFunc(f.Params, func(q ParamFilter) bool { return !plainParamPasses(q, l) })
	})
}

func plainParamPasses(f ParamFilter, l *contentline.Line) bool {
	_, defined := l.Param(strings.ToUpper(f.Name))
	if f.IsNotDefined || f.Text == nil || !defined {
		return defined != f.IsNotDefined
	}
	found := slices.ContainsFunc(l.ParamValues(strings.ToUpper(f.Name)), func(v string) bool {
		return strings.Contains(strings.ToLower(v), strings.ToLower(f.Text.Text))
	})
	return found != f.Text.Negate
}

var oddCalendarLines = []string{
	"SUMMARY:Lunch\\, then\\nmore", "summary;LANGUAGE=en:LUN\r\n CH", "Summary:", "SUM\r\n MARY:x", "X-A.SUMMARY:grouped", "SUMMARY;X=\"a:b;c\":Din\r\n ner\\;\\", "SUMMARY",
	"ATTENDEE;MEMBER=\"mailto:a@x\",\"mailto:b@x\";PARTSTAT=ACCEPTED:mailto:c@x", "ATTENDEE;PARTSTAT=:mailto:d@x", "ATTENDEE;partstat=needs-action;MEMBER=mailto:a@x:mailto:e@x",
	"ATTENDEE;PARTSTAT:mailto:f@x", "ATTENDEE;CN=\"a^'b^n\":mailto:g@x", "DESCRIPTION;ENCODING=QUOTED-PRINTABLE:a=\r\nSUMMARY:no", "DESCRIPTION:a=\r\n b\rSUMMARY:cr",
	"BEGIN:VALARM\r\nSUMMARY:alarm\r\nTRIGGER:-PT5M\r\nEND:VALARM", "BEGIN:VALARM\r\nEND:VALARM", "CATEGORIES:WORK,Food", "DTSTART:20260105T090000Z", "",
}

func drawCompFilter(t *rapid.T, name string, depth int) CompFilter {
	f := CompFilter{Name: name}
	if f.IsNotDefined = depth > 0 && rapid.IntRange(0, 5).Draw(t, "is not defined") == 0; f.IsNotDefined {
		return f
	}
	match := func() *contentline.TextMatch {
		s := rapid.SampledFrom([]string{"lunch", "", "MAILTO:A@", "needs", "alarm", ";", "\n", "food", "a\"b", "inner", "dinner"}).Draw(t, "text")
		return &contentline.TextMatch{Text: s, Negate: rapid.Bool().Draw(t, "negate")}
	}
	for range rapid.IntRange(0, 2).Draw(t, "props") {
		p := PropFilter{Name: rapid.SampledFrom([]string{"SUMMARY", "attendee", "DESCRIPTION", "CATEGORIES", "TRIGGER", "DTSTART"}).Draw(t, "prop")}
		if p.IsNotDefined = rapid.IntRange(0, 3).Draw(t, "prop is not defined") == 0; !p.IsNotDefined {
			if rapid.Bool().Draw(t, "text?") {
				p.Text = match()
			}
			for range rapid.IntRange(0, 2).Draw(t, "params") {
				q := ParamFilter{Name: rapid.SampledFrom([]string{"PARTSTAT", "member", "LANGUAGE", "CN"}).Draw(t, "param")}
				if q.IsNotDefined = rapid.IntRange(0, 3).Draw(t, "param is not defined") == 0; !q.IsNotDefined && rapid.Bool().Draw(t, "param text?") {
					q.Text = match()
				}
				p.Params = append(p.Params, q)
			}
		}
		f.Props = append(f.Props, p)
	}
	for range rapid.IntRange(0, 2-depth).Draw(t, "comps") {
		f.Comps = append(f.Comps, drawCompFilter(t, rapid.SampledFrom([]string{"VEVENT", "vevent", "VALARM", "VTODO"}).Draw(t, "comp"), depth+1))
	}
	return f
}

// TestMatcher_AgreesWithThePlainModel: the matcher, which reads only what is asked for, and Match say what RFC 4791 §9.7 says.
func TestMatcher_AgreesWithThePlainModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := drawCompFilter(t, "VCALENDAR", 0)
		matcher := f.Matcher(time.UTC)
		for range 4 {
			draw := func(label string) string {
				return strings.Join(rapid.SliceOfN(rapid.SampledFrom(oddCalendarLines), 0, 6).Draw(t, label), "\r\n")
			}
			text := "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\n" + draw("master") + "\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:1\r\nRECURRENCE-ID:20260106T090000Z\r\n" +
				draw("override") + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
			if end := rapid.SampledFrom([]string{"\r\n", "\n", "\r"}).Draw(t, "end"); end != "\r\n" {
				text = strings.ReplaceAll(text, "\r\n", end)
			}
			o, err := Parse([]byte(text))
			if err != nil {
				continue
			}
			want := plainInner(f, o.Calendar)
			if got := f.Match(o, time.UTC); got != want {
				t.Fatalf("Match says %v, want %v, %+v of\n%q", got, want, f, text)
			}
			if got := matcher(text); got != want {
				t.Fatalf("the matcher says %v, want %v, %+v of\n%q", got, want, f, text)
			}
		}
	})
}
