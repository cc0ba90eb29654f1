package caldav

import (
	"slices"
	"strings"

	"ksync/internal/davxml"
	"ksync/internal/ical"
)

// What RFC 4791 §7.8 calls a filter that is not valid: components where they
// cannot be, ranges of what has no time, conditions of what is not there.
// Components and properties that no RFC names may be anywhere.

// within tells which components a component of RFC 5545 §3.6 can be in.
func within(name string) []string {
	switch name {
	case "VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE":
		return []string{"VCALENDAR"}
	case "VALARM":
		return []string{"VEVENT", "VTODO"}
	case "STANDARD", "DAYLIGHT":
		return []string{"VTIMEZONE"}
	case "VCALENDAR":
		return []string{}
	}
	return nil
}

func checkComp(f *ical.CompFilter) error {
	if f.IsNotDefined && (f.Range != nil || len(f.Props)+len(f.Comps) > 0) {
		return davxml.CalendarFilter.Say("is-not-defined with other conditions")
	}
	if f.Range != nil && (f.Name == "VCALENDAR" || f.Name == "VTIMEZONE") {
		return davxml.CalendarFilter.Say("time-range of " + f.Name)
	}
	for i := range f.Comps {
		if parents := within(f.Comps[i].Name); parents != nil && !slices.Contains(parents, f.Name) {
			return davxml.CalendarFilter.Say(f.Comps[i].Name + " in " + f.Name)
		}
	}
	return nil
}

// dated are the properties of RFC 5545 that have a time.
const dated = " DTSTART DTEND DUE COMPLETED CREATED DTSTAMP LAST-MODIFIED EXDATE RDATE RECURRENCE-ID TRIGGER ACKNOWLEDGED "

func checkProp(f *ical.PropFilter) error {
	if f.IsNotDefined && (f.Range != nil || f.Text != nil || len(f.Params) > 0) {
		return davxml.CalendarFilter.Say("is-not-defined with other conditions")
	}
	if f.Range != nil && !strings.HasPrefix(f.Name, "X-") && !strings.Contains(dated, " "+f.Name+" ") {
		return davxml.CalendarFilter.Say("time-range of " + f.Name)
	}
	return nil
}
