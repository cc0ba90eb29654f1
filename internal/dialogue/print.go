package dialogue

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
)

// knownPrefixes are the ones that dialogues use.
var knownPrefixes = []struct{ prefix, space string }{
	{"D", "DAV:"},
	{"C", "urn:ietf:params:xml:ns:caldav"},
	{"CR", "urn:ietf:params:xml:ns:carddav"},
	{"CS", "http://calendarserver.org/ns/"},
	{"A", "http://apple.com/ns/ical/"},
	{"ME", "http://me.com/_namespace/"},
	{"P", "https://bitfire.at/webdav-push"},
	{"xml", "http://www.w3.org/XML/1998/namespace"},
}

// prefixOf is the known prefix of a namespace, or an invented one.
func prefixOf(space string) string {
	for _, p := range knownPrefixes {
		if p.space == space {
			return p.prefix
		}
	}
	return "ns-" + strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(space)), "-")
}

func qualified(name xml.Name) string {
	if name.Space == "" {
		return name.Local
	}
	return prefixOf(name.Space) + ":" + name.Local
}

// printer writes a tree the way a person would.
type printer struct {
	strings.Builder
	onlyPaired bool // leave out what nothing had been expected for
}

func (n *node) String() string {
	p := &printer{}
	p.element(n, 0, p.declarations(n))
	return p.Builder.String()
}

// declarations are the xmlns attributes for all namespaces of the tree, in a fixed order.
func (p *printer) declarations(root *node) string {
	found := map[string]string{}
	root.all(func(n *node) bool {
		for _, name := range append([]xml.Name{n.Name}, attrNames(n.Attrs)...) {
			if name.Space != "" && prefixOf(name.Space) != "xml" {
				found[prefixOf(name.Space)] = name.Space
			}
		}
		return true
	})
	var out strings.Builder
	for _, prefix := range sortedPrefixes(found) {
		fmt.Fprintf(&out, " xmlns:%s=%q", prefix, found[prefix])
	}
	return out.String()
}

// sortedPrefixes puts the known ones first, in their order, then the others.
func sortedPrefixes(found map[string]string) []string {
	var out []string
	for _, p := range knownPrefixes {
		if found[p.prefix] != "" {
			out = append(out, p.prefix)
		}
	}
	known := len(out)
	for prefix := range found {
		if !slices.Contains(out, prefix) {
			out = append(out, prefix)
		}
	}
	slices.Sort(out[known:])
	return out
}

func (p *printer) element(n *node, depth int, declarations string) {
	indent := strings.Repeat("  ", depth)
	fmt.Fprintf(p, "%s<%s%s", indent, qualified(n.Name), declarations)
	for _, a := range n.Attrs {
		fmt.Fprintf(p, " %s=\"%s\"", qualified(a.Name), escapeXML(a.Value))
	}
	text := n.Text
	if n.pattern != "" {
		text = n.pattern
	}
	text = textEscapes.Replace(text)
	switch {
	case len(n.Children) == 0 && text == "":
		p.WriteString("/>\n")
	case len(n.Children) == 0:
		fmt.Fprintf(p, ">%s</%s>\n", text, qualified(n.Name))
	default:
		p.WriteString(">\n")
		for _, c := range n.Children {
			if c.paired || !p.onlyPaired {
				p.element(c, depth+1, "")
			}
		}
		fmt.Fprintf(p, "%s</%s>\n", indent, qualified(n.Name))
	}
}

var textEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#13;")

// escapeXML makes text safe wherever XML has text: in elements and in attributes.
func escapeXML(s string) string { return strings.ReplaceAll(textEscapes.Replace(s), `"`, "&quot;") }
