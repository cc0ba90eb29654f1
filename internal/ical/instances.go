package ical

import (
	"iter"
	"time"

	"ksync/internal/contentline"
)

// Instance is one appearance of a component.
type Instance struct {
	// Component is the one whose properties hold: the master or an override. It belongs
	// to the object and is not to be edited.
	Component *contentline.Component
	// Start and End are on the component's own clock; for a floating time or a DATE that
	// is the location asked for. End is the effective one: DTEND, DUE or by DURATION;
	// a task may be due before it starts.
	Start, End time.Time
	AllDay     bool
	// Original is where the rule puts the instance, which RECURRENCE-ID names; zero when
	// the component does not recur.
	Original time.Time
}

// Instances walks the instances that overlap a range (RFC 4791 §9.9), by start within
// each master. Tasks and journals without a date have none. When a limit (zero fields:
// those of the object) ends the walk, the last pair has ErrLimit.
func (o *Object) Instances(r Range, floating *time.Location, lim Limits) iter.Seq2[Instance, error] {
	return func(yield func(Instance, error) bool) {
		q, n := o.query(floating), o.limits.Instances
		if lim.Steps > 0 {
			q.work = newBudget(lim)
		}
		if lim.Instances > 0 {
			n = lim.Instances
		}
		for in := range q.overlapping(r.bounds()) {
			if n--; n < 0 {
				yield(Instance{}, ErrLimit)
				return
			}
			if !yield(q.export(&in), nil) {
				return
			}
		}
		if q.work.spent() {
			yield(Instance{}, ErrLimit)
		}
	}
}

// overlapping walks the instances of every component that overlap a range.
func (q *query) overlapping(r interval) iter.Seq[instance] {
	return func(yield func(instance) bool) {
		for in := range q.all(r.window()) {
			if in.interval().overlaps(r) && !yield(in) {
				return
			}
		}
	}
}

func (q *query) export(in *instance) Instance {
	e := Instance{
		Component: in.comp,
		Start:     time.Unix(in.start, 0).In(in.zone),
		End:       time.Unix(in.end, 0).In(in.zone),
		AllDay:    in.set.start.kind == dateKind,
	}
	if q.repeats(in.entry) {
		e.Original = time.Unix(in.original, 0).In(in.zone)
	}
	return e
}

// repeats says that an entry is, or stands for, one of several instances.
func (q *query) repeats(e *entry) bool { return e.hasRID || e.recurs() }
