package caldav

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"ksync/internal/contentline"
	"ksync/internal/dav"
	"ksync/internal/davxml"
	"ksync/internal/ical"
	"ksync/store"
)

// freeBusyReport is RFC 4791 §7.10. A calendar that may not be read is not there.
var freeBusyReport = dav.Report{Name: davxml.CalDAV("free-busy-query"), Levels: []dav.Level{dav.Collection}, Hidden: true, Answer: freeBusy}

func freeBusy(call *dav.Call, w http.ResponseWriter) error {
	e := call.Body.Child(davxml.CalDAV("time-range"))
	if e == nil {
		return davxml.BadRequest.Say("free-busy-query without a time-range")
	}
	r, err := timeRange(e, true)
	if err != nil {
		return err
	}
	busy, err := busyTimes(call, *r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8; component=VFREEBUSY")
	_, err = w.Write(freeBusyObject(call, *r, busy))
	return err
}

// busyTimes gathers the periods of all events and published busy times.
func busyTimes(call *dav.Call, r ical.Range) ([]ical.BusyPeriod, error) {
	floating := zone(call.Resource.Collection)
	everything := &dav.Filter{
		From: millis(r.Start), To: millis(r.End),
		Blind:  true,
		Decide: func(*store.Object) dav.Verdict { return dav.Yes },
	}
	var busy []ical.BusyPeriod
	err := call.Matching(everything, func(o *store.Object) error {
		parsed, err := ical.Parse(o.Bytes)
		if err != nil {
			return nil // stored by an earlier release that read it: no time is known of it
		}
		periods, err := parsed.FreeBusy(r, floating)
		busy = append(busy, periods...)
		if err != nil || len(busy) > call.Resource.Limits().Repetitions {
			return davxml.WithinLimits.Say("too many busy times")
		}
		return nil
	})
	return joined(busy), err
}

// joined makes one of periods of a type that touch or overlap.
func joined(busy []ical.BusyPeriod) []ical.BusyPeriod {
	slices.SortFunc(busy, func(a, b ical.BusyPeriod) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), a.Start.Compare(b.Start))
	})
	var out []ical.BusyPeriod
	for _, p := range busy {
		if n := len(out); n > 0 && out[n-1].Type == p.Type && !p.Start.After(out[n-1].End) {
			if p.End.After(out[n-1].End) {
				out[n-1].End = p.End
			}
			continue
		}
		out = append(out, p)
	}
	return out
}

// freeBusyObject is the answer: one VFREEBUSY. RFC 5545 §3.6.4 wants a UID, which
// the examples of RFC 4791, older than that, do not have: one for each question.
func freeBusyObject(call *dav.Call, r ical.Range, busy []ical.BusyPeriod) []byte {
	c := contentline.NewComponent("VFREEBUSY")
	c.Append(contentline.New("", "UID", call.Resource.UUID()+"-"+utc(r.Start)+"-"+utc(r.End)))
	c.Append(contentline.New("", "DTSTAMP", utc(call.Now())))
	c.Append(contentline.New("", "DTSTART", utc(r.Start)))
	c.Append(contentline.New("", "DTEND", utc(r.End)))
	for _, p := range busy {
		c.Append(contentline.New("", "FREEBUSY", utc(p.Start)+"/"+utc(p.End),
			contentline.Param{Name: "FBTYPE", Values: []string{p.Type.String()}}))
	}
	calendar := contentline.NewComponent("VCALENDAR")
	calendar.Append(contentline.New("", "VERSION", "2.0"))
	calendar.Append(contentline.New("", "PRODID", "-//ksyncd//EN"))
	calendar.AppendComponent(c)
	return calendar.Bytes()
}

func utc(t time.Time) string { return t.UTC().Format("20060102T150405Z") }
