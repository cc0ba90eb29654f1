// Package caldav is the calendar kind of collection (RFC 4791): what the engine
// in internal/dav does not have in common with address books.
//
// A calendar holds calendar objects: events, tasks, journal entries. Each is
// indexed by the span of all its instances when it is stored, so that a query
// by time reads only what may lie in its range, and for the range without an
// end that kSync asks for reads nothing at all (clients.md 2.5).
package caldav

import (
	"errors"
	"slices"
	"strings"
	"time"

	"ksync/internal/contentline"
	"ksync/internal/dav"
	"ksync/internal/davxml"
	"ksync/internal/ical"
	"ksync/store"
)

// Kind is the calendar kind within the bounds of dav.DefaultLimits.
func Kind() *dav.Kind { return Within(dav.DefaultLimits) }

// Within is the calendar kind within these bounds.
func Within(l dav.Limits) *dav.Kind {
	b := bounds{l}
	return &dav.Kind{
		Store:           store.Calendar,
		Segment:         "calendars",
		Class:           "calendar-access", // RFC 4791 §5.1
		Type:            davxml.CalDAV("calendar"),
		HomeSet:         davxml.CalDAV("calendar-home-set"),
		Data:            davxml.CalDAV("calendar-data"),
		Multiget:        davxml.CalDAV("calendar-multiget"),
		Query:           davxml.CalDAV("calendar-query"),
		Reading:         []davxml.Name{davxml.CalDAV("read-free-busy")}, // RFC 4791 §6.1.1
		Invalid:         davxml.CalendarData,
		UIDConflict:     davxml.CalendarUIDConflict,
		DataType:        davxml.CalendarDataType,
		MaxSize:         davxml.CalendarMaxSize,
		Location:        davxml.CalendarLocation,
		HomeProps:       homeProps,
		Representations: representations,
		Extension:       ".ics",
		Join:            join,
		CollectionProps: collectionProps,
		ObjectProps:     objectProps,
		MediaType:       mediaType,
		Areas:           areas,
		Check:           b.check,
		Filter:          b.filter,
		Reports:         []dav.Report{freeBusyReport},
	}
}

// mediaType has the component as RFC 4791 §5.3.4's example does; Thunderbird
// compares its beginning (clients.md 5.1).
func mediaType(o *store.Object) string {
	if o.Component == "" {
		return "text/calendar; charset=utf-8"
	}
	return "text/calendar; charset=utf-8; component=" + o.Component
}

// areas are the app password scopes that a calendar needs: tasks and journals
// are "tasks", everything else "calendars". A list that may hold both needs both.
func areas(c *store.Collection) store.Scope {
	if c == nil || len(c.Components) == 0 {
		return store.CalendarsRead | store.TasksRead
	}
	var s store.Scope
	for _, component := range c.Components {
		if component == "VTODO" || component == "VJOURNAL" {
			s |= store.TasksRead
		} else {
			s |= store.CalendarsRead
		}
	}
	return s
}

// bounds are what a kind's functions look up of the settings.
type bounds struct{ limits dav.Limits }

// check is RFC 4791 §5.3.2.1.
func (b bounds) check(c *store.Collection, data []byte) (store.Index, error) {
	o, err := ical.Parse(data)
	if err != nil {
		return store.Index{}, condition(err)
	}
	if o.Component != "" && len(c.Components) > 0 && !slices.Contains(c.Components, o.Component) {
		return store.Index{}, davxml.CalendarComponent.Say(o.Component)
	}
	index := Index(o)
	return index, b.checkInstances(o, index)
}

// Index is what the store keeps of a calendar object to find it by.
func Index(o *ical.Object) store.Index {
	span := o.Span()
	return store.Index{
		UID: o.UID, Component: o.Component,
		First: span.First, Last: span.Last, Recurring: span.Recurring, Exact: span.Exact,
	}
}

func condition(err error) error {
	e, ok := errors.AsType[*ical.Error](err)
	switch {
	case ok && e.Cond == ical.NotObject:
		return davxml.CalendarObject.With(err)
	case errors.Is(err, contentline.ErrTooLarge):
		return davxml.CalendarMaxSize.With(err)
	case errors.Is(err, ical.ErrLimit): // too many changed instances
		return davxml.CalendarMaxInstances.With(err)
	}
	return davxml.CalendarData.With(err)
}

// zone is where floating times of a calendar's objects are: its own time zone
// (RFC 4791 §5.2.2), else UTC.
func zone(c *store.Collection) *time.Location {
	if c.TimeZoneID != "" {
		if loc := namedZone(c.TimeZoneID); loc != nil {
			return loc
		}
	}
	return zoneOf(c.TimeZone)
}

// zoneOf reads the zone out of an iCalendar object with one VTIMEZONE.
func zoneOf(text string) *time.Location {
	if strings.TrimSpace(text) == "" {
		return time.UTC
	}
	if _, loc, err := ical.ParseZone([]byte(text)); err == nil {
		return loc
	}
	return time.UTC
}

// namedZone is a zone of the zone database, or one of Windows; nil for others.
func namedZone(id string) *time.Location {
	var known *ical.Zones
	return known.Location(id)
}
