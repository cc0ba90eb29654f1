package dialogue

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// node is an element with what it means: prefixes, comments and white space between elements are gone.
type node struct {
	Name     xml.Name
	Attrs    []xml.Attr // without namespace declarations, sorted
	Text     string     // of an element without child elements; line ends are LF
	Children []*node

	paired  bool   // matched to something that was expected
	pattern string // what its Text was matched by, when that has variables
}

// parseXML reads one document. It refuses what a careful client refuses: undeclared prefixes,
// attributes twice, two roots.
func parseXML(body string) (*node, error) {
	d := xml.NewDecoder(strings.NewReader(body))
	var root *node
	for {
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && root != nil:
			return root, nil
		case errors.Is(err, io.EOF):
			return nil, errors.New("no element")
		case err != nil:
			return nil, err
		}
		if start, ok := token.(xml.StartElement); ok {
			if root != nil {
				return nil, errors.New("two roots")
			}
			if root, err = parseElement(d, start); err != nil {
				return nil, err
			}
		}
	}
}

func parseElement(d *xml.Decoder, start xml.StartElement) (*node, error) {
	n, err := newNode(start)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	for {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			child, err := parseElement(d, t)
			if err != nil {
				return nil, err
			}
			n.Children = append(n.Children, child)
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			return n, n.setText(text.String())
		}
	}
}

func newNode(start xml.StartElement) (*node, error) {
	n := &node{Name: start.Name}
	for _, a := range start.Attr {
		if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
			continue
		}
		n.Attrs = append(n.Attrs, a)
	}
	slices.SortFunc(n.Attrs, func(a, b xml.Attr) int { return compareNames(a.Name, b.Name) })
	names := attrNames(n.Attrs)
	if len(slices.Compact(slices.Clone(names))) != len(names) {
		return nil, fmt.Errorf("<%s> has an attribute twice", n.Name.Local)
	}
	for _, name := range append(names, n.Name) {
		// encoding/xml leaves an undeclared prefix where the namespace belongs; a namespace is a URI.
		if name.Space != "" && !strings.Contains(name.Space, ":") {
			return nil, fmt.Errorf("<%s:%s>: prefix %q is not declared", name.Space, name.Local, name.Space)
		}
	}
	return n, nil
}

func compareNames(a, b xml.Name) int {
	return cmp.Or(strings.Compare(a.Space, b.Space), strings.Compare(a.Local, b.Local))
}

func attrNames(attrs []xml.Attr) []xml.Name {
	var names []xml.Name
	for _, a := range attrs {
		names = append(names, a.Name)
	}
	return names
}

// setText keeps the text of a leaf as it is, unless it is white space only. Text beside child elements would be mixed content,
// which no property here has.
func (n *node) setText(text string) error {
	blank := strings.TrimSpace(text) == ""
	switch {
	case len(n.Children) > 0 && !blank:
		return fmt.Errorf("<%s> has text beside its elements: %q", n.Name.Local, text)
	case !blank:
		n.Text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}
	return nil
}

func (n *node) is(space, local string) bool { return n.Name.Space == space && n.Name.Local == local }

// child returns the first child of that name, or an empty element.
func (n *node) child(space, local string) *node {
	for _, c := range n.Children {
		if c.is(space, local) {
			return c
		}
	}
	return &node{}
}

// all yields the element and everything below it.
func (n *node) all(yield func(*node) bool) bool {
	for _, c := range n.Children {
		if !c.all(yield) {
			return false
		}
	}
	return yield(n)
}
