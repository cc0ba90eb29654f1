package ical

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"ksync/internal/contentline"
)

// series holds the times of all components of an object.
type series struct {
	entries   []*entry
	byComp    map[*contentline.Component]*entry
	following []*entry // overrides with RANGE=THISANDFUTURE
}

func (o *Object) readTimes() *series {
	r := &reader{zones: o.zones}
	s := &series{byComp: map[*contentline.Component]*entry{}}
	var replaced []moment
	for _, c := range o.components() {
		e := r.entry(c, o.limits)
		if o.Master == nil && (len(e.set.rules) > 0 || len(e.set.dates) > 0) {
			// Split off from its master, it carries a series of its own.
			e.hasRID, e.following = false, false
		}
		s.entries = append(s.entries, e)
		s.byComp[c] = e
		if e.hasRID && e.rid.ok() {
			replaced = append(replaced, e.rid)
		}
		if e.following = e.following && e.set.start.ok(); e.following {
			s.following = append(s.following, e)
		}
	}
	for _, e := range s.entries {
		if !e.hasRID {
			// An overridden instance leaves the set, just as by EXDATE, and with the same
			// tolerance for a DATE where a time is due.
			e.set.excludeDates = append(e.set.excludeDates, replaced...)
		}
	}
	return s
}

// components returns the master and the others.
func (o *Object) components() []*contentline.Component {
	if o.Master == nil {
		return o.Overrides
	}
	return append([]*contentline.Component{o.Master}, o.Overrides...)
}

// instance is one appearance of a component.
type instance struct {
	*entry           // whose properties hold
	start, end int64 // seconds since 1970 in UTC
	original   int64 // where the rule puts it
	wall       wall  // start on the clock of zone
	zone       *time.Location
	length     length
	period     *extraDate
}

// query is one question to a series, with the work that it may cost.
type query struct {
	*series
	zones    *Zones
	floating *time.Location
	work     *budget
	changes  []change // of following, by instant
	texts    contentline.Texts
}

func (o *Object) query(floating *time.Location) *query {
	if floating == nil {
		floating = time.UTC
	}
	q := &query{series: o.times(), zones: o.zones, floating: floating, work: newBudget(o.limits), texts: contentline.Texts{Few: true}}
	q.loadChanges()
	return q
}

// single returns the appearance of an override, or of a master that does not recur.
func (q *query) single(e *entry) instance {
	m := e.set.start
	c := clock{loc: m.in(q.floating)}
	at := occurrence{wall: m.wall, instant: c.instant(m.wall)}
	in := q.instance(e, &c, e.length(q.floating), at)
	if e.rid.ok() {
		in.original = e.rid.instant(q.floating)
	}
	return in
}

func (q *query) instance(e *entry, c *clock, l length, o occurrence) instance {
	in := instance{entry: e, start: o.instant, original: o.instant, wall: o.wall, zone: c.loc, length: l, period: o.period}
	switch p := o.period; {
	case p == nil:
		in.end = c.after(o, l.span)
	case p.end.ok():
		in.end = max(p.end.instant(c.loc), o.instant)
	default:
		in.end = max(c.after(o, p.span), o.instant)
	}
	return in
}

// after adds a span: its days on the clock, the rest in time.
func (c *clock) after(o occurrence, s span) int64 {
	if s.days == 0 {
		return o.instant + s.seconds
	}
	at := c.instant(o.wall + wall(s.days*secondsPerDay))
	if s.days > 0 {
		at = max(at, o.instant)
	}
	return at + s.seconds
}

// touches says whether any of its time, or its end that is before its start, is in a window.
func (in *instance) touches(win window) bool {
	return max(in.start, in.end) >= win.from && min(in.start, in.end) <= win.to
}

