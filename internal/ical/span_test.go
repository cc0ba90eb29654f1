package ical

import (
	"testing"
	"time"
)

// TestSpan_DeniesNoReader: what is fixed in a series that floats takes instances away from some readers only.
func TestSpan_DeniesNoReader(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		lines    []string
		in       string
		floating string
	}{
		"a time in UTC excluded": {[]string{"DTSTART:20260105T090000", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20260107T090000Z"},
			"20260107T160000Z/20260107T180000Z", "America/Los_Angeles"},
		"of an unknown zone": {[]string{"DTSTART;TZID=Our Office:20260105T090000", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20260105T090000Z"},
			"20260104T180000Z/20260104T200000Z", "Pacific/Kiritimati"},
		"a time in UTC added, and excluded by its date": {[]string{"DTSTART:20260105T090000", "RDATE:20260201T000000Z", "EXDATE;VALUE=DATE:20260201"},
			"20260201T000000Z/20260201T000001Z", "America/Los_Angeles"},
		"one of them moved, by its time in UTC": {[]string{"DTSTART:20260105T090000", "RRULE:FREQ=DAILY;COUNT=3", "END:VEVENT", "BEGIN:VEVENT", "UID:1",
			"RECURRENCE-ID:20260107T090000Z", "DTSTART:20260106T120000Z"}, "20260107T160000Z/20260107T180000Z", "America/Los_Angeles"},
		"all that follow moved, by a time in UTC": {[]string{"DTSTART:20260105T090000", "RRULE:FREQ=DAILY;COUNT=3", "END:VEVENT", "BEGIN:VEVENT", "UID:1",
			"RECURRENCE-ID;RANGE=THISANDFUTURE:20260107T090000Z", "DTSTART:20260101T120000Z"}, "20260107T160000Z/20260107T180000Z", "America/New_York"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, r := mustParse(t, calendarOf("VEVENT", tt.lines...)), rangeOf(t, tt.in)
			found := eventFilter(r).Match(o, iana(tt.floating))
			b, s := r.bounds(), o.Span()
			if found && !(s.First < b.before && s.Last > b.after) {
				t.Errorf("span %v to %v denies %v", time.UnixMilli(s.First).UTC(), time.UnixMilli(s.Last).UTC(), tt.in)
			}
			if s.Exact {
				t.Error("the span cannot be exact")
			}
			if !found && tt.floating != "America/New_York" {
				t.Error("not found, so that the span shows nothing")
			}
		})
	}
}

func TestSpan_OfTaskDueBeforeAPeriodOfIts(t *testing.T) {
	t.Parallel()
	o := mustParse(t, calendarOf("VTODO", "DTSTART:20260106T090000Z", "DUE:20260103T090000Z", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20260106T090000Z",
		"RDATE;VALUE=PERIOD:20260105T090000Z/PT1H"))
	r := rangeOf(t, "20260104T080000Z/20260104T100000Z")
	if b, s := r.bounds(), o.Span(); !inRange("VTODO", r).Match(o, time.UTC) || s.First >= b.before || s.Last <= b.after {
		t.Errorf("span %+v denies it", s)
	}
}
