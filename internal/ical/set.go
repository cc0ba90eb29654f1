package ical

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"time"
)

// set is a recurrence set, RFC 5545 §3.8.5: DTSTART, rules and dates, less the
// excluded ones. DTSTART is always a member, as the first instance; where it does
// not match its rule (the set is then undefined by §3.8.5.3) it comes on top of
// what COUNT allows, so that nothing that any client shows is missed.
type set struct {
	start        moment
	rules        []Rule
	excludeRules []Rule
	dates        []extraDate
	excludeDates []moment
	omitStart    bool    // DTSTART is no member
	unscaled     []Until // the ends of rules that are kept and not evaluated
	incomplete   bool    // something could not be read: there may be more instances
}

// extraDate is a value of RDATE; for a PERIOD it has its own end.
type extraDate struct {
	moment
	end  moment
	span span
}

func (d extraDate) isPeriod() bool { return d.end.ok() || !d.span.zero() }

// occurrence is a member of a set. Its wall time is on the clock of DTSTART; its
// instant counts seconds since 1970 in UTC.
type occurrence struct {
	wall    wall
	instant int64
	period  *extraDate // the RDATE that gave it an end of its own
	second  bool       // of two times that the clock shows its wall time: the instant is that of an RDATE on another clock
}

// window bounds the starts of occurrences, both ends included.
type window struct{ from, to int64 }

var always = window{math.MinInt64, math.MaxInt64}

// walker merges the sources of one set for one question.
type walker struct {
	*set
	clk      clock
	work     *budget
	sources  []source
	exclude  []source
	excluded map[int64]struct{} // instants of EXDATE
	noDays   map[int64]struct{} // days of EXDATE;VALUE=DATE
}

// source gives wall times in order; head is the next one.
type source struct {
	cursor *cursor
	dates  []occurrence
	head   occurrence
	ok     bool
	limit  int64 // no instant after this: an UNTIL in UTC
}

// walk returns the occurrences in a window, by instant, each instant once. When the
// budget is spent it ends early.
func (s *set) walk(win window, floating *time.Location, work *budget) iter.Seq[occurrence] {
	return func(yield func(occurrence) bool) {
		if work.spent() {
			return
		}
		w := s.walker(floating, work)
		w.open(win)
		last := int64(math.MinInt64)
		w.ordered(w.latest(win.to), func(o occurrence) bool {
			if o.instant == last || o.instant < win.from || o.instant > win.to {
				return true
			}
			last = o.instant
			return yield(o)
		})
	}
}

func (s *set) walker(floating *time.Location, work *budget) *walker {
	return &walker{set: s, clk: clock{loc: s.start.in(floating)}, work: work}
}

// open places the sources at the first wall time that can be in the window.
func (w *walker) open(win window) {
	w.loadExcluded()
	from := w.earliest(win.from)
	w.sources = append(w.sources, source{dates: w.extra(), limit: math.MaxInt64})
	for i := range w.rules {
		w.sources = append(w.sources, w.ruleSource(&w.rules[i], from))
	}
	for i := range w.excludeRules {
		w.exclude = append(w.exclude, w.ruleSource(&w.excludeRules[i], from))
	}
	for i := range w.sources {
		w.advance(&w.sources[i])
	}
	for i := range w.exclude {
		w.advance(&w.exclude[i])
	}
}

func (w *walker) ruleSource(r *Rule, from wall) source {
	until, limit := w.until(r.Until)
	c := newCursor(r, w.start.wall, w.start.kind == dateKind, until, w.work)
	c.seek(from)
	return source{cursor: c, limit: limit}
}

// earliest returns a wall time before that of every occurrence from an instant on.
func (w *walker) earliest(instant int64) wall {
	if instant < int64(minWall) {
		return minWall
	}
	return wall(instant + min(w.clk.at(instant-2*secondsPerDay), w.clk.at(instant), w.clk.at(instant+2*secondsPerDay)))
}

// latest returns a wall time after that of every occurrence up to an instant.
func (w *walker) latest(instant int64) wall {
	if instant > int64(maxWall) {
		return maxWall
	}
	return wall(instant + max(w.clk.at(instant-2*secondsPerDay), w.clk.at(instant), w.clk.at(instant+2*secondsPerDay)))
}

// until places an UNTIL on the clock of DTSTART, whatever its type: a date ends with
// its day, a time in UTC is compared as an instant where DTSTART has one.
func (w *walker) until(u Until) (bound wall, limit int64) {
	switch {
	case u.IsZero():
		return maxWall, math.MaxInt64
	case u.kind == dateKind:
		return u.wall + secondsPerDay - 1, math.MaxInt64
	case u.kind == utcKind && w.start.fixed():
		return w.latest(int64(u.wall)), int64(u.wall)
	}
	return u.wall, math.MaxInt64
}

