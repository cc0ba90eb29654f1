package ical

import (
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the zones work on machines that have none

	"ksync/internal/contentline"
)

// Zones finds the location that a TZID means. A nil *Zones knows the IANA and Windows
// names only. It is safe for concurrent use.
type Zones struct {
	own map[string]func() *time.Location // by TZID, from VTIMEZONE
}

// newZones takes the VTIMEZONEs of a calendar; they are read when they are asked for.
func newZones(calendar *contentline.Component) *Zones {
	z := &Zones{}
	for c := range calendar.Components() {
		if c.Name != "VTIMEZONE" {
			continue
		}
		id := c.First("TZID")
		if id == nil {
			continue
		}
		if z.own == nil {
			z.own = map[string]func() *time.Location{}
		}
		name := strings.TrimSpace(id.Value)
		z.own[name] = sync.OnceValue(func() *time.Location { return timezone(c) })
	}
	return z
}

// Location returns the location of a TZID: the IANA zone of that name (also behind a
// prefix such as /freeassociation.sourceforge.net/), the one that CLDR gives for a
// Windows name, else what the object's VTIMEZONE describes. It returns nil for a TZID
// that none of them knows; its times are then floating.
func (z *Zones) Location(tzid string) *time.Location {
	// Outlook and other Microsoft clients append blanks.
	tzid = strings.Trim(strings.TrimSpace(tzid), `"`)
	if loc := ianaSuffix(tzid); loc != nil {
		return loc
	}
	if name, ok := windowsZones[tzid]; ok {
		return iana(name)
	}
	if z != nil {
		if own, ok := z.own[tzid]; ok {
			return own()
		}
	}
	return nil
}

// ianaSuffix finds the longest suffix of the path that is an IANA name, as in
// /mozilla.org/20050126_1/Europe/Paris.
func ianaSuffix(tzid string) *time.Location {
	if len(tzid) > 128 {
		return nil
	}
	if loc := iana(tzid); loc != nil {
		return loc
	}
	for rest := tzid; strings.Contains(rest, "/"); {
		_, rest, _ = strings.Cut(rest, "/")
		if !strings.Contains(rest, "/") {
			return nil // a lone word behind a prefix may mean anything
		}
		if loc := iana(rest); loc != nil {
			return loc
		}
	}
	return nil
}

// loaded remembers locations by name. It only ever holds what the zone database has,
// some 600 values that never change.
var loaded sync.Map

// iana loads a zone by its exact name; nil if there is none.
func iana(name string) *time.Location {
	if loc, ok := loaded.Load(name); ok {
		return loc.(*time.Location)
	}
	if name == "" || name == "Local" || strings.ContainsAny(name, ". \\") || name[0] == '/' {
		return nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	loaded.Store(name, loc)
	return loc
}

// ParseZone reads an iCalendar object with exactly one VTIMEZONE, as RFC 4791 §5.2.2
// wants it for calendar-timezone, and gives its TZID; nil if it is none.
func ParseZone(data []byte) (tzid string, loc *time.Location) {
	doc, err := contentline.Parse(data, contentline.Limits{})
	if err != nil || len(doc.Components()) != 1 || doc.Components()[0].Name != "VCALENDAR" {
		return "", nil
	}
	n := 0
	for c := range doc.Components()[0].Components() {
		if c.Name != "VTIMEZONE" {
			continue
		}
		n++
		if l := c.First("TZID"); l != nil {
			tzid = strings.TrimSpace(l.Value)
		}
	}
	if n != 1 || tzid == "" {
		return "", nil
	}
	return tzid, newZones(doc.Components()[0]).Location(tzid)
}
