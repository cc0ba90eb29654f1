package caldav

import (
	"strconv"
	"time"

	"ksync/internal/dav"
	"ksync/internal/davxml"
	"ksync/internal/ical"
	"ksync/store"
)

// The times that iCalendar can write are the times that are taken (RFC 4791
// §5.2.6, §5.2.7), so no object and no query can be outside of them.
const (
	earliest = "00000101T000000Z"
	latest   = "99991231T235959Z"
)

func minDateTime(w *davxml.Writer, _ *dav.Resource) bool {
	w.Text(earliest)
	return true
}

func maxDateTime(w *davxml.Writer, _ *dav.Resource) bool {
	w.Text(latest)
	return true
}

func maxInstances(w *davxml.Writer, r *dav.Resource) bool {
	w.Text(strconv.Itoa(r.Limits().Instances))
	return r.Limits().Instances > 0
}

// lifetime is how long something may go on to be counted, in milliseconds. Apps
// write an UNTIL thousands of years away for what never ends.
const lifetime = 200 * 366 * 24 * 3600 * 1000

// checkInstances is CALDAV:max-instances (RFC 4791 §5.3.2.1) of what comes to an
// end, where the setting asks for it: a refused PUT stops a phone's whole
// calendar. What repeats for ever is taken: nobody is shown all of it.
func (b bounds) checkInstances(o *ical.Object, index store.Index) error {
	most, repeats, ends := b.limits.Instances, false, true
	if o.Master == nil || most == 0 {
		return nil
	}
	far := index.First == ical.MinTime || index.Last == ical.MaxTime || index.Last-index.First > lifetime
	for l := range o.Master.Lines() {
		if l.Name == "RDATE" || l.Name == "RRULE" {
			repeats = true
		}
		if rule, err := ical.ParseRule(l.Value); l.Name == "RRULE" && err == nil {
			ends = ends && (rule.Count > 0 || !rule.Until.IsZero() && !far)
			if rule.Count > int64(most) {
				return davxml.CalendarMaxInstances.Say("COUNT is too large")
			}
		}
	}
	if !repeats || !ends {
		return nil
	}
	count := 0
	for _, err := range o.Instances(ical.Range{}, time.UTC, ical.Limits{Instances: most, Steps: 4 * most}) {
		if err != nil && count >= most {
			return davxml.CalendarMaxInstances.With(err)
		}
		count++
	}
	return nil
}