// extra returns DTSTART and the RDATEs in order of wall time.
func (w *walker) extra() []occurrence {
	w.work.spend(len(w.dates))
	list := make([]occurrence, 0, 1+len(w.dates))
	for i := range w.dates {
		d := &w.dates[i]
		o := w.occurrence(w.place(d.moment))
		if d.isPeriod() {
			o.period = d
		}
		if d.fixed() && w.start.kind != dateKind {
			at := d.instant(w.clk.loc)
			o.second = at > o.instant && w.clk.wall(at) == o.wall
			if o.second {
				o.instant = at
			}
		}
		list = append(list, o)
	}
	if !w.omitStart && !w.over() {
		list = append(list, w.occurrence(w.start.wall))
	}
	slices.SortStableFunc(list, func(a, b occurrence) int {
		return cmp.Or(cmp.Compare(a.wall, b.wall), cmp.Compare(a.withoutEnd(), b.withoutEnd()))
	})
	return list
}

// withoutEnd puts one that has no end of its own behind the PERIOD of the same start, which counts.
func (o *occurrence) withoutEnd() int {
	if o.period == nil {
		return 1
	}
	return 0
}

// over says that every rule ended before DTSTART. Such a set has no instance: it is
// what is left when a client deletes "this and all following" from the first on.
func (w *walker) over() bool {
	for i := range w.rules {
		bound, limit := w.until(w.rules[i].Until)
		if w.start.wall <= bound && w.clk.instant(w.start.wall) <= limit {
			return false
		}
	}
	return len(w.rules) > 0
}

// place puts a moment of any type on the clock of DTSTART.
func (w *walker) place(m moment) wall {
	switch {
	case w.start.kind == dateKind:
		return m.wall.midnight()
	case m.kind == dateKind:
		return m.wall + wall(w.start.wall.second())
	case m.fixed() && (m.kind != w.start.kind || m.zone != w.start.zone):
		return w.clk.wall(m.instant(w.clk.loc))
	}
	return m.wall
}

func (w *walker) occurrence(at wall) occurrence {
	return occurrence{wall: at, instant: w.clk.instant(at)}
}

// loadExcluded: an EXDATE that is a DATE takes out every occurrence of its day, and one
// with a time takes its date where DTSTART has no time (clients.md 5.9: Evolution).
func (w *walker) loadExcluded() {
	if len(w.excludeDates) == 0 {
		return
	}
	w.work.spend(len(w.excludeDates))
	w.excluded, w.noDays = map[int64]struct{}{}, map[int64]struct{}{}
	for _, m := range w.excludeDates {
		switch {
		case m.kind == dateKind || w.start.kind == dateKind:
			w.noDays[m.wall.day()] = struct{}{}
		case m.fixed():
			w.excluded[m.instant(w.clk.loc)] = struct{}{}
		default:
			w.excluded[w.clk.instant(m.wall)] = struct{}{}
		}
	}
}

// advance loads the next head of a source.
func (w *walker) advance(s *source) {
	s.ok = false
	if s.cursor == nil {
		if s.ok = len(s.dates) > 0; s.ok {
			s.head, s.dates = s.dates[0], s.dates[1:]
		}
		return
	}
	for {
		at, ok := s.cursor.next()
		if !ok {
			return
		}
		if s.head = w.occurrence(at); s.head.instant <= s.limit {
			s.ok = true
			return
		}
	}
}

// ordered calls yield by instant. Wall times come in order, but those inside a gap
// are moved behind it, among later ones, as is the second of two that are the same.
func (w *walker) ordered(to wall, yield func(occurrence) bool) {
	var moved []occurrence
	flush := func(before int64) bool {
		for len(moved) > 0 && moved[0].instant <= before {
			if !yield(moved[0]) {
				return false
			}
			moved = moved[1:]
		}
		return true
	}
	for o, ok := w.pop(); ok && o.wall <= to; o, ok = w.pop() {
		if w.isExcluded(o) {
			continue
		}
		if o.second || w.clk.wall(o.instant) != o.wall {
			moved = append(moved, o)
			continue
		}
		before := o.instant
		if o.period != nil {
			before-- // of two at one instant, the one with an end of its own counts
		}
		if !flush(before) || !yield(o) {
			return
		}
	}
	flush(math.MaxInt64)
}

// pop takes the earliest head; of equal ones the date before the rule.
func (w *walker) pop() (occurrence, bool) {
	var first *source
	for i := range w.sources {
		s := &w.sources[i]
		if s.ok && (first == nil || s.head.wall < first.head.wall) {
			first = s
		}
	}
	if first == nil || w.work.spent() {
		return occurrence{}, false
	}
	o := first.head
	w.advance(first)
	return o, true
}

func (w *walker) isExcluded(o occurrence) bool {
	if _, ok := w.excluded[o.instant]; ok {
		return true
	}
	if _, ok := w.noDays[o.wall.day()]; ok {
		return true
	}
	for i := range w.exclude {
		s := &w.exclude[i]
		for s.ok && s.head.wall < o.wall {
			w.advance(s)
		}
		if s.ok && s.head.wall == o.wall {
			return true
		}
	}
	return false
}
