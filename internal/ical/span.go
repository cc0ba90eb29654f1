package ical

import (
	"slices"
	"time"
)

// Span bounds the times of an object for an index, in milliseconds since 1970 in UTC.
// An object can only overlap a range when First < range end and Last > range start,
// so a range that fails this needs no look at the object.
type Span struct {
	First, Last int64 // MinTime and MaxTime are open ends
	// Recurring says that there are several instances, with gaps between them.
	Recurring bool
	// Exact says that the bounds are those of the first and last instance, wherever the
	// reader is. A range with one end open is then decided by them alone; one with two
	// ends as well, unless the object is Recurring. Otherwise CompFilter.Match decides.
	Exact bool
}

// The locations of readers lie between UTC-12 and UTC+14: a floating time is at most
// so much earlier or later than in UTC.
const (
	eastmost = 14 * secondsPerHour * 1000
	westmost = 12 * secondsPerHour * 1000
)

// Span returns the bounds. What no limit allows to find out is left open, never cut.
func (o *Object) Span() Span {
	q := o.query(time.UTC)
	q.series = q.series.anywhere()
	s := Span{First: MaxTime, Last: MinTime, Exact: true, Recurring: len(q.entries) > 1}
	for _, e := range q.entries {
		s.Recurring = s.Recurring || e.recurs()
		i, exact := q.span(e)
		s.First, s.Last = min(s.First, i.after), max(s.Last, i.before)
		s.Exact = s.Exact && exact
	}
	if s.First > s.Last { // no instance at all
		return Span{First: MinTime, Last: MaxTime, Recurring: s.Recurring}
	}
	return s
}

// anywhere is s without what takes an instance away from some readers and not from others, as the times of a series that
// floats are no others' that are fixed.
func (s *series) anywhere() *series {
	all := *s
	all.entries = slices.Clone(s.entries)
	for i, e := range all.entries {
		if e.hasRID || !e.set.mixed() {
			continue
		}
		open := *e
		open.set.excludeDates, open.set.excludeRules = nil, nil
		all.entries[i] = &open
	}
	return &all
}

// mixed says that the set floats, and times in it do not.
func (s *set) mixed() bool {
	return s.start.kind == localKind && !s.start.fixed() &&
		(slices.ContainsFunc(s.excludeDates, moment.fixed) || slices.ContainsFunc(s.dates, func(d extraDate) bool { return d.fixed() }))
}

// span returns the bounds of one entry.
func (q *query) span(e *entry) (i interval, exact bool) {
	switch {
	case e.comp.Name == "VFREEBUSY" && !(e.set.start.ok() && e.end.ok()):
		periods, all := q.busyPeriods(e.comp)
		if !all {
			return anyTime, false
		}
		i, exact = noTimes, true
		for _, p := range periods {
			i = i.union(p)
		}
	case !e.set.start.ok():
		i = q.undated(e)
		exact = i != anyTime
	case len(q.following) > 0 && (e.following || !e.hasRID):
		i, exact = q.spanWithChanges(e)
	case e.recurs():
		i, exact = q.spanOfSet(e)
	default:
		i, exact = q.spanByWalking(e)
	}
	if back := e.length(q.floating).back(); back > 0 && i.after != MinTime && slices.ContainsFunc(e.set.dates, extraDate.isPeriod) {
		i.after, exact = i.after-millis(back), false // the first to start is not the first to be due
	}
	if p := q.possible(e); p != noTimes {
		i, exact = i.union(p), false
	}
	if !e.set.start.fixed() {
		return i.widen(), false
	}
	return i, exact
}

func (i interval) union(o interval) interval {
	return interval{min(i.after, o.after), max(i.before, o.before)}
}

// widen makes room for every location that a floating time may be read in.
func (i interval) widen() interval {
	if i == noTimes {
		return i
	}
	if i.after != MinTime {
		i.after -= eastmost
	}
	if i.before != MaxTime {
		i.before += westmost
	}
	return i
}

// spanByWalking looks at every instance, up to the budget.
func (q *query) spanByWalking(e *entry) (interval, bool) {
	i := noTimes
	for in := range q.instances(e, always) {
		i = i.union(in.interval())
	}
	if q.work.spent() || e.set.incomplete {
		return anyTime, false
	}
	return i, true
}

// maxWalk bounds the steps of finding the bounds of a series whose parts are moved.
const maxWalk = 20_000

