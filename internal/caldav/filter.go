package caldav

import (
	"math"
	"time"

	"ksync/internal/contentline"
	"ksync/internal/dav"
	"ksync/internal/davxml"
	"ksync/internal/ical"
	"ksync/store"
)

// maxFilterDepth bounds a filter as dav.Limits.FilterParts does: no client comes
// near, and the cost of a match is their product.
const maxFilterDepth = 8

// filter reads a calendar-query (RFC 4791 §9.5). A missing filter matches all
// (clients.md 6.4).
func (b bounds) filter(c *store.Collection, report *davxml.Element) (*dav.Filter, error) {
	p := &filterParser{left: b.limits.FilterParts}
	comp := ical.CompFilter{Name: "VCALENDAR"}
	if e := report.Child(davxml.CalDAV("filter")); e != nil {
		var err error
		if comp, err = p.filter(e); err != nil {
			return nil, err
		}
	}
	floating, err := floatingZone(c, report)
	if err != nil {
		return nil, err
	}
	return narrow(comp, floating), nil
}

// floatingZone is the query's own time zone (RFC 4791 §9.8, RFC 7809 §6), or
// the calendar's.
func floatingZone(c *store.Collection, report *davxml.Element) (*time.Location, error) {
	if e := report.Child(davxml.CalDAV("timezone-id")); e != nil {
		loc := namedZone(e.Trimmed())
		if loc == nil {
			return nil, unknownZone(e.Trimmed())
		}
		return loc, nil
	}
	if e := report.Child(davxml.CalDAV("timezone")); e != nil {
		_, loc, err := ical.ParseZone([]byte(e.Text))
		if err != nil {
			return nil, davxml.CalendarTimezone.With(err)
		}
		return loc, nil
	}
	return zone(c), nil
}

// narrow finds what the index can answer of a filter. Only the plain form has
// such a part: one component below VCALENDAR, with or without a time range.
func narrow(f ical.CompFilter, floating *time.Location) *dav.Filter {
	out := &dav.Filter{
		Blind:  true,
		Decide: func(*store.Object) dav.Verdict { return dav.Unsure },
		Match:  f.Matcher(floating),
	}
	plain := f.Name == "VCALENDAR" && !f.IsNotDefined && f.Range == nil && len(f.Props) == 0
	if plain && len(f.Comps) == 0 {
		knows(out, func(*store.Object) dav.Verdict { return dav.Yes })
	}
	if !plain || len(f.Comps) != 1 || f.Comps[0].IsNotDefined || !indexed(f.Comps[0].Name) {
		return out
	}
	comp := f.Comps[0]
	out.Components = []string{comp.Name}
	whole := len(comp.Props) == 0 && len(comp.Comps) == 0
	if comp.Range == nil {
		if whole {
			knows(out, func(*store.Object) dav.Verdict { return dav.Yes })
		}
		return out
	}
	out.From, out.To = millis(comp.Range.Start), millis(comp.Range.End)
	if whole {
		knows(out, decide(comp.Range))
	}
	return out
}

func knows(f *dav.Filter, decide func(*store.Object) dav.Verdict) {
	f.Blind, f.Decide = false, decide
}

// indexed names the components whose presence and span the index knows.
func indexed(component string) bool {
	switch component {
	case "VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY":
		return true
	}
	return false
}

func millis(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	ms := t.UnixMilli()
	return &ms
}

// decide answers a time range by the span of all instances. An exact span of
// one instance overlaps or does not; that of many says something only about a
// range with one end, which is all that kSync asks for: what goes on after the
// start has an instance after it.
func decide(r *ical.Range) func(*store.Object) dav.Verdict {
	from, to := bound(r.Start, math.MinInt64), bound(r.End, math.MaxInt64)
	open := r.Start.IsZero() || r.End.IsZero()
	return func(o *store.Object) dav.Verdict {
		switch {
		case o.Last < from || o.First >= to:
			return dav.No
		case !o.Exact || o.Recurring && !open:
			return dav.Unsure
		case o.Last == from:
			return dav.Unsure // ends there, or has no length: RFC 4791 §9.9 tells them apart
		}
		return dav.Yes
	}
}

