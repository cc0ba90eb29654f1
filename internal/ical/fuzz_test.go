package ical

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"ksync/internal/contentline"
)

// fuzzLimits keep one input short, so that many fit into a second.
var fuzzLimits = Limits{Instances: 200, Steps: 5_000}

var fuzzSeeds = []string{
	"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;TZID=Europe/Paris:20260329T023000\r\nDTEND;TZID=Europe/Paris:20260329T033000\r\n" +
		"RRULE:FREQ=DAILY;COUNT=5\r\nEXDATE;VALUE=DATE:20260330\r\nBEGIN:VALARM\r\nTRIGGER;RELATED=END:-PT1H\r\nREPEAT:3\r\nDURATION:PT5M\r\n" +
		"END:VALARM\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:1\r\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Paris:20260331T023000\r\n" +
		"DTSTART;TZID=Europe/Paris:20260331T043000\r\nDURATION:P1D\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
	"BEGIN:VCALENDAR\nBEGIN:VTODO\nDUE;VALUE=DATE:20260101\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\nEND:VTODO\nEND:VCALENDAR\n",
	"BEGIN:VCALENDAR\nBEGIN:VTODO\nCREATED:20260101T000000Z\nCOMPLETED:20260102T000000Z\nEND:VTODO\nEND:VCALENDAR\n",
	"BEGIN:VCALENDAR\nBEGIN:VJOURNAL\nDTSTART:99991231T235959\nRRULE:FREQ=SECONDLY\nEND:VJOURNAL\nEND:VCALENDAR\n",
	"BEGIN:VCALENDAR\nBEGIN:VFREEBUSY\nFREEBUSY;FBTYPE=BUSY:20260101T000000Z/PT1H,20260102T000000Z/20260102T010000Z\nEND:VFREEBUSY\nEND:VCALENDAR\n",
	"BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Own\nBEGIN:STANDARD\nDTSTART:19701025T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\n" +
		"RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\nDTSTART;TZID=Own:00010101T000000\n" +
		"RDATE;VALUE=PERIOD:20260101T000000Z/P1W\nRRULE:FREQ=HOURLY;UNTIL=99991231\nEND:VEVENT\nEND:VCALENDAR\n",
}

// FuzzParse asks an object every question there is. None may panic or run beyond the
// limits, and the index may not deny what the filter finds.
func FuzzParse(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add([]byte(s), int64(1_767_225_600), int64(86_400))
	}
	f.Fuzz(func(t *testing.T, data []byte, from, seconds int64) {
		o, err := ParseLimits(data, fuzzLimits)
		if err != nil {
			if _, refused := errors.AsType[*Error](err); !refused && !errors.Is(err, ErrLimit) {
				t.Fatal(err)
			}
			return
		}
		if !bytes.Equal(o.Bytes(), data) {
			t.Fatal("the text has changed")
		}
		start := time.Unix(from%(1<<38), 0)
		r := Range{start, start.Add(time.Duration(seconds%(1<<30)) * time.Second)}
		checkQuestions(t, o, r)
	})
}

func checkQuestions(t *testing.T, o *Object, r Range) {
	span, b := o.Span(), r.bounds()
	for _, floating := range []*time.Location{time.UTC, time.FixedZone("", 14*3600), time.FixedZone("", -12*3600)} {
		f := CompFilter{Name: "VCALENDAR", Comps: []CompFilter{{Name: o.Component, Range: &r}}}
		expandable := expandable(o.Component)
		if f.Match(o, floating) && expandable && !(span.First < b.before && span.Last > b.after) {
			t.Fatalf("span %+v denies %v", span, r)
		}
		n := 0
		for range o.Instances(r, floating, Limits{}) {
			n++
		}
		if n > fuzzLimits.Instances+1 {
			t.Fatalf("%d instances", n)
		}
	}
	alarm := CompFilter{Name: "VCALENDAR", Comps: []CompFilter{{Name: o.Component, Comps: []CompFilter{{Name: "VALARM", Range: &r}},
		Props: []PropFilter{{Name: "DTSTART", Range: &r}, {Name: "DTEND", Range: &r}}}}}
	alarm.Match(o, time.UTC)
	for _, s := range []Selection{{Expand: &r}, {LimitRecurrence: &r}, {LimitFreeBusy: &r}} {
		out, err := o.Render(s, time.UTC)
		if err != nil && !errors.Is(err, ErrLimit) {
			t.Fatal(err)
		}
		if _, err := contentline.Parse(out, contentline.Limits{}); err != nil {
			t.Fatalf("%v in\n%s", err, out)
		}
	}
	_, _ = o.FreeBusy(r, time.UTC) // ErrLimit comes with what there is
}

func FuzzSplit(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add([]byte(s + s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		items, _ := Split(data)
		for _, item := range items {
			if item.Err != nil && !errors.Is(item.Err, ErrLimit) {
				t.Fatalf("%v in\n%s", item.Err, item.Bytes)
			}
			if _, err := Parse(item.Bytes); (err == nil) != (item.Err == nil) {
				t.Fatalf("%v, but Parse says %v of\n%s", item.Err, err, item.Bytes)
			}
		}
	})
}
