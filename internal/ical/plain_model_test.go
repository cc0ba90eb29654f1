package ical

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// plain is a calendar object read in the plainest way: every instance is written down, and a range is looked for in the
// rows of RFC 4791 §9.9 as they stand there. Times on a clock are written as if they were UTC.
type plain struct {
	t        *rapid.T
	floating *time.Location
	parts    []*plainPart
}

// plainPart is a component: the master first, then what stands for some of its instances.
type plainPart struct {
	name       string
	zone       string // as a TZID, or "UTC", "" or "DATE"
	start, end time.Time
	days       int // of DURATION
	seconds    int
	timed      string // what says the end: "", "END" or "DURATION"
	due        bool   // no DTSTART
	lines      []string
	starts     []plainStart
	alarm      plainAlarm
}

type plainStart struct {
	clock  time.Time
	second bool      // of two times that the clock shows it
	end    time.Time // an instant, of an RDATE with a PERIOD
}

// plainAlarm is at a time, or so long from the start or end.
type plainAlarm struct {
	at            time.Time
	days, seconds int
	fromEnd       bool
	repeat, every int
	text          string // "" for none
}

const parisByRules = "BEGIN:VTIMEZONE\r\nTZID:Own\r\nBEGIN:STANDARD\r\nDTSTART:19961027T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n" +
	"TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:19960331T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n" +
	"TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"

// location is where a zone of plainPart is; Own is that of Paris since 1996.
func (p *plain) location(zone string) *time.Location {
	switch zone {
	case "UTC":
		return time.UTC
	case "Own":
		return iana("Europe/Paris")
	case "W. Europe Standard Time":
		return iana("Europe/Berlin")
	case "America/New_York":
		return iana(zone)
	}
	return p.floating
}

// instant tries every offset there is: RFC 5545 §3.3.5: the first of two, and in a gap the offset before it.
func plainInstant(clock time.Time, loc *time.Location) time.Time {
	offset := func(at time.Time) time.Duration {
		_, seconds := at.In(loc).Zone()
		return time.Duration(seconds) * time.Second
	}
	var found []time.Time
	for hours := -36; hours <= 36; hours++ {
		o := offset(clock.Add(time.Duration(hours) * time.Hour))
		if at := clock.Add(-o); offset(at) == o {
			found = append(found, at)
		}
	}
	if len(found) == 0 {
		return clock.Add(-offset(clock.Add(-24 * time.Hour)))
	}
	return slices.MinFunc(found, time.Time.Compare)
}

func plainText(zone string, clock time.Time) string {
	switch zone {
	case "DATE":
		return clock.Format("20060102")
	case "UTC":
		return clock.Format("20060102T150405Z")
	}
	return clock.Format("20060102T150405")
}

func plainLine(name, zone string, values ...string) string {
	switch zone {
	case "DATE":
		name += ";VALUE=DATE"
	case "UTC", "":
	default:
		name += ";TZID=" + zone
	}
	return name + ":" + strings.Join(values, ",")
}

func (p *plain) moment(label string) time.Time {
	near := rapid.SampledFrom([]string{"20260327", "20261023", "20260612"}).Draw(p.t, label+" near")
	at, _ := time.Parse("20060102", near)
	return at.Add(time.Duration(rapid.IntRange(0, 4*48).Draw(p.t, label)) * 30 * time.Minute)
}

// at is the moment of a value of another zone or type than its component's, on the component's clock, and the instant.
func (p *plain) at(c *plainPart, zone string, clock time.Time) (onClock, instant time.Time) {
	switch {
	case c.zone == "DATE":
		day := clock.Truncate(24 * time.Hour)
		return day, plainInstant(day, p.floating)
	case zone == "DATE":
		clock = clock.Truncate(24 * time.Hour).Add(c.start.Sub(c.start.Truncate(24 * time.Hour)))
	case zone != "":
		instant = plainInstant(clock, p.location(zone))
		_, offset := instant.In(p.location(c.zone)).Zone()
		return instant.Add(time.Duration(offset) * time.Second), instant
	}
	return clock, plainInstant(clock, p.location(c.zone))
}

var plainZones = []string{"UTC", "Own", "America/New_York", "W. Europe Standard Time", "Nowhere", "", "DATE"}

