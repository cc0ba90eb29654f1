package ical

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func vevent(lines ...string) string {
	return "BEGIN:VEVENT\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT\r\n"
}

func vcalendar(inner ...string) string {
	return "BEGIN:VCALENDAR\r\n" + strings.Join(inner, "") + "END:VCALENDAR\r\n"
}

func TestParse_Refuses(t *testing.T) {
	t.Parallel()
	one, task := vevent("UID:1"), "BEGIN:VTODO\r\nUID:1\r\nEND:VTODO\r\n"
	tests := map[string]struct {
		text string
		want Cond
	}{
		"nothing":                   {"", NotData},
		"a card":                    {"BEGIN:VCARD\r\nEND:VCARD\r\n", NotData},
		"no calendar around":        {one, NotData},
		"missing END":               {"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", NotData},
		"crossed END":               {"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\nEND:VEVENT\r\n", NotData},
		"two calendars":             {vcalendar(one) + vcalendar(one), NotObject},
		"METHOD":                    {vcalendar("METHOD:REQUEST\r\n", one), NotObject},
		"two UIDs":                  {vcalendar(one, vevent("UID:2")), NotObject},
		"two types":                 {vcalendar(one, task), NotObject},
		"one with UID, one without": {vcalendar(one, vevent("SUMMARY:2")), NotObject},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse([]byte(tt.text))
			refused, ok := errors.AsType[*Error](err)
			if !ok || refused.Cond != tt.want {
				t.Errorf("%v, want condition %d", err, tt.want)
			}
		})
	}
}

