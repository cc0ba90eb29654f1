package ical

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/teambition/rrule-go"
	"pgregory.net/rapid"
)

// made is a random VEVENT with the instances that a brute-force reading gives.
type made struct {
	text      string
	instances []oracleInstance
	endless   bool
	fixed     bool
	horizon   time.Time // endless instances are listed up to here
}

type oracleInstance struct{ start, end time.Time }

// overlaps is RFC 4791 §9.9 for VEVENT, as written there.
func (i oracleInstance) overlaps(from, to time.Time) bool {
	before := func(a, b time.Time) bool { return a.IsZero() || b.IsZero() || a.Before(b) }
	if i.end.Equal(i.start) {
		return (from.IsZero() || !from.After(i.start)) && before(i.start, to)
	}
	return before(from, i.end) && before(i.start, to)
}

var oracleZones = []string{"UTC", "Europe/Paris", "America/New_York", "Asia/Tokyo", "", "DATE"}

// drawEvent makes an event: times are kept out of the hours in which clocks change.
func drawEvent(t *rapid.T, floating *time.Location) made {
	zone := rapid.SampledFrom(oracleZones).Draw(t, "zone")
	loc := floating
	if zone != "" && zone != "DATE" {
		loc, _ = time.LoadLocation(zone)
	}
	hour := rapid.IntRange(8, 20).Draw(t, "hour")
	if zone == "DATE" {
		hour = 0
	}
	day := rapid.IntRange(0, 2000).Draw(t, "day")
	start := time.Date(2020, 1, 1+day, hour, 0, 0, 0, time.UTC)
	e := drawn{t: t, zone: zone, loc: loc, start: start}
	return e.event()
}

// drawn builds the text and the instances side by side. Times are on the event's own
// clock, written as if UTC.
type drawn struct {
	t     *rapid.T
	zone  string
	loc   *time.Location
	start time.Time
	lines []string
}

// at turns a time on the clock into an instant.
func (e *drawn) at(clock time.Time) time.Time {
	return time.Date(clock.Year(), clock.Month(), clock.Day(), clock.Hour(), clock.Minute(), 0, 0, e.loc)
}

func (e *drawn) property(name string, clock time.Time) string {
	switch e.zone {
	case "DATE":
		return name + ";VALUE=DATE:" + clock.Format("20060102")
	case "UTC":
		return name + ":" + clock.Format("20060102T150405Z")
	case "":
		return name + ":" + clock.Format("20060102T150405")
	}
	return name + ";TZID=" + e.zone + ":" + clock.Format("20060102T150405")
}

func (e *drawn) event() made {
	m := made{horizon: e.at(e.start.AddDate(8, 0, 0)), fixed: e.zone != "" && e.zone != "DATE"}
	length, lengthLine := e.length(e.start)
	e.lines = append(e.lines, "UID:1", e.property("DTSTART", e.start))
	if lengthLine != "" {
		e.lines = append(e.lines, lengthLine)
	}
	starts := []time.Time{e.start}
	if rapid.Bool().Draw(e.t, "recurring") {
		starts, m.endless = e.recur()
	}
	starts = e.exclude(starts)
	starts, overrides := e.override(starts, &m)
	for _, s := range starts {
		m.instances = append(m.instances, oracleInstance{e.at(s), length(s)})
	}
	m.text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n" + strings.Join(e.lines, "\r\n") +
		"\r\nEND:VEVENT\r\n" + overrides + "END:VCALENDAR\r\n"
	return m
}

// length draws how the end is given; the function returns the end of an instance.
func (e *drawn) length(start time.Time) (func(time.Time) time.Time, string) {
	days := rapid.IntRange(1, 40).Draw(e.t, "days")
	nominal := func(s time.Time) time.Time { return e.at(s.AddDate(0, 0, days)) }
	exact := e.at(start.AddDate(0, 0, days)).Sub(e.at(start))
	switch rapid.IntRange(0, 3).Draw(e.t, "length") {
	case 0:
		if e.zone == "DATE" {
			return func(s time.Time) time.Time { return e.at(s.AddDate(0, 0, 1)) }, ""
		}
		return e.at, ""
	case 1:
		return nominal, fmt.Sprintf("DURATION:P%dD", days)
	case 2:
		if e.zone == "DATE" {
			return nominal, e.property("DTEND", start.AddDate(0, 0, days))
		}
		return func(s time.Time) time.Time { return e.at(s).Add(exact) }, e.property("DTEND", start.AddDate(0, 0, days))
	}
	if e.zone == "DATE" {
		return nominal, fmt.Sprintf("DURATION:P%dD", days)
	}
	return func(s time.Time) time.Time { return e.at(s).Add(90 * time.Minute) }, "DURATION:PT1H30M"
}

