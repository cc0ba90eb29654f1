package ical

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
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

func TestSkip(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, start, rule, want string }{
		{"RFC 7529 §4.3.4, leap day", "20120229", "RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=FORWARD", "20120229 20130301 20140301 20150301 20160229 20170301"},
		{"RFC 7529 §4.3.4 without SKIP", "20120229", "FREQ=YEARLY", "20120229 20160229 20200229 20240229 20280229 20320229"},
		{"leap day, backward", "20120229", "RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=BACKWARD", "20120229 20130228 20140228 20150228 20160229 20170228"},
		{"monthly, forward", "20140131", "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=FORWARD;COUNT=4", "20140131 20140301 20140331 20140501"},
		{"monthly, backward", "20140131", "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD;COUNT=4", "20140131 20140228 20140331 20140430"},
		{"a day that is moved where one is", "20140101", "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=FORWARD;BYMONTHDAY=1,31;COUNT=5", "20140101 20140131 20140201 20140301 20140331"},
		{"several that are moved to one", "20140128", "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD;BYMONTHDAY=28,29,30,31;COUNT=6", "20140128 20140129 20140130 20140131 20140228 20140328"},
		{"30 February", "20140228", "RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=BACKWARD;BYMONTH=2;BYMONTHDAY=30;COUNT=3", "20140228 20150228 20160229"},
		{"a month that does not count", "20140131", "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=FORWARD;BYMONTH=1,2;COUNT=4", "20140131 20140301 20150131 20150301"},
		{"only if that is a Sunday", "20140301", "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=FORWARD;BYMONTHDAY=31;BYDAY=SU;COUNT=4", "20140831 20150301 20150531 20160131"},
		{"the last of what is moved", "20140130", "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=FORWARD;BYMONTHDAY=28,30;BYSETPOS=-1;COUNT=3", "20140130 20140301 20140330"},
		{"until a day before", "20140131", "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=FORWARD;UNTIL=20140228", "20140131"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			start, _, _ := parseMoment(tt.start)
			r := mustRule(t, tt.rule)
			until := maxWall
			if !r.Until.IsZero() {
				until = r.Until.wall
			}
			var got []string
			for _, w := range take(newCursor(r, start, true, until, newBudget(Limits{})), 6) {
				got = append(got, format(w, dateKind))
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// moved is SKIP in plain words: month by month, each day that is wanted, moved if the month has it not.
func moved(start wall, interval int, days []int, skip Skip, until wall) (all []wall) {
	year, month, _ := start.date()
	for n := year*12 + month - 1; wallOf(n/12, n%12+1, 1) <= until; n += interval {
		for _, day := range days {
			last := daysInMonth(n/12, n%12+1)
			switch {
			case day <= last:
				all = append(all, wallOf(n/12, n%12+1, day))
			case skip == Backward:
				all = append(all, wallOf(n/12, n%12+1, last))
			case skip == Forward:
				all = append(all, wallOf((n+1)/12, (n+1)%12+1, 1))
			}
		}
	}
	all = slices.DeleteFunc(all, func(w wall) bool { return w < start || w > until })
	slices.Sort(all)
	return slices.Compact(all)
}

func TestSkip_MovesEachDayOfAMonth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.SliceOfNDistinct(rapid.SampledFrom([]int{1, 2, 28, 29, 30, 31}), 1, 4, rapid.ID).Draw(t, "days")
		interval := rapid.IntRange(1, 14).Draw(t, "interval")
		skip := rapid.SampledFrom([]Skip{Omit, Backward, Forward}).Draw(t, "skip")
		// Not on the first: a day moved there from before DTSTART is none of the rule's.
		start := wallOf(rapid.IntRange(1995, 2005).Draw(t, "year"), rapid.IntRange(1, 12).Draw(t, "month"), rapid.IntRange(2, 28).Draw(t, "day"))
		until := start + wall(rapid.IntRange(0, 4000).Draw(t, "length"))*secondsPerDay
		list := strings.Trim(strings.ReplaceAll(fmt.Sprint(days), " ", ","), "[]")
		r, err := ParseRule(fmt.Sprintf("RSCALE=GREGORIAN;FREQ=MONTHLY;INTERVAL=%d;BYMONTHDAY=%s;SKIP=%s", interval, list, []string{"OMIT", "BACKWARD", "FORWARD"}[skip]))
		if err != nil {
			t.Fatal(err)
		}
		cursor := func() *cursor { return newCursor(&r, start, true, until, newBudget(Limits{})) }
		want := moved(start, interval, days, skip, until)
		if diff := cmp.Diff(want, take(cursor(), 5000), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("-want +got:\n%s", diff)
		}
		if len(want) == 0 {
			return
		}
		at := want[rapid.IntRange(0, len(want)-1).Draw(t, "at")] + wall(rapid.IntRange(-1, 1).Draw(t, "off"))
		i, _ := slices.BinarySearch(want, at)
		c := cursor()
		c.seek(at)
		if diff := cmp.Diff(want[i:], take(c, 5000), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("from %d (-want +got):\n%s", at, diff)
		}
		if last, ok := cursor().last(); !ok || last != want[len(want)-1] {
			t.Fatalf("last %d, %v; want %d", last, ok, want[len(want)-1])
		}
		if i = min(i, len(want)-1); skip == Omit {
			return
		}
		r.Count = int64(i + 1)
		if got := take(cursor(), 5000); len(got) != i+1 || got[i] != want[i] {
			t.Fatalf("COUNT=%d: %v", i+1, got)
		}
	})
}
