package ical

import (
	"fmt"
	"strings"
	"time"

	"ksync/internal/contentline"
)

// Selection is what calendar-data asks for, RFC 4791 §9.6. Its zero value is the text
// as it is stored. At most one of Expand and LimitRecurrence is looked at.
type Selection struct {
	Comp            *CompSelect // of VCALENDAR; nil: all
	Expand          *Range      // §9.6.5
	LimitRecurrence *Range      // §9.6.6
	LimitFreeBusy   *Range      // §9.6.7
}

func (s *Selection) zero() bool { return *s == Selection{} }

// Render prints the object as selected; lines that are not concerned keep their bytes.
// The error is ErrLimit where an expansion would be too long.
func (o *Object) Render(s Selection, floating *time.Location) ([]byte, error) {
	if s.zero() {
		return o.Bytes(), nil
	}
	q := o.query(floating)
	var calendar *contentline.Component
	if s.Expand != nil && expandable(o.Component) {
		calendar = o.Calendar.Shell()
	} else {
		calendar = o.Calendar.Clone()
	}
	switch {
	case s.Expand != nil:
		if err := o.expand(q, calendar, s.Expand.bounds()); err != nil {
			return nil, err
		}
	case s.LimitRecurrence != nil:
		o.limitRecurrence(q, calendar, s.LimitRecurrence.bounds())
	}
	if s.LimitFreeBusy != nil {
		q.limitFreeBusy(calendar, s.LimitFreeBusy.bounds())
	}
	if s.Comp != nil {
		s.Comp.reduce(calendar)
	}
	return calendar.Bytes(), nil
}

// expand: RFC 4791 §9.6.5: every instance by itself, in UTC, with the RECURRENCE-ID it
// has, without rules and time zones. Components that have no instances stay.
func (o *Object) expand(q *query, calendar *contentline.Component, r interval) error {
	if !expandable(o.Component) {
		calendar.RemoveComponents(func(c *contentline.Component) bool { return c.Name == "VTIMEZONE" })
		return nil
	}
	count, size := 0, 0
	add := func(c *contentline.Component, weight int) error {
		count, size = count+1, size+weight
		if count > o.limits.Instances || size > o.limits.Bytes {
			return fmt.Errorf("expand: %w", ErrLimit)
		}
		calendar.AppendComponent(c)
		return nil
	}
	shapes := map[*contentline.Component]*shape{}
	for in := range q.overlapping(r) {
		s := shapes[in.comp]
		if s == nil {
			s = shapeOf(in.comp)
			shapes[in.comp] = s
		}
		if err := add(q.alone(&in, s.comp.Clone()), s.weight); err != nil {
			return err
		}
	}
	for _, e := range q.entries {
		if !e.set.start.ok() && q.undated(e).overlaps(r) {
			if err := add(q.inUTC(e.comp.Clone()), 1); err != nil {
				return err
			}
		}
	}
	if q.work.spent() {
		return fmt.Errorf("expand: %w", ErrLimit)
	}
	return nil
}

// shape is what all instances of a component have in common.
type shape struct {
	comp   *contentline.Component
	weight int // of a copy: its bytes, and as much for each line as most lines have
}

func shapeOf(c *contentline.Component) *shape {
	c = c.Clone()
	c.RemoveJunk()
	c.RemoveFunc(func(l *contentline.Line) bool {
		switch l.Name {
		case "RRULE", "EXRULE", "RDATE", "EXDATE", "RECURRENCE-ID":
			return true
		}
		return false
	})
	return &shape{c, len(c.Bytes()) + countLines(c)*lineWeight}
}

const lineWeight = 64

func countLines(c *contentline.Component) (n int) {
	for range c.Lines() {
		n++
	}
	for inner := range c.Components() {
		n += 1 + countLines(inner)
	}
	return n
}

func expandable(component string) bool {
	return component == "VEVENT" || component == "VTODO" || component == "VJOURNAL"
}

