package vcard_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"ksync/internal/contentline"
	"ksync/internal/vcard"
)

// plainKey is a collation as its RFC has it: RFC 4790 §9.2 and §9.3, RFC 5051 §2 with canonical order.
func plainKey(c contentline.Collation, s string) string {
	ascii := func(s string) string {
		b := []byte(s)
		for i := range b {
			if 'A' <= b[i] && b[i] <= 'Z' {
				b[i] += 'a' - 'A'
			}
		}
		return string(b)
	}
	switch c {
	case contentline.ASCIICasemap:
		return ascii(s)
	case contentline.UnicodeCasemap:
		return ascii(norm.NFKD.String(strings.ToTitle(s)))
	}
	return s
}

func plainText(m contentline.TextMatch, s string) bool {
	s, text := plainKey(m.Collation, s), plainKey(m.Collation, m.Text)
	return map[contentline.MatchType]bool{contentline.Contains: strings.Contains(s, text), contentline.Equals: s == text,
		contentline.StartsWith: strings.HasPrefix(s, text), contentline.EndsWith: strings.HasSuffix(s, text)}[m.Type]
}

// plainCard is RFC 6352 §10.5, word for word.
func plainCard(f vcard.Filter, c *vcard.Card) bool {
	results := func(allOf bool, list []bool) bool {
		if allOf {
			return !slices.Contains(list, false)
		}
		return len(list) == 0 || slices.Contains(list, true)
	}
	var props []bool
	for _, p := range f.Props {
		var lines []*contentline.Line
		group, name, grouped := strings.Cut(p.Name, ".")
		if !grouped {
			group, name = "", p.Name
		}
		for l := range c.Component.Lines() {
			if strings.EqualFold(l.Name, name) && (group == "" || strings.EqualFold(group, l.Group)) {
				lines = append(lines, l)
			}
		}
		if p.IsNotDefined {
			props = append(props, len(lines) == 0)
			continue
		}
		props = append(props, slices.ContainsFunc(lines, func(l *contentline.Line) bool {
			var list []bool
			for _, m := range p.Texts {
				list = append(list, plainText(m, vcard.Text(l)) != m.Negate)
			}
			for _, q := range p.Params {
				list = append(list, plainParam(q, l))
			}
			return results(p.AllOf, list)
		}))
	}
	return results(f.AllOf, props)
}

func plainParam(f vcard.ParamFilter, l *contentline.Line) bool {
	var values []string
	defined := false
	for _, p := range l.Params {
		if p.Values == nil { // vCard 2.1
			name := "TYPE"
			if slices.Contains([]string{"QUOTED-PRINTABLE", "BASE64", "7BIT", "8BIT"}, p.Name) {
				name = "ENCODING"
			}
			p = contentline.Param{Name: name, Values: []string{p.Name}}
		}
		if strings.EqualFold(p.Name, f.Name) {
			defined, values = true, append(values, p.Values...)
		}
	}
	if strings.EqualFold(f.Name, "TYPE") { // TYPE="work,voice": RFC 6350 §8
		values = strings.Split(strings.Join(values, ","), ",")
	}
	if f.IsNotDefined || f.Text == nil || !defined {
		return defined != f.IsNotDefined
	}
	return slices.ContainsFunc(values, func(v string) bool { return plainText(*f.Text, v) }) != f.Text.Negate
}

var plainNames = []string{"FN", "N", "TEL", "EMAIL", "NOTE", "ADR", "X-ABLabel", "item1.TEL", "ITEM1.email", "UID", "ORG", "PHOTO", "END", "BEGIN", "VERSION", "CATEGORIES"}

func drawMatch(t *rapid.T, texts []string) contentline.TextMatch {
	s := rapid.SampledFrom(texts).Draw(t, "text")
	if len(s) > 0 && rapid.Bool().Draw(t, "part") {
		from := rapid.IntRange(0, len(s)-1).Draw(t, "from")
		s = strings.ToValidUTF8(s[from:min(len(s), from+rapid.IntRange(0, 12).Draw(t, "length"))], "")
	}
	switch rapid.IntRange(0, 3).Draw(t, "case") {
	case 0:
		s = strings.ToUpper(s)
	case 1:
		s = norm.NFD.String(s)
	}
	return contentline.TextMatch{Text: s, Collation: contentline.Collation(rapid.IntRange(0, 2).Draw(t, "collation")),
		Type: contentline.MatchType(rapid.IntRange(0, 3).Draw(t, "type")), Negate: rapid.Bool().Draw(t, "negate")}
}

