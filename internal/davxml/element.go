package davxml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"strings"
)

// Limits bounds a request body.
type Limits struct {
	Bytes    int64 // size of the body
	Depth    int   // nesting of elements
	Elements int   // elements in all
}

// DefaultLimits holds what real clients send with a wide margin: Thunderbird's
// multiget of 500 hrefs is 60 KiB and three levels deep.
var DefaultLimits = Limits{Bytes: 4 << 20, Depth: 64, Elements: 100_000}

// ErrTooLarge says that a body is longer than Limits.Bytes.
var ErrTooLarge = errors.New("body is too large")

// ErrEmpty says that there is no body.
var ErrEmpty = errors.New("body is empty")

// Element is one element of a request body.
type Element struct {
	Name     Name
	Attrs    []xml.Attr // without namespace declarations
	Children []*Element
	Text     string // character data directly inside, unescaped

	source []byte // the element as it stood in the body
	scope  *scope // namespace declarations around it
	inner  *scope // and its own
	lang   string // xml:lang that holds here
}

// scope is the namespace declarations of one element, and those around it. Elements that declare none share one.
type scope struct {
	spaces map[string]string // by prefix
	outer  *scope
}

// lookup finds what a prefix means.
func (s *scope) lookup(prefix string) (space string, declared bool) {
	for ; s != nil && !declared; s = s.outer {
		space, declared = s.spaces[prefix]
	}
	return space, declared
}

// Child gives the first child of that name, or nil; a nil element has none.
func (e *Element) Child(name Name) *Element {
	if e == nil {
		return nil
	}
	for _, c := range e.Children {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Attr gives the value of an attribute without a namespace, and whether it is there.
func (e *Element) Attr(local string) (string, bool) {
	for _, a := range e.Attrs {
		if a.Name.Space == "" && a.Name.Local == local {
			return a.Value, true
		}
	}
	return "", false
}

// TextOf is the text directly inside an element that Raw has printed.
func TextOf(markup string) string {
	e, err := Read(strings.NewReader(markup), Limits{Bytes: int64(len(markup)), Depth: DefaultLimits.Depth, Elements: DefaultLimits.Elements})
	if err != nil {
		return ""
	}
	return e.Text
}

// Trimmed is the text without surrounding blanks.
func (e *Element) Trimmed() string { return strings.TrimSpace(e.Text) }

// Href is the text of the element's DAV:href child, trimmed; "" without one.
func (e *Element) Href() string {
	if h := e.Child(DAV("href")); h != nil {
		return h.Trimmed()
	}
	return ""
}

// Size is how many bytes of the body the element takes, with all in it.
func (e *Element) Size() int { return len(e.source) }

// Raw is the element byte for byte as it came, made to stand alone: the
// namespaces it uses and that were declared around it are declared on it.
//
// RFC 4918 §4.3: a server keeps the element information item, attributes and
// white space of a property it does not know, and the xml:lang that holds for it.
func (e *Element) Raw() string {
	end := bytes.IndexAny(e.source, " \t\r\n/>")
	var b strings.Builder
	b.Grow(len(e.source) + 64)
	b.Write(e.source[:end])
	if e.lang != "" && !e.hasLang() {
		b.WriteString(` xml:lang="`)
		_ = xml.EscapeText(&b, []byte(e.lang)) // a strings.Builder never fails
		b.WriteString(`"`)
	}
	for _, prefix := range e.prefixes() {
		if space, declared := e.scope.lookup(prefix); declared {
			writeDeclaration(&b, prefix, space)
		}
	}
	b.Write(e.source[end:])
	return b.String()
}

// Lang is the xml:lang that holds for the element, its own or one from around
// it; "" is none.
func (e *Element) Lang() string { return e.lang }

func (e *Element) hasLang() bool {
	for _, a := range e.Attrs {
		if isLang(a.Name) {
			return true
		}
	}
	return false
}

func isLang(n xml.Name) bool { return n.Space == xmlSpace && n.Local == "lang" }

// prefixes are those that may need a declaration from outside, in the order of
// their use. Those in text (QNames in content) count: a declaration too many does
// no harm. One look at the source finds them all, as there may be as many
// declarations around as elements.
func (e *Element) prefixes() (list []string) {
	seen := map[string]bool{}
	add := func(prefix string) {
		if !seen[prefix] && !e.declares(prefix) {
			list = append(list, prefix)
		}
		seen[prefix] = true
	}
	add("")
	for at, c := range e.source {
		if c != ':' {
			continue
		}
		from := at
		for from > 0 && at-from < maxPrefix && inName(e.source[from-1]) {
			from--
		}
		if from < at {
			add(string(e.source[from:at]))
		}
	}
	return list
}

// declares tells whether the element itself says what a prefix means.
func (e *Element) declares(prefix string) bool {
	if e.inner == e.scope {
		return false
	}
	_, own := e.inner.spaces[prefix]
	return own
}

// maxPrefix is far longer than any prefix.
const maxPrefix = 256

// inName tells what a prefix is made of, XML 1.0 §2.3; whatever is not ASCII may be.
func inName(c byte) bool {
	return c >= 0x80 || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.'
}

func writeDeclaration(b *strings.Builder, prefix, space string) {
	b.WriteString(" xmlns")
	if prefix != "" {
		b.WriteString(":" + prefix)
	}
	b.WriteString(`="`)
	_ = xml.EscapeText(b, []byte(space)) // a strings.Builder never fails
	b.WriteString(`"`)
}
