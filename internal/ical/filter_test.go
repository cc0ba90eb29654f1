package ical

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ksync/internal/contentline"
)

func calendarOf(component string, lines ...string) string {
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:" + component + "\r\nUID:1\r\n" + strings.Join(lines, "\r\n") +
		"\r\nEND:" + component + "\r\nEND:VCALENDAR\r\n"
}

func mustParse(t testing.TB, text string) *Object {
	t.Helper()
	o, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return o
}

// rangeOf reads "from/to"; an empty end is open.
func rangeOf(t testing.TB, s string) *Range {
	t.Helper()
	from, to, _ := strings.Cut(s, "/")
	var r Range
	for _, end := range []struct {
		text string
		at   *time.Time
	}{{from, &r.Start}, {to, &r.End}} {
		if end.text == "" {
			continue
		}
		at, err := time.Parse("20060102T150405Z", end.text)
		if err != nil {
			t.Fatal(err)
		}
		*end.at = at
	}
	return &r
}

func inRange(component string, r *Range) CompFilter {
	return CompFilter{Name: "VCALENDAR", Comps: []CompFilter{{Name: component, Range: r}}}
}

// The eight rows of VTODO in RFC 4791 §9.9, as they stand there.
func TestMatch_TodoTable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		hour := func(label string, low int) int { return rapid.IntRange(low, 24).Draw(t, label) }
		has := func(label string) bool { return rapid.Bool().Draw(t, label) }
		stamp := func(h int) string { return time.Unix(int64(h)*3600, 0).UTC().Format("20060102T150405Z") }
		start, end := hour("from", 0), 0
		end = hour("to", start)
		lines := []string{}
		dtstart, duration, due := hour("dtstart", 0), rapid.IntRange(0, 5).Draw(t, "duration"), 0
		due = hour("due", dtstart)
		completed, created := hour("completed", 0), hour("created", 0)
		hasStart, hasDue, hasCompleted, hasCreated := has("dtstart?"), has("due?"), has("completed?"), has("created?")
		hasDuration := hasStart && !hasDue && has("duration?")
		for _, l := range []struct {
			has  bool
			line string
		}{{hasStart, "DTSTART:" + stamp(dtstart)}, {hasDuration, fmt.Sprintf("DURATION:PT%dH", duration)}, {hasDue, "DUE:" + stamp(due)},
			{hasCompleted, "COMPLETED:" + stamp(completed)}, {hasCreated, "CREATED:" + stamp(created)}} {
			if l.has {
				lines = append(lines, l.line)
			}
		}
		var want bool
		switch {
		case hasStart && hasDuration:
			want = start <= dtstart+duration && (end > dtstart || end >= dtstart+duration)
		case hasStart && hasDue:
			want = (start < due || start <= dtstart) && (end > dtstart || end >= due)
		case hasStart:
			want = start <= dtstart && end > dtstart
		case hasDue:
			want = start < due && end >= due
		case hasCompleted && hasCreated:
			want = (start <= created || start <= completed) && (end >= created || end >= completed)
		case hasCompleted:
			want = start <= completed && end >= completed
		case hasCreated:
			want = end > created
		default:
			want = true
		}
		text := calendarOf("VTODO", lines...)
		o, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		r := Range{time.Unix(int64(start)*3600, 0), time.Unix(int64(end)*3600, 0)}
		if got := inRange("VTODO", &r).Match(o, time.UTC); got != want {
			t.Fatalf("%v, want %v for %d to %d in\n%s", got, want, start, end, text)
		}
		if s, b := o.Span(), r.bounds(); want && !(s.First < b.before && s.Last > b.after) {
			t.Fatalf("span %+v denies %v in\n%s", s, r, text)
		}
	})
}

