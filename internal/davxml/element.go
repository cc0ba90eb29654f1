package davxml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
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

// Read reads one document. A document type declaration or any entity but the
// five of XML is an error (no external entities, no expansion attacks), as is
// whatever exceeds lim. An empty body is ErrEmpty, one too long ErrTooLarge.
func Read(r io.Reader, lim Limits) (*Element, error) {
	source, err := readAll(r, lim.Bytes)
	if err != nil {
		return nil, err
	}
	return parse(source, lim)
}

// IsName tells whether a text is the name of an element, without a prefix.
func IsName(local string) bool {
	e, err := Read(strings.NewReader("<"+local+"/>"), Limits{Bytes: 1 << 10, Depth: 1, Elements: 1})
	return err == nil && e.Name.Local == local
}

func readAll(r io.Reader, limit int64) ([]byte, error) {
	source, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(source)) > limit {
		err = ErrTooLarge
	}
	return source, err
}

func parse(source []byte, lim Limits) (*Element, error) {
	source, was16 := plainUTF8(source)
	if len(bytes.TrimSpace(source)) == 0 {
		return nil, ErrEmpty
	}
	dec := xml.NewDecoder(bytes.NewReader(source))
	dec.CharsetReader = declared(was16)
	return (&reader{source: source, lim: lim, dec: dec, spaces: map[string]int{}}).document()
}

type reader struct {
	source []byte
	lim    Limits
	dec    *xml.Decoder
	open   []*Element
	texts  [][]byte // of those that are open
	starts []int64
	scopes []*scope
	spaces map[string]int // how often a namespace is declared around here
	count  int
	root   *Element
}

func (r *reader) document() (*Element, error) {
	for {
		at := r.dec.InputOffset()
		token, err := r.dec.Token()
		switch {
		case errors.Is(err, io.EOF):
			if r.root == nil {
				return nil, errors.New("no element")
			}
			return r.root, nil
		case err != nil:
			return nil, err
		}
		if err := r.take(token, at); err != nil {
			return nil, err
		}
	}
}

func (r *reader) take(token xml.Token, at int64) error {
	switch t := token.(type) {
	case xml.StartElement:
		return r.start(t, at)
	case xml.EndElement:
		r.end()
	case xml.CharData:
		if n := len(r.texts); n > 0 {
			r.texts[n-1] = append(r.texts[n-1], t...)
		}
	case xml.Directive:
		return errors.New("document type declarations are not accepted")
	case xml.ProcInst:
		if len(r.open) > 0 {
			return errors.New("processing instructions are not accepted")
		}
	}
	return nil
}

func (r *reader) start(t xml.StartElement, at int64) error {
	r.count++
	if len(r.open) >= r.lim.Depth || r.count > r.lim.Elements {
		return fmt.Errorf("more than %d levels or %d elements", r.lim.Depth, r.lim.Elements)
	}
	e := &Element{Name: t.Name, scope: r.scope(), lang: r.lang()}
	inner := &scope{outer: e.scope}
	for _, a := range t.Attr {
		switch {
		case isLang(a.Name):
			e.lang = a.Value
			e.Attrs = append(e.Attrs, a)
		case a.Name.Space == "xmlns":
			r.declare(a.Name.Local, a.Value, inner)
		case a.Name.Space == "" && a.Name.Local == "xmlns":
			r.declare("", a.Value, inner)
		default:
			e.Attrs = append(e.Attrs, a)
		}
	}
	if inner.spaces == nil {
		inner = e.scope
	}
	e.inner = inner
	if err := r.checkNames(e, t.Attr); err != nil {
		return err
	}
	if n := len(r.open); n > 0 {
		r.open[n-1].Children = append(r.open[n-1].Children, e)
	} else if r.root != nil {
		return errors.New("more than one root element")
	} else {
		r.root = e
	}
	r.open, r.texts = append(r.open, e), append(r.texts, nil)
	r.starts, r.scopes = append(r.starts, at), append(r.scopes, inner)
	return nil
}

func (r *reader) declare(prefix, space string, s *scope) {
	r.spaces[space]++
	if s.spaces == nil {
		s.spaces = map[string]string{}
	}
	s.spaces[prefix] = space
}

// checkNames refuses what encoding/xml lets pass and other parsers do not:
// prefixes that nothing declares, for which it leaves the prefix where the
// namespace belongs, and attributes twice. A dead property with one of these
// would go out again in every answer about its resource (RFC 4918 §8.2).
func (r *reader) checkNames(e *Element, all []xml.Attr) error {
	if err := r.checkName(e.Name); err != nil {
		return err
	}
	for _, a := range e.Attrs {
		if err := r.checkName(a.Name); err != nil {
			return err
		}
	}
	seen := make(map[xml.Name]bool, len(all))
	for _, a := range all {
		if seen[a.Name] {
			return fmt.Errorf("attribute %s twice", a.Name.Local)
		}
		seen[a.Name] = true
	}
	return nil
}

// xmlSpace is the namespace of the prefix xml, which is declared always.
const xmlSpace = "http://www.w3.org/XML/1998/namespace"

func (r *reader) checkName(n xml.Name) error {
	if n.Space != "" && n.Space != xmlSpace && r.spaces[n.Space] == 0 {
		return fmt.Errorf("prefix %s is not declared", n.Space)
	}
	if strings.Contains(n.Local, ":") {
		return fmt.Errorf("%q is no name", n.Local)
	}
	return nil
}

func (r *reader) scope() *scope {
	if n := len(r.scopes); n > 0 {
		return r.scopes[n-1]
	}
	return nil
}

func (r *reader) lang() string {
	if n := len(r.open); n > 0 {
		return r.open[n-1].lang
	}
	return ""
}

func (r *reader) end() {
	n := len(r.open) - 1
	r.open[n].Text = string(r.texts[n])
	r.open[n].source = r.source[r.starts[n]:r.dec.InputOffset()]
	if own := r.scopes[n]; own != r.open[n].scope {
		for _, space := range own.spaces {
			r.spaces[space]--
		}
	}
	r.open, r.texts, r.starts, r.scopes = r.open[:n], r.texts[:n], r.starts[:n], r.scopes[:n]
}