func (p *plain) part(name string, label string) *plainPart {
	c := &plainPart{name: name, zone: rapid.SampledFrom(plainZones).Draw(p.t, label+" zone"), start: p.moment(label + " start")}
	if c.zone == "DATE" {
		c.start = c.start.Truncate(24 * time.Hour)
	}
	if name == "VJOURNAL" {
		c.lines = append(c.lines, plainLine("DTSTART", c.zone, plainText(c.zone, c.start)))
		return c
	}
	length := rapid.SampledFrom([]int{0, 0, 0, 30, 90, 60 * 24, 60 * 26, 60 * 72, -30, -60 * 24, -60 * 30}).Draw(p.t, label+" length")
	if c.end = c.start.Add(time.Duration(length) * time.Minute); c.zone == "DATE" {
		c.end = c.end.Truncate(24 * time.Hour)
	}
	end := map[string]string{"VEVENT": "DTEND", "VTODO": "DUE"}[name]
	switch c.timed = rapid.SampledFrom([]string{"", "END", "DURATION", "DUE"}).Draw(p.t, label+" by"); {
	case c.timed == "END":
		c.lines = append(c.lines, plainLine(end, c.zone, plainText(c.zone, c.end)))
	case c.timed == "DURATION":
		c.days, c.seconds = rapid.IntRange(0, 3).Draw(p.t, label+" days"), 0
		text := fmt.Sprintf("DURATION:P%dD", c.days)
		if c.zone != "DATE" {
			c.seconds = rapid.SampledFrom([]int{0, 60, 5400, 3600 * 25}).Draw(p.t, label+" seconds")
			text += fmt.Sprintf("T%dS", c.seconds)
		}
		c.lines = append(c.lines, text)
	case c.timed == "DUE" && name == "VTODO":
		c.due, c.end = true, c.start
		c.lines = append(c.lines, plainLine("DUE", c.zone, plainText(c.zone, c.start)))
		return c
	default:
		c.timed = ""
	}
	c.lines = append(c.lines, plainLine("DTSTART", c.zone, plainText(c.zone, c.start)))
	return c
}

// recur writes rules and dates, and lists the starts.
func (p *plain) recur(c *plainPart) {
	excludedDays, excluded := map[string]bool{}, map[int64]bool{}
	over := false
	var starts []plainStart
	if rapid.Bool().Draw(p.t, "rule?") {
		list, ended := p.rule(c)
		starts, over = append(starts, list...), ended
	}
	if !over {
		starts = append(starts, plainStart{clock: c.start})
	}
	otherZone := func(label string) string {
		return rapid.SampledFrom([]string{c.zone, c.zone, "UTC", "", "DATE"}).Draw(p.t, label)
	}
	if rapid.Bool().Draw(p.t, "rdate?") {
		zone, clock := otherZone("rdate zone"), p.moment("rdate")
		c.lines = append(c.lines, plainLine("RDATE", zone, plainText(zone, clock)))
		clock, instant := p.at(c, zone, clock)
		starts = append(starts, plainStart{clock: clock, second: zone == "UTC" && !instant.Equal(plainInstant(clock, p.location(c.zone)))})
	}
	if c.zone != "DATE" && rapid.Bool().Draw(p.t, "period?") {
		clock := p.moment("period")
		c.lines = append(c.lines, plainLine("RDATE;VALUE=PERIOD", c.zone, plainText(c.zone, clock)+"/PT30H"))
		starts = append(starts, plainStart{clock: clock, end: plainInstant(clock, p.location(c.zone)).Add(30 * time.Hour)})
	}
	exclude := func(zone string, clock time.Time) {
		if on, instant := p.at(c, zone, clock); zone == "DATE" || c.zone == "DATE" {
			excludedDays[on.Format("20060102")] = true
		} else {
			excluded[instant.Unix()] = true
		}
	}
	// taken draws an instance, so that what takes it out mostly hits.
	taken := func(label string) (zone string, clock time.Time) {
		zone, clock = otherZone(label+" zone"), p.moment(label)
		if len(starts) > 0 && rapid.IntRange(0, 3).Draw(p.t, label+" hits") > 0 {
			clock = starts[rapid.IntRange(0, len(starts)-1).Draw(p.t, label+" of")].clock
			if zone == "UTC" && c.zone != "DATE" {
				clock = plainInstant(clock, p.location(c.zone))
			}
		}
		return zone, clock
	}
	for i := range rapid.IntRange(0, 2).Draw(p.t, "exdates") {
		zone, clock := taken(fmt.Sprint("exdate ", i))
		c.lines = append(c.lines, plainLine("EXDATE", zone, plainText(zone, clock)))
		exclude(zone, clock)
	}
	for i := range rapid.IntRange(0, 2).Draw(p.t, "overrides") {
		zone, clock := taken(fmt.Sprint("id ", i))
		o := p.part(c.name, fmt.Sprint("override ", i))
		o.lines = append(o.lines, plainLine("RECURRENCE-ID", zone, plainText(zone, clock)))
		o.starts = []plainStart{{clock: o.start}}
		p.parts = append(p.parts, o)
		exclude(zone, clock)
	}
	seen := map[int64]int{}
	for _, s := range starts {
		at, _ := p.ends(c, s)
		if excluded[at.Unix()] || excludedDays[s.clock.Format("20060102")] {
			continue
		}
		if i, again := seen[at.Unix()]; again {
			if !s.end.IsZero() {
				c.starts[i] = s
			}
			continue
		}
		seen[at.Unix()] = len(c.starts)
		c.starts = append(c.starts, s)
	}
}

