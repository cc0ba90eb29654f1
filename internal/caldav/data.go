package caldav

import (
	"bytes"
	"errors"
	"io"

	"ksync/internal/dav"
	"ksync/internal/davxml"
	"ksync/internal/ical"
	"ksync/store"
)

// Bounds of a calendar-data element.
const (
	maxSelectDepth = 8
	maxSelectParts = 500
)

var representations = dav.Representations{
	{Type: "text/calendar", Version: "2.0", Advertised: true},
	{Type: "application/calendar+json", Version: "2.0", Mark: "json", Advertised: true, Encode: ical.ToJCal, Decode: fromJCal}, // RFC 7265
}

func fromJCal(data []byte) ([]byte, error) {
	text, err := ical.FromJCal(data)
	if err != nil {
		return nil, condition(err)
	}
	return text, nil
}

var dataName = davxml.CalDAV("calendar-data")

// stored prints an object as it was stored.
func stored(w *davxml.Writer, r *dav.Resource) bool {
	representations.WriteData(w, dataName, &representations[0], r.Object.Bytes)
	return true
}

// render reads a calendar-data element (RFC 4791 §9.6): in which form, which
// components and properties, and how what repeats is told.
func render(asked *davxml.Element) (func(*davxml.Writer, *dav.Resource) bool, error) {
	kind, _ := asked.Attr("content-type")
	version, _ := asked.Attr("version")
	rep := representations.Find(kind, version)
	if rep == nil {
		return nil, davxml.CalendarDataType.Say(kind + " " + version)
	}
	s, err := selection(asked)
	if err != nil {
		return nil, err
	}
	return func(w *davxml.Writer, r *dav.Resource) bool {
		data, ok := serve(r, s)
		if ok {
			representations.WriteData(w, dataName, rep, data)
		}
		return ok
	}, nil
}

func selection(asked *davxml.Element) (s ical.Selection, err error) {
	p := &selectParser{left: maxSelectParts}
	for _, c := range asked.Children {
		switch c.Name {
		case davxml.CalDAV("comp"):
			s.Comp = &ical.CompSelect{}
			*s.Comp, err = p.comp(c, 0)
		case davxml.CalDAV("expand"):
			s.Expand, err = timeRange(c, true) // RFC 4791 §9.6.5
		case davxml.CalDAV("limit-recurrence-set"):
			s.LimitRecurrence, err = timeRange(c, true) // RFC 4791 §9.6.6
		case davxml.CalDAV("limit-freebusy-set"):
			s.LimitFreeBusy, err = timeRange(c, true) // RFC 4791 §9.6.7
		}
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

// serve falls back to the bytes as they are: nothing that is stored is kept
// from its owner because it cannot be told otherwise.
//
// Repetitions are spelt out up to a bound: those of one object (RFC 4791 §5.2.8),
// then those of all in one answer. What is beyond is told to be.
func serve(r *dav.Resource, s ical.Selection) ([]byte, bool) {
	if s == (ical.Selection{}) {
		return r.Object.Bytes, true
	}
	o, err := ical.ParseLimits(r.Object.Bytes, ical.Limits{Instances: r.Limits().Repetitions})
	if err != nil {
		return r.Object.Bytes, true
	}
	data, err := o.Render(s, zone(r.Collection))
	switch {
	case errors.Is(err, ical.ErrLimit):
		r.Refuse(davxml.CalendarMaxInstances)
		return nil, false
	case err != nil:
		return r.Object.Bytes, true
	case s.Expand != nil && !r.Spend(bytes.Count(data, []byte("BEGIN:"+o.Component))):
		r.Refuse(davxml.Truncated)
		return nil, false
	}
	return data, true
}

// joiner writes objects as one calendar.
type joiner struct{ *ical.Merger }

func join(w io.Writer, c *store.Collection) (dav.Joiner, error) {
	m, err := ical.NewMerger(w, ical.Head{ProdID: "-//ksyncd//EN", Name: c.DisplayName, Color: c.Color})
	return joiner{m}, err
}

func (j joiner) Add(object []byte) error {
	err := j.Merger.Add(object)
	if _, unreadable := errors.AsType[*ical.Error](err); unreadable || errors.Is(err, ical.ErrLimit) {
		return nil
	}
	return err
}

type selectParser struct{ left int }

// comp is RFC 4791 §9.6.1.
func (p *selectParser) comp(e *davxml.Element, depth int) (s ical.CompSelect, err error) {
	if p.left--; p.left < 0 || depth > maxSelectDepth {
		return s, davxml.CalendarFilter.Say("calendar-data has too many parts")
	}
	s.Name, _ = e.Attr("name")
	for _, c := range e.Children {
		switch c.Name {
		case davxml.CalDAV("allprop"):
			s.AllProps = true
		case davxml.CalDAV("allcomp"):
			s.AllComps = true
		case davxml.CalDAV("prop"):
			name, _ := c.Attr("name")
			novalue, _ := c.Attr("novalue")
			s.Props = append(s.Props, ical.PropSelect{Name: name, NoValue: novalue == "yes"})
		case davxml.CalDAV("comp"):
			var inner ical.CompSelect
			if inner, err = p.comp(c, depth+1); err != nil {
				return s, err
			}
			s.Comps = append(s.Comps, inner)
		}
	}
	return s, nil
}