// rule draws one of the rules that people use, or any rule by the day that has
// instances every now and then.
func (e *drawn) rule() string {
	if rapid.Bool().Draw(e.t, "any rule") {
		text := ruleText(e.t, e.start)
		r, err := ParseRule(text)
		if err != nil {
			e.t.Fatal(err)
		}
		timed := r.ByHour != nil || r.ByMinute != nil || r.BySecond != nil || r.Freq < Daily
		weekly := r.Freq == Weekly && r.BySetPos != nil
		c := newCursor(&r, wall(e.start.Unix()), false, wall(e.start.AddDate(8, 0, 0).Unix()), newBudget(Limits{}))
		if !timed && !weekly && len(take(c, 20)) == 20 {
			return text
		}
	}
	rule := rapid.SampledFrom([]string{"FREQ=DAILY", "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=MO,FR", "FREQ=MONTHLY", "FREQ=MONTHLY;BYDAY=-1FR",
		"FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28", "FREQ=DAILY;BYMONTH=3",
		"FREQ=YEARLY;BYDAY=20MO", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"}).Draw(e.t, "rule")
	return rule + fmt.Sprintf(";INTERVAL=%d", rapid.IntRange(1, 4).Draw(e.t, "interval"))
}

func (e *drawn) recur() (starts []time.Time, endless bool) {
	rule := e.rule()
	switch rapid.IntRange(0, 2).Draw(e.t, "end") {
	case 0:
		rule += fmt.Sprintf(";COUNT=%d", rapid.IntRange(1, 30).Draw(e.t, "count"))
	case 1:
		until := e.start.AddDate(0, 0, rapid.IntRange(0, 900).Draw(e.t, "until"))
		if e.zone == "DATE" || e.zone == "" {
			rule += ";UNTIL=" + strings.SplitN(e.property("X", until), ":", 2)[1]
		} else {
			rule += ";UNTIL=" + e.at(until).UTC().Format("20060102T150405Z")
		}
		option, _ := rrule.StrToROption(rule)
		option.Until = until
		return e.list(option), e.write(rule)
	default:
		endless = true
	}
	option, err := rrule.StrToROption(rule)
	if err != nil {
		e.t.Fatal(err)
	}
	e.write(rule)
	return e.list(option), endless
}

func (e *drawn) write(rule string) bool {
	e.lines = append(e.lines, "RRULE:"+rule)
	return false
}

// list asks rrule-go, and adds DTSTART.
func (e *drawn) list(option *rrule.ROption) []time.Time {
	option.Dtstart = e.start
	r, err := rrule.NewRRule(*option)
	if err != nil {
		e.t.Fatal(err)
	}
	years := 9
	if option.Count > 0 {
		years = 150
	}
	starts := r.Between(e.start, e.start.AddDate(years, 0, 0), true)
	if len(starts) == 0 || !starts[0].Equal(e.start) {
		starts = append([]time.Time{e.start}, starts...)
	}
	return starts
}

func (e *drawn) exclude(starts []time.Time) []time.Time {
	for range rapid.IntRange(0, 3).Draw(e.t, "excluded") {
		// The last ones matter most.
		i := max(0, len(starts)-1-rapid.IntRange(0, 2).Draw(e.t, "exdate"))
		if len(starts) == 0 {
			break
		}
		line := e.property("EXDATE", starts[i])
		if rapid.Bool().Draw(e.t, "as date") { // as Evolution does
			line = "EXDATE;VALUE=DATE:" + starts[i].Format("20060102")
		}
		e.lines = append(e.lines, line)
		starts = slices.Delete(starts, i, i+1)
	}
	return starts
}

// override moves instances elsewhere, also to before the first and after the last.
func (e *drawn) override(starts []time.Time, m *made) ([]time.Time, string) {
	var text strings.Builder
	for range rapid.IntRange(0, 2).Draw(e.t, "overrides") {
		if len(starts) == 0 {
			break
		}
		i := max(0, len(starts)-1-rapid.IntRange(0, 5).Draw(e.t, "which"))
		moved := e.start.AddDate(0, 0, rapid.IntRange(-400, 1200).Draw(e.t, "moved"))
		length, lengthLine := e.length(moved)
		fmt.Fprintf(&text, "BEGIN:VEVENT\r\nUID:1\r\n%s\r\n%s\r\n", e.property("RECURRENCE-ID", starts[i]), e.property("DTSTART", moved))
		if lengthLine != "" {
			text.WriteString(lengthLine + "\r\n")
		}
		text.WriteString("END:VEVENT\r\n")
		m.instances = append(m.instances, oracleInstance{e.at(moved), length(moved)})
		starts = slices.Delete(starts, i, i+1)
	}
	return starts, text.String()
}

func eventFilter(r *Range) CompFilter {
	return CompFilter{Name: "VCALENDAR", Comps: []CompFilter{{Name: "VEVENT", Range: r}}}
}

// T34: what calendar-query answers is what a brute-force expansion says, and the index
// never denies it.
func TestMatch_AgreesWithBruteForce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		floating, _ := time.LoadLocation(rapid.SampledFrom([]string{"UTC", "Pacific/Kiritimati", "America/Los_Angeles"}).Draw(t, "floating"))
		m := drawEvent(t, floating)
		o, err := Parse([]byte(m.text))
		if err != nil {
			t.Fatal(err)
		}
		span := o.Span()
		for range 8 {
			r := drawRange(t, m)
			want := slices.ContainsFunc(m.instances, func(i oracleInstance) bool { return i.overlaps(r.Start, r.End) })
			if m.endless && r.End.IsZero() {
				want = true
			}
			if got := eventFilter(&r).Match(o, floating); got != want {
				t.Fatalf("match %v, want %v for %v in\n%s", got, want, r, m.text)
			}
			b := r.bounds()
			indexed := span.First < b.before && span.Last > b.after
			if want && !indexed {
				t.Fatalf("span %+v denies %v in\n%s", span, r, m.text)
			}
			if span.Exact && indexed != want && (!span.Recurring || r.End.IsZero() || r.Start.IsZero()) {
				t.Fatalf("exact span %+v says %v for %v in\n%s", span, indexed, r, m.text)
			}
		}
		checkExact(t, m, span)
	})
}

