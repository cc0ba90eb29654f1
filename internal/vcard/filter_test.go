package vcard_test

import (
	"testing"

	"ksync/internal/contentline"
	"ksync/internal/vcard"
)

func TestFilter(t *testing.T) {
	t.Parallel()
	const properties = "UID:u1\nN:Doe\\, Jr.;Jane;;;\nFN:Zoë Doe\nitem1.EMAIL;TYPE=HOME,INTERNET;TYPE=pref:jane@example.com\n" +
		"item2.EMAIL;TYPE=WORK:jane@work.example\nADR;TYPE=HOME:;;1 Main\\, Street;Springfield;;;\nNOTE:line one\\nline two\nTEL;TYPE=\"work,voice\":1\nPHOTO;ENCODING=b:Zm9v"
	text := func(s string) contentline.TextMatch {
		return contentline.TextMatch{Text: s, Collation: contentline.UnicodeCasemap}
	}
	not := func(s string) contentline.TextMatch { m := text(s); m.Negate = true; return m }
	typed := func(s string, kind contentline.MatchType) contentline.TextMatch {
		m := text(s)
		m.Type = kind
		return m
	}
	texts := func(m ...contentline.TextMatch) []contentline.TextMatch { return m }
	params := func(p ...vcard.ParamFilter) []vcard.ParamFilter { return p }
	param := func(name string, m contentline.TextMatch) vcard.ParamFilter {
		return vcard.ParamFilter{Name: name, Text: &m}
	}
	props := func(p ...vcard.PropFilter) []vcard.PropFilter { return p }
	yes, no := vcard.PropFilter{Name: "FN"}, vcard.PropFilter{Name: "TITLE"}
	tests := map[string]struct {
		filter vcard.Filter
		want   bool
	}{
		"empty":                           {vcard.Filter{}, true},
		"empty, all of":                   {vcard.Filter{AllOf: true}, true},
		"any of: one":                     {vcard.Filter{Props: props(no, yes)}, true},
		"any of: none":                    {vcard.Filter{Props: props(no, no)}, false},
		"all of: one is missing":          {vcard.Filter{AllOf: true, Props: props(yes, no)}, false},
		"all of: all":                     {vcard.Filter{AllOf: true, Props: props(yes, yes)}, true},
		"is-not-defined":                  {vcard.Filter{Props: props(vcard.PropFilter{Name: "TITLE", IsNotDefined: true})}, true},
		"is-not-defined of one there":     {vcard.Filter{Props: props(vcard.PropFilter{Name: "FN", IsNotDefined: true})}, false},
		"lower case name, any group":      {vcard.Filter{Props: props(vcard.PropFilter{Name: "email"})}, true},
		"group":                           {vcard.Filter{Props: props(vcard.PropFilter{Name: "ITEM2.email", Texts: texts(text("work"))})}, true},
		"other group":                     {vcard.Filter{Props: props(vcard.PropFilter{Name: "item1.EMAIL", Texts: texts(text("work"))})}, false},
		"text, Unicode":                   {vcard.Filter{Props: props(vcard.PropFilter{Name: "FN", Texts: texts(text("ZOË"))})}, true},
		"text of the second property":     {vcard.Filter{Props: props(vcard.PropFilter{Name: "EMAIL", Texts: texts(text("work"))})}, true},
		"structured value, unescaped":     {vcard.Filter{Props: props(vcard.PropFilter{Name: "N", Texts: texts(typed("doe, jr.;jane;;;", contentline.Equals))})}, true},
		"address, unescaped":              {vcard.Filter{Props: props(vcard.PropFilter{Name: "ADR", Texts: texts(text("1 main, street"))})}, true},
		"line feed":                       {vcard.Filter{Props: props(vcard.PropFilter{Name: "NOTE", Texts: texts(text("one\nline"))})}, true},
		"starts-with":                     {vcard.Filter{Props: props(vcard.PropFilter{Name: "FN", Texts: texts(typed("Doe", contentline.StartsWith))})}, false},
		"ends-with":                       {vcard.Filter{Props: props(vcard.PropFilter{Name: "FN", Texts: texts(typed("Doe", contentline.EndsWith))})}, true},
		"negated: a property without it":  {vcard.Filter{Props: props(vcard.PropFilter{Name: "EMAIL", Texts: texts(not("work"))})}, true},
		"negated: all properties have it": {vcard.Filter{Props: props(vcard.PropFilter{Name: "EMAIL", Texts: texts(not("jane"))})}, false},
		"negated: no such property":       {vcard.Filter{Props: props(vcard.PropFilter{Name: "TITLE", Texts: texts(not("x"))})}, false},
		"any text":                        {vcard.Filter{Props: props(vcard.PropFilter{Name: "FN", Texts: texts(text("x"), text("doe"))})}, true},
		"all texts":                       {vcard.Filter{Props: props(vcard.PropFilter{Name: "FN", AllOf: true, Texts: texts(text("zoë"), text("doe"))})}, true},
		"all texts, not by one property":  {vcard.Filter{Props: props(vcard.PropFilter{Name: "EMAIL", AllOf: true, Texts: texts(text("example.com"), text("work"))})}, false},
		"text and param":                  {vcard.Filter{Props: props(vcard.PropFilter{Name: "EMAIL", AllOf: true, Texts: texts(text("work")), Params: params(param("type", text("work")))})}, true},
		"text and param of another":       {vcard.Filter{Props: props(vcard.PropFilter{Name: "EMAIL", AllOf: true, Texts: texts(text("work")), Params: params(param("TYPE", text("home")))})}, false},
		"text or param of another":        {vcard.Filter{Props: props(vcard.PropFilter{Name: "EMAIL", Texts: texts(text("nowhere")), Params: params(param("TYPE", text("home")))})}, true},
		"param value in a list":           {vcard.Filter{Props: props(vcard.PropFilter{Name: "EMAIL", Params: params(param("TYPE", typed("pref", contentline.Equals)))})}, true},
		"param value in a quoted list":    {vcard.Filter{Props: props(vcard.PropFilter{Name: "TEL", Params: params(param("TYPE", typed("voice", contentline.Equals)))})}, true},
		"quoted list, negated":            {vcard.Filter{Props: props(vcard.PropFilter{Name: "TEL", Params: params(param("TYPE", not("work")))})}, false},
		"param defined":                   {vcard.Filter{Props: props(vcard.PropFilter{Name: "PHOTO", Params: params(vcard.ParamFilter{Name: "encoding"})})}, true},
		"param not defined":               {vcard.Filter{Props: props(vcard.PropFilter{Name: "PHOTO", Params: params(vcard.ParamFilter{Name: "TYPE", IsNotDefined: true})})}, true},
		"param not defined, but is":       {vcard.Filter{Props: props(vcard.PropFilter{Name: "PHOTO", Params: params(vcard.ParamFilter{Name: "ENCODING", IsNotDefined: true})})}, false},
		"param negated":                   {vcard.Filter{Props: props(vcard.PropFilter{Name: "item1.EMAIL", Params: params(param("TYPE", not("work")))})}, true},
		"param negated, one has it":       {vcard.Filter{Props: props(vcard.PropFilter{Name: "item1.EMAIL", Params: params(param("TYPE", not("home")))})}, false},
	}
	c, other := parse(t, card("3.0", properties)), "BEGIN:VCARD\nFN:Else\nEND:VCARD\n"
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tt.filter.Match(c); got != tt.want {
				t.Errorf("got %v", got)
			}
			matcher := tt.filter.Matcher()
			for range 2 {
				if got := matcher(string(c.Bytes())); got != tt.want {
					t.Errorf("the matcher says %v, want %v", got, tt.want)
				}
				if matcher("junk") {
					t.Error("junk matches")
				}
				matcher(other) // of which nothing may be left
			}
		})
	}
}

func TestFilter_ReadsOldEncodings(t *testing.T) {
	t.Parallel()
	c := parse(t, card("2.1", "FN;QUOTED-PRINTABLE;CHARSET=ISO-8859-1:Zo=EB\nTEL;CELL:1"))
	m := contentline.TextMatch{Text: "zoë", Collation: contentline.UnicodeCasemap}
	cell := contentline.TextMatch{Text: "cell"}
	filter := vcard.Filter{AllOf: true, Props: []vcard.PropFilter{
		{Name: "FN", Texts: []contentline.TextMatch{m}}, {Name: "TEL", Params: []vcard.ParamFilter{{Name: "TYPE", Text: &cell}}},
	}}
	if !filter.Match(c) || !filter.Matcher()(string(c.Bytes())) {
		t.Error("no match")
	}
}
