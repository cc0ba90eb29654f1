package davxml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

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
	return (&reader{source: source, lim: lim, dec: dec, spaces: map[string][]string{"xml": {xmlSpace}}}).document()
}

// reader nests what the decoder tells. Namespaces are its own work: encoding/xml leaves the prefix where the namespace
// belongs if nothing declares it, and then <D:a> inside of xmlns:x="D" looks as if it were <x:a>.
type reader struct {
	source []byte
	lim    Limits
	dec    *xml.Decoder
	open   []opened
	spaces map[string][]string // by prefix: what it means, the innermost last
	count  int
	root   *Element
}

// opened is an element whose end was not read yet.
type opened struct {
	*Element
	tag   xml.Name // with its prefix
	text  []byte
	start int64
}

func (r *reader) document() (*Element, error) {
	for {
		at := r.dec.InputOffset()
		token, err := r.dec.RawToken()
		switch {
		case errors.Is(err, io.EOF):
			return r.end()
		case err != nil:
			return nil, err
		}
		if err := r.take(token, at); err != nil {
			return nil, err
		}
	}
}

func (r *reader) end() (*Element, error) {
	if n := len(r.open); n > 0 {
		return nil, fmt.Errorf("element %s has no end", r.open[n-1].tag.Local)
	}
	if r.root == nil {
		return nil, errors.New("no element")
	}
	return r.root, nil
}

func (r *reader) take(token xml.Token, at int64) error {
	switch t := token.(type) {
	case xml.StartElement:
		return r.start(t, at)
	case xml.EndElement:
		return r.close(t.Name)
	case xml.CharData:
		if n := len(r.open); n > 0 {
			r.open[n-1].text = append(r.open[n-1].text, t...)
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
	e := r.element()
	if err := r.declareAll(e, t.Attr); err != nil {
		return err
	}
	if err := r.name(e, t); err != nil {
		return err
	}
	if n := len(r.open); n > 0 {
		r.open[n-1].Children = append(r.open[n-1].Children, e)
	} else if r.root != nil {
		return errors.New("more than one root element")
	} else {
		r.root = e
	}
	r.open = append(r.open, opened{Element: e, tag: t.Name, start: at})
	return nil
}

// element is a new one, with what holds inside of the innermost that is open.
func (r *reader) element() *Element {
	n := len(r.open)
	if n == 0 {
		return &Element{}
	}
	around := r.open[n-1]
	return &Element{scope: around.inner, inner: around.inner, lang: around.lang}
}

// declareAll takes the namespace declarations of an element, which hold for its own name, too.
func (r *reader) declareAll(e *Element, attrs []xml.Attr) error {
	var own map[string]string
	for _, a := range attrs {
		prefix, is := declaration(a.Name)
		if !is {
			continue
		}
		if err := checkDeclaration(prefix, a.Value); err != nil {
			return err
		}
		if prefix == "xml" {
			continue // it means the same everywhere
		}
		if own == nil {
			own = map[string]string{}
			e.inner = &scope{spaces: own, outer: e.scope}
		}
		own[prefix] = a.Value
		r.spaces[prefix] = append(r.spaces[prefix], a.Value)
	}
	return nil
}

// declaration tells which prefix an attribute declares, "" for the namespace of names without one.
func declaration(n xml.Name) (prefix string, is bool) {
	if n.Space == "xmlns" {
		return n.Local, true
	}
	return "", n.Space == "" && n.Local == "xmlns"
}

// Namespaces that are bound without a declaration, and to no other prefix: Namespaces in XML 1.0 §3.
const (
	xmlSpace   = "http://www.w3.org/XML/1998/namespace"
	xmlnsSpace = "http://www.w3.org/2000/xmlns/"
)

// checkDeclaration: Namespaces in XML 1.0 §3 reserves prefixes and namespaces, §5 wants a namespace for each prefix.
func checkDeclaration(prefix, space string) error {
	switch {
	case prefix == "xml" && space == xmlSpace:
		return nil
	case prefix == "xml", prefix == "xmlns", space == xmlSpace, space == xmlnsSpace:
		return fmt.Errorf("prefix %q may not mean %q", prefix, space)
	case prefix != "" && space == "":
		return fmt.Errorf("prefix %s means nothing", prefix)
	}
	return nil
}

// name resolves the names of an element and of its attributes, and keeps those that declare nothing. It refuses what
// encoding/xml lets pass and other parsers do not: prefixes that nothing declares (Namespaces in XML 1.0 §5), and
// attributes twice (§6.3). A dead property with one of these would go out again in every answer about its resource
// (RFC 4918 §8.2).
func (r *reader) name(e *Element, t xml.StartElement) (err error) {
	if e.Name, err = r.resolve(t.Name, true); err != nil {
		return err
	}
	seen := make(map[xml.Name]bool, len(t.Attr))
	for _, a := range t.Attr {
		_, declares := declaration(a.Name)
		if !declares {
			if a.Name, err = r.resolve(a.Name, false); err != nil {
				return err
			}
			e.Attrs = append(e.Attrs, a)
		}
		if seen[a.Name] {
			return fmt.Errorf("attribute %s twice", a.Name.Local)
		}
		seen[a.Name] = true
		if isLang(a.Name) {
			e.lang = a.Value
		}
	}
	return nil
}

// resolve puts the namespace in the place of the prefix. An attribute without one is in none: §6.2.
func (r *reader) resolve(n xml.Name, element bool) (xml.Name, error) {
	if strings.Contains(n.Local, ":") {
		return n, fmt.Errorf("%q is no name", n.Local)
	}
	if n.Space == "" && !element {
		return n, nil
	}
	meanings := r.spaces[n.Space]
	if last := len(meanings) - 1; last >= 0 {
		n.Space = meanings[last]
	} else if n.Space != "" {
		return n, fmt.Errorf("prefix %s is not declared", n.Space)
	}
	return n, nil
}

func (r *reader) close(tag xml.Name) error {
	n := len(r.open) - 1
	if n < 0 || r.open[n].tag != tag {
		return fmt.Errorf("</%s> ends nothing", tag.Local)
	}
	e := r.open[n]
	e.Text = string(e.text)
	e.source = r.source[e.start:r.dec.InputOffset()]
	if e.inner != e.scope {
		for prefix := range e.inner.spaces {
			r.spaces[prefix] = r.spaces[prefix][:len(r.spaces[prefix])-1]
		}
	}
	r.open = r.open[:n]
	return nil
}
