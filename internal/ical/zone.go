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
	mu    sync.Mutex
	own   map[string]*contentline.Component // VTIMEZONE by TZID
	found map[string]*time.Location         // answers, nil ones too
	work  budget                            // for all VTIMEZONEs together
}

const (
	// maxZones bounds the different TZIDs of one object that are looked up, since a
	// name that is no zone costs a search in the file system.
	maxZones = 64
	// zoneSteps is room for a dozen VTIMEZONEs with rules since 1601, as Outlook has them.
	zoneSteps = 400_000
)

// newZones takes the VTIMEZONEs of a calendar; they are read when they are asked for.
func newZones(calendar *contentline.Component) *Zones {
	z := &Zones{work: budget{steps: zoneSteps}}
	for c := range calendar.Components() {
		if c.Name != "VTIMEZONE" {
			continue
		}
		id := c.First("TZID")
		if id == nil {
			continue
		}
		if z.own == nil {
			z.own = map[string]*contentline.Component{}
		}
		z.own[strings.TrimSpace(id.Value)] = c
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
	if z == nil {
		return named(tzid)
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	loc, ok := z.found[tzid]
	if ok || len(z.found) >= maxZones {
		return loc
	}
	if loc = named(tzid); loc == nil && z.own[tzid] != nil {
		loc = timezone(z.own[tzid], &z.work)
	}
	if z.found == nil {
		z.found = map[string]*time.Location{}
	}
	z.found[tzid] = loc
	return loc
}

// ParseZone reads a VCALENDAR with exactly one VTIMEZONE, as the property
// calendar-timezone has it (RFC 4791 §5.2.2), and gives its TZID, too. The error is *Error.
func ParseZone(data []byte) (tzid string, loc *time.Location, err error) {
	doc, err := parseDocument(data)
	if err != nil {
		return "", nil, err
	}
	calendar, err := onlyCalendar(doc)
	if err != nil {
		return "", nil, err
	}
	count := 0
	for c := range calendar.Components() {
		if id := c.First("TZID"); c.Name == "VTIMEZONE" && id != nil {
			tzid = strings.TrimSpace(id.Value)
			count++
		}
	}
	if loc = newZones(calendar).Location(tzid); count != 1 || loc == nil {
		return "", nil, &Error{Cond: NotData, Reason: "not one VTIMEZONE that can be read"}
	}
	return tzid, loc, nil
}

// named finds a zone by its name alone.
func named(tzid string) *time.Location {
	if tzid == "UTC" { // IANA has it, too
		return time.UTC
	}
	for _, windows := range []map[string]string{windowsZones, formerWindowsZones} {
		if name, ok := windows[tzid]; ok {
			return iana(name)
		}
	}
	return ianaSuffix(tzid)
}

// ianaSuffix finds the longest suffix of the path that is an IANA name, as in
// /mozilla.org/20050126_1/Europe/Paris. A lone word behind a prefix may mean anything.
func ianaSuffix(tzid string) *time.Location {
	if loc := iana(tzid); loc != nil {
		return loc
	}
	parts := strings.Split(tzid, "/")
	for n := min(3, len(parts)-1); n >= 2; n-- {
		if loc := iana(strings.Join(parts[len(parts)-n:], "/")); loc != nil {
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
	if name == "" || len(name) > 64 || name == "Local" || strings.ContainsAny(name, ". \\") || name[0] == '/' {
		return nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	loaded.Store(name, loc)
	return loc
}
