package ical

import (
	"strings"
	"time"

	"ksync/internal/contentline"
)

// reader reads date properties; times with a TZID are placed by its zones.
type reader struct{ zones *Zones }

// moment reads a property with one date or time; a nil line gives none.
func (r *reader) moment(l *contentline.Line) moment {
	if l == nil {
		return moment{}
	}
	return r.value(l, l.Value)
}

func (r *reader) value(l *contentline.Line, v string) moment {
	w, k, ok := parseMoment(v)
	if !ok {
		return moment{}
	}
	m := moment{wall: w, kind: k}
	switch {
	case k == localKind && isDate(l):
		return moment{wall: w.midnight(), kind: dateKind}
	case k == localKind:
		m.zone = r.zone(l)
	}
	return m
}

func isDate(l *contentline.Line) bool {
	v, _ := l.Param("VALUE")
	return strings.EqualFold(v, "DATE")
}

func (r *reader) zone(l *contentline.Line) *time.Location {
	id, ok := l.Param("TZID")
	if !ok {
		return nil
	}
	return r.zones.Location(id)
}

// set reads the recurrence set of a component. What exceeds a limit or cannot be read
// leaves it incomplete.
func (r *reader) set(c *contentline.Component, lim Limits) set {
	var s set
	for l := range c.Lines() {
		switch l.Name {
		case "DTSTART":
			if !s.start.ok() {
				s.start = r.moment(l)
			}
		case "RRULE":
			s.incomplete = !s.addRule(l.Value, lim.Rules) || s.incomplete
		case "EXRULE":
			appendRule(&s.excludeRules, l.Value, lim.Rules)
		case "RDATE":
			s.incomplete = !r.appendDates(&s.dates, l, lim.Dates) || s.incomplete
		case "EXDATE":
			r.appendExcluded(&s.excludeDates, l, lim.Dates)
		}
	}
	return s
}

func (s *set) addRule(v string, limit int) bool {
	if appendRule(&s.rules, v, limit) {
		return true
	}
	until, ok := unscaled(v)
	if ok = ok && len(s.unscaled) < limit; ok {
		s.unscaled = append(s.unscaled, until)
	}
	return ok
}

func appendRule(list *[]Rule, v string, limit int) bool {
	r, err := ParseRule(v)
	if err != nil || len(*list) >= limit {
		return false
	}
	*list = append(*list, r)
	return true
}

func (r *reader) appendDates(list *[]extraDate, l *contentline.Line, limit int) bool {
	for v := range strings.SplitSeq(l.Value, ",") {
		if strings.TrimSpace(v) == "" {
			continue
		}
		d, ok := r.period(l, v)
		if !ok || len(*list) >= limit {
			return false
		}
		*list = append(*list, d)
	}
	return true
}

// period reads a DATE, DATE-TIME or PERIOD; an end that makes no sense is left out.
func (r *reader) period(l *contentline.Line, v string) (extraDate, bool) {
	from, to, _ := strings.Cut(v, "/")
	d := extraDate{moment: r.value(l, from)}
	if span, ok := parseSpan(to); ok {
		d.span = span
	} else {
		d.end = r.value(l, to)
	}
	return d, d.ok()
}

func (r *reader) appendExcluded(list *[]moment, l *contentline.Line, limit int) {
	for v := range strings.SplitSeq(l.Value, ",") {
		from, _, _ := strings.Cut(v, "/")
		if m := r.value(l, from); m.ok() && len(*list) < limit {
			*list = append(*list, m)
		}
	}
}

// entry is a component with its times: a master, an override, or one that stands alone.
type entry struct {
	comp      *contentline.Component
	set       set
	end       moment // DTEND or DUE
	due       bool   // the set is that of DUE, as there is no DTSTART
	span      span   // DURATION
	hasSpan   bool
	rid       moment
	hasRID    bool // even if it cannot be read
	following bool // RANGE=THISANDFUTURE
}

func (r *reader) entry(c *contentline.Component, lim Limits) *entry {
	e := &entry{comp: c, set: r.set(c, lim)}
	if c.Name != "VJOURNAL" { // RFC 5545 §3.6.3: it has no end
		e.end = r.moment(c.First(endName(c.Name)))
		if l := c.First("DURATION"); l != nil {
			e.span, e.hasSpan = parseSpan(l.Value)
		}
	}
	if l := c.First("RECURRENCE-ID"); l != nil {
		e.rid, e.hasRID = r.moment(l), true
		v, _ := l.Param("RANGE")
		e.following = strings.EqualFold(v, "THISANDFUTURE") && e.rid.ok()
	}
	// Reminders and Tasks.org write recurring tasks with a DUE only.
	if c.Name == "VTODO" && !e.set.start.ok() && e.end.ok() {
		e.set.start, e.due = e.end, true
	}
	return e
}

func endName(component string) string {
	if component == "VTODO" {
		return "DUE"
	}
	return "DTEND"
}

// recurs says that more than one instance comes from this component.
func (e *entry) recurs() bool {
	return !e.hasRID && (len(e.set.rules) > 0 || len(e.set.dates) > 0 || len(e.set.unscaled) > 0 || e.set.incomplete)
}

// length is how long an instance lasts. The end is exact where it comes from DTEND,
// nominal where it comes from DURATION (RFC 5545 §3.8.5.3).
type length struct {
	span
	given bool // by a property, so that the length is not a default
}

func (e *entry) length(floating *time.Location) length {
	start := e.set.start
	switch {
	case e.due:
		return length{}
	case e.end.ok():
		return e.lengthToEnd(floating)
	case e.hasSpan:
		return length{span{max(e.span.days, 0), max(e.span.seconds, 0)}, true}
	case start.kind == dateKind && e.comp.Name != "VTODO":
		return length{span{days: 1}, false} // RFC 5545 §3.6.1
	}
	return length{}
}

func (e *entry) lengthToEnd(floating *time.Location) length {
	start, end := e.set.start, e.end
	if start.kind == dateKind {
		days := -floorDiv(int64(start.wall-end.wall), secondsPerDay)
		if days <= 0 && e.comp.Name == "VEVENT" {
			days = 1 // an end on the first day is meant to be that day
		}
		return length{span{days: max(days, e.earliestEnd()/secondsPerDay)}, true}
	}
	if end.kind == dateKind || !end.fixed() {
		end.kind, end.zone = start.kind, start.zone
	}
	seconds := end.instant(floating) - start.instant(floating)
	return length{span{seconds: max(seconds, e.earliestEnd())}, true}
}

// earliestEnd is how much later than its start the end is at least: an event does not end before it, but a task that is
// due before is found at both times by RFC 4791 §9.9.
func (e *entry) earliestEnd() int64 {
	if e.comp.Name == "VTODO" {
		return -maxSpan
	}
	return 0
}
