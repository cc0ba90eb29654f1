package dav

import (
	"ksync/internal/contentline"
	"ksync/internal/davxml"
)

// TextMatch reads a text-match element, which RFC 4791 §9.7.5 and RFC 6352
// §10.5.4 define alike but for the default collation. A collation that is not
// known is the condition given, DAV:supported-collation's counterpart of the
// kind.
func TextMatch(e *davxml.Element, fallback contentline.Collation, unknown davxml.Condition) (*contentline.TextMatch, error) {
	m := &contentline.TextMatch{Text: e.Text, Collation: fallback}
	if name, ok := e.Attr("collation"); ok && name != "default" {
		if m.Collation, ok = contentline.ParseCollation(name); !ok {
			return nil, unknown.Say(name)
		}
	}
	if negate, ok := e.Attr("negate-condition"); ok {
		m.Negate = negate == "yes"
	}
	how, _ := e.Attr("match-type")
	var ok bool
	if m.Type, ok = contentline.ParseMatchType(how); !ok {
		return nil, davxml.BadRequest.Say("match-type " + how)
	}
	keyed := m.Keyed() // it is asked of every object
	return &keyed, nil
}