func bound(t time.Time, open int64) int64 {
	if t.IsZero() {
		return open
	}
	return t.UnixMilli()
}

type filterParser struct{ left int }

func (p *filterParser) spend() error {
	if p.left--; p.left < 0 {
		return davxml.CalendarFilter.Say("filter has too many parts")
	}
	return nil
}

// filter is RFC 4791 §9.7: one comp-filter, of VCALENDAR.
func (p *filterParser) filter(e *davxml.Element) (f ical.CompFilter, err error) {
	var top []*davxml.Element
	for _, c := range e.Children {
		if c.Name == davxml.CalDAV("comp-filter") {
			top = append(top, c)
		}
	}
	if len(top) != 1 {
		return f, davxml.CalendarFilter.Say("filter has not one comp-filter")
	}
	if f, err = p.comp(top[0], 0); err == nil && f.Name != "VCALENDAR" {
		err = davxml.CalendarFilter.Say("filter is not of VCALENDAR")
	}
	return f, err
}

// comp is RFC 4791 §9.7.1.
func (p *filterParser) comp(e *davxml.Element, depth int) (f ical.CompFilter, err error) {
	f.Name, err = p.name(e)
	if err != nil || depth > maxFilterDepth {
		return f, davxml.CalendarFilter.With(err)
	}
	defer func() {
		if err == nil {
			err = checkComp(&f)
		}
	}()
	for _, c := range e.Children {
		switch c.Name {
		case davxml.CalDAV("is-not-defined"):
			f.IsNotDefined = true
		case davxml.CalDAV("time-range"):
			f.Range, err = timeRange(c, false)
		case davxml.CalDAV("prop-filter"):
			var prop ical.PropFilter
			prop, err = p.prop(c)
			f.Props = append(f.Props, prop)
		case davxml.CalDAV("comp-filter"):
			var comp ical.CompFilter
			comp, err = p.comp(c, depth+1)
			f.Comps = append(f.Comps, comp)
		}
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

// prop is RFC 4791 §9.7.2.
func (p *filterParser) prop(e *davxml.Element) (f ical.PropFilter, err error) {
	if f.Name, err = p.name(e); err != nil {
		return f, err
	}
	for _, c := range e.Children {
		switch c.Name {
		case davxml.CalDAV("is-not-defined"):
			f.IsNotDefined = true
		case davxml.CalDAV("time-range"):
			f.Range, err = timeRange(c, false)
		case davxml.CalDAV("text-match"):
			f.Text, err = textMatch(c)
		case davxml.CalDAV("param-filter"):
			var param ical.ParamFilter
			param, err = p.param(c)
			f.Params = append(f.Params, param)
		}
		if err != nil {
			return f, err
		}
	}
	return f, checkProp(&f)
}

// param is RFC 4791 §9.7.3.
func (p *filterParser) param(e *davxml.Element) (f ical.ParamFilter, err error) {
	if f.Name, err = p.name(e); err != nil {
		return f, err
	}
	f.IsNotDefined = e.Child(davxml.CalDAV("is-not-defined")) != nil
	if c := e.Child(davxml.CalDAV("text-match")); c != nil {
		f.Text, err = textMatch(c)
	}
	return f, err
}

func (p *filterParser) name(e *davxml.Element) (string, error) {
	name, ok := e.Attr("name")
	if !ok || name == "" {
		return "", davxml.CalendarFilter.Say("filter without a name")
	}
	return contentline.UpperName(name), p.spend()
}

// textMatch has the default collation of RFC 4791 §9.7.5.
func textMatch(e *davxml.Element) (*contentline.TextMatch, error) {
	return dav.TextMatch(e, contentline.ASCIICasemap, davxml.CalendarCollation)
}
