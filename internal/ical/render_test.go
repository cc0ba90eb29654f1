package ical

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// lines makes a text of lines with CRLF, without the blanks of the source around it.
func lines(s string) string {
	var b strings.Builder
	for l := range strings.SplitSeq(strings.TrimSpace(s), "\n") {
		b.WriteString(strings.TrimSpace(l) + "\r\n")
	}
	return b.String()
}

// meeting is an event like the one of RFC 4791 §7.8.1, with an override.
var meeting = lines(`
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example Corp.//CalDAV Client//EN
BEGIN:VTIMEZONE
TZID:US/Eastern
BEGIN:STANDARD
DTSTART:20001026T020000
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:abcd2
DTSTART;TZID=US/Eastern:20060102T120000
DURATION:PT1H
RRULE:FREQ=DAILY;COUNT=5
SUMMARY;LANGUAGE=en:Event #2
X-WHEN;TZID=US/Eastern:20060102T120000
END:VEVENT
BEGIN:VEVENT
UID:abcd2
RECURRENCE-ID;TZID=US/Eastern:20060104T120000
DTSTART;TZID=US/Eastern:20060104T140000
DURATION:PT1H
SUMMARY:Event #2 bis
END:VEVENT
END:VCALENDAR`)

// RFC 4791 §7.8.3 asks for the same range of the same event.
func TestRender_Expand(t *testing.T) {
	t.Parallel()
	got, err := mustParse(t, meeting).Render(Selection{Expand: rangeOf(t, "20060103T000000Z/20060105T000000Z")}, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	want := lines(`
		BEGIN:VCALENDAR
		VERSION:2.0
		PRODID:-//Example Corp.//CalDAV Client//EN
		BEGIN:VEVENT
		UID:abcd2
		DTSTART:20060103T170000Z
		DURATION:PT1H
		SUMMARY;LANGUAGE=en:Event #2
		X-WHEN:20060102T170000Z
		RECURRENCE-ID:20060103T170000Z
		END:VEVENT
		BEGIN:VEVENT
		UID:abcd2
		DTSTART:20060104T190000Z
		DURATION:PT1H
		SUMMARY:Event #2 bis
		RECURRENCE-ID:20060104T170000Z
		END:VEVENT
		END:VCALENDAR`)
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestRender_ExpandProperties(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		component   string
		lines, want []string
	}{
		"dates stay dates":      {"VEVENT", []string{"DTSTART;VALUE=DATE:20060103", "DTEND;VALUE=DATE:20060104", "RRULE:FREQ=DAILY;COUNT=9"}, []string{"DTSTART;VALUE=DATE:20060104", "DTEND;VALUE=DATE:20060105", "RECURRENCE-ID;VALUE=DATE:20060104"}},
		"floating stays so":     {"VEVENT", []string{"DTSTART:20060104T090000", "DTEND:20060104T100000"}, []string{"DTSTART:20060104T090000", "DTEND:20060104T100000"}},
		"no rule, no id":        {"VEVENT", []string{"DTSTART:20060104T090000Z"}, []string{"DTSTART:20060104T090000Z"}},
		"RDATE and EXDATE go":   {"VEVENT", []string{"DTSTART:20060101T090000Z", "RDATE:20060104T090000Z", "EXDATE:20060101T090000Z"}, []string{"DTSTART:20060104T090000Z", "RECURRENCE-ID:20060104T090000Z"}},
		"period has its end":    {"VEVENT", []string{"DTSTART:20060101T090000Z", "DURATION:PT1H", "RDATE;VALUE=PERIOD:20060104T090000Z/PT3H"}, []string{"DTSTART:20060104T090000Z", "DTEND:20060104T120000Z", "RECURRENCE-ID:20060104T090000Z"}},
		"a day of 23 hours":     {"VEVENT", []string{"DTSTART;TZID=Europe/Paris:20060104T090000", "DURATION:P1D"}, []string{"DTSTART:20060104T080000Z", "DURATION:PT86400S"}},
		"task by due":           {"VTODO", []string{"DUE:20060102T090000Z", "RRULE:FREQ=DAILY"}, []string{"DUE:20060104T090000Z", "RECURRENCE-ID:20060104T090000Z"}},
		"task without dates":    {"VTODO", []string{"SUMMARY:x"}, []string{"SUMMARY:x"}},
		"outside of the range":  {"VEVENT", []string{"DTSTART:20060106T090000Z"}, nil},
		"alarm stays inside":    {"VEVENT", []string{"DTSTART:20060104T090000Z", "BEGIN:VALARM", "TRIGGER:-PT5M", "END:VALARM"}, []string{"DTSTART:20060104T090000Z", "BEGIN:VALARM", "TRIGGER:-PT5M", "END:VALARM"}},
		"availability is as is": {"VAVAILABILITY", []string{"DTSTART:20060104T090000Z"}, []string{"DTSTART:20060104T090000Z"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := mustParse(t, calendarOf(tt.component, tt.lines...))
			got, err := o.Render(Selection{Expand: rangeOf(t, "20060104T000000Z/20060105T000000Z")}, time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			want := calendarOf(tt.component, tt.want...)
			if tt.want == nil {
				want = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"
			}
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// An override on a date keeps the RECURRENCE-ID of its master, in UTC.
func TestRender_ExpandOverrideOfOtherType(t *testing.T) {
	t.Parallel()
	text := vcalendar(vevent("UID:1", "DTSTART;TZID=Europe/Paris:20060103T090000", "RRULE:FREQ=DAILY;COUNT=2"),
		vevent("UID:1", "RECURRENCE-ID;TZID=Europe/Paris:20060104T090000", "DTSTART;VALUE=DATE:20060105"))
	got, err := mustParse(t, text).Render(Selection{Expand: rangeOf(t, "20060104T000000Z/")}, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	want := vcalendar(vevent("UID:1", "DTSTART;VALUE=DATE:20060105", "RECURRENCE-ID:20060104T080000Z"))
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestRender_ExpandIsBounded(t *testing.T) {
	t.Parallel()
	text := calendarOf("VEVENT", "DTSTART:20060101T000000Z", "RRULE:FREQ=SECONDLY", "DESCRIPTION:"+strings.Repeat("x", 100_000))
	for name, lim := range map[string]Limits{"instances": {Instances: 100}, "bytes": {Bytes: 1 << 20}, "steps": {Steps: 100}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, err := ParseLimits([]byte(text), lim)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := o.Render(Selection{Expand: rangeOf(t, "20060104T000000Z/")}, time.UTC); !errors.Is(err, ErrLimit) {
				t.Errorf("%v, want ErrLimit", err)
			}
		})
	}
}

func TestRender_LimitRecurrence(t *testing.T) {
	t.Parallel()
	override := meeting[strings.LastIndex(meeting, "BEGIN:VEVENT"):strings.LastIndex(meeting, "END:VCALENDAR")]
	tests := map[string]struct {
		in   string
		kept bool
	}{
		"in the range now":    {"20060104T190000Z/20060104T193000Z", true},
		"would have been":     {"20060104T170000Z/20060104T173000Z", true},
		"neither":             {"20060106T000000Z/20060107T000000Z", false},
		"between old and new": {"20060104T180000Z/20060104T190000Z", false},
		"before":              {"20060101T000000Z/20060102T000000Z", false},
		"everything":          {"/", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := mustParse(t, meeting).Render(Selection{LimitRecurrence: rangeOf(t, tt.in)}, time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			want := meeting
			if !tt.kept {
				want = replace(meeting, override, "")
			}
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestRender_LimitFreeBusy(t *testing.T) {
	t.Parallel()
	text := calendarOf("VFREEBUSY", "FREEBUSY;FBTYPE=BUSY:20060101T090000Z/PT1H,20060102T090000Z/20060102T100000Z", "FREEBUSY:20060101T110000Z/PT1H", "FREEBUSY;X=1:20060102T120000Z/PT1H")
	got, err := mustParse(t, text).Render(Selection{LimitFreeBusy: rangeOf(t, "20060102T000000Z/20060103T000000Z")}, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	want := calendarOf("VFREEBUSY", "FREEBUSY;FBTYPE=BUSY:20060102T090000Z/20060102T100000Z", "FREEBUSY;X=1:20060102T120000Z/PT1H")
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestRender_Select(t *testing.T) {
	t.Parallel()
	// The selection of RFC 4791 §7.8.1, shortened.
	selection := CompSelect{Name: "VCALENDAR", Props: []PropSelect{{Name: "VERSION"}}, Comps: []CompSelect{
		{Name: "VEVENT", Props: []PropSelect{{Name: "summary"}, {Name: "UID"}, {Name: "DTSTART", NoValue: true}}},
		{Name: "VTIMEZONE"},
	}}
	got, err := mustParse(t, meeting).Render(Selection{Comp: &selection}, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	want := lines(`
		BEGIN:VCALENDAR
		VERSION:2.0
		BEGIN:VTIMEZONE
		TZID:US/Eastern
		BEGIN:STANDARD
		DTSTART:20001026T020000
		TZOFFSETFROM:-0400
		TZOFFSETTO:-0500
		END:STANDARD
		END:VTIMEZONE
		BEGIN:VEVENT
		UID:abcd2
		DTSTART;TZID=US/Eastern:
		SUMMARY;LANGUAGE=en:Event #2
		END:VEVENT
		BEGIN:VEVENT
		UID:abcd2
		DTSTART;TZID=US/Eastern:
		SUMMARY:Event #2 bis
		END:VEVENT
		END:VCALENDAR`)
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestRender_NothingSelectedIsTheText(t *testing.T) {
	t.Parallel()
	text := "\ufeff\r\n" + strings.ReplaceAll(meeting, "SUMMARY:Event", "SUMMARY:Eve\r\n nt")
	o := mustParse(t, text)
	for name, s := range map[string]Selection{"zero": {}, "all": {Comp: &CompSelect{Name: "VCALENDAR", AllProps: true, AllComps: true}}} {
		got, err := o.Render(s, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(got), "Eve\r\n nt") || name == "zero" && string(got) != text {
			t.Errorf("%s: %q", name, got)
		}
	}
	if string(o.Bytes()) != text {
		t.Error("the object itself was edited")
	}
}

func TestFreeBusy(t *testing.T) {
	t.Parallel()
	daily := []string{"DTSTART:20060101T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY"}
	with := func(l string) string { return calendarOf("VEVENT", append([]string{l}, daily...)...) }
	tests := map[string]struct {
		text string
		want []string
	}{
		"opaque by default": {with("SUMMARY:x"), []string{"0104T0900-0104T1000 BUSY", "0105T0900-0105T0930 BUSY"}},
		"transparent":       {with("TRANSP:TRANSPARENT"), nil},
		"cancelled":         {with("STATUS:CANCELLED"), nil},
		"tentative":         {with("STATUS:TENTATIVE"), []string{"0104T0900-0104T1000 BUSY-TENTATIVE", "0105T0900-0105T0930 BUSY-TENTATIVE"}},
		"zero length":       {calendarOf("VEVENT", "DTSTART:20060104T090000Z"), nil},
		"task":              {calendarOf("VTODO", "DTSTART:20060104T090000Z", "DURATION:PT1H"), nil},
		"free-busy": {calendarOf("VFREEBUSY", "FREEBUSY;FBTYPE=FREE:20060104T090000Z/PT1H", "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20060104T120000Z/PT1H",
			"FREEBUSY:20060104T080000Z/PT1H,20060101T080000Z/PT1H"), []string{"0104T0800-0104T0900 BUSY", "0104T1200-0104T1300 BUSY-UNAVAILABLE"}},
		"free-busy behind many, and behind what is none": {calendarOf("VFREEBUSY", "FREEBUSY:"+strings.Repeat("20050104T080000Z/PT1H,", 15_000)+"soon,20060104T080000Z/PT1H"),
			[]string{"0104T0800-0104T0900 BUSY"}},
		"cancelled override": {vcalendar(vevent(append(daily, "UID:1")...), vevent("UID:1", "RECURRENCE-ID:20060104T090000Z", "DTSTART:20060104T090000Z", "DURATION:PT1H", "STATUS:CANCELLED")),
			[]string{"0105T0900-0105T0930 BUSY"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list, err := mustParse(t, tt.text).FreeBusy(*rangeOf(t, "20060104T000000Z/20060105T093000Z"), time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range list {
				got = append(got, p.Start.Format("0102T1504-")+p.End.Format("0102T1504 ")+p.Type.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
