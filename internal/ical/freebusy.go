package ical

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"ksync/internal/contentline"
)

// BusyType is an FBTYPE, RFC 5545 §3.2.9.
type BusyType uint8

// The types of time that is not free.
const (
	Busy BusyType = iota
	BusyTentative
	BusyUnavailable
)

var busyNames = [...]string{"BUSY", "BUSY-TENTATIVE", "BUSY-UNAVAILABLE"}

// String returns the name that FBTYPE has.
func (t BusyType) String() string { return busyNames[t] }

// BusyPeriod is a time that is not free.
type BusyPeriod struct {
	Start, End time.Time // UTC
	Type       BusyType
}

// FreeBusy returns the busy periods of an object within a range, cut to it, by start:
// RFC 4791 §7.10: of VEVENTs that are opaque and not cancelled, and the periods of
// VFREEBUSYs. With ErrLimit the periods found so far are returned.
func (o *Object) FreeBusy(r Range, floating *time.Location) ([]BusyPeriod, error) {
	q, b := o.query(floating), r.bounds()
	var list []BusyPeriod
	add := func(i interval, t BusyType) {
		i = interval{max(i.after, b.after), min(i.before, b.before)}
		if i.after < i.before {
			list = append(list, BusyPeriod{time.UnixMilli(i.after).UTC(), time.UnixMilli(i.before).UTC(), t})
		}
	}
	switch o.Component {
	case "VFREEBUSY":
		for _, e := range q.entries {
			q.addPeriods(e.comp, add)
		}
	case "VEVENT":
		kinds := map[*contentline.Component]func() (BusyType, bool){}
		for in := range q.overlapping(b) {
			if len(list) >= o.limits.Instances {
				return list, ErrLimit
			}
			if kinds[in.comp] == nil { // one look at its lines, however often it repeats
				kinds[in.comp] = sync.OnceValues(func() (BusyType, bool) { return busyType(in.comp) })
			}
			if t, busy := kinds[in.comp](); busy {
				add(interval{millis(in.start), millis(in.end)}, t)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b BusyPeriod) int { return cmp.Compare(a.Start.Unix(), b.Start.Unix()) })
	if q.work.spent() {
		return list, ErrLimit
	}
	return list, nil
}

func busyType(c *contentline.Component) (t BusyType, busy bool) {
	value := func(name string) string {
		if l := c.First(name); l != nil {
			return strings.ToUpper(strings.TrimSpace(l.Value))
		}
		return ""
	}
	status := value("STATUS")
	if value("TRANSP") == "TRANSPARENT" || status == "CANCELLED" {
		return Busy, false
	}
	if status == "TENTATIVE" {
		return BusyTentative, true
	}
	return Busy, true
}

// addPeriods takes the FREEBUSY properties; an FBTYPE that is not known is BUSY.
func (q *query) addPeriods(c *contentline.Component, add func(interval, BusyType)) {
	for _, l := range c.All("FREEBUSY") {
		fbtype, _ := l.Param("FBTYPE")
		if strings.EqualFold(fbtype, "FREE") {
			continue
		}
		t := BusyType(max(slices.Index(busyNames[:], strings.ToUpper(fbtype)), 0))
		periods, _ := q.periods(l) // what cannot be read is no known time
		for _, i := range periods {
			add(i, t)
		}
	}
}
