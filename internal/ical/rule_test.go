package ical

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var ruleCmp = cmp.Options{cmp.AllowUnexported(Until{}), cmpopts.EquateEmpty()}

func TestParseRule(t *testing.T) {
	t.Parallel()
	daily := Rule{Freq: Daily, Interval: 1, WeekStart: time.Monday}
	with := func(f func(*Rule)) Rule { r := daily; f(&r); return r }
	tests := map[string]struct {
		in   string
		want Rule
	}{
		"plain":              {"FREQ=DAILY", daily},
		"lower case, blanks": {" freq = daily ; interval = 2;", with(func(r *Rule) { r.Interval = 2 })},
		"until a date":       {"FREQ=DAILY;UNTIL=20260102", with(func(r *Rule) { r.Until = Until{wallOf(2026, 1, 2), dateKind} })},
		"until local":        {"FREQ=DAILY;UNTIL=20260102T010000", with(func(r *Rule) { r.Until = Until{wallOf(2026, 1, 2) + 3600, localKind} })},
		"until in UTC":       {"FREQ=DAILY;UNTIL=20260102T010000Z", with(func(r *Rule) { r.Until = Until{wallOf(2026, 1, 2) + 3600, utcKind} })},
		"unknown part kept":  {"FREQ=DAILY;X-Foo=Bar", with(func(r *Rule) { r.Unknown = []string{"X-Foo=Bar"} })},
		"Gregorian RSCALE":   {"RSCALE=gregorian;FREQ=DAILY;SKIP=OMIT", daily},
		"SKIP of days":       {"RSCALE=GREGORIAN;SKIP=forward;FREQ=MONTHLY", with(func(r *Rule) { r.Freq, r.Skip = Monthly, Forward })},
		"SKIP of nothing":    {"RSCALE=GREGORIAN;SKIP=FORWARD;FREQ=DAILY;BYMONTHDAY=31", with(func(r *Rule) { r.ByMonthDay = []int{31} })},
		"COUNT of 2^31":      {"FREQ=DAILY;COUNT=2147483648", with(func(r *Rule) { r.Count = 1 << 31 })},
		"COUNT beyond int64": {"FREQ=DAILY;COUNT=99999999999999999999", with(func(r *Rule) { r.Count = maxNumber })},
		"COUNT 0 is once":    {"FREQ=DAILY;COUNT=0", with(func(r *Rule) { r.Count = 1 })},
		"ordinals":           {"FREQ=DAILY;BYDAY=-1su,+2MO,TU", with(func(r *Rule) { r.ByDay = []WeekdayNum{{-1, 0}, {2, 1}, {0, 2}} })},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseRule(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, ruleCmp); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestParseRule_Refused(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "INTERVAL=2", "FREQ=SMONTHLY", "FREQ=DAILY;BYMONTH=bla", "FREQ=DAILY;BYMONTH=",
		"FREQ=DAILY;BYDAY=0MO", "FREQ=DAILY;BYDAY=M", "FREQ=DAILY;UNTIL=2026", "FREQ=DAILY;RSCALE=HEBREW",
		"FREQ=DAILY;RSCALE=GREGORIAN;SKIP=SIDEWAYS", "FREQ=YEARLY;SKIP=FORWARD;BYYEARDAY=366", "FREQ=YEARLY;SKIP=FORWARD;BYWEEKNO=53",
		"SKIP=BACKWARD;FREQ=MONTHLY;BYMONTHDAY=-31", "SKIP=FORWARD;FREQ=MONTHLY;BYSETPOS=1;BYHOUR=1,2", "MP3 2- FR #17"} {
		if _, err := ParseRule(in); !errors.Is(err, ErrRule) {
			t.Errorf("%q: %v, want ErrRule", in, err)
		}
	}
}

func FuzzRule(f *testing.F) {
	for _, s := range []string{"FREQ=DAILY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=SECONDLY;INTERVAL=60;BYSECOND=5",
		"FREQ=MONTHLY;BYDAY=-1FR,2MO;BYSETPOS=-1;COUNT=2147483648", "FREQ=YEARLY;BYWEEKNO=53,-1;BYDAY=MO;WKST=SU;UNTIL=99991231",
		"FREQ=SECONDLY;INTERVAL=86399;BYHOUR=3;BYMINUTE=0;BYSECOND=0", "FREQ=HOURLY;BYYEARDAY=-366;INTERVAL=7"} {
		f.Add(s, int64(1_700_000_000), int64(3_000_000_000))
	}
	f.Fuzz(func(t *testing.T, s string, start, window int64) {
		r, err := ParseRule(s)
		if err != nil {
			return
		}
		start = floorMod(start, int64(maxWall-minWall)) + int64(minWall)
		for _, k := range []kind{dateKind, utcKind} {
			m := moment{wall: wall(start), kind: k}
			if k == dateKind {
				m.wall = m.wall.midnight()
			}
			checkBounded(t, &set{start: m, rules: []Rule{r}}, window)
		}
	})
}

// checkBounded walks from a window on: instants rise, none is before the window or
// DTSTART, and the work stays within its budget.
func checkBounded(t *testing.T, s *set, from int64) {
	work := &budget{steps: 20_000}
	last, n := int64(minWall)-1, 0
	for o := range s.walk(window{from, int64(maxWall)}, time.UTC, work) {
		if o.instant <= last || o.instant < from || o.wall < s.start.wall {
			t.Fatalf("%d after %d", o.instant, last)
		}
		if last, n = o.instant, n+1; n > 1000 {
			return
		}
	}
}
