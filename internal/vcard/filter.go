package vcard

import (
	"strings"

	"ksync/internal/contentline"
)

// Filter is the filter of an addressbook-query: RFC 6352 §10.5. The empty one matches every card.
type Filter struct {
	AllOf bool // test="allof"; the default is anyof
	Props []PropFilter
}

// PropFilter is RFC 6352 §10.5.1. With neither IsNotDefined nor tests it asks that the property is there.
type PropFilter struct {
	Name         string // "EMAIL" in any group, or "item1.EMAIL" in that one
	AllOf        bool   // whether all Texts and Params must match, the same property
	IsNotDefined bool
	Texts        []contentline.TextMatch
	Params       []ParamFilter
}

// ParamFilter is RFC 6352 §10.5.2. With neither IsNotDefined nor Text it asks that the parameter is there.
type ParamFilter struct {
	Name         string
	IsNotDefined bool
	Text         *contentline.TextMatch
}

// Match reports whether the card, as stored, satisfies f.
func (f Filter) Match(c *Card) bool { return f.match(c.Component, f.texts()) }

// Matcher returns what tells of stored cards, one after another, whether they satisfy f: no sooner and no later than
// Match of the whole card, but without reading what f does not ask for. It says no to what is no card.
func (f Filter) Matcher() func(card string) bool {
	reader := contentline.NewReader(limits(), f.names())
	texts := f.texts()
	return func(card string) bool {
		if utf16Order(card) != nil {
			utf8, _ := fromUTF16([]byte(card))
			card = string(utf8)
		}
		doc, err := reader.Read(card)
		if err != nil {
			return false
		}
		texts.reset()
		c := doc.Sole("VCARD")
		return c != nil && f.match(c, texts)
	}
}

func (f Filter) match(c *contentline.Component, texts *lineTexts) bool {
	if len(f.Props) == 0 {
		return true
	}
	for i := range f.Props {
		if f.Props[i].match(c, texts) != f.AllOf {
			return !f.AllOf
		}
	}
	return f.AllOf
}

// names are the properties that f asks for.
func (f Filter) names() contentline.Names {
	names := contentline.Names{}
	for _, p := range f.Props {
		names[newSelector(p.Name).name] = true
	}
	return names
}

// lineTexts are what lines say, decoded once for all conditions.
type lineTexts struct {
	contentline.Texts
	params map[*contentline.Line]paramTexts
}

// paramTexts are the values of parameters by their names; bare parameters of vCard 2.1 count as TYPE.
type paramTexts map[string][]*contentline.Text

// few conditions ask for a text again sooner than they would look it up, although
// its line may have a thousand parameters.
const few = 4

func (f Filter) texts() *lineTexts {
	conditions := len(f.Props)
	for _, p := range f.Props {
		conditions += len(p.Texts) + len(p.Params)
	}
	return &lineTexts{Texts: contentline.Texts{Few: conditions <= few}}
}

func (t *lineTexts) reset() {
	t.Texts.Reset()
	clear(t.params)
}

func (t *lineTexts) paramsOf(l *contentline.Line) paramTexts {
	known := t.params[l]
	if known == nil {
		known = paramTexts{}
		for _, p := range l.Params {
			p = valid(named(p))
			if p.Name == "TYPE" {
				p.Values = typesOf(p)
			}
			known[p.Name] = append(known[p.Name], t.all(p.Values)...)
		}
		if t.params == nil {
			t.params = map[*contentline.Line]paramTexts{}
		}
		t.params[l] = known
	}
	return known
}

func (t *lineTexts) all(values []string) []*contentline.Text {
	texts := make([]*contentline.Text, len(values))
	for i, v := range values {
		texts[i] = t.New(v)
	}
	return texts
}

func (f *PropFilter) match(c *contentline.Component, texts *lineTexts) bool {
	wanted := newSelector(f.Name)
	defined := false
	for l := range c.Lines() {
		if !wanted.match(l) {
			continue
		}
		defined = true
		if !f.IsNotDefined && f.matchLine(l, texts) {
			return true
		}
	}
	return f.IsNotDefined && !defined
}

func (f *PropFilter) matchLine(l *contentline.Line, texts *lineTexts) bool {
	if len(f.Texts)+len(f.Params) == 0 {
		return true
	}
	for _, m := range f.Texts {
		if m.MatchText(texts.Value(l, text)) != f.AllOf {
			return !f.AllOf
		}
	}
	for _, p := range f.Params {
		if p.match(l, texts) != f.AllOf {
			return !f.AllOf
		}
	}
	return f.AllOf
}

// match tests each value of the parameter on its own, so that TYPE=HOME,CELL equals "cell"; a negated text must hold for
// all of them.
func (f ParamFilter) match(l *contentline.Line, texts *lineTexts) bool {
	values, defined := texts.paramsOf(l)[contentline.UpperName(f.Name)]
	if f.IsNotDefined || f.Text == nil {
		return defined != f.IsNotDefined
	}
	if !defined {
		return false
	}
	for _, v := range values {
		if f.Text.MatchText(v) != f.Text.Negate {
			return !f.Text.Negate
		}
	}
	return f.Text.Negate
}

// selector names properties as RFC 6352 §10.4.2 and §10.5.1 do: without a group, in any group.
type selector struct{ group, name string }

func newSelector(name string) selector {
	group, rest, grouped := strings.Cut(name, ".")
	if !grouped {
		return selector{"", contentline.UpperName(name)}
	}
	return selector{group, contentline.UpperName(rest)}
}

func (s selector) match(l *contentline.Line) bool {
	return l.Name == s.name && (s.group == "" || strings.EqualFold(l.Group, s.group))
}