// spanWithChanges is that of a series that RANGE=THISANDFUTURE moves: its instances are
// looked at one by one, unless it has no end.
func (q *query) spanWithChanges(e *entry) (interval, bool) {
	if q.mixed() {
		return anyTime, false
	}
	if q.endless() {
		i, _ := q.spanOfSet(e)
		if i.after == MinTime {
			return anyTime, false
		}
		for _, c := range q.changes {
			i.after += min(millis(c.shift), 0) - millis(c.length.back()) - millis(secondsPerDay)
		}
		return interval{i.after, MaxTime}, false
	}
	walking := *q
	part := min(q.work.steps, maxWalk)
	walking.work = &budget{steps: part}
	i, exact := walking.spanByWalking(e)
	q.work.steps -= part - walking.work.steps
	return i, exact
}

// mixed says that some of a series whose parts are moved floats and some does not: what is moved, and how far, is then
// another thing for each reader.
func (q *query) mixed() bool {
	floats, fixed := false, false
	for _, e := range q.entries {
		for _, m := range []moment{e.set.start, e.rid} {
			floats, fixed = floats || m.ok() && !m.fixed(), fixed || m.fixed()
		}
	}
	return floats && fixed
}

// endless says that a master has a rule with neither COUNT nor UNTIL.
func (q *query) endless() bool {
	for _, e := range q.entries {
		for i := range e.set.rules {
			if r := &e.set.rules[i]; !e.hasRID && r.Count == 0 && r.Until.IsZero() {
				return true
			}
		}
	}
	return false
}

// spanOfSet finds the first instance, and the last one without walking to it.
func (q *query) spanOfSet(e *entry) (i interval, exact bool) {
	if e.set.incomplete {
		return anyTime, false
	}
	i, l := noTimes, e.length(q.floating)
	w := e.set.walker(q.floating, q.work)
	c := clock{loc: w.clk.loc}
	for o := range e.set.walk(always, q.floating, q.work) {
		in := q.instance(e, &c, l, o)
		i = in.interval()
		break
	}
	for o := range w.listed().walk(always, q.floating, q.work) {
		in := q.instance(e, &c, l, o) // a PERIOD may outlast later instances
		i = i.union(in.interval())
	}
	last, exact := w.last()
	switch {
	case q.work.spent() || last > maxWall:
		return interval{i.after, MaxTime}, exact && !q.work.spent()
	case last < minWall: // the rules give nothing
		return i, exact
	case !exact:
		i.before = max(i.before, millis(c.instant(last)+l.upper()+2*secondsPerDay))
		return i, false
	}
	// Near a change of offset the last on the clock may not be the last in time.
	from := c.instant(last)
	if !c.steady(last) {
		from -= 2 * secondsPerDay
	}
	for o := range e.set.walk(window{from, int64(maxWall) + secondsPerDay}, q.floating, q.work) {
		in := q.instance(e, &c, l, o)
		i = i.union(in.interval())
	}
	if q.work.spent() {
		return interval{i.after, MaxTime}, false
	}
	return i, true
}

// listed is the part of the set without its rules.
func (w *walker) listed() *set {
	s := *w.set
	s.rules, s.omitStart = nil, w.over()
	return &s
}

// openEnd is the last of a set without end.
const openEnd = wall(1) << 60

// last returns a wall time that no instance of the rules is after, openEnd if there
// is none; exact says that it is that of an instance.
func (w *walker) last() (last wall, exact bool) {
	w.loadExcluded()
	last, exact = minWall-1, len(w.excludeRules) == 0
	for i := range w.rules {
		r := &w.rules[i]
		at, ok := w.lastOf(r)
		exact = exact && ok
		last = max(last, at)
	}
	return last, exact
}

// maxBack bounds how many excluded instances are skipped at the end of a rule.
const maxBack = 1000

// lastOf returns the last instance of a rule with an end that is not excluded.
func (w *walker) lastOf(r *Rule) (last wall, exact bool) {
	bound, limit := w.until(r.Until)
	c := newCursor(r, w.start.wall, w.start.kind == dateKind, bound, w.work)
	exact = true
	switch {
	case c.never:
		return minWall - 1, true
	case r.Count == 0 && r.Until.IsZero():
		return openEnd, true
	case r.Count > 0:
		end, ok := c.last()
		if !ok && r.Until.IsZero() {
			return openEnd, true // COUNT reaches beyond year 9999
		}
		if exact = ok && end <= bound; exact {
			bound = end
		}
	}
	open := *r
	open.Count = 0
	for range maxBack {
		at, ok := newCursor(&open, w.start.wall, w.start.kind == dateKind, bound, w.work).last()
		if !ok {
			return minWall - 1, exact
		}
		o := w.occurrence(at)
		if o.instant <= limit && !w.isExcluded(o) {
			return at, exact
		}
		bound = at - 1
	}
	return bound, false
}
