package ical

import (
	"strconv"
	"strings"

	"ksync/internal/contentline"
)

// trigger is when an alarm goes off: at a time, or so long before or after the start or
// end of an instance, and again REPEAT times.
type trigger struct {
	at      moment
	offset  span
	fromEnd bool
	repeat  int64
	every   int64
}

// maxRepeat bounds REPEAT, far beyond what people bear.
const maxRepeat = 1 << 20

// trigger reads TRIGGER, DURATION and REPEAT, RFC 5545 §3.8.6; false without a trigger
// that can be read.
func (q *query) trigger(c *contentline.Component) (t trigger, ok bool) {
	l := c.First("TRIGGER")
	if l == nil {
		return t, false
	}
	if s, relative := parseSpan(l.Value); relative {
		related, _ := l.Param("RELATED")
		t.offset, t.fromEnd = s, strings.EqualFold(related, "END")
	} else if t.at = (&reader{zones: q.zones}).moment(l); !t.at.ok() {
		return t, false
	}
	if l := c.First("REPEAT"); l != nil {
		n, _ := strconv.ParseInt(strings.TrimSpace(l.Value), 10, 64)
		t.repeat = min(max(n, 0), maxRepeat)
	}
	if l := c.First("DURATION"); l != nil {
		s, _ := parseSpan(l.Value)
		t.every = max(s.days*secondsPerDay+s.seconds, 0)
	}
	return t, true
}

// rings says whether the trigger at an instant, or one of its repetitions, is in range:
// RFC 4791 §9.9: start <= trigger-time and end > trigger-time.
func (t *trigger) rings(at int64, r interval) bool {
	if t.every > 0 && r.after > millis(at) {
		n := -floorDiv(millis(at)-r.after, millis(t.every)) // rounded up
		at += min(n, t.repeat) * t.every
	}
	return interval{millis(at), millis(at) + 1}.overlaps(r)
}

// of is when it goes off for an instance. RFC 5545 §3.3.6: a day is as long as its date.
func (t *trigger) of(in *instance) int64 {
	base := in.start
	if t.fromEnd {
		base = in.end
	}
	clk := clock{loc: in.zone}
	return clk.after(occurrence{wall: clk.wall(base), instant: base}, t.offset)
}

// alarm reports whether an alarm of an entry goes off in a range, for any instance.
func (q *query) alarm(c *contentline.Component, e *entry, r interval) bool {
	t, ok := q.trigger(c)
	switch {
	case !ok:
		return false
	case t.at.ok():
		return t.rings(t.at.instant(q.floating), r)
	case !e.set.start.ok():
		return false
	}
	win := r.window().widen(t.offset.upper()+t.repeat*t.every, t.offset.back())
	for in := range q.instances(e, win) {
		if t.rings(t.of(&in), r) {
			return true
		}
	}
	possible := q.possible(e)
	if possible != noTimes { // an alarm is about its instance, so many seconds away
		win = win.widen(secondsPerDay, secondsPerDay)
		return q.work.spent() || possible.overlaps(interval{win.from, win.to}.inMillis())
	}
	return q.work.spent() || e.set.incomplete && !e.hasRID
}
