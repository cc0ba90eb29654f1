package carddav

import (
	"fmt"
	"strings"

	"ksync/internal/contentline"
	"ksync/internal/dav"
	"ksync/internal/davxml"
	"ksync/internal/vcard"
	"ksync/store"
)

func version3(w *davxml.Writer, r *dav.Resource) bool {
	write(w, serve(r.Object.Bytes, vcard.V3, nil), vcard.V3)
	return true
}

// write says the version where it is not the one that goes without saying (RFC
// 6352 §10.4).
func write(w *davxml.Writer, data []byte, version string) {
	n := davxml.CardDAV("address-data")
	if version == vcard.V3 {
		w.Open(n)
	} else {
		w.OpenWith(n, "content-type", "text/vcard", "version", version)
	}
	w.Text(string(data))
	w.Close(n)
}

// render reads an address-data element (RFC 6352 §10.4): type, version, and
// which properties.
func render(asked *davxml.Element) (func(*davxml.Writer, *dav.Resource) bool, error) {
	version, err := wantedVersion(asked)
	if err != nil {
		return nil, err
	}
	props := selection(asked)
	return func(w *davxml.Writer, r *dav.Resource) bool {
		write(w, serve(r.Object.Bytes, version, props), version)
		return true
	}, nil
}

// wantedVersion is 3.0 unless 4.0 is asked for. RFC 6352 §8.6: a type that the
// server cannot convert to is supported-address-data-conversion.
func wantedVersion(asked *davxml.Element) (string, error) {
	kind, ok := asked.Attr("content-type")
	if ok && !strings.EqualFold(kind, "text/vcard") && !strings.EqualFold(kind, "text/x-vcard") {
		return "", davxml.AddressConversion.With(fmt.Errorf("%s: %w", kind, errUnknownType))
	}
	switch version, _ := asked.Attr("version"); version {
	case "", vcard.V3, "2.1":
		return vcard.V3, nil
	case vcard.V4:
		return version, nil
	default:
		return "", davxml.AddressConversion.With(fmt.Errorf("%s: %w", version, errUnknownType))
	}
}

// selection is RFC 6352 §10.4.2; none, or allprop, is the whole card.
func selection(asked *davxml.Element) []vcard.PropSelect {
	var props []vcard.PropSelect
	for _, e := range asked.Children {
		name, _ := e.Attr("name")
		if e.Name == davxml.CardDAV("prop") && name != "" {
			novalue, _ := e.Attr("novalue")
			props = append(props, vcard.PropSelect{Name: strings.ToUpper(name), NoValue: novalue == "yes"})
		}
	}
	return props
}

// serve falls back to the bytes as they are: nothing that is stored is kept
// from its owner because it cannot be converted.
func serve(data []byte, version string, props []vcard.PropSelect) []byte {
	card, err := vcard.Parse(data)
	if err != nil {
		return data
	}
	served := card.Serve(version)
	if len(props) == 0 {
		return served
	}
	if card, err = vcard.Parse(served); err != nil {
		return served
	}
	return card.Select(props)
}

// bounds are what a kind's functions look up of the settings.
type bounds struct{ limits dav.Limits }

// filter reads an addressbook-query (RFC 6352 §10.3, §10.5).
func (b bounds) filter(_ *store.Collection, report *davxml.Element) (*dav.Filter, error) {
	out := &dav.Filter{Blind: true, Decide: func(*store.Object) dav.Verdict { return dav.Unsure }}
	limit := report.Child(davxml.CardDAV("limit")).Child(davxml.CardDAV("nresults"))
	if limit != nil {
		if _, err := fmt.Sscanf(limit.Trimmed(), "%d", &out.Limit); err != nil || out.Limit < 1 {
			return nil, davxml.BadRequest.Say("nresults is no positive number")
		}
	}
	p := &filterParser{left: b.limits.FilterParts}
	f, err := p.filter(report.Child(davxml.CardDAV("filter")))
	if err != nil {
		return nil, err
	}
	if len(f.Props) == 0 {
		out.Blind, out.Decide = false, func(*store.Object) dav.Verdict { return dav.Yes }
	}
	out.Match = func(o *store.Object) bool {
		card, err := vcard.Parse(o.Bytes)
		return err == nil && f.Match(card)
	}
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
	return strings.ToUpper(name), p.spend()
}

// textMatch has the default collation of RFC 6352 §10.5.4.
func textMatch(e *davxml.Element) (*contentline.TextMatch, error) {
	return dav.TextMatch(e, contentline.UnicodeCasemap, davxml.AddressCollation)
}
