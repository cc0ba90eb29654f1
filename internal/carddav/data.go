package carddav

import (
	"io"
	"strings"

	"ksync/internal/contentline"
	"ksync/internal/dav"
	"ksync/internal/davxml"
	"ksync/internal/vcard"
	"ksync/store"
)

// representations: jCard is not advertised, although it is given and taken.
// DAVx5 would change to it for reading and writing as soon as it takes its own
// support for it, which it has switched off, back into use (clients.md 2.9).
// Nor is 4.0: DAVx5 would switch to it (clients.md 2.4), Apple stumble over it.
var representations = dav.Representations{
	{Type: "text/vcard", Version: vcard.V3, Mark: "v3", Advertised: true, Text: in(vcard.V3)},
	{Type: "text/vcard", Version: vcard.V4, Mark: "v4", Text: in(vcard.V4)},
	{Type: "application/vcard+json", Version: vcard.V4, Mark: "json", Text: in(vcard.V4), Encode: vcard.ToJCard, Decode: fromJCard}, // RFC 7095
}

// in falls back to the bytes as they are: nothing that is stored is kept from
// its owner because it cannot be converted.
func in(version string) func([]byte) []byte {
	return func(stored []byte) []byte {
		card, err := vcard.Parse(stored)
		if err != nil {
			return stored
		}
		return card.Serve(version)
	}
}

func fromJCard(data []byte) ([]byte, error) {
	text, err := vcard.FromJCard(data)
	if err != nil {
		return nil, davxml.AddressData.With(err)
	}
	return text, nil
}

var dataName = davxml.CardDAV("address-data")

func version3(w *davxml.Writer, r *dav.Resource) bool {
	rep := &representations[0]
	representations.WriteData(w, dataName, rep, rep.Text(r.Object.Bytes))
	return true
}

// render reads an address-data element (RFC 6352 §10.4): type, version, and
// which properties.
func render(asked *davxml.Element) (func(*davxml.Writer, *dav.Resource) bool, error) {
	rep, err := wanted(asked)
	if err != nil {
		return nil, err
	}
	props := selection(asked)
	return func(w *davxml.Writer, r *dav.Resource) bool {
		representations.WriteData(w, dataName, rep, selected(rep.Text(r.Object.Bytes), props))
		return true
	}, nil
}

// wanted is 3.0 unless something else is asked for. RFC 6352 §8.6, §8.7: a type
// that the server does not know is supported-address-data; of those it knows, it
// can make each of any card.
func wanted(asked *davxml.Element) (*dav.Representation, error) {
	kind, _ := asked.Attr("content-type")
	if strings.EqualFold(kind, "text/x-vcard") {
		kind = "text/vcard"
	}
	version, _ := asked.Attr("version")
	if version == "2.1" {
		version = vcard.V3
	}
	rep := representations.Find(kind, version)
	if rep == nil {
		return nil, davxml.AddressDataType.Say("neither vCard 3.0 nor 4.0 nor jCard: " + kind + " " + version)
	}
	return rep, nil
}

// selection is RFC 6352 §10.4.2; none, or allprop, is the whole card.
func selection(asked *davxml.Element) []vcard.PropSelect {
	var props []vcard.PropSelect
	for _, e := range asked.Children {
		name, _ := e.Attr("name")
		if e.Name == davxml.CardDAV("prop") && name != "" {
			novalue, _ := e.Attr("novalue")
			props = append(props, vcard.PropSelect{Name: contentline.UpperName(name), NoValue: novalue == "yes"})
		}
	}
	return props
}

func selected(served []byte, props []vcard.PropSelect) []byte {
	if len(props) == 0 {
		return served
	}
	card, err := vcard.Parse(served)
	if err != nil {
		return served
	}
	return card.Select(props)
}

// joiner writes cards one behind the other.
type joiner struct{ w io.Writer }

func (j joiner) Add(card []byte) error { return vcard.Join(j.w, card) }
func (j joiner) End() error            { return nil }

// bounds are what a kind's functions look up of the settings.
type bounds struct{ limits dav.Limits }

// filter reads an addressbook-query (RFC 6352 §10.3, §10.5).
func (b bounds) filter(_ *store.Collection, report *davxml.Element) (*dav.Filter, error) {
	out := &dav.Filter{Blind: true, Decide: func(*store.Object) dav.Verdict { return dav.Unsure }}
	var err error
	if out.Limit, err = dav.Results(report.Child(davxml.CardDAV("limit")).Child(davxml.CardDAV("nresults"))); err != nil {
		return nil, err
	}
	p := &filterParser{left: b.limits.FilterParts}
	f, err := p.filter(report.Child(davxml.CardDAV("filter")))
	if err != nil {
		return nil, err
	}
	if len(f.Props) == 0 {
		out.Blind, out.Decide = false, func(*store.Object) dav.Verdict { return dav.Yes }
	}
	out.Match = f.Matcher()
	return out, nil
}

type filterParser struct{ left int }

func (p *filterParser) spend() error {
	if p.left--; p.left < 0 {
		return davxml.AddressFilter.Say("filter has too many parts")
	}
	return nil
}

func (p *filterParser) filter(e *davxml.Element) (f vcard.Filter, err error) {
	if e == nil {
		return f, nil
	}
	f.AllOf = allOf(e)
	for _, c := range e.Children {
		if c.Name != davxml.CardDAV("prop-filter") {
			continue
		}
		prop, err := p.prop(c)
		if err != nil {
			return f, err
		}
		f.Props = append(f.Props, prop)
	}
	return f, nil
}

func allOf(e *davxml.Element) bool {
	test, _ := e.Attr("test")
	return test == "allof"
}

// prop is RFC 6352 §10.5.1.
func (p *filterParser) prop(e *davxml.Element) (f vcard.PropFilter, err error) {
	if f.Name, err = p.name(e); err != nil {
		return f, err
	}
	f.AllOf = allOf(e)
	for _, c := range e.Children {
		switch c.Name {
		case davxml.CardDAV("is-not-defined"):
			f.IsNotDefined = true
		case davxml.CardDAV("text-match"):
			err = p.text(c, &f)
		case davxml.CardDAV("param-filter"):
			var param vcard.ParamFilter
			param, err = p.param(c)
			f.Params = append(f.Params, param)
		}
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

func (p *filterParser) text(e *davxml.Element, f *vcard.PropFilter) error {
	if err := p.spend(); err != nil {
		return err
	}
	m, err := textMatch(e)
	if err == nil {
		f.Texts = append(f.Texts, *m)
	}
	return err
}

// param is RFC 6352 §10.5.2.
func (p *filterParser) param(e *davxml.Element) (f vcard.ParamFilter, err error) {
	if f.Name, err = p.name(e); err != nil {
		return f, err
	}
	f.IsNotDefined = e.Child(davxml.CardDAV("is-not-defined")) != nil
	if c := e.Child(davxml.CardDAV("text-match")); c != nil {
		f.Text, err = textMatch(c)
	}
	return f, err
}

func (p *filterParser) name(e *davxml.Element) (string, error) {
	name, ok := e.Attr("name")
	if !ok || name == "" {
		return "", davxml.AddressFilter.Say("filter without a name")
	}
	return contentline.UpperName(name), p.spend()
}

// textMatch has the default collation of RFC 6352 §10.5.4.
func textMatch(e *davxml.Element) (*contentline.TextMatch, error) {
	return dav.TextMatch(e, contentline.UnicodeCasemap, davxml.AddressCollation)
}