func (p *plain) rule(c *plainPart) (starts []plainStart, over bool) {
	step := rapid.SampledFrom([]int{1, 1, 2, 7}).Draw(p.t, "every")
	rule, until := fmt.Sprintf("FREQ=DAILY;INTERVAL=%d", step), func(time.Time) bool { return true }
	n := 12
	if rapid.Bool().Draw(p.t, "count?") {
		n = rapid.IntRange(1, 12).Draw(p.t, "count")
		rule += fmt.Sprintf(";COUNT=%d", n)
	} else {
		n = 400
		last, zone := p.moment("until"), rapid.SampledFrom([]string{"UTC", "", "DATE"}).Draw(p.t, "until zone")
		rule += ";UNTIL=" + plainText(zone, last)
		until = func(clock time.Time) bool {
			switch {
			case zone == "DATE":
				return clock.Before(last.Truncate(24 * time.Hour).Add(24 * time.Hour))
			case zone == "UTC" && c.fixed():
				return !plainInstant(clock, p.location(c.zone)).After(last)
			}
			return !clock.After(last)
		}
	}
	c.lines = append(c.lines, "RRULE:"+rule)
	for i := range n {
		if clock := c.start.AddDate(0, 0, i*step); until(clock) {
			starts = append(starts, plainStart{clock: clock})
		}
	}
	return starts, !until(c.start)
}

func (c *plainPart) fixed() bool { return c.zone != "" && c.zone != "Nowhere" && c.zone != "DATE" }

// ends gives start and end of an instance: exact by DTEND, nominal days by DURATION (RFC 5545 §3.8.5.3).
func (p *plain) ends(c *plainPart, s plainStart) (start, end time.Time) {
	loc := p.location(c.zone)
	if start = plainInstant(s.clock, loc); s.second {
		start = start.Add(time.Hour)
	}
	switch {
	case !s.end.IsZero():
		return start, s.end
	case c.timed == "END" && c.zone == "DATE":
		return start, plainInstant(s.clock.Add(c.end.Sub(c.start)), loc)
	case c.timed == "END":
		return start, start.Add(plainInstant(c.end, loc).Sub(plainInstant(c.start, loc)))
	case c.timed == "DURATION":
		return start, plainInstant(s.clock.AddDate(0, 0, c.days), loc).Add(time.Duration(c.seconds) * time.Second)
	case c.zone == "DATE" && c.name != "VTODO":
		return start, plainInstant(s.clock.AddDate(0, 0, 1), loc)
	}
	return start, start
}

// row is the one of RFC 4791 §9.9 that is of the instance. from and to are never open here.
func (c *plainPart) row(start, end, from, to time.Time, period bool) bool {
	le := func(a, b time.Time) bool { return !a.After(b) }
	switch {
	case c.name == "VEVENT" && (c.timed == "END" || period || end.After(start)):
		return from.Before(end) && to.After(start)
	case c.name == "VEVENT":
		return le(from, start) && to.After(start)
	case c.name == "VJOURNAL" && c.zone == "DATE":
		return from.Before(end) && to.After(start)
	case c.name == "VJOURNAL":
		return le(from, start) && to.After(start)
	case c.due:
		return from.Before(start) && le(start, to)
	case c.timed == "END" && !period:
		return (from.Before(end) || le(from, start)) && (to.After(start) || le(end, to))
	case c.timed == "DURATION" || period:
		return le(from, end) && (to.After(start) || le(end, to))
	}
	return le(from, start) && to.After(start)
}

// wide is what may be found on top: an end that is not after the start makes an event a moment, or a day.
func (c *plainPart) wide(start, end, from, to time.Time) bool {
	if c.name != "VEVENT" || c.timed != "END" || end.After(start) {
		return false
	}
	if end = start; c.zone == "DATE" {
		end = start.Add(25 * time.Hour)
	}
	return !from.After(end) && to.After(start)
}