func TestMatch_TimeRange(t *testing.T) {
	t.Parallel()
	weekly := []string{"DTSTART:20260105T090000Z", "DTEND:20260105T100000Z", "RRULE:FREQ=WEEKLY"}
	alarm := []string{"DTSTART:20260105T090000Z", "DTEND:20260105T100000Z", "RRULE:FREQ=WEEKLY;COUNT=3", "BEGIN:VALARM", "TRIGGER:-PT30M", "REPEAT:2",
		"DURATION:PT10M", "END:VALARM"}
	atEnd := []string{"DTSTART:20260105T090000Z", "DURATION:PT1H", "BEGIN:VALARM", "TRIGGER;RELATED=END:P1D", "END:VALARM"}
	tests := map[string]struct {
		component string
		lines     []string
		inner     string // the component that has the range, if not the outer one
		in        string
		want      bool
	}{
		"event ends at start of range":   {"VEVENT", weekly, "", "20260105T100000Z/20260105T110000Z", false},
		"event begins at end of range":   {"VEVENT", weekly, "", "20260105T080000Z/20260105T090000Z", false},
		"event inside":                   {"VEVENT", weekly, "", "20260105T080000Z/20260105T090001Z", true},
		"years later":                    {"VEVENT", weekly, "", "20460101T000000Z/20460109T000000Z", true},
		"gap between instances":          {"VEVENT", weekly, "", "20460102T110000Z/20460103T000000Z", false},
		"open end":                       {"VEVENT", weekly, "", "29990101T000000Z/", true},
		"open start":                     {"VEVENT", weekly, "", "/20260105T090000Z", false},
		"zero length at start of range":  {"VEVENT", []string{"DTSTART:20260105T090000Z"}, "", "20260105T090000Z/20260105T100000Z", true},
		"zero length at end of range":    {"VEVENT", []string{"DTSTART:20260105T090000Z"}, "", "20260105T080000Z/20260105T090000Z", false},
		"all day lasts a day":            {"VEVENT", []string{"DTSTART;VALUE=DATE:20260105"}, "", "20260105T230000Z/20260105T233000Z", true},
		"end of an all day is exclusive": {"VEVENT", []string{"DTSTART;VALUE=DATE:20260105", "DTEND;VALUE=DATE:20260106"}, "", "20260106T000000Z/20260107T000000Z", false},
		"P1D is a day":                   {"VEVENT", []string{"DTSTART:20260105T090000Z", "DURATION:P1D"}, "", "20260106T080000Z/20260106T083000Z", true},
		"DTEND with an empty DURATION":   {"VEVENT", []string{"DTSTART:20260105T090000Z", "DTEND:20260105T100000Z", "DURATION:PT0S"}, "", "20260105T093000Z/20260105T094000Z", true},
		"end before start":               {"VEVENT", []string{"DTSTART:20260105T090000Z", "DTEND:20260105T080000Z"}, "", "20260105T090000Z/20260105T100000Z", true},
		"no start at all":                {"VEVENT", []string{"SUMMARY:x"}, "", "20260105T090000Z/20260105T100000Z", true},
		"a rule that cannot be read":     {"VEVENT", []string{"DTSTART:20260105T090000Z", "RRULE:W2 TU"}, "", "20460105T090000Z/20460105T100000Z", true},
		"lunar calendar":                 {"VEVENT", []string{"DTSTART:20260105T090000Z", "RRULE:RSCALE=CHINESE;FREQ=YEARLY"}, "", "20460105T090000Z/", true},
		"lunar calendar, before it":      {"VEVENT", []string{"DTSTART:20260105T090000Z", "RRULE:RSCALE=CHINESE;FREQ=YEARLY"}, "", "20200101T000000Z/20260105T090000Z", false},
		"lunar calendar, between":        {"VEVENT", []string{"DTSTART:20260105T090000Z", "RRULE:RSCALE=CHINESE;FREQ=YEARLY;UNTIL=20300101T000000Z"}, "", "20270701T000000Z/20270702T000000Z", true},
		"lunar calendar, after its end":  {"VEVENT", []string{"DTSTART:20260105T090000Z", "RRULE:RSCALE=CHINESE;FREQ=YEARLY;UNTIL=20300101T000000Z"}, "", "20300103T000000Z/", false},
		"lunar calendar, explicit date":  {"VEVENT", []string{"DTSTART:20260105T090000Z", "RRULE:RSCALE=CHINESE;FREQ=YEARLY;UNTIL=20300101T000000Z", "RDATE:20310105T090000Z"}, "", "20310101T000000Z/20320101T000000Z", true},
		"lunar calendar, alarm":          {"VEVENT", []string{"DTSTART:20260105T090000Z", "RRULE:RSCALE=HEBREW;FREQ=YEARLY", "BEGIN:VALARM", "TRIGGER:-PT5M", "END:VALARM"}, "VALARM", "20400101T000000Z/20400102T000000Z", true},
		"lunar calendar, alarm before":   {"VEVENT", []string{"DTSTART:20260105T090000Z", "RRULE:RSCALE=HEBREW;FREQ=YEARLY", "BEGIN:VALARM", "TRIGGER:-PT5M", "END:VALARM"}, "VALARM", "20200101T000000Z/20200102T000000Z", false},
		"dates that are moved, others":   {"VEVENT", []string{"DTSTART:20240229T090000Z", "RRULE:RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=FORWARD"}, "", "20250302T000000Z/20260301T000000Z", false},
		"dates that may be moved":        {"VEVENT", []string{"DTSTART:20240229T090000Z", "RRULE:RSCALE=GREGORIAN;FREQ=YEARLY;BYYEARDAY=366;SKIP=FORWARD"}, "", "20250901T000000Z/20250902T000000Z", true},
		"dates that are moved":           {"VEVENT", []string{"DTSTART:20240229T090000Z", "RRULE:RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=FORWARD"}, "", "20250301T000000Z/20250302T000000Z", true},
		"30 February":                    {"VEVENT", []string{"DTSTART:20260105T090000Z", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "", "20270105T090000Z/", false},
		"all instances deleted":          {"VEVENT", []string{"DTSTART:20260105T090000Z", "RRULE:FREQ=DAILY;UNTIL=20260104T000000Z"}, "", "20250105T090000Z/", false},
		"date excluded from timed":       {"VEVENT", []string{"DTSTART:20260105T090000Z", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20260106"}, "", "20260106T000000Z/20260107T000000Z", false},
		"time excluded from dates":       {"VEVENT", []string{"DTSTART;VALUE=DATE:20260105", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20260106T000000Z"}, "", "20260106T000000Z/20260107T000000Z", false},
		"until in UTC, start in a zone":  {"VEVENT", []string{"DTSTART;TZID=America/New_York:20260105T220000", "RRULE:FREQ=DAILY;UNTIL=20260108T030000Z"}, "", "20260108T030000Z/", true},
		"until as a date takes the day":  {"VEVENT", []string{"DTSTART:20260105T090000Z", "RRULE:FREQ=DAILY;UNTIL=20260107"}, "", "20260107T090000Z/", true},
		"period outlasts":                {"VEVENT", []string{"DTSTART:20260105T090000Z", "RDATE;VALUE=PERIOD:20260106T090000Z/P30D"}, "", "20260204T000000Z/", true},
		"period and date of one start":   {"VEVENT", []string{"DTSTART:20260101T090000Z", "RDATE:20260106T090000Z", "RDATE;VALUE=PERIOD:20260106T090000Z/P30D"}, "", "20260204T000000Z/", true},
		"period of a task":               {"VTODO", []string{"DTSTART:20260105T090000Z", "RDATE;VALUE=PERIOD:20260106T090000Z/P30D"}, "", "20260204T000000Z/20260205T000000Z", true},
		"date that is shown twice":       {"VEVENT", []string{"DTSTART;TZID=Europe/Paris:20260105T090000", "RDATE:20261025T013000Z"}, "", "20261025T013000Z/20261025T014500Z", true},
		"date at the first of two":       {"VEVENT", []string{"DTSTART;TZID=Europe/Paris:20260105T090000", "RDATE:20261025T013000Z"}, "", "20261025T003000Z/20261025T004500Z", false},
		"both times that are the same":   {"VEVENT", []string{"DTSTART;TZID=Europe/Paris:20261024T023000", "RRULE:FREQ=DAILY;COUNT=2", "RDATE:20261025T013000Z", "EXDATE;TZID=Europe/Paris:20261025T023000"}, "", "20261025T000000Z/20261025T020000Z", true},
		"task due before it starts":      {"VTODO", []string{"DTSTART:20260105T090000Z", "DUE:20260104T090000Z"}, "", "20260104T000000Z/20260104T090000Z", true},
		"tasks due before they start":    {"VTODO", []string{"DTSTART;VALUE=DATE:20260105", "DUE;VALUE=DATE:20260103", "RRULE:FREQ=WEEKLY"}, "", "20270110T000000Z/20270110T010000Z", true},
		"before the task is due":         {"VTODO", []string{"DTSTART:20260105T090000Z", "DUE:20260104T090000Z"}, "", "20260104T000000Z/20260104T085959Z", false},
		"alarm of a task due earlier":    {"VTODO", []string{"DTSTART:20260105T090000Z", "DUE:20260104T090000Z", "BEGIN:VALARM", "TRIGGER;RELATED=END:-PT5M", "END:VALARM"}, "VALARM", "20260104T085500Z/20260104T085501Z", true},
		"journal at its moment":          {"VJOURNAL", []string{"DTSTART:20260105T090000Z"}, "", "20260105T090000Z/20260105T090001Z", true},
		"journal after its moment":       {"VJOURNAL", []string{"DTSTART:20260105T090000Z"}, "", "20260105T090001Z/", false},
		"journal of a day":               {"VJOURNAL", []string{"DTSTART;VALUE=DATE:20260105"}, "", "20260105T230000Z/20260106T000000Z", true},
		"journal without date":           {"VJOURNAL", []string{"SUMMARY:x"}, "", "20260105T000000Z/", false},
		"recurring task by due date":     {"VTODO", []string{"DUE:20260105T090000Z", "RRULE:FREQ=DAILY"}, "", "20280105T083000Z/20280105T090000Z", true},
		"free-busy by start and end":     {"VFREEBUSY", []string{"DTSTART:20260105T000000Z", "DTEND:20260106T000000Z"}, "", "20260106T000000Z/20260107T000000Z", true},
		"free-busy by period":            {"VFREEBUSY", []string{"FREEBUSY:20260105T090000Z/PT1H,20260106T090000Z/20260106T100000Z"}, "", "20260106T093000Z/20260106T094000Z", true},
		"free-busy outside its periods":  {"VFREEBUSY", []string{"FREEBUSY:20260105T090000Z/PT1H"}, "", "20260105T100000Z/20260106T094000Z", false},
		"free-busy, the last of many":    {"VFREEBUSY", []string{"FREEBUSY:" + strings.Repeat("20250105T090000Z/PT1H,", 20_000) + "20260105T090000Z/PT1H"}, "", "20260105T000000Z/", true},
		"free-busy, none of many":        {"VFREEBUSY", []string{"FREEBUSY:" + strings.Repeat("20250105T090000Z/PT1H,", 20_000) + "20260105T090000Z/PT1H"}, "", "20270105T000000Z/", false},
		"free-busy behind what is none":  {"VFREEBUSY", []string{"FREEBUSY:soon,20260105T090000Z/PT1H"}, "", "20270105T000000Z/", true},
		"free-busy with nothing":         {"VFREEBUSY", []string{"DTSTART:20260105T000000Z"}, "", "20260105T000000Z/", false},
		"alarm before an instance":       {"VEVENT", alarm, "VALARM", "20260112T083000Z/20260112T083001Z", true},
		"alarm after its trigger":        {"VEVENT", alarm, "VALARM", "20260112T083001Z/20260112T084000Z", false},
		"second repetition of an alarm":  {"VEVENT", alarm, "VALARM", "20260112T085000Z/20260112T085001Z", true},
		"no third repetition":            {"VEVENT", alarm, "VALARM", "20260112T090000Z/20260112T230000Z", false},
		"alarm a day after the end":      {"VEVENT", atEnd, "VALARM", "20260106T100000Z/20260106T100001Z", true},
		"alarm at a time":                {"VEVENT", []string{"DTSTART:20260105T090000Z", "BEGIN:VALARM", "TRIGGER;VALUE=DATE-TIME:20260301T000000Z", "END:VALARM"}, "VALARM", "20260301T000000Z/20260301T000001Z", true},
		"alarm without trigger":          {"VEVENT", []string{"DTSTART:20260105T090000Z", "BEGIN:VALARM", "END:VALARM"}, "VALARM", "20200301T000000Z/", false},
		"alarm a day of 23 hours before": {"VEVENT", []string{"DTSTART;TZID=Europe/Paris:20260329T090000", "BEGIN:VALARM", "TRIGGER:-P1D", "END:VALARM"}, "VALARM", "20260328T080000Z/20260328T080001Z", true},
		"alarm of a task due":            {"VTODO", []string{"DUE:20260105T090000Z", "BEGIN:VALARM", "TRIGGER;RELATED=END:-PT5M", "END:VALARM"}, "VALARM", "20260105T085500Z/20260105T085501Z", true},
		"huge REPEAT":                    {"VEVENT", []string{"DTSTART:20260105T090000Z", "BEGIN:VALARM", "TRIGGER:PT0S", "REPEAT:99999999", "DURATION:PT1M", "END:VALARM"}, "VALARM", "20270105T090000Z/20270105T090001Z", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, r := mustParse(t, calendarOf(tt.component, tt.lines...)), rangeOf(t, tt.in)
			f := inRange(tt.component, r)
			if tt.inner != "" {
				f.Comps[0] = CompFilter{Name: tt.component, Comps: []CompFilter{{Name: tt.inner, Range: r}}}
			}
			if got := f.Match(o, time.UTC); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
			b := r.bounds()
			if s := o.Span(); tt.want && tt.inner == "" && !(s.First < b.before && s.Last > b.after) {
				t.Errorf("span %+v denies it", s)
			}
		})
	}
}

func TestMatch_FloatingIsReadWhereTheReaderIs(t *testing.T) {
	t.Parallel()
	o := mustParse(t, calendarOf("VEVENT", "DTSTART:20260105T090000", "DURATION:PT1H"))
	r := rangeOf(t, "20260105T140000Z/20260105T150000Z") // nine o'clock in New York
	if inRange("VEVENT", r).Match(o, time.UTC) || !inRange("VEVENT", r).Match(o, iana("America/New_York")) {
		t.Error("the location does not decide")
	}
	if s := o.Span(); s.Exact {
		t.Errorf("span %+v cannot be exact", s)
	}
}

const described = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Caf\xc3\xa9\\, then lunch\r\nCATEGORIES:WORK,Food\r\n" +
	"ATTENDEE;PARTSTAT=NEEDS-ACTION;ROLE=CHAIR:mailto:a@example.com\r\nATTENDEE;PARTSTAT=ACCEPTED;MEMBER=\"mailto:a@x\",\"mailto:b@x\":mailto:b@example.com\r\n" +
	"DTSTART:20260105T090000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY;COUNT=3\r\nCREATED:20250101T000000Z\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:1\r\nRECURRENCE-ID:20260106T090000Z\r\nDTSTART:20260106T150000Z\r\nSUMMARY:Moved\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\n" +
	"TRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

func TestMatch_Conditions(t *testing.T) {
	t.Parallel()
	text := func(s string) *contentline.TextMatch { return &contentline.TextMatch{Text: s} }
	not := func(s string) *contentline.TextMatch { return &contentline.TextMatch{Text: s, Negate: true} }
	prop := func(p PropFilter) []CompFilter { return []CompFilter{{Name: "VEVENT", Props: []PropFilter{p}}} }
	tests := map[string]struct {
		comps []CompFilter
		want  bool
	}{
		"no condition":                  {nil, true},
		"component there":               {[]CompFilter{{Name: "vevent"}}, true},
		"component not there":           {[]CompFilter{{Name: "VTODO"}}, false},
		"is-not-defined":                {[]CompFilter{{Name: "VTODO", IsNotDefined: true}}, true},
		"is-not-defined but is":         {[]CompFilter{{Name: "VEVENT", IsNotDefined: true}}, false},
		"both must hold":                {[]CompFilter{{Name: "VEVENT"}, {Name: "VTODO"}}, false},
		"inner component":               {[]CompFilter{{Name: "VEVENT", Comps: []CompFilter{{Name: "VALARM"}}}}, true},
		"inner is-not-defined":          {[]CompFilter{{Name: "VEVENT", Comps: []CompFilter{{Name: "VALARM", IsNotDefined: true}}}}, true},
		"text, other case":              {prop(PropFilter{Name: "summary", Text: text("LUNCH")}), true},
		"text, unescaped":               {prop(PropFilter{Name: "SUMMARY", Text: text("é, then")}), true},
		"text not there":                {prop(PropFilter{Name: "SUMMARY", Text: text("dinner")}), false},
		"negated":                       {prop(PropFilter{Name: "SUMMARY", Text: not("dinner")}), true},
		"negated, of no property":       {prop(PropFilter{Name: "LOCATION", Text: not("dinner")}), false},
		"property not there":            {prop(PropFilter{Name: "LOCATION", IsNotDefined: true}), true},
		"property there":                {prop(PropFilter{Name: "DTSTART", IsNotDefined: true}), false},
		"parameter":                     {prop(PropFilter{Name: "ATTENDEE", Params: []ParamFilter{{Name: "partstat", Text: text("needs-action")}}}), true},
		"on one property":               {prop(PropFilter{Name: "ATTENDEE", Text: text("b@"), Params: []ParamFilter{{Name: "PARTSTAT", Text: text("NEEDS-ACTION")}}}), false},
		"parameter not there":           {prop(PropFilter{Name: "ATTENDEE", Text: text("b@"), Params: []ParamFilter{{Name: "ROLE", IsNotDefined: true}}}), true},
		"parameter is there":            {prop(PropFilter{Name: "ATTENDEE", Text: text("a@"), Params: []ParamFilter{{Name: "ROLE", IsNotDefined: true}}}), false},
		"parameter negated, one has it": {prop(PropFilter{Name: "ATTENDEE", Params: []ParamFilter{{Name: "MEMBER", Text: not("a@")}}}), false},
		"parameter exists":              {prop(PropFilter{Name: "ATTENDEE", Params: []ParamFilter{{Name: "ROLE"}}}), true},
		"created in range":              {prop(PropFilter{Name: "CREATED", Range: rangeOf(t, "20250101T000000Z/20250102T000000Z")}), true},
		"created out of range":          {prop(PropFilter{Name: "CREATED", Range: rangeOf(t, "20250101T000001Z/20250102T000000Z")}), false},
		"start of a later instance":     {prop(PropFilter{Name: "DTSTART", Range: rangeOf(t, "20260107T090000Z/20260107T100000Z")}), true},
		"start of a moved instance":     {prop(PropFilter{Name: "DTSTART", Range: rangeOf(t, "20260106T090000Z/20260106T100000Z")}), false},
		"effective end":                 {prop(PropFilter{Name: "DTEND", Range: rangeOf(t, "20260107T100000Z/20260107T100001Z")}), true},
		"range and text on one":         {[]CompFilter{{Name: "VEVENT", Range: rangeOf(t, "20260106T150000Z/20260106T160000Z"), Props: []PropFilter{{Name: "SUMMARY", Text: text("lunch")}}}}, false},
		"range and text of override":    {[]CompFilter{{Name: "VEVENT", Range: rangeOf(t, "20260106T150000Z/20260106T160000Z"), Props: []PropFilter{{Name: "SUMMARY", Text: text("moved")}}}}, true},
	}
	o, other := mustParse(t, described), calendarOf("VTODO", "SUMMARY:something else", "STATUS:COMPLETED")
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := CompFilter{Name: "VCALENDAR", Comps: tt.comps}
			if got := f.Match(o, time.UTC); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
			matcher := f.Matcher(time.UTC)
			for range 2 {
				if got := matcher(described); got != tt.want {
					t.Errorf("the matcher says %v, want %v", got, tt.want)
				}
				if matcher("junk") {
					t.Error("junk matches")
				}
				matcher(other) // of which nothing may be left
			}
		})
	}
	if (CompFilter{Name: "VEVENT"}).Match(o, time.UTC) {
		t.Error("a filter for another root matches")
	}
	if (CompFilter{Name: "VCALENDAR", Props: []PropFilter{{Name: "VERSION", Text: text("3.0")}}}).Match(o, time.UTC) {
		t.Error("properties of the calendar are not looked at")
	}
}