func drawFilter(t *rapid.T, texts []string) (f vcard.Filter) {
	f.AllOf = rapid.Bool().Draw(t, "all of")
	for range rapid.IntRange(0, 3).Draw(t, "props") {
		p := vcard.PropFilter{Name: rapid.SampledFrom(plainNames).Draw(t, "name"), AllOf: rapid.Bool().Draw(t, "all of texts")}
		if p.IsNotDefined = rapid.IntRange(0, 4).Draw(t, "is not defined") == 0; p.IsNotDefined {
			f.Props = append(f.Props, p)
			continue
		}
		for range rapid.IntRange(0, 2).Draw(t, "texts") {
			p.Texts = append(p.Texts, drawMatch(t, texts))
		}
		for range rapid.IntRange(0, 2).Draw(t, "params") {
			q := vcard.ParamFilter{Name: rapid.SampledFrom([]string{"TYPE", "type", "X-A", "LANGUAGE", "PREF", "ENCODING", "VALUE", "ALTID"}).Draw(t, "param")}
			if q.IsNotDefined = rapid.IntRange(0, 4).Draw(t, "param is not defined") == 0; !q.IsNotDefined && rapid.Bool().Draw(t, "param text?") {
				m := drawMatch(t, texts)
				q.Text = &m
			}
			p.Params = append(p.Params, q)
		}
		f.Props = append(f.Props, p)
	}
	return f
}

// oddLines are what cards in the wild have, and what a reader in a hurry trips over.
var oddLines = []string{
	"item1.TEL;type=CELL;type=pref:+1 555", "Item1.tel;TYPE=\"work,voice\":2", "TEL;HOME;X-A=\"a;b:c,d\",e:3", "tel;TYPE=:4", "TEL;TYPE:5", ".TEL:6", "a.b.TEL:7",
	"FN:Zo\xc3\r\n \xab Doe", "FN:Doe\\\r\n , Jane", "FN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:Zo=EB =\r\nFN:x", "fn:", "FN", "F\r\n N:folded", "FN;X-A=^'q^'^n^^:Stra\u00dfe \ufb01n",
	"N:Doe\\;x;J\\,\\;;;;", "N;LANGUAGE=de;ALTID=1:M\u00fcller;;;;", "NOTE;QUOTED-PRINTABLE:a=0D=0Ab=\r\n c=", "NOTE:a\\nb\\\\n\\Nc", "NOTE:\r\n \r\n  x", "NOTE:a\rTEL:8",
	"NOTE;ENCODING=\"QUOTED-PRINTABLE\":=41", "EMAIL;PREF=1:a@b", "item1.EMAIL;TYPE=INTERNET,HOME;TYPE=pref:c@d", "item1.X-ABLabel:_$!<Other>!$_", "ORG:\u0130stanbul;\u0131\u017f",
	"PHOTO;ENCODING=b:Zm9v\r\n  YmFy", "CATEGORIES:a\\,b,c", "ADR;TYPE=home;X-A=\"1 St^nX\":;;1 Main\\, St;;;;", "BEGIN;X=1:VCARD\r\nFN:inner\r\nEND:VCARD", "item1.END:VCARD",
	"UID:\xe9", "x;y\"z:FN:9", "TEL;X-A=\"a:10\r\nTEL;X-A=b\"c\"d;TYPE=e:11", "", "AGENT:\r\nBEGIN:VCARD\r\nTEL:12\r\nEND:VCARD", "\u017fOUND:x", "TEL;TYP\xc9=x;TYPE=\xe9:13",
}

// TestMatcher_AgreesWithThePlainModel: a filter says of a card what RFC 6352 §10.5 says word for word, and the matcher that
// reads only what is asked for says the same.
func TestMatcher_AgreesWithThePlainModel(t *testing.T) {
	t.Parallel()
	var texts []string
	for _, l := range oddLines {
		doc, err := contentline.Parse([]byte("BEGIN:VCARD\r\n"+l+"\r\nEND:VCARD\r\n"), contentline.Limits{})
		if err != nil {
			t.Fatalf("%q: %v", l, err)
		}
		for line := range doc.Components()[0].Lines() {
			texts = append(texts, vcard.Text(line))
			for _, p := range line.Params {
				texts = append(texts, p.Values...)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		f := drawFilter(t, texts)
		matcher := f.Matcher()
		for range 4 {
			lines := rapid.SliceOfN(rapid.SampledFrom(oddLines), 0, 8).Draw(t, "lines")
			version := rapid.SampledFrom([]string{"2.1", "3.0", "4.0"}).Draw(t, "version")
			text := fmt.Sprintf("BEGIN:VCARD\r\nVERSION:%s\r\n%s\r\nEND:VCARD\r\n", version, strings.Join(lines, "\r\n"))
			if end := rapid.SampledFrom([]string{"\r\n", "\n", "\r", "\r\r\n"}).Draw(t, "end"); end != "\r\n" {
				text = strings.ReplaceAll(text, "\r\n", end)
			}
			c, err := vcard.Parse([]byte(text))
			if err != nil {
				continue
			}
			want := plainCard(f, c)
			if got := f.Match(c); got != want {
				t.Fatalf("Match says %v, want %v, %+v of\n%q", got, want, f, text)
			}
			if got := matcher(text); got != want {
				t.Fatalf("the matcher says %v, want %v, %+v of\n%q", got, want, f, text)
			}
		}
	})
}
