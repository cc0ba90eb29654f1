package vcard

import (
	"strings"

	"ksync/internal/contentline"
)

// Text is a line's value as a reader sees it: encodings and charsets of vCard 2.1 undone, unescaped.
func Text(l *contentline.Line) string { return text(l) }

// Modern is a copy of a line with what only vCard 2.1 allows undone: encodings but base64, charsets, parameters without a
// name.
func Modern(l *contentline.Line) *contentline.Line {
	l = l.Clone()
	p := propertyOf(l)
	p.decode()
	p.flush()
	return l
}

// Parts are the components of a structured value, such as N, ADR and ORG, as a reader sees them: RFC 6350 §3.3. An
// empty value gives one empty part.
func Parts(l *contentline.Line) []string { return split(l, ';') }

// Items are the values of a list, such as CATEGORIES and NICKNAME, without the empty ones.
func Items(l *contentline.Line) []string {
	all := split(l, ',')
	kept := all[:0]
	for _, item := range all {
		if item = strings.TrimSpace(item); item != "" {
			kept = append(kept, item)
		}
	}
	return kept
}

func split(l *contentline.Line, sep byte) []string {
	p := propertyOf(l)
	p.decode()
	parts := contentline.SplitUnescaped(p.value, sep)
	for i, part := range parts {
		parts[i] = contentline.Unescape(part)
	}
	return parts
}

// Types are the TYPE values in lower case, those without a name (vCard 2.1) and those in one quoted list included.
func Types(l *contentline.Line) []string {
	if len(l.Params) == 0 {
		return nil
	}
	p := propertyOf(l)
	p.decode()
	types := p.types()
	lower := make([]string, len(types))
	for i, t := range types {
		lower[i] = strings.ToLower(strings.TrimSpace(t))
	}
	return lower
}

// Media returns the base64 text of an embedded PHOTO, LOGO, SOUND or KEY of any version, without white space, or the
// value itself of one that is only referred to.
func Media(l *contentline.Line) (data string, embedded bool) {
	if _, data, ok := parseData(l.Value); ok {
		return data, true
	}
	enc, _ := l.Param("ENCODING")
	if strings.EqualFold(enc, "b") || strings.EqualFold(enc, "base64") {
		return withoutSpace(l.Value), true
	}
	if _, bare := l.Param("BASE64"); bare {
		return withoutSpace(l.Value), true
	}
	return l.Value, false
}