func (p *plain) drawAlarm(label string) (a plainAlarm) {
	lines := []string{"BEGIN:VALARM"}
	switch rapid.IntRange(0, 3).Draw(p.t, label+" alarm") {
	case 0:
		return a
	case 1:
		a.at = p.moment(label + " trigger")
		lines = append(lines, "TRIGGER;VALUE=DATE-TIME:"+a.at.Format("20060102T150405Z"))
	default:
		sign := rapid.SampledFrom([]int{1, -1}).Draw(p.t, label+" sign")
		a.days, a.seconds = sign*rapid.IntRange(0, 2).Draw(p.t, label+" days"), sign*rapid.SampledFrom([]int{0, 600, 3600}).Draw(p.t, label+" seconds")
		a.fromEnd = rapid.Bool().Draw(p.t, label+" from end")
		lines = append(lines, fmt.Sprintf("TRIGGER%s:%sP%dDT%dS", map[bool]string{true: ";RELATED=END"}[a.fromEnd], map[int]string{-1: "-"}[sign], sign*a.days, sign*a.seconds))
	}
	if rapid.Bool().Draw(p.t, label+" repeats") {
		a.repeat, a.every = rapid.IntRange(1, 3).Draw(p.t, label+" times"), 1200
		lines = append(lines, fmt.Sprint("REPEAT:", a.repeat), "DURATION:PT20M")
	}
	a.text = strings.Join(append(lines, "END:VALARM", ""), "\r\n")
	return a
}

// rings: RFC 4791 §9.9: start <= trigger-time and end > trigger-time, for each repetition. RFC 5545 §3.3.6: a day is as
// long as its date.
func (p *plain) rings(c *plainPart, s plainStart, from, to time.Time) bool {
	at, end := p.ends(c, s)
	switch a := c.alarm; {
	case a.text == "":
		return false
	case !a.at.IsZero():
		at = a.at
	default:
		if a.fromEnd {
			at = end
		}
		if loc := p.location(c.zone); a.days != 0 {
			_, offset := at.In(loc).Zone()
			at = plainInstant(at.Add(time.Duration(offset)*time.Second).AddDate(0, 0, a.days), loc)
		}
		at = at.Add(time.Duration(a.seconds) * time.Second)
	}
	for range c.alarm.repeat + 1 {
		if !from.After(at) && to.After(at) {
			return true
		}
		at = at.Add(time.Duration(c.alarm.every) * time.Second)
	}
	return false
}

func (p *plain) text() string {
	var b strings.Builder
	b.WriteString("BEGIN:VCALENDAR\r\n" + parisByRules)
	for _, c := range p.parts {
		fmt.Fprintf(&b, "BEGIN:%s\r\nUID:1\r\n%s\r\n", c.name, strings.Join(c.lines, "\r\n"))
		fmt.Fprintf(&b, "%sEND:%s\r\n", c.alarm.text, c.name)
	}
	b.WriteString("END:VCALENDAR\r\n")
	return b.String()
}

func (p *plain) matches(from, to time.Time) (must, may bool) {
	for _, c := range p.parts {
		for _, s := range c.starts {
			start, end := p.ends(c, s)
			must = must || c.row(start, end, from, to, !s.end.IsZero())
			may = may || must || c.wide(start, end, from, to)
		}
	}
	return must, may
}

// TestMatch_AgreesWithThePlainModel: whatever types of values are mixed, a range finds what the rows of RFC 4791 §9.9
// find, wherever the reader is; and the index never says otherwise.
func TestMatch_AgreesWithThePlainModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		floating := iana(rapid.SampledFrom([]string{"UTC", "Pacific/Kiritimati", "America/Los_Angeles", "Europe/Paris"}).Draw(t, "floating"))
		p := &plain{t: t, floating: floating}
		master := p.part(rapid.SampledFrom([]string{"VEVENT", "VTODO", "VJOURNAL"}).Draw(t, "component"), "master")
		p.parts = append(p.parts, master)
		p.recur(master)
		if len(p.parts) > 1 && rapid.IntRange(0, 4).Draw(t, "masterless") == 0 {
			p.parts = p.parts[1:]
		}
		text := p.text()
		o, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		span := o.Span()
		for range 6 {
			from, to := p.near("from"), p.near("to")
			if !to.After(from) {
				from, to = to, from.Add(time.Second)
			}
			r := &Range{from, to}
			must, may := p.matches(from, to)
			f := CompFilter{Name: "VCALENDAR", Comps: []CompFilter{{Name: master.name, Range: r}}}
			if got := f.Match(o, floating); got && !may || must && !got {
				t.Fatalf("%v, must %v, may %v, for %s to %s with floating in %v\n%s", got, must, may, from, to, floating, text)
			}
			if diff := p.differs(o, *r); diff != "" {
				t.Fatalf("%s for %s to %s with floating in %v\n%s", diff, from, to, floating, text)
			}
			b := r.bounds()
			overlaps := span.First < b.before && span.Last > b.after
			if must && !overlaps {
				t.Fatalf("span %+v denies %s to %s with floating in %v\n%s", span, from, to, floating, text)
			}
			if span.Exact && !span.Recurring && overlaps && !may {
				t.Fatalf("exact span %+v says yes for %s to %s with floating in %v\n%s", span, from, to, floating, text)
			}
		}
	})
}