// alone makes a component of one instance, of a copy of its shape.
func (q *query) alone(in *instance, c *contentline.Component) *contentline.Component {
	if in.period != nil {
		c.RemoveFunc(func(l *contentline.Line) bool { return l.Name == "DURATION" })
	}
	start := c.First("DTSTART")
	if start == nil { // a task that has only DUE
		start = c.First("DUE")
	}
	q.setTime(start, in.set.start, in.start)
	if end := c.First(endName(c.Name)); end != nil && end != start && in.entry.end.ok() {
		q.setTime(end, in.set.start, in.end)
	} else if in.period != nil && start != nil {
		end := contentline.New("", endName(c.Name), "")
		q.setTime(end, in.set.start, in.end)
		c.Append(end)
	} else if l := c.First("DURATION"); l != nil && in.length.days != 0 && in.set.start.fixed() {
		l.SetValue(fmt.Sprintf("PT%dS", in.end-in.start)) // a day on the clock may not have 24 hours in UTC
	}
	if q.repeats(in.entry) {
		id := contentline.New("", "RECURRENCE-ID", "")
		q.setTime(id, in.identity(), in.original)
		c.Append(id)
	}
	return q.inUTC(c)
}

// identity is of the type that RECURRENCE-ID has: an override may start on a date where
// its master has a time.
func (in *instance) identity() moment {
	if in.hasRID && in.rid.ok() {
		return in.rid
	}
	return in.set.start
}

// setTime writes a time of the type that model has: a date stays a date and a floating
// time stays floating, all others are in UTC.
func (q *query) setTime(l *contentline.Line, model moment, at int64) {
	if l == nil {
		return
	}
	t := time.Unix(at, 0)
	l.DelParam("TZID")
	switch {
	case model.kind == dateKind:
		l.SetParam("VALUE", "DATE")
		l.SetValue(t.In(q.floating).Format("20060102"))
	case !model.fixed():
		l.DelParam("VALUE")
		l.SetValue(t.In(q.floating).Format("20060102T150405"))
	default:
		l.DelParam("VALUE")
		l.SetValue(t.UTC().Format("20060102T150405Z"))
	}
}

// inUTC rewrites the other times that name a zone, now that the zones are gone.
func (q *query) inUTC(c *contentline.Component) *contentline.Component {
	r := &reader{zones: q.zones}
	for l := range c.Lines() {
		if _, ok := l.Param("TZID"); !ok {
			continue
		}
		if m := r.moment(l); m.kind == localKind && m.fixed() && !strings.Contains(l.Value, ",") {
			l.DelParam("TZID")
			l.SetValue(time.Unix(m.instant(nil), 0).UTC().Format("20060102T150405Z"))
		}
	}
	return c
}

// limitRecurrence: RFC 4791 §9.6.6: the master, and the overrides that are in the range
// or would be if they were not overridden.
func (o *Object) limitRecurrence(q *query, calendar *contentline.Component, r interval) {
	originals := collect(o.Calendar) // of which those of the calendar are copies, in the same order
	calendar.RemoveComponents(func(*contentline.Component) bool {
		e := q.byComp[originals[0]]
		originals = originals[1:]
		return e != nil && e.hasRID && !q.concerns(e, r)
	})
}

func (q *query) concerns(e *entry, r interval) bool {
	if q.touches(e, r, (*instance).interval) || !e.rid.ok() {
		return true
	}
	at := millis(e.rid.instant(q.floating))
	if e.following && at < r.before {
		return true
	}
	length := int64(0)
	for _, m := range q.entries {
		if !m.hasRID {
			length = max(length, m.length(q.floating).upper())
		}
	}
	return interval{at, max(at+millis(length), at+1)}.overlaps(r)
}

// limitFreeBusy: RFC 4791 §9.6.7: of FREEBUSY the periods that overlap.
func (q *query) limitFreeBusy(calendar *contentline.Component, r interval) {
	for c := range calendar.Components() {
		if c.Name != "VFREEBUSY" {
			continue
		}
		c.RemoveFunc(func(l *contentline.Line) bool {
			return l.Name == "FREEBUSY" && !q.keepPeriods(l, r)
		})
	}
}

// keepPeriods edits a FREEBUSY line if it has to, and reports whether any is left.
func (q *query) keepPeriods(l *contentline.Line, r interval) bool {
	values := strings.Split(l.Value, ",")
	var kept []string
	for _, v := range values {
		d, ok := (&reader{}).period(l, v)
		if !ok || q.periodInterval(&d).overlaps(r) {
			kept = append(kept, v)
		}
	}
	if len(kept) < len(values) && len(kept) > 0 {
		l.SetValue(strings.Join(kept, ","))
	}
	return len(kept) > 0
}
