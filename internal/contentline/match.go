package contentline

import "strings"

// Collation decides which texts are equal: RFC 4790, RFC 4791 §7.5, RFC 6352 §8.3. The zero value is the default of
// calendars; that of address books is UnicodeCasemap.
type Collation uint8

// The collations that RFC 4791 §7.5.1 and RFC 6352 §8.3.1 ask for.
const (
	ASCIICasemap   Collation = iota // i;ascii-casemap
	UnicodeCasemap                  // i;unicode-casemap
	Octet                           // i;octet
)

// Collations lists the names of the collations, as for supported-collation-set.
func Collations() []string { return []string{"i;ascii-casemap", "i;octet", "i;unicode-casemap"} }

// ParseCollation reads a collation's name; false means that it is not supported. The name "default" is not resolved:
// what it means is up to the report.
func ParseCollation(name string) (Collation, bool) {
	switch name {
	case "i;ascii-casemap":
		return ASCIICasemap, true
	case "i;unicode-casemap":
		return UnicodeCasemap, true
	case "i;octet":
		return Octet, true
	}
	return 0, false
}

// MatchType says where the text must stand: RFC 6352 §10.5.4. The zero value is the default, also of RFC 4791 §9.7.5.
type MatchType uint8

// The match types of RFC 6352 §10.5.4.
const (
	Contains MatchType = iota
	Equals
	StartsWith
	EndsWith
)

// ParseMatchType reads the match-type attribute; false means that there is no such type. "" is the default.
func ParseMatchType(name string) (MatchType, bool) {
	switch name {
	case "contains", "":
		return Contains, true
	case "equals":
		return Equals, true
	case "starts-with":
		return StartsWith, true
	case "ends-with":
		return EndsWith, true
	}
	return 0, false
}

// TextMatch is the text-match element of both query reports.
type TextMatch struct {
	Text      string
	Collation Collation
	Negate    bool // negate-condition
	Type      MatchType

	key   string // of Text
	keyed bool
}

// Keyed is m, ready to be matched many times: what its collation makes of its own text is found out now.
func (m TextMatch) Keyed() TextMatch {
	m.key, m.keyed = m.Collation.key(m.Text), true
	return m
}

// Match reports whether the unescaped text s satisfies m. It takes time linear in s, and in m's own text unless Keyed.
func (m TextMatch) Match(s string) bool { return m.MatchText(&Text{text: s}) }

// searches is how much text the conditions of one filter may look through in one object, since some characters stand
// for eighteen under a collation and every condition has to look at all of them. Where none is left, a text counts as
// found: clients delete what is not listed. Its zero value is all that there is, and it is not safe for concurrent use.
type searches struct{ spent int }

// maxSearched has room for a hundred conditions on a mebibyte of letters that stay what they are.
const maxSearched = 128 << 20

// allow takes n bytes; without them there is no bound.
func (s *searches) allow(n int) bool {
	if s == nil {
		return true
	}
	s.spent = min(s.spent+n, maxSearched+1)
	return s.spent <= maxSearched
}

// Text is an unescaped text that is matched more than once: what a collation makes of it is kept. It is not safe for
// concurrent use.
type Text struct {
	text     string
	searches *searches
	keys     [Octet + 1]string
	has      [Octet + 1]bool
}

func (t *Text) key(c Collation) string {
	if !t.has[c] {
		t.keys[c], t.has[c] = c.key(t.text), true
	}
	return t.keys[c]
}

// MatchText is Match of a text that is kept.
func (m TextMatch) MatchText(t *Text) bool {
	if !m.keyed {
		m = m.Keyed()
	}
	s, text := t.key(m.Collation), m.key
	var found bool
	switch m.Type {
	case Equals:
		found = s == text
	case StartsWith:
		found = strings.HasPrefix(s, text)
	case EndsWith:
		found = strings.HasSuffix(s, text)
	default:
		if !t.searches.allow(len(s)) {
			return true
		}
		found = strings.Contains(s, text)
	}
	return found != m.Negate
}

// key maps s so that texts are equal under the collation when their keys are.
func (c Collation) key(s string) string {
	switch c {
	case Octet:
		return s
	case UnicodeCasemap:
		return unicodeKey(s)
	}
	return asciiKey(s)
}

// asciiKey follows RFC 4790 §9.2.1: only a–z and A–Z are equal.
func asciiKey(s string) string {
	for i := range len(s) {
		if !isUpper(s[i]) {
			continue
		}
		var key strings.Builder
		key.Grow(len(s))
		key.WriteString(s[:i])
		for ; i < len(s); i++ {
			key.WriteByte(lowered(s[i]))
		}
		return key.String()
	}
	return s
}

func lowered(c byte) byte {
	if isUpper(c) {
		return c + 'a' - 'A'
	}
	return c
}

// UpperName is a name as Line and Component have it: A to Z in upper case, and nothing else, since names are ASCII
// (RFC 5545 §3.1, RFC 6350 §3.3) and what looks like a letter of them in another script is none.
func UpperName(s string) string {
	for i := range len(s) {
		if !isLower(s[i]) {
			continue
		}
		upper := []byte(s)
		for ; i < len(s); i++ {
			if isLower(s[i]) {
				upper[i] -= 'a' - 'A'
			}
		}
		return string(upper)
	}
	return s
}

func isLower(c byte) bool { return 'a' <= c && c <= 'z' }

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

func lower(key []byte) {
	for i, c := range key {
		key[i] = lowered(c)
	}
}