// generated walks the instances that a master's set gives, less the overridden ones,
// that may touch [from, to].
func (q *query) generated(e *entry, win window) iter.Seq[instance] {
	return func(yield func(instance) bool) {
		// Asked once for each change that follows, a set may be too dear to be opened again.
		if !e.set.start.ok() || !q.work.spend(1+len(e.set.dates)+len(q.changes)) {
			return
		}
		l := e.length(q.floating)
		lead, lag := q.reach(e, l)
		c := clock{loc: e.set.start.in(q.floating)}
		for o := range e.set.walk(win.widen(lead, lag), q.floating, q.work) {
			in := q.instance(e, &c, l, o)
			if i := changeAt(q.changes, o.instant); i >= 0 {
				in = q.changed(q.changes[i], in)
			}
			if in.touches(win) && !yield(in) {
				return
			}
		}
	}
}

// reach bounds how long before a window an instance that touches it may start by the rule, and how long after.
func (q *query) reach(e *entry, l length) (lead, lag int64) {
	lead, lag = l.upper()+q.longestPeriod(e), l.back()
	for _, c := range q.changes {
		lead = max(lead, c.length.upper()) + max(c.shift, 0) + secondsPerDay
		lag = max(lag, c.length.back()) + max(-c.shift, 0) + secondsPerDay
	}
	return lead, lag
}

// widen adds seconds at both ends, without overflow.
func (w window) widen(before, after int64) window {
	if w.from > int64(minWall)-maxSpan {
		w.from -= before
	}
	if w.to < int64(maxWall)+maxSpan {
		w.to += after
	}
	return w
}

// longestPeriod bounds the length of the RDATE periods of an entry.
func (q *query) longestPeriod(e *entry) (longest int64) {
	for _, d := range e.set.dates {
		switch {
		case d.end.ok():
			longest = max(longest, d.end.instant(q.floating)-d.instant(q.floating)+2*secondsPerDay)
		default:
			longest = max(longest, d.span.upper())
		}
	}
	return longest
}

// change is what RANGE=THISANDFUTURE does from an instance on: RFC 5545 §3.2.13.
type change struct {
	entry  *entry
	from   int64 // the instance overridden
	shift  int64 // seconds on the clock of the override
	length length
}

func (q *query) loadChanges() {
	for _, e := range q.following {
		c := change{entry: e, from: e.rid.instant(q.floating), length: e.length(q.floating)}
		clk := clock{loc: e.set.start.in(q.floating)}
		c.shift = int64(e.set.start.wall - clk.wall(c.from))
		q.changes = append(q.changes, c)
	}
	slices.SortStableFunc(q.changes, func(a, b change) int { return cmp.Compare(a.from, b.from) })
}

// changeAt returns the index of the change in force at an instance, -1 for none.
func changeAt(list []change, instant int64) int {
	i, exact := slices.BinarySearchFunc(list, instant, func(c change, t int64) int { return cmp.Compare(c.from, t) })
	if exact {
		return i
	}
	return i - 1
}

func (q *query) changed(c change, in instance) instance {
	clk := clock{loc: c.entry.set.start.in(q.floating)}
	at := occurrence{wall: clk.wall(in.start) + wall(c.shift)}
	at.instant = clk.instant(at.wall)
	moved := q.instance(c.entry, &clk, c.length, at)
	moved.original = in.original
	return moved
}

// all walks every instance that may touch [from, to], those of overrides among the
// others by start.
func (q *query) all(win window) iter.Seq[instance] {
	return func(yield func(instance) bool) {
		singles := q.singles(win)
		for _, e := range q.entries {
			if e.hasRID {
				continue
			}
			for in := range q.generated(e, win) {
				for len(singles) > 0 && singles[0].start < in.start {
					if !yield(singles[0]) {
						return
					}
					singles = singles[1:]
				}
				if !yield(in) {
					return
				}
			}
		}
		for _, in := range singles {
			if !yield(in) {
				return
			}
		}
	}
}

// singles returns the instances of the overrides.
func (q *query) singles(win window) (list []instance) {
	for _, e := range q.entries {
		if !e.hasRID || !e.set.start.ok() {
			continue
		}
		if in := q.single(e); in.touches(win) {
			list = append(list, in)
		}
	}
	slices.SortStableFunc(list, func(a, b instance) int { return cmp.Compare(a.start, b.start) })
	return list
}
