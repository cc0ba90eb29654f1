package vcard

import (
	"strings"

	"ksync/internal/contentline"
)

// complete adds what Apple's clients cannot do without: FN (RFC 2426 §3.1.1, RFC 6350 §6.2.1) and, in 3.0, N (RFC 2426
// §3.1.2). What is there is kept, except an empty FN.
func complete(c *contentline.Component, version string) {
	fn := c.First("FN")
	name := ""
	if fn != nil {
		name = strings.TrimSpace(text(fn))
	}
	if name == "" {
		name = deriveFN(c)
		if fn != nil {
			fn.SetValue(contentline.Escape(name))
		} else {
			insertFirst(c, contentline.New("", "FN", contentline.Escape(name)))
		}
	}
	if version == V3 && c.First("N") == nil {
		c.InsertBefore(c.First("FN"), contentline.New("", "N", deriveN(c, name)))
	}
}

// insertFirst puts l in front of everything but VERSION.
func insertFirst(c *contentline.Component, l *contentline.Line) {
	for other := range c.Lines() {
		if other.Name != "VERSION" {
			c.InsertBefore(other, l)
			return
		}
	}
	c.Append(l)
}

// deriveFN names a card without FN by the first of what people know a contact by.
func deriveFN(c *contentline.Component) string {
	if n := c.First("N"); n != nil {
		if name := joinName(n); name != "" {
			return name
		}
	}
	for _, property := range []string{"ORG", "NICKNAME", "EMAIL", "TEL", "UID"} {
		l := c.First(property)
		if l == nil {
			continue
		}
		var parts []string
		for _, part := range contentline.SplitUnescaped(l.Value, ';') {
			if part = strings.TrimSpace(contentline.Unescape(part)); part != "" {
				parts = append(parts, part)
			}
		}
		if len(parts) > 0 {
			return strings.Join(parts, ", ")
		}
	}
	return "?"
}

// joinName orders the parts of N (family, given, additional, prefixes, suffixes) as they are said.
func joinName(n *contentline.Line) string {
	p := propertyOf(n)
	p.decode()
	parts := contentline.SplitUnescaped(p.value, ';')
	var said []string
	for _, i := range []int{3, 1, 2, 0, 4} {
		if i >= len(parts) {
			continue
		}
		for _, word := range contentline.SplitUnescaped(parts[i], ',') {
			if word = strings.TrimSpace(contentline.Unescape(word)); word != "" {
				said = append(said, word)
			}
		}
	}
	return strings.Join(said, " ")
}

// deriveN makes an N that shows the whole name where clients ignore FN. Which words are the family name is not guessed.
// Organisations are shown by ORG; Apple writes the name of a group as the family name.
func deriveN(c *contentline.Component, name string) string {
	name = contentline.Escape(name)
	for l := range c.Lines() {
		switch l.Name {
		case "X-ADDRESSBOOKSERVER-KIND", "KIND":
			if strings.EqualFold(strings.TrimSpace(l.Value), "group") {
				return name + ";;;;"
			}
		case "X-ABSHOWAS":
			if strings.EqualFold(strings.TrimSpace(l.Value), "company") && c.First("ORG") != nil {
				return ";;;;"
			}
		}
	}
	return ";" + name + ";;;"
}
