package ical

import (
	"math"
	"strings"

	"ksync/internal/contentline"
)

// The ends of time: an open First or Last of a Span.
const (
	MinTime = math.MinInt64
	MaxTime = math.MaxInt64
)

// interval says when something overlaps a time range: when after < range end and
// before > range start, in milliseconds since 1970 in UTC. Every row of the tables of
// RFC 4791 §9.9 can be said so, "<=" by one millisecond more.
type interval struct{ after, before int64 }

var (
	anyTime = interval{MinTime, MaxTime}
	noTimes = interval{MaxTime, MinTime}
)

func (i interval) overlaps(r interval) bool { return i.after < r.before && i.before > r.after }

// bounds turns a range into milliseconds; an open end is the end of time.
func (r Range) bounds() interval {
	b := anyTime
	if !r.Start.IsZero() {
		b.after = r.Start.UnixMilli()
	}
	if !r.End.IsZero() {
		b.before = r.End.UnixMilli()
	}
	return b
}

// window returns the instants, in seconds, that can touch the range.
func (i interval) window() window {
	w := always
	if i.after != MinTime {
		w.from = floorDiv(i.after, 1000) - 1
	}
	if i.before != MaxTime {
		w.to = floorDiv(i.before, 1000) + 1
	}
	return w
}

// inMillis turns seconds into milliseconds, where they are no open end.
func (i interval) inMillis() interval {
	if i.after != MinTime {
		i.after = millis(i.after)
	}
	if i.before != MaxTime {
		i.before = millis(i.before)
	}
	return i
}

func millis(seconds int64) int64 { return seconds * 1000 }

// interval is the row of RFC 4791 §9.9 for one instance.
func (in *instance) interval() interval {
	start, end := millis(in.start), millis(in.end)
	switch in.comp.Name {
	case "VTODO":
		return in.todo(start, end)
	case "VJOURNAL":
		if in.set.start.kind == dateKind {
			return interval{start, end}
		}
		return interval{start, start + 1}
	case "VFREEBUSY":
		return interval{start, end + 1}
	}
	// VEVENT: without a length it is a moment: start <= DTSTART and end > DTSTART.
	return interval{start, max(end, start+1)}
}

// todo: the rows of VTODO that have DTSTART or DUE.
func (in *instance) todo(start, end int64) interval {
	switch {
	case in.due: // start < DUE and end >= DUE
		return interval{start - 1, start}
	case in.entry.end.ok() && in.period == nil:
		// (start < DUE or start <= DTSTART) and (end > DTSTART or end >= DUE)
		return interval{min(start, end-1), max(end, start+1)}
	case in.length.given || in.period != nil: // start <= DTSTART+DURATION and (end > DTSTART or end >= DTSTART+DURATION)
		return interval{min(start, end-1), end + 1}
	}
	return interval{start, start + 1} // start <= DTSTART and end > DTSTART
}

// undated is when a component without a start overlaps. A VEVENT must have one: what
// cannot be decided is not hidden.
func (q *query) undated(e *entry) interval {
	switch e.comp.Name {
	case "VTODO":
		return q.undatedTodo(e)
	case "VJOURNAL":
		if e.comp.First("DTSTART") == nil {
			return noTimes // RFC 4791 §9.9
		}
	}
	return anyTime
}

// undatedTodo: the rows of VTODO with neither DTSTART nor DUE.
func (q *query) undatedTodo(e *entry) interval {
	if e.comp.First("DTSTART") != nil || e.comp.First("DUE") != nil {
		return anyTime // there, but not readable
	}
	r := &reader{}
	completed, created := r.moment(e.comp.First("COMPLETED")), r.moment(e.comp.First("CREATED"))
	done, made := millis(completed.instant(q.floating)), millis(created.instant(q.floating))
	switch {
	case completed.ok() && created.ok():
		return interval{min(done, made) - 1, max(done, made) + 1}
	case completed.ok():
		return interval{done - 1, done + 1}
	case created.ok():
		return interval{made, MaxTime}
	}
	return anyTime
}

// busyPeriods returns the FREEBUSY periods of a component; all says that none is unreadable.
func (q *query) busyPeriods(c *contentline.Component) (list []interval, all bool) {
	all = true
	for _, l := range c.All("FREEBUSY") {
		periods, ok := q.periods(l)
		list, all = append(list, periods...), all && ok
	}
	return list, all
}

// periods returns those of one line. They are as many as the line has: reading them takes no longer than reading it.
func (q *query) periods(l *contentline.Line) (list []interval, all bool) {
	r := &reader{zones: q.zones}
	all = true
	for v := range strings.SplitSeq(l.Value, ",") {
		if d, ok := r.period(l, v); ok {
			list = append(list, q.periodInterval(&d))
		} else if strings.TrimSpace(v) != "" {
			all = false
		}
	}
	return list, all
}

func (q *query) periodInterval(d *extraDate) interval {
	clk := clock{loc: d.in(q.floating)}
	in := q.instance(nil, &clk, length{}, occurrence{wall: d.wall, instant: clk.instant(d.wall), period: d})
	return interval{millis(in.start), millis(in.end)}
}
