package ical

import (
	"math"
	"time"
)

// clock turns wall times of one location into instants and back. It remembers the
// offset that holds around the last question, since a recurrence asks in order. It
// is not safe for concurrent use.
type clock struct {
	loc    *time.Location
	from   int64 // instants in [from, to) have offset
	to     int64
	offset int64
}

// at returns the offset in force at an instant and remembers how long it holds.
func (c *clock) at(instant int64) int64 {
	if instant >= c.from && instant < c.to {
		return c.offset
	}
	t := time.Unix(instant, 0).In(c.loc)
	_, offset := t.Zone()
	start, end := t.ZoneBounds()
	c.from, c.to, c.offset = math.MinInt64, math.MaxInt64, int64(offset)
	if !start.IsZero() {
		c.from = start.Unix()
	}
	if !end.IsZero() {
		c.to = end.Unix()
	}
	return c.offset
}

// instant returns when the clock shows w. RFC 5545 §3.3.5: a time that occurs twice
// is the first one; one that does not occur is read with the offset before the gap.
func (c *clock) instant(w wall) int64 {
	// No offset is a day or more, so only changes within a day matter.
	guess := int64(w) - c.offset
	if guess-secondsPerDay >= c.from && guess+secondsPerDay < c.to && c.from < c.to {
		return guess
	}
	before := c.at(int64(w) - secondsPerDay)
	if c.at(int64(w)-before) == before {
		return int64(w) - before
	}
	after := c.at(int64(w) + secondsPerDay)
	if c.at(int64(w)-after) == after {
		return int64(w) - after
	}
	return int64(w) - before
}

// wall returns what the clock shows.
func (c *clock) wall(instant int64) wall { return wall(instant + c.at(instant)) }

// steady says that the offset does not change within two days of w.
func (c *clock) steady(w wall) bool {
	c.at(int64(w))
	return c.from < int64(w)-2*secondsPerDay && c.to > int64(w)+2*secondsPerDay
}