func TestParse_Accepts(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"no VERSION, PRODID, DTSTAMP": vcalendar(vevent("UID:1")),
		"no UID":                      vcalendar(vevent("SUMMARY:1")),
		"two events without UID":      vcalendar(vevent("SUMMARY:1"), vevent("SUMMARY:2")),
		"no component":                vcalendar("VERSION:2.0\r\n"),
		"only a time zone":            vcalendar("BEGIN:VTIMEZONE\r\nTZID:X\r\nEND:VTIMEZONE\r\n"),
		"LF":                          strings.ReplaceAll(vcalendar(vevent("UID:1")), "\r\n", "\n"),
		"byte order mark":             "\ufeff" + vcalendar(vevent("UID:1")),
		"blank lines and junk":        "\r\n" + vcalendar("junk\r\n", vevent("UID:1", "", "more junk")) + "\r\n\r\n",
		"odd values":                  vcalendar(vevent("UID:1", "DTSTART:tomorrow", "RRULE:sometimes", "DURATION:long", "TRANSP:maybe")),
		"overrides alone":             vcalendar(vevent("UID:1", "RECURRENCE-ID:20260101T000000Z"), vevent("UID:1", "RECURRENCE-ID:20260102T000000Z")),
		"two masters":                 vcalendar(vevent("UID:1"), vevent("UID:1")),
		"an override without UID":     vcalendar(vevent("UID:1"), vevent("RECURRENCE-ID:20260102T000000Z")),
		"unknown component":           vcalendar("BEGIN:VPOLL\r\nUID:1\r\nEND:VPOLL\r\n"),
		"lower case":                  strings.ToLower(vcalendar(vevent("uid:1"))),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, err := Parse([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(text, string(o.Bytes())); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// T52: a recurring task with overrides is one object.
func TestParse_TaskWithOverrides(t *testing.T) {
	t.Parallel()
	text := replace(replace(vcalendar(vevent("UID:1", "RRULE:FREQ=DAILY"), vevent("UID:1", "RECURRENCE-ID:20260101T000000Z")),
		"BEGIN:VEVENT", "BEGIN:VTODO"), "END:VEVENT", "END:VTODO")
	text = replace(replace(text, "BEGIN:VEVENT", "BEGIN:VTODO"), "END:VEVENT", "END:VTODO")
	o := mustParse(t, text)
	if o.Component != "VTODO" || o.UID != "1" || o.Master == nil || len(o.Overrides) != 1 {
		t.Errorf("%s %q, %d overrides", o.Component, o.UID, len(o.Overrides))
	}
}

func TestParse_Limit(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range 12 {
		many = append(many, vevent("UID:1", fmt.Sprintf("RECURRENCE-ID:202601%02dT000000Z", i+1)))
	}
	_, err := ParseLimits([]byte(vcalendar(many...)), Limits{Overrides: 10})
	if !errors.Is(err, ErrLimit) {
		t.Errorf("%v, want ErrLimit", err)
	}
}

// starts lists instances as "start+length (original)", where these say something.
func starts(t *testing.T, o *Object, r Range, floating *time.Location) (list []string) {
	t.Helper()
	for in, err := range o.Instances(r, floating, Limits{}) {
		if err != nil {
			t.Fatal(err)
		}
		s := in.Start.UTC().Format("0102T1504") + "+" + in.End.Sub(in.Start).String()
		if !in.Original.IsZero() && !in.Original.Equal(in.Start) {
			s += " (" + in.Original.UTC().Format("0102T1504") + ")"
		}
		list = append(list, s)
	}
	return list
}

func TestInstances(t *testing.T) {
	t.Parallel()
	daily := vevent("UID:1", "DTSTART:20260105T090000Z", "DTEND:20260105T100000Z", "RRULE:FREQ=DAILY;COUNT=4")
	tests := map[string]struct {
		text string
		want []string
	}{
		"one":                           {vcalendar(vevent("UID:1", "DTSTART:20260105T090000Z", "DURATION:PT1H")), []string{"0105T0900+1h0m0s"}},
		"rule":                          {vcalendar(daily), []string{"0105T0900+1h0m0s", "0106T0900+1h0m0s", "0107T0900+1h0m0s", "0108T0900+1h0m0s"}},
		"moved":                         {vcalendar(daily, vevent("UID:1", "RECURRENCE-ID:20260106T090000Z", "DTSTART:20260107T120000Z", "DURATION:PT2H")), []string{"0105T0900+1h0m0s", "0107T0900+1h0m0s", "0107T1200+2h0m0s (0106T0900)", "0108T0900+1h0m0s"}},
		"first moved":                   {vcalendar(daily, vevent("UID:1", "RECURRENCE-ID:20260105T090000Z", "DTSTART:20260104T120000Z")), []string{"0104T1200+0s (0105T0900)", "0106T0900+1h0m0s", "0107T0900+1h0m0s", "0108T0900+1h0m0s"}},
		"outside the rule":              {vcalendar(daily, vevent("UID:1", "RECURRENCE-ID:20260201T090000Z", "DTSTART:20260301T090000Z")), []string{"0105T0900+1h0m0s", "0106T0900+1h0m0s", "0107T0900+1h0m0s", "0108T0900+1h0m0s", "0301T0900+0s (0201T0900)"}},
		"RECURRENCE-ID is a date":       {vcalendar(daily, vevent("UID:1", "RECURRENCE-ID;VALUE=DATE:20260106", "DTSTART:20260106T120000Z")), []string{"0105T0900+1h0m0s", "0106T1200+0s (0106T0000)", "0107T0900+1h0m0s", "0108T0900+1h0m0s"}},
		"RECURRENCE-ID in another zone": {vcalendar(daily, vevent("UID:1", "RECURRENCE-ID;TZID=Asia/Tokyo:20260106T180000", "DTSTART:20260106T120000Z")), []string{"0105T0900+1h0m0s", "0106T1200+0s (0106T0900)", "0107T0900+1h0m0s", "0108T0900+1h0m0s"}},
		"this and future":               {vcalendar(daily, vevent("UID:1", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260107T090000Z", "DTSTART:20260107T103000Z", "DURATION:PT15M")), []string{"0105T0900+1h0m0s", "0106T0900+1h0m0s", "0107T1030+15m0s (0107T0900)", "0108T1030+15m0s (0108T0900)"}},
		"this and future twice": {vcalendar(daily, vevent("UID:1", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260106T090000Z", "DTSTART:20260106T103000Z"),
			vevent("UID:1", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260107T090000Z", "DTSTART:20260107T080000Z")), []string{"0105T0900+1h0m0s", "0106T1030+0s (0106T0900)", "0107T0800+0s (0107T0900)", "0108T0800+0s (0108T0900)"}},
		"overrides alone":     {vcalendar(vevent("UID:1", "RECURRENCE-ID:20260106T090000Z", "DTSTART:20260106T120000Z")), []string{"0106T1200+0s (0106T0900)"}},
		"a series split off":  {vcalendar(vevent("UID:1", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260106T090000Z", "DTSTART:20260106T090000Z", "RDATE;VALUE=PERIOD:20260106T090000Z/PT1H,20260107T090000Z/20260107T100000Z")), []string{"0106T0900+1h0m0s", "0107T0900+1h0m0s"}},
		"exact hours":         {vcalendar(vevent("UID:1", "DTSTART;TZID=Europe/Paris:20260328T120000", "DTEND;TZID=Europe/Paris:20260329T120000", "RRULE:FREQ=DAILY;COUNT=2")), []string{"0328T1100+23h0m0s", "0329T1000+23h0m0s"}},
		"nominal day":         {vcalendar(vevent("UID:1", "DTSTART;TZID=Europe/Paris:20260328T120000", "DURATION:P1D", "RRULE:FREQ=DAILY;COUNT=2")), []string{"0328T1100+23h0m0s", "0329T1000+24h0m0s"}},
		"through a gap":       {vcalendar(vevent("UID:1", "DTSTART;TZID=Europe/Paris:20260328T023000", "RRULE:FREQ=DAILY;COUNT=3")), []string{"0328T0130+0s", "0329T0130+0s", "0330T0030+0s"}},
		"hours through a gap": {vcalendar(vevent("UID:1", "DTSTART;TZID=Europe/Paris:20260329T013000", "RRULE:FREQ=HOURLY;COUNT=4")), []string{"0329T0030+0s", "0329T0130+0s", "0329T0230+0s"}},
		"dates":               {vcalendar(vevent("UID:1", "DTSTART;VALUE=DATE:20260105", "DTEND;VALUE=DATE:20260107", "RRULE:FREQ=WEEKLY;COUNT=2")), []string{"0105T0000+48h0m0s", "0112T0000+48h0m0s"}},
		"date without VALUE":  {vcalendar(vevent("UID:1", "DTSTART:20260105")), []string{"0105T0000+24h0m0s"}},
		"RDATE twice":         {vcalendar(vevent("UID:1", "DTSTART:20260105T090000Z", "RDATE:20260105T090000Z,20260106T090000Z", "RDATE;TZID=Asia/Tokyo:20260106T180000")), []string{"0105T0900+0s", "0106T0900+0s"}},
		"EXRULE":              {vcalendar(vevent("UID:1", "DTSTART:20260105T090000Z", "RRULE:FREQ=DAILY;COUNT=4", "EXRULE:FREQ=DAILY;INTERVAL=2")), []string{"0106T0900+0s", "0108T0900+0s"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := mustParse(t, tt.text)
			if diff := cmp.Diff(tt.want, starts(t, o, Range{}, time.UTC)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			checkSpan(t, o)
		})
	}
}

// checkSpan: bounded objects on fixed clocks have the bounds of their instances.
func checkSpan(t *testing.T, o *Object) {
	want := Span{First: MaxTime, Last: MinTime}
	for in := range o.Instances(Range{}, time.UTC, Limits{}) {
		want.First = min(want.First, in.Start.UnixMilli())
		want.Last = max(want.Last, in.End.UnixMilli(), in.Start.UnixMilli()+1)
	}
	got := o.Span()
	if got.Exact && (got.First != want.First || got.Last != want.Last) {
		t.Errorf("span %+v, want %+v", got, want)
	}
	if got.First > want.First || got.Last < want.Last {
		t.Errorf("span %+v hides %+v", got, want)
	}
}

func TestInstances_Limit(t *testing.T) {
	t.Parallel()
	o := mustParse(t, vcalendar(vevent("UID:1", "DTSTART:20260105T090000Z", "RRULE:FREQ=SECONDLY")))
	n, last := 0, error(nil)
	for _, err := range o.Instances(Range{}, time.UTC, Limits{Instances: 100}) {
		n, last = n+1, err
	}
	if n != 101 || !errors.Is(last, ErrLimit) {
		t.Errorf("%d, %v", n, last)
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	at := func(s string) int64 {
		w, _, _ := parseMoment(s)
		return int64(w) * 1000
	}
	const day = int64(secondsPerDay * 1000)
	tests := map[string]struct {
		lines []string
		want  Span
	}{
		"once":            {[]string{"DTSTART:20260105T090000Z", "DURATION:PT1H"}, Span{at("20260105T090000Z"), at("20260105T100000Z"), false, true}},
		"without end":     {[]string{"DTSTART:20260105T090000Z", "RRULE:FREQ=DAILY"}, Span{at("20260105T090000Z"), MaxTime, true, true}},
		"COUNT":           {[]string{"DTSTART:20260105T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=100000"}, Span{at("20260105T090000Z"), at("20260105T100000Z") + 99_999*day, true, true}},
		"COUNT of 2^31":   {[]string{"DTSTART:20260105T090000Z", "RRULE:FREQ=DAILY;COUNT=2147483648"}, Span{at("20260105T090000Z"), MaxTime, true, true}},
		"UNTIL between":   {[]string{"DTSTART:20260105T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;UNTIL=20260118T000000Z"}, Span{at("20260105T090000Z"), at("20260112T100000Z"), true, true}},
		"tail excluded":   {[]string{"DTSTART:20260105T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20260107T090000Z,20260106T090000Z"}, Span{at("20260105T090000Z"), at("20260105T100000Z"), true, true}},
		"first excluded":  {[]string{"DTSTART:20260105T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2", "EXDATE:20260105T090000Z"}, Span{at("20260106T090000Z"), at("20260106T100000Z"), true, true}},
		"dates":           {[]string{"DTSTART;VALUE=DATE:20260105"}, Span{at("20260105T000000Z") - 14*3600e3, at("20260106T000000Z") + 12*3600e3, false, false}},
		"floating":        {[]string{"DTSTART:20260105T090000", "DURATION:PT1H"}, Span{at("20260105T090000Z") - 14*3600e3, at("20260105T100000Z") + 12*3600e3, false, false}},
		"unreadable rule": {[]string{"DTSTART:20260105T090000Z", "RRULE:FREQ=OFTEN"}, Span{MinTime, MaxTime, true, false}},
		"lunar":           {[]string{"DTSTART:20260105T090000Z", "DURATION:PT1H", "RRULE:RSCALE=CHINESE;FREQ=YEARLY"}, Span{at("20260105T090000Z"), MaxTime, true, false}},
		"lunar, UNTIL":    {[]string{"DTSTART:20260105T090000Z", "RRULE:RSCALE=CHINESE;FREQ=YEARLY;UNTIL=20300101T000000Z"}, Span{at("20260105T090000Z"), at("20300102T000000Z"), true, false}},
		"undecided rule":  {[]string{"DTSTART:20260105T090000Z", "DURATION:PT1H", "RRULE:FREQ=SECONDLY;INTERVAL=86399;BYHOUR=3;BYMINUTE=0;BYSECOND=0;COUNT=1000"}, Span{at("20260105T090000Z"), MaxTime, true, false}},
		"deleted":         {[]string{"DTSTART:20260105T090000Z", "RRULE:FREQ=DAILY;UNTIL=20260101T000000Z"}, Span{MinTime, MaxTime, true, false}},
		"30 February":     {[]string{"DTSTART:20260105T090000Z", "DURATION:PT1H", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, Span{at("20260105T090000Z"), at("20260105T100000Z"), true, true}},
		"year 9999":       {[]string{"DTSTART:99991231T230000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY"}, Span{at("99991231T230000Z"), MaxTime, true, true}},
		"year 1":          {[]string{"DTSTART:00010101T000000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2"}, Span{at("00010101T000000Z"), at("00010102T010000Z"), true, true}},
		"nothing":         {[]string{"SUMMARY:x"}, Span{MinTime, MaxTime, false, false}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, mustParse(t, calendarOf("VEVENT", tt.lines...)).Span()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Hardening C20: what is too much is neither followed nor taken for absent.
func TestBombs(t *testing.T) {
	t.Parallel()
	repeat := func(n int, line func(i int) string) string {
		list := make([]string, n)
		for i := range list {
			list[i] = line(i)
		}
		return strings.Join(list, "\r\n")
	}
	start := "DTSTART:20260105T090000Z"
	tests := map[string]string{
		"20,000 RDATE":  calendarOf("VEVENT", start, "RDATE:"+strings.Repeat("20300101T000000Z,", 20_000)),
		"20,000 EXDATE": calendarOf("VEVENT", start, "RRULE:FREQ=DAILY;COUNT=2147483648", "EXDATE:"+strings.Repeat("20300101T000000Z,", 20_000)),
		"1,000 rules":   calendarOf("VEVENT", start, repeat(1000, func(int) string { return "RRULE:FREQ=SECONDLY;COUNT=2147483648;BYDAY=MO" })),
		"EXRULE":        calendarOf("VEVENT", start, "RRULE:FREQ=SECONDLY", "EXRULE:FREQ=SECONDLY"),
		"long duration": calendarOf("VEVENT", start, "DURATION:P99999999999999999999W", "RRULE:FREQ=SECONDLY"),
		"early trigger": calendarOf("VEVENT", start, "RRULE:FREQ=SECONDLY", "BEGIN:VALARM", "TRIGGER:-P99999999999D", "END:VALARM"),
		"1,000 alarms": calendarOf("VEVENT", start, "RRULE:FREQ=SECONDLY", repeat(1000, func(int) string {
			return "BEGIN:VALARM\r\nTRIGGER:-PT1S\r\nREPEAT:99999999\r\nDURATION:PT1S\r\nEND:VALARM"
		})),
		"4,000 moved tails": vcalendar(vevent("UID:1", start, "RRULE:FREQ=DAILY", "EXDATE:"+strings.Repeat("20300101T000000Z,", 9_000)), repeat(4000, func(i int) string {
			at := time.Date(2026, 1, 6+i, 9, 0, 0, 0, time.UTC).Format("20060102T150405Z")
			return strings.TrimSuffix(vevent("UID:1", "RECURRENCE-ID;RANGE=THISANDFUTURE:"+at, "DTSTART:"+at), "\r\n")
		}), "\r\n"),
		"10,000 unknown zones": calendarOf("VEVENT", start, repeat(10_000, func(i int) string { return fmt.Sprintf("RDATE;TZID=a/b/c/%d:20260105T090000", i) })),
		"1,000 zones of seconds": vcalendar(repeat(1000, func(i int) string {
			return fmt.Sprintf("BEGIN:VTIMEZONE\r\nTZID:%d\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\n"+
				"RRULE:FREQ=SECONDLY;INTERVAL=86399;BYHOUR=3;BYMINUTE=0;BYSECOND=0\r\nEND:STANDARD\r\nEND:VTIMEZONE", i)
		}), "\r\n", vevent("UID:1", start, repeat(1000, func(i int) string { return fmt.Sprintf("RDATE;TZID=%d:20260105T090000", i) }))),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			o := mustParse(t, text)
			o.Span()
			r := Range{time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2040, 1, 2, 0, 0, 0, 0, time.UTC)}
			eventFilter(&r).Match(o, time.UTC)
			(CompFilter{Name: "VCALENDAR", Comps: []CompFilter{{Name: "VEVENT", Comps: []CompFilter{{Name: "VALARM", Range: &r}}}}}).Match(o, time.UTC)
			if d := time.Since(began); d > patience {
				t.Errorf("took %v", d)
			} else {
				t.Log(d)
			}
		})
	}
}