// differs says whether the instances in a range, and their RECURRENCE-IDs and ends in an expansion, are others than those
// written down.
func (p *plain) differs(o *Object, r Range) string {
	must, may := map[string]bool{}, map[string]bool{}
	for _, c := range p.parts {
		for _, s := range c.starts {
			start, end := p.ends(c, s)
			in := c.row(start, end, r.Start, r.End, !s.end.IsZero())
			wide := c.wide(start, end, r.Start, r.End)
			if wide {
				end = time.Time{}
			}
			key := start.UTC().Format(time.RFC3339) + " " + end.UTC().Format(time.RFC3339)
			must[key], may[key] = must[key] || in && !wide, may[key] || in || wide
		}
	}
	for in, err := range o.Instances(r, p.floating, Limits{}) {
		if err != nil {
			return err.Error()
		}
		start := in.Start.UTC().Format(time.RFC3339) + " "
		key, moment := start+in.End.UTC().Format(time.RFC3339), start+(time.Time{}).Format(time.RFC3339)
		if !may[key] && !may[moment] {
			return "an instance too many: " + key
		}
		delete(must, key)
	}
	for key, in := range must {
		if in {
			return "an instance too few: " + key
		}
	}
	return ""
}

// TestMatch_AlarmsAgreeWithThePlainModel does so for alarms.
func TestMatch_AlarmsAgreeWithThePlainModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		floating := iana(rapid.SampledFrom([]string{"UTC", "America/Los_Angeles", "Europe/Paris"}).Draw(t, "floating"))
		p := &plain{t: t, floating: floating}
		master := p.part(rapid.SampledFrom([]string{"VEVENT", "VTODO"}).Draw(t, "component"), "master")
		p.parts = append(p.parts, master)
		p.recur(master)
		for i, c := range p.parts {
			if c.name == "VEVENT" && c.timed == "END" && !c.end.After(c.start) {
				t.Skip("an event that ends before it starts")
			}
			c.alarm = p.drawAlarm(fmt.Sprint(i))
		}
		text := p.text()
		o, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		for range 6 {
			from, to := p.near("from"), p.near("to")
			if !to.After(from) {
				from, to = to, from.Add(time.Second)
			}
			want := false
			for _, c := range p.parts {
				want = want || !c.alarm.at.IsZero() && p.rings(c, plainStart{}, from, to)
				for _, s := range c.starts {
					want = want || p.rings(c, s, from, to)
				}
			}
			alarm := CompFilter{Name: "VALARM", Range: &Range{from, to}}
			f := CompFilter{Name: "VCALENDAR", Comps: []CompFilter{{Name: master.name, Comps: []CompFilter{alarm}}}}
			if got := f.Match(o, floating); got != want {
				t.Fatalf("%v, want %v, for %s to %s with floating in %v\n%s", got, want, from, to, floating, text)
			}
		}
	})
}

// near is a time at or about the start or end of some instance.
func (p *plain) near(label string) time.Time {
	c := rapid.SampledFrom(p.parts).Draw(p.t, label+" part")
	at := p.moment(label)
	if len(c.starts) > 0 && rapid.IntRange(0, 5).Draw(p.t, label+" hits") > 0 {
		start, end := p.ends(c, rapid.SampledFrom(c.starts).Draw(p.t, label+" at"))
		if at = start; rapid.Bool().Draw(p.t, label+" end") {
			at = end
		}
	}
	return at.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 1, -1, 1800, -1800, 3600, -3600, 86400}).Draw(p.t, label+" off")) * time.Second)
}
