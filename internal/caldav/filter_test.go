package caldav

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ksync/internal/dav"
	"ksync/internal/davxml"
	"ksync/internal/ical"
	"ksync/store"
)

func element(t *testing.T, xml string) *davxml.Element {
	t.Helper()
	e, err := davxml.Read(strings.NewReader(xml), davxml.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func queryOf(inner string) string {
	return `<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><C:filter><C:comp-filter name="VCALENDAR">` +
		inner + `</C:comp-filter></C:filter></C:calendar-query>`
}

// kSync deletes what its query does not list (clients.md 2.5), so the index
// must never say no where the object itself would say yes, nor the other way
// round: over random events and tasks, times, zones and ranges.
func TestNarrow_AgreesWithTheObject(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o, data := anyObject(t)
		comp := ical.CompFilter{Name: rapid.SampledFrom([]string{"VEVENT", "VTODO"}).Draw(t, "component"), Range: anyRange(t)}
		f := ical.CompFilter{Name: "VCALENDAR", Comps: []ical.CompFilter{comp}}
		zone, _ := time.LoadLocation(rapid.SampledFrom([]string{"UTC", "Asia/Tokyo", "America/Los_Angeles"}).Draw(t, "zone"))
		want := f.Match(o, zone)
		if got := answer(narrow(f, zone), Index(o), data); got != want {
			t.Fatalf("%+v of\n%s\nis %v by the index %+v, %v by the object", comp.Range, data, got, Index(o), want)
		}
	})
}

// answer asks a filter as the store and the engine do.
func answer(f *dav.Filter, index store.Index, data []byte) bool {
	o := &store.Object{Index: index, Bytes: data}
	if len(f.Components) > 0 && f.Components[0] != o.Component {
		return false
	}
	if f.From != nil && o.Last < *f.From || f.To != nil && o.First > *f.To {
		return false
	}
	switch f.Decide(o) {
	case dav.Yes:
		return true
	case dav.No:
		return false
	}
	return f.Match(string(o.Bytes))
}

func anyObject(t *rapid.T) (*ical.Object, []byte) {
	component := rapid.SampledFrom([]string{"VEVENT", "VEVENT", "VTODO"}).Draw(t, "object")
	start := time.Unix(rapid.Int64Range(1_600_000_000, 1_900_000_000).Draw(t, "start")/900*900, 0).UTC()
	lines := []string{"UID:x", "DTSTAMP:20260101T000000Z"}
	allDay := rapid.Bool().Draw(t, "all day")
	if allDay {
		lines = append(lines, "DTSTART;VALUE=DATE:"+start.Format("20060102"))
	} else {
		form := rapid.SampledFrom([]string{"DTSTART:%sZ", "DTSTART:%s", "DTSTART;TZID=Europe/Zurich:%s", "DTSTART;TZID=W. Europe Standard Time:%s"}).Draw(t, "form")
		lines = append(lines, fmt.Sprintf(form, start.Format("20060102T150405")))
	}
	lines = append(lines, rapid.SampledFrom([]string{"", "DURATION:PT0S", "DURATION:PT90M", "DURATION:P2D"}).Draw(t, "duration"))
	lines = append(lines, rapid.SampledFrom([]string{
		"", "", "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY;COUNT=5", "RRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=40",
		"RRULE:FREQ=YEARLY;UNTIL=20300101T000000Z", "RRULE:FREQ=DAILY;INTERVAL=3;UNTIL=20270101",
	}).Draw(t, "rule"))
	if rapid.Bool().Draw(t, "rdate") && !allDay {
		lines = append(lines, "RDATE:"+start.AddDate(0, rapid.IntRange(1, 40).Draw(t, "months"), 0).Format("20060102T150405Z"))
	}
	text := "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:" + component + "\r\n"
	for _, l := range lines {
		if l != "" {
			text += l + "\r\n"
		}
	}
	text += "END:" + component + "\r\nEND:VCALENDAR\r\n"
	o, err := ical.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return o, []byte(text)
}

func anyRange(t *rapid.T) *ical.Range {
	at := func(name string) time.Time {
		return time.Unix(rapid.Int64Range(1_590_000_000, 1_950_000_000).Draw(t, name)/900*900, 0).UTC()
	}
	r := &ical.Range{}
	switch rapid.IntRange(0, 3).Draw(t, "ends") {
	case 0:
		return nil
	case 1:
		r.Start = at("from") // kSync's
	case 2:
		r.End = at("to")
	default:
		r.Start = at("from")
		r.End = r.Start.Add(time.Duration(rapid.IntRange(1, 100_000).Draw(t, "minutes")) * time.Minute)
	}
	return r
}

