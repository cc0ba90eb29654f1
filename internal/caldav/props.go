package caldav

import (
	"strconv"
	"strings"
	"time"

	"ksync/internal/contentline"
	"ksync/internal/dav"
	"ksync/internal/davxml"
	"ksync/internal/ical"
	"ksync/store"
)

var homeProps = []dav.Prop{
	{Name: davxml.CalDAV("supported-calendar-component-sets"), Get: componentSets}, // caldav-ctag draft; Apple
}

var collectionProps = []dav.Prop{
	{Name: davxml.CalDAV("calendar-description"), Get: dav.CollectionText(description), Set: dav.SetText(description), Attributes: true}, // RFC 4791 §5.2.1; xml:lang
	{Name: davxml.CalDAV("calendar-timezone"), Get: timeZone, Set: setTimeZone},                                                          // RFC 4791 §5.2.2
	{Name: davxml.CalDAV("calendar-timezone-id"), Get: dav.CollectionText(timeZoneID), Set: setTimeZoneID},                               // RFC 7809 §5.2
	{Name: davxml.CalDAV("supported-calendar-component-set"), Get: components, Once: setComponents},                                      // RFC 4791 §5.2.3; protected once made
	{Name: davxml.CalDAV("supported-calendar-data"), Get: calendarData},                                                                  // RFC 4791 §5.2.4
	{Name: davxml.CalDAV("max-resource-size"), Get: maxSize},                                                                             // RFC 4791 §5.2.5
	{Name: davxml.CalDAV("supported-collation-set"), Get: collations},                                                                    // RFC 4791 §7.5.1
	{Name: davxml.Apple("calendar-color"), Get: dav.CollectionText(color), Set: dav.SetText(color), Attributes: true},                    // Apple
	{Name: davxml.CalDAV("min-date-time"), Get: minDateTime},                                                                             // RFC 4791 §5.2.6
	{Name: davxml.CalDAV("max-date-time"), Get: maxDateTime},                                                                             // RFC 4791 §5.2.7
	{Name: davxml.CalDAV("max-instances"), Get: maxInstances},                                                                            // RFC 4791 §5.2.8
	{Name: davxml.Apple("calendar-order"), Get: order, Set: setOrder},                                                                    // Apple
}

var objectProps = []dav.Prop{
	{Name: davxml.CalDAV("supported-collation-set"), Get: collations},                               // RFC 4791 §7.5.1: an object takes the query, too
	{Name: davxml.CalDAV("calendar-data"), Get: stored, Ask: render, Whole: true, Needs: dav.Bytes}, // RFC 4791 §9.6
}

func description(c *store.Collection) *string { return &c.Description }
func timeZoneID(c *store.Collection) *string  { return &c.TimeZoneID }
func color(c *store.Collection) *string       { return &c.Color }

func components(w *davxml.Writer, r *dav.Resource) bool {
	list := r.Collection.Components
	if len(list) == 0 {
		list = offered
	}
	for _, c := range list {
		w.EmptyWith(davxml.CalDAV("comp"), "name", c)
	}
	return true
}

// offered are the components of a calendar that was made without a choice:
// DAVx5 leaves the set out when all three are ticked (clients.md 2.8).
var offered = []string{"VEVENT", "VTODO", "VJOURNAL"}

func componentSets(w *davxml.Writer, _ *dav.Resource) bool {
	for _, c := range offered {
		w.Open(davxml.CalDAV("supported-calendar-component-set"))
		w.EmptyWith(davxml.CalDAV("comp"), "name", c)
		w.Close(davxml.CalDAV("supported-calendar-component-set"))
	}
	return true
}

// maxComponents bounds the set that a client may choose.
const maxComponents = 16

func setComponents(c *store.Collection, e *davxml.Element) error {
	c.Components = nil
	for _, comp := range e.Children {
		name, ok := comp.Attr("name")
		if comp.Name != davxml.CalDAV("comp") || !ok {
			continue
		}
		if len(c.Components) == maxComponents || len(name) > 64 {
			return davxml.CalendarComponent.Say("too many components")
		}
		c.Components = append(c.Components, strings.ToUpper(name))
	}
	return nil
}

