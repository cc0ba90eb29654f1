package ical

import (
	"strings"
	"testing"
	"time"
)

// RFC 7529: what is kept and not evaluated happens on the dates that the object names.
func TestRScale_ExplicitDatesAreInstances(t *testing.T) {
	t.Parallel()
	o := mustParse(t, calendarOf("VEVENT", "DTSTART:20260217T090000Z", "DURATION:PT1H", "RRULE:RSCALE=CHINESE;FREQ=YEARLY", "RDATE:20270206T090000Z"))
	all := Range{time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)}
	var starts []string
	for in, err := range o.Instances(all, time.UTC, Limits{}) {
		if err != nil {
			t.Fatal(err)
		}
		starts = append(starts, in.Start.Format("20060102"))
	}
	if got := strings.Join(starts, " "); got != "20260217 20270206" {
		t.Errorf("instances %s", got)
	}
	text, err := o.Render(Selection{Expand: &all}, time.UTC)
	if err != nil || strings.Count(string(text), "BEGIN:VEVENT") != 2 || strings.Contains(string(text), "RRULE") {
		t.Errorf("%v\n%s", err, text)
	}
	busy, err := o.FreeBusy(all, time.UTC)
	if err != nil || len(busy) != 2 {
		t.Errorf("busy %v, %v", busy, err)
	}
	if !strings.Contains(string(o.Bytes()), "RSCALE=CHINESE") {
		t.Error("the rule is not kept")
	}
}