func TestFilter_ReadsEverything(t *testing.T) {
	t.Parallel()
	object := &store.Object{Bytes: []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:x\r\nDTSTAMP:20260101T000000Z\r\n" +
		"DTSTART:20260301T100000Z\r\nSUMMARY;LANGUAGE=de:Besprechung\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:a@example.org\r\n" +
		"BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")}
	for _, tt := range []struct {
		name, inner string
		want        bool
	}{
		{"a component", `<C:comp-filter name="VEVENT"/>`, true},
		{"one that is not there", `<C:comp-filter name="VTODO"/>`, false},
		{"is not defined", `<C:comp-filter name="VTODO"><C:is-not-defined/></C:comp-filter>`, true},
		{"text", `<C:comp-filter name="VEVENT"><C:prop-filter name="SUMMARY"><C:text-match>SPRECH</C:text-match></C:prop-filter></C:comp-filter>`, true},
		{"the default collation", `<C:comp-filter name="VEVENT"><C:prop-filter name="SUMMARY"><C:text-match collation="default">SPRECH</C:text-match></C:prop-filter></C:comp-filter>`, true},
		{"text in its case", `<C:comp-filter name="VEVENT"><C:prop-filter name="SUMMARY"><C:text-match collation="i;octet">SPRECH</C:text-match></C:prop-filter></C:comp-filter>`, false},
		{"not the text", `<C:comp-filter name="VEVENT"><C:prop-filter name="SUMMARY"><C:text-match negate-condition="yes">xyz</C:text-match></C:prop-filter></C:comp-filter>`, true},
		{"a parameter", `<C:comp-filter name="VEVENT"><C:prop-filter name="ATTENDEE"><C:param-filter name="PARTSTAT"><C:text-match>accepted</C:text-match></C:param-filter></C:prop-filter></C:comp-filter>`, true},
		{"no such parameter", `<C:comp-filter name="VEVENT"><C:prop-filter name="ATTENDEE"><C:param-filter name="PARTSTAT"><C:is-not-defined/></C:param-filter></C:prop-filter></C:comp-filter>`, false},
		{"an alarm in time", `<C:comp-filter name="VEVENT"><C:comp-filter name="VALARM"><C:time-range start="20260301T094000Z" end="20260301T095000Z"/></C:comp-filter></C:comp-filter>`, true},
		{"an alarm at another", `<C:comp-filter name="VEVENT"><C:comp-filter name="VALARM"><C:time-range start="20260301T100000Z" end="20260301T110000Z"/></C:comp-filter></C:comp-filter>`, false},
		{"a property of the calendar", `<C:prop-filter name="X-WR-CALNAME"/>`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, err := bounds{dav.DefaultLimits}.filter(&store.Collection{}, element(t, queryOf(tt.inner)))
			if err != nil {
				t.Fatal(err)
			}
			o, err := ical.Parse(object.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			if got := answer(f, Index(o), object.Bytes); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestFilter_Refuses(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`<C:comp-filter name="X">`, 20) + strings.Repeat(`</C:comp-filter>`, 20)
	for _, tt := range []struct {
		name, inner string
		cond        davxml.Condition
	}{
		{"a filter without a name", `<C:comp-filter/>`, davxml.CalendarFilter},
		{"a range without ends", `<C:comp-filter name="VEVENT"><C:time-range/></C:comp-filter>`, davxml.CalendarFilter},
		{"a local time", `<C:comp-filter name="VEVENT"><C:time-range start="20260101T000000"/></C:comp-filter>`, davxml.CalendarFilter},
		{"an end before the start", `<C:comp-filter name="VEVENT"><C:time-range start="20260102T000000Z" end="20260101T000000Z"/></C:comp-filter>`, davxml.CalendarFilter},
		{"an unknown collation", `<C:comp-filter name="VEVENT"><C:prop-filter name="SUMMARY"><C:text-match collation="i;klingon">x</C:text-match></C:prop-filter></C:comp-filter>`, davxml.CalendarCollation},
		{"an event in a task", `<C:comp-filter name="VTODO"><C:comp-filter name="VEVENT"/></C:comp-filter>`, davxml.CalendarFilter},
		{"an alarm in a calendar", `<C:comp-filter name="VALARM"/>`, davxml.CalendarFilter},
		{"a range of a text", `<C:comp-filter name="VEVENT"><C:prop-filter name="SUMMARY"><C:time-range start="20260101T000000Z"/></C:prop-filter></C:comp-filter>`, davxml.CalendarFilter},
		{"a range of the calendar", `<C:time-range start="20260101T000000Z"/>`, davxml.CalendarFilter},
		{"is-not-defined beside a range", `<C:comp-filter name="VEVENT"><C:is-not-defined/><C:time-range start="20260101T000000Z"/></C:comp-filter>`, davxml.CalendarFilter},
		{"is-not-defined beside a text", `<C:comp-filter name="VEVENT"><C:prop-filter name="X"><C:is-not-defined/><C:text-match>x</C:text-match></C:prop-filter></C:comp-filter>`, davxml.CalendarFilter},
		{"not of VCALENDAR", `</C:comp-filter><C:comp-filter name="VEVENT">`, davxml.CalendarFilter},
		{"too deep", deep, davxml.CalendarFilter},
		{"too many parts", strings.Repeat(`<C:prop-filter name="X"/>`, dav.DefaultLimits.FilterParts+1), davxml.CalendarFilter},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := bounds{dav.DefaultLimits}.filter(&store.Collection{}, element(t, queryOf(tt.inner)))
			if e, ok := err.(*davxml.Error); !ok || e.Cond != tt.cond {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestCheck_Components(t *testing.T) {
	t.Parallel()
	event := []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:x\r\nDTSTART:20260101T000000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
	for _, tt := range []struct {
		name string
		list []string
		ok   bool
	}{
		{"any", nil, true}, {"events", []string{"VEVENT"}, true}, {"both", []string{"VTODO", "VEVENT"}, true}, {"tasks", []string{"VTODO"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := (bounds{dav.DefaultLimits}).check(&store.Collection{Components: tt.list}, event); (err == nil) != tt.ok {
				t.Error(err)
			}
		})
	}
}
