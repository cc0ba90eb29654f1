package ical

import (
	"math"
	"slices"
	"strings"
)

// Skip is what happens to a day that a month has not: RFC 7529 §4.1.
type Skip uint8

// The values of SKIP.
const (
	Omit     Skip = iota // as in RFC 5545 §3.3.10: "such recurrence instances MUST be ignored"
	Backward             // the last day of that month
	Forward              // the first day of the next month
)

var skips = map[string]Skip{"OMIT": Omit, "BACKWARD": Backward, "FORWARD": Forward}

// settleSkip forgets a SKIP that moves nothing, and reports whether the others are evaluated. RFC 7529 §4.1: BYMONTHDAY
// comes before SKIP, and that before BYDAY and what follows. Not evaluated are the 53rd week, the 366th day of the year
// and days counted back to where a month has none, and positions among several times of a day that is moved.
func (r *Rule) settleSkip() bool {
	if r.Freq < Monthly {
		r.Skip = Omit // BYMONTHDAY takes days away here, and makes none
	}
	if r.Skip == Omit {
		return true
	}
	farBack := func(day int) bool { return day < -28 }
	times := r.ByHour != nil || r.ByMinute != nil || r.BySecond != nil
	return r.ByYearDay == nil && r.ByWeekNo == nil && !slices.ContainsFunc(r.ByMonthDay, farBack) && (r.BySetPos == nil || !times)
}

// A rule on a calendar other than the Gregorian, or with a SKIP that is not evaluated
// (RFC 7529 §4.1), is kept: the instances of
// its object are the explicit dates, which are DTSTART, RDATE and the overrides. That is
// what an expansion shows and what is busy. A filter and the index cannot take the rest
// for absent, since clients delete what is not listed: between DTSTART and UNTIL, which
// is a Gregorian date in any calendar (RFC 7529 §4.1), there may be an instance anywhere.

// unscaled reads of a rule that ParseRule refuses when it ends; false for what is no
// such rule.
func unscaled(rule string) (until Until, ok bool) {
	for part := range strings.SplitSeq(strings.ToUpper(rule), ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch value = strings.TrimSpace(value); strings.TrimSpace(name) {
		case "RSCALE":
			ok = ok || value != "GREGORIAN"
		case "SKIP":
			ok = ok || value != "OMIT"
		case "UNTIL":
			var err error
			if until, err = parseUntil(value); err != nil {
				return Until{}, false
			}
		}
	}
	return until, ok
}

// possible bounds the instances of the rules of an entry that are not evaluated; no
// times where there are none.
func (q *query) possible(e *entry) interval {
	if len(e.set.unscaled) == 0 || e.hasRID || !e.set.start.ok() {
		return noTimes
	}
	if len(q.following) > 0 { // moved, nobody knows where
		return anyTime
	}
	w := e.set.walker(q.floating, q.work)
	i := interval{after: millis(e.set.start.instant(q.floating)), before: MinTime}
	for _, u := range e.set.unscaled {
		bound, limit := w.until(u)
		if bound == maxWall && limit == math.MaxInt64 {
			i.before = MaxTime
			continue
		}
		last := w.clk.instant(bound) + e.length(q.floating).upper() + secondsPerDay
		i.before = max(i.before, millis(last))
	}
	return i
}