// checkExact: bounded events on a fixed clock have bounds to the second.
func checkExact(t *rapid.T, m made, span Span) {
	if !m.fixed || m.endless || len(m.instances) == 0 {
		return
	}
	first, last := m.instances[0].start, m.instances[0].end
	for _, i := range m.instances {
		if i.start.Before(first) {
			first = i.start
		}
		end := i.end
		if end.Equal(i.start) {
			end = end.Add(time.Millisecond)
		}
		if end.After(last) {
			last = end
		}
	}
	if !span.Exact || span.First != first.UnixMilli() || span.Last != last.UnixMilli() {
		t.Fatalf("span %+v, want %d to %d in\n%s", span, first.UnixMilli(), last.UnixMilli(), m.text)
	}
}

// drawRange draws ranges that begin or end near instances.
func drawRange(t *rapid.T, m made) (r Range) {
	near := func(label string) time.Time {
		if len(m.instances) == 0 {
			return time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		// The oracle ends some years after the start: stay before.
		i := m.instances[rapid.IntRange(0, min(len(m.instances), 400)-1).Draw(t, label)]
		at := i.start
		if rapid.Bool().Draw(t, label+" end") {
			at = i.end
		}
		return at.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 0, 1, -1, 3600, -3600, 86400, -86400}).Draw(t, label+" off")) * time.Second)
	}
	if rapid.IntRange(0, 3).Draw(t, "start?") > 0 {
		r.Start = near("range start")
	}
	if rapid.Bool().Draw(t, "end?") || r.Start.IsZero() {
		r.End = near("range end")
		if !r.Start.IsZero() && r.End.Before(r.Start) {
			r.Start, r.End = r.End, r.Start
		}
	}
	if m.endless && r.Start.After(m.horizon.AddDate(-1, 0, 0)) {
		r.Start = m.horizon.AddDate(-1, 0, 0)
	}
	return r
}

// Questions may be asked at the same time.
func TestObject_Concurrent(t *testing.T) {
	t.Parallel()
	o := mustParse(t, meeting)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 20 {
				o.Span()
				eventFilter(rangeOf(t, "20060103T000000Z/")).Match(o, time.UTC)
				if _, err := o.Render(Selection{Expand: rangeOf(t, "20060103T000000Z/")}, time.UTC); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}
