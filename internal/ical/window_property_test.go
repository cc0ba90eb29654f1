package ical

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// drawSeries makes objects of every odd kind around changes of offset: hours in gaps,
// a skipped day, periods, two rules, moved parts. All of them end.
func drawSeries(t *rapid.T) string {
	zone := rapid.SampledFrom([]string{"Europe/Paris", "Pacific/Apia", "Australia/Lord_Howe", "America/New_York", "UTC", "Asia/Tokyo"}).Draw(t, "zone")
	near := rapid.SampledFrom([]time.Time{time.Date(2011, 12, 28, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC),
		time.Date(2026, 10, 3, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 24, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC)}).Draw(t, "near")
	moment := func(label string) time.Time {
		return near.Add(time.Duration(rapid.IntRange(0, 5*48).Draw(t, label)) * 30 * time.Minute)
	}
	property := func(name string, at time.Time) string {
		return name + ";TZID=" + zone + ":" + at.Format("20060102T150405")
	}
	start := moment("start")
	length := rapid.SampledFrom([]string{"", "DURATION:PT45M", "DURATION:P1D", "DURATION:P2DT1H", property("DTEND", start.Add(26*time.Hour)), property("DTEND", start.Add(time.Hour))})
	master := []string{"UID:1", property("DTSTART", start), length.Draw(t, "length")}
	for range rapid.IntRange(0, 2).Draw(t, "rules") {
		freq := rapid.SampledFrom([]string{"DAILY", "HOURLY", "HOURLY;BYMINUTE=0,30", "MINUTELY;INTERVAL=15", "DAILY;BYHOUR=1,2,3;BYMINUTE=0,30", "WEEKLY;BYDAY=SA,SU"}).Draw(t, "freq")
		end := fmt.Sprintf("COUNT=%d", rapid.IntRange(1, 60).Draw(t, "count"))
		if rapid.Bool().Draw(t, "until?") {
			end = "UNTIL=" + moment("until").Format("20060102T150405Z")
		}
		master = append(master, "RRULE:FREQ="+freq+";"+end)
	}
	if rapid.Bool().Draw(t, "rdate?") {
		master = append(master, property("RDATE", moment("rdate")))
	}
	if rapid.Bool().Draw(t, "period?") {
		master = append(master, property("RDATE;VALUE=PERIOD", moment("period"))+"/PT30H")
	}
	if rapid.Bool().Draw(t, "exdate?") {
		master = append(master, property("EXDATE", moment("exdate")))
	}
	text := vevent(master...)
	for i := range rapid.IntRange(0, 2).Draw(t, "overrides") {
		id := "RECURRENCE-ID"
		if rapid.Bool().Draw(t, "following") {
			id += ";RANGE=THISANDFUTURE"
		}
		text += vevent("UID:1", property(id, moment("id")), property("DTSTART", moment("moved")), length.Draw(t, fmt.Sprint("length ", i)))
	}
	return vcalendar(strings.ReplaceAll(text, "\r\n\r\n", "\r\n"))
}

func listInstances(t *rapid.T, o *Object, r Range) (list []Instance) {
	for in, err := range o.Instances(r, time.UTC, Limits{}) {
		if err != nil {
			t.Skip("too many")
		}
		list = append(list, in)
	}
	return list
}

// A window shows what the whole shows there, the index has the bounds of the whole, and
// the filter finds a window empty exactly when it is.
func TestInstances_WindowIsPartOfTheWhole(t *testing.T) {
	t.Parallel()
	same := cmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreFields(Instance{}, "Component"),
		cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }),
		cmpopts.SortSlices(func(a, b Instance) bool {
			return a.Start.Before(b.Start) || a.Start.Equal(b.Start) && (a.End.Before(b.End) || a.End.Equal(b.End) && a.Original.Before(b.Original))
		})}
	rapid.Check(t, func(t *rapid.T) {
		text := drawSeries(t)
		o, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		all := listInstances(t, o, Range{})
		span, bounds := o.Span(), interval{MaxTime, MinTime}
		for _, in := range all {
			bounds = bounds.union(interval{in.Start.UnixMilli(), max(in.End.UnixMilli(), in.Start.UnixMilli()+1)})
		}
		if len(all) > 0 && (span.First > bounds.after || span.Last < bounds.before || span.Exact && (span.First != bounds.after || span.Last != bounds.before)) {
			t.Fatalf("span %+v, want %+v in\n%s", span, bounds, text)
		}
		from := time.Unix(rapid.SampledFrom([]int64{1324944000, 1774569600, 1790899200, 1792713600, 1772755200}).Draw(t, "from"), 0).
			Add(time.Duration(rapid.IntRange(0, 8*48).Draw(t, "half hours")) * 30 * time.Minute)
		r := Range{from, from.Add(time.Duration(rapid.IntRange(0, 96).Draw(t, "long")) * 30 * time.Minute)}
		var want []Instance
		for _, in := range all {
			if (interval{in.Start.UnixMilli(), max(in.End.UnixMilli(), in.Start.UnixMilli()+1)}).overlaps(r.bounds()) {
				want = append(want, in)
			}
		}
		if diff := cmp.Diff(want, listInstances(t, o, r), same); diff != "" {
			t.Fatalf("%v (-whole +window):\n%s\n%s", r, diff, text)
		}
		if got := eventFilter(&r).Match(o, time.UTC); got != (len(want) > 0) {
			t.Fatalf("match %v, %d instances in %v of\n%s", got, len(want), r, text)
		}
	})
}
