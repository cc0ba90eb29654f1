package ical

import (
	"math"
	"strings"
)

// A rule on a calendar other than the Gregorian, or one that asks to move dates that do
// not exist (RFC 7529 §4.1: RSCALE, SKIP), is kept and not evaluated: the instances of
// its object are the explicit dates, which are DTSTART, RDATE and the overrides. That is
// what an expansion shows and what is busy. A filter and the index cannot take the rest
// for absent, since clients delete what is not listed: between DTSTART and UNTIL, which
// is a Gregorian date in any calendar (RFC 7529 §4.1), there may be an instance anywhere.

// unscaled reads of such a rule when it ends; false for every other text.
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