func calendarData(w *davxml.Writer, _ *dav.Resource) bool {
	representations.Advertise(w, davxml.CalDAV("calendar-data"))
	return true
}

func maxSize(w *davxml.Writer, r *dav.Resource) bool {
	w.Text(strconv.FormatInt(r.Limits().Object, 10))
	return true
}

func collations(w *davxml.Writer, _ *dav.Resource) bool {
	for _, name := range contentline.Collations() {
		w.Elem(davxml.CalDAV("supported-collation"), name)
	}
	return true
}

// setTimeZone keeps the text as it came. RFC 4791 §5.2.2: an iCalendar object
// with exactly one VTIMEZONE. If its TZID is a name that is known, that is the
// calendar's zone by name, too (RFC 7809 §5.2), by IANA's: Outlook writes Windows'.
func setTimeZone(c *store.Collection, e *davxml.Element) error {
	c.TimeZone, c.TimeZoneID = "", ""
	if e == nil {
		return nil
	}
	id, _, err := ical.ParseZone([]byte(e.Text))
	if err != nil {
		return davxml.CalendarTimezone.With(err)
	}
	c.TimeZone = e.Text
	if loc := namedZone(id); loc != nil {
		c.TimeZoneID = loc.String()
	}
	return nil
}

// timeZone is the definition that a client gave, else that of the zone it named:
// the two properties say the same (RFC 7809 §5.2), and Apple reads only this one.
func timeZone(w *davxml.Writer, r *dav.Resource) bool {
	c := r.Collection
	if loc := namedZone(c.TimeZoneID); c.TimeZone == "" && loc != nil {
		w.Text(string(ical.ZoneText(c.TimeZoneID, loc)))
		return true
	}
	w.Text(c.TimeZone)
	return c.TimeZone != ""
}

// setTimeZoneID takes a zone by name, Windows' too, and keeps it by that of IANA. A
// definition of another one is void.
func setTimeZoneID(c *store.Collection, e *davxml.Element) error {
	if e == nil && c.TimeZoneID == "" {
		return nil // there is no name to be removed
	}
	c.TimeZoneID = ""
	if e != nil {
		loc := namedZone(e.Trimmed())
		if loc == nil {
			return unknownZone(e.Trimmed())
		}
		c.TimeZoneID = loc.String()
	}
	if _, loc, _ := ical.ParseZone([]byte(c.TimeZone)); loc == nil || loc.String() != c.TimeZoneID {
		c.TimeZone = ""
	}
	return nil
}

func unknownZone(id string) error { return davxml.CalendarZoneKnown.Say(id) }

func order(w *davxml.Writer, r *dav.Resource) bool {
	if r.Collection.Order == nil {
		return false
	}
	w.Text(strconv.FormatInt(*r.Collection.Order, 10))
	return true
}

func setOrder(c *store.Collection, e *davxml.Element) error {
	c.Order = nil
	if e == nil {
		return nil
	}
	n, err := strconv.ParseInt(e.Trimmed(), 10, 64)
	if err != nil {
		return davxml.Conflict.With(err)
	}
	c.Order = &n
	return nil
}

// timeRange reads start and end (RFC 4791 §9.9): UTC, at least one of them, both
// where the element needs both.
func timeRange(e *davxml.Element, both bool) (*ical.Range, error) {
	var r ical.Range
	n := 0
	for _, end := range []struct {
		name string
		into *time.Time
	}{{"start", &r.Start}, {"end", &r.End}} {
		s, ok := e.Attr(end.name)
		if !ok {
			continue
		}
		t, err := time.Parse("20060102T150405Z", s)
		if err != nil {
			return nil, davxml.CalendarFilter.With(err)
		}
		*end.into = t
		n++
	}
	if n == 0 || both && n == 1 || n == 2 && !r.End.After(r.Start) {
		return nil, davxml.CalendarFilter.Say("time-range needs a start before its end")
	}
	return &r, nil
}
