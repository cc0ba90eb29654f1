package ical

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/teambition/rrule-go"
	"pgregory.net/rapid"

	"ksync/internal/need"
)

// take returns up to n wall times of a rule.
func take(c *cursor, n int) (list []wall) {
	for len(list) < n {
		w, ok := c.next()
		if !ok {
			break
		}
		list = append(list, w)
	}
	return list
}

func mustRule(t testing.TB, s string) *Rule {
	t.Helper()
	r, err := ParseRule(s)
	if err != nil {
		t.Fatal(err)
	}
	return &r
}

func ints(t *rapid.T, label string, low, high, most int) string {
	list := rapid.SliceOfNDistinct(rapid.IntRange(low, high).Filter(func(n int) bool { return n != 0 || low == 0 }), 1, most, rapid.ID).Draw(t, label)
	return ";" + label + "=" + strings.Trim(strings.ReplaceAll(fmt.Sprint(list), " ", ","), "[]")
}

var dayNames = []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}

// ruleText draws a rule that RFC 5545 gives one meaning, and that rrule-go and python-dateutil read so. What they read
// otherwise is left out, and so is what RFC 5545 forbids; each for a sentence of §3.3.10:
//
//   - A YEARLY rule's BYMONTHDAY without BYMONTH, and BYWEEKNO without BYDAY: both libraries take every month, and all
//     seven days. "Information, not contained in the rule, necessary to determine the various recurrence instance start
//     time and dates are derived from the Start Time ("DTSTART")". So a YEARLY BYMONTHDAY comes with BYMONTH, and
//     BYWEEKNO with BYDAY.
//   - BYWEEKNO with INTERVAL or BYSETPOS: both count calendar years, so that 31 December 2018 is 2018's. "Week number
//     one of the calendar year is the first week that contains at least four (4) days in that calendar year": that day
//     is in week 1 of 2019, whose interval is 2019's.
//   - The weeks 52, 53, -52 and -53: both take 2 January 1983 for week 53. It is the last day of the 52nd and last week
//     of 1982 by the same sentence.
//   - BYSETPOS in a WEEKLY rule whose week does not begin on the day of DTSTART: rrule-go counts the first week's
//     positions from DTSTART on. "A set of recurrence instances starts at the beginning of the interval defined by the
//     FREQ rule part", of which a WEEKLY rule's is a week.
//   - Days of the week with and without an ordinal in one BYDAY: see byDay.
//   - BYMONTHDAY in a WEEKLY rule, and BYYEARDAY in a DAILY, WEEKLY or MONTHLY one: each "MUST NOT be specified".
//   - An ordinal of BYDAY outside of MONTHLY and YEARLY, or beside BYWEEKNO: it "MUST NOT be specified" there, either.
//
// DTSTART itself is taken out of both answers before they are compared: §3.8.5.3: "The recurrence set generated with a
// "DTSTART" property value not synchronized with the recurrence rule is undefined", and only then do they differ in it.
func ruleText(t *rapid.T, start time.Time) string {
	freq := rapid.SampledFrom([]string{"YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"}).Draw(t, "freq")
	some := func(label string) bool { return rapid.IntRange(0, 3).Draw(t, label) == 0 }
	var b strings.Builder
	b.WriteString("FREQ=" + freq)
	week := freq == "YEARLY" && some("week?")
	if !week {
		fmt.Fprintf(&b, ";INTERVAL=%d", rapid.IntRange(1, 5).Draw(t, "interval"))
	}
	monthDay := !week && freq != "WEEKLY" && some("monthday?")
	if some("month?") || freq == "YEARLY" && monthDay {
		b.WriteString(ints(t, "BYMONTH", 1, 12, 4))
	}
	if week {
		b.WriteString(ints(t, "BYWEEKNO", -51, 51, 5))
	}
	if monthDay {
		b.WriteString(ints(t, "BYMONTHDAY", -31, 31, 6))
	}
	if freq == "YEARLY" && !week && some("yearday?") {
		b.WriteString(ints(t, "BYYEARDAY", -366, 366, 20))
	}
	days := week || some("day?")
	if days {
		b.WriteString(byDay(t, !week && (freq == "YEARLY" || freq == "MONTHLY")))
	}
	for _, p := range []struct {
		name string
		high int
	}{{"BYHOUR", 23}, {"BYMINUTE", 59}, {"BYSECOND", 59}} {
		if some(p.name + "?") {
			b.WriteString(ints(t, p.name, 0, p.high, 4))
		}
	}
	wkst := rapid.SampledFrom(dayNames).Draw(t, "wkst")
	if !week && some("setpos?") {
		b.WriteString(ints(t, "BYSETPOS", -4, 4, 3))
		if freq == "WEEKLY" { // see above
			wkst = dayNames[start.Weekday()]
		}
	}
	return b.String() + ";WKST=" + wkst
}

// byDay does not mix days with and without an ordinal: of BYDAY=MO,1TU both libraries give the first Tuesdays that are
// Mondays. RFC 5545 §3.3.10: BYDAY is "a COMMA-separated list of days of the week", of which "each BYDAY value can also be
// preceded by" an ordinal: a day counts if one value names it.
func byDay(t *rapid.T, ordinals bool) string {
	var list []string
	ordinals = ordinals && rapid.Bool().Draw(t, "ordinals")
	for range rapid.IntRange(1, 4).Draw(t, "days") {
		day := rapid.SampledFrom(dayNames).Draw(t, "day")
		if ordinals {
			day = fmt.Sprintf("%+d%s", rapid.SampledFrom([]int{-5, -4, -2, -1, 1, 2, 3, 5}).Draw(t, "n"), day)
		}
		list = append(list, day)
	}
	return ";BYDAY=" + strings.Join(list, ",")
}

func drawStart(t *rapid.T) time.Time {
	return time.Unix(rapid.Int64Range(0, 2_000_000_000).Draw(t, "start"), 0).UTC()
}

// oracle asks rrule-go for the instances after DTSTART up to a time; false when it takes too long, as it does for rules
// that match rarely or never. Without that time one that was given up would go on for minutes, in each of thousands of
// executions.
func oracle(text string, start, until time.Time, n int) ([]wall, bool) {
	option, err := rrule.StrToROption(text)
	if err != nil {
		return nil, false
	}
	option.Dtstart = start
	if option.Until.IsZero() || option.Until.After(until) {
		option.Until = until
	}
	result := make(chan []wall, 1)
	stop := time.Now().Add(time.Second)
	go func() {
		rule, err := rrule.NewRRule(*option)
		if err != nil {
			close(result)
			return
		}
		next := rule.Iterator()
		var list []wall
		for len(list) < n {
			at, ok := next()
			if time.Now().After(stop) { // what there is so far is not all
				close(result)
				return
			}
			if !ok {
				break
			}
			if w := wall(at.Unix()); w != wall(start.Unix()) { // see ruleText
				list = append(list, w)
			}
		}
		result <- list
	}()
	select {
	case list, ok := <-result:
		return list, ok
	case <-time.After(2 * time.Second):
		return nil, false
	}
}

func TestCursor_AgreesWithRRuleGo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, agreesWithRRuleGo)
}

// FuzzDifferential draws rules from the fuzzer's bytes. What ruleText leaves out is where the libraries read RFC 5545
// otherwise; see there.
func FuzzDifferential(f *testing.F) { f.Fuzz(rapid.MakeFuzz(agreesWithRRuleGo)) }

// agreesWithRRuleGo compares the first 40 instances behind DTSTART, or all that COUNT and UNTIL leave.
func agreesWithRRuleGo(t *rapid.T) {
	const n = 40
	start := drawStart(t)
	text := ruleText(t, start)
	end, until := rapid.SampledFrom([]string{"", "COUNT", "UNTIL"}).Draw(t, "end"), wallOf(2200, 1, 1)
	switch end {
	case "COUNT":
		text += fmt.Sprintf(";COUNT=%d", rapid.IntRange(1, n).Draw(t, "count"))
	case "UNTIL":
		last := start.Add(time.Duration(rapid.Int64Range(0, 900*secondsPerDay).Draw(t, "until")) * time.Second)
		text += last.Format(";UNTIL=20060102T150405Z")
		until = wall(last.Unix())
	}
	r, err := ParseRule(text)
	if err != nil {
		t.Fatal(err)
	}
	if newPattern(&r, wall(start.Unix()), false).never {
		t.Skip("never matches: rrule-go would hang")
	}
	// Far ends are left out: rrule-go needs minutes to get there.
	work := &budget{steps: 20_000}
	got := take(newCursor(&r, wall(start.Unix()), false, until, work), n+1)
	if work.spent() || end != "UNTIL" && len(got) < n+1 && int64(len(got)) != r.Count {
		t.Skip("sparse")
	}
	got = slices.DeleteFunc(got, func(w wall) bool { return w == wall(start.Unix()) })
	got = got[:min(len(got), n)]
	want, ok := oracle(text, start, twiceAsFar(start, got), n)
	if !ok {
		t.Skip("rrule-go takes too long")
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%s from %s (-rrule-go +ours):\n%s", text, start, diff)
	}
}

// twiceAsFar is behind all instances, and far enough for rrule-go to find one that is missing.
func twiceAsFar(start time.Time, all []wall) time.Time {
	if len(all) == 0 {
		return start.AddDate(10, 0, 0)
	}
	last := time.Unix(int64(all[len(all)-1]), 0).UTC()
	return last.Add(last.Sub(start)).AddDate(0, 0, 1)
}

// A cursor that jumps, or counts, to a window gives what one that walks gives.
func TestCursor_SeekEqualsWalk(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := drawStart(t)
		text := ruleText(t, start)
		if rapid.Bool().Draw(t, "counted") {
			text += fmt.Sprintf(";COUNT=%d", rapid.IntRange(1, 400).Draw(t, "count"))
		}
		r, err := ParseRule(text)
		if err != nil {
			t.Fatal(err)
		}
		work := &budget{steps: 200_000}
		cursor := func() *cursor {
			return newCursor(&r, wall(start.Unix()), false, wallOf(2300, 1, 1), work)
		}
		all := take(cursor(), 500)
		if len(all) == 0 || work.spent() {
			t.Skip("sparse")
		}
		from := all[rapid.IntRange(0, len(all)-1).Draw(t, "at")] + wall(rapid.IntRange(-1, 1).Draw(t, "off"))
		i, _ := slices.BinarySearch(all, from)
		c := cursor()
		c.seek(from)
		if diff := cmp.Diff(all[i:], take(c, len(all)-i), cmpopts.EquateEmpty()); diff != "" && !work.spent() {
			t.Fatalf("%s from %s to %d (-walk +seek):\n%s", text, start, from, diff)
		}
	})
}

func TestCursor_LastEqualsWalk(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := drawStart(t)
		text := ruleText(t, start)
		until := maxWall
		if rapid.Bool().Draw(t, "counted") {
			text += fmt.Sprintf(";COUNT=%d", rapid.IntRange(1, 400).Draw(t, "count"))
		} else {
			until = wall(start.Unix()) + wall(rapid.Int64Range(0, 400*secondsPerDay).Draw(t, "until"))
		}
		r, err := ParseRule(text)
		if err != nil {
			t.Fatal(err)
		}
		work := &budget{steps: 400_000}
		all := take(newCursor(&r, wall(start.Unix()), false, until, work), 100_000)
		if work.spent() || len(all) == 100_000 {
			t.Skip("dense")
		}
		got, ok := newCursor(&r, wall(start.Unix()), false, until, work).last()
		if work.spent() || r.Count > int64(len(all)) {
			t.Skip("the end is beyond year 9999 or the budget")
		}
		if ok != (len(all) > 0) || ok && got != all[len(all)-1] {
			t.Fatalf("%s from %s: last %d %v, walked to %v", text, start, got, ok, all[max(0, len(all)-1):])
		}
	})
}

// Every rule ends: by its end, by year 9999, or by its budget, and soon.
func TestCursor_Bounded(t *testing.T) {
	t.Parallel()
	rules := map[string]string{
		"30 February":            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
		"30 February by day":     "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
		"30 February by second":  "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
		"never by congruence":    "FREQ=SECONDLY;INTERVAL=60;BYSECOND=5",
		"seldom by congruence":   "FREQ=SECONDLY;INTERVAL=86399;BYHOUR=3;BYMINUTE=0;BYSECOND=0",
		"never by weekday":       "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
		"SECONDLY without end":   "FREQ=SECONDLY",
		"COUNT of 2^31":          "FREQ=DAILY;COUNT=2147483648",
		"COUNT of 2^31, monthly": "FREQ=MONTHLY;BYDAY=-1FR;COUNT=2147483648",
		"COUNT of 2^31, seconds": "FREQ=SECONDLY;COUNT=2147483648",
		"UNTIL 9999":             "FREQ=DAILY;UNTIL=99991231T235959Z",
		"no position":            "FREQ=SECONDLY;BYSETPOS=2",
		"huge INTERVAL":          "FREQ=YEARLY;INTERVAL=9223372036854775807",
		"huge weekly INTERVAL":   "FREQ=WEEKLY;INTERVAL=9223372036854775807",
		"huge hourly INTERVAL":   "FREQ=HOURLY;INTERVAL=9223372036854775807;COUNT=3",
		"cross product": "FREQ=YEARLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYDAY=SU,MO,TU,WE,TH,FR,SA" + every("BYHOUR", 24) +
			every("BYMINUTE", 60) + every("BYSECOND", 60) + ";BYSETPOS=-1,1,31622400,-31622400",
		"366th day":      "FREQ=YEARLY;BYYEARDAY=366;BYDAY=MO;BYMONTHDAY=31",
		"week 53 in May": "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=5",
	}
	for name, text := range rules {
		for _, year := range []int{1, 2026, 9999} {
			t.Run(fmt.Sprint(name, " from ", year), func(t *testing.T) {
				t.Parallel()
				r, start := mustRule(t, text), wallOf(year, 1, 1)
				began := time.Now()
				take(newCursor(r, start, false, maxWall, newBudget(Limits{})), 1000)
				c := newCursor(r, start, false, maxWall, newBudget(Limits{}))
				c.seek(wallOf(5000, 6, 1))
				take(c, 10)
				newCursor(r, start, false, maxWall, newBudget(Limits{})).last()
				if d := time.Since(began); d > patience {
					t.Errorf("took %v", d)
				}
			})
		}
	}
}

func every(name string, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint(i)
	}
	return ";" + name + "=" + strings.Join(list, ",")
}

// python-dateutil is a third reading, asked in one batch: rules without end, with COUNT and with UNTIL, from dates that
// are at the edges of a month, a leap year and a year of 53 weeks.
func TestCursor_AgreesWithDateutil(t *testing.T) {
	t.Parallel()
	interpreter := need.Python(t, "dateutil", "that recurrences are read as python-dateutil reads them")
	var asked, want strings.Builder
	n := 0
	for seed := range 1200 {
		text, list := batchRule(t, seed)
		if list == nil {
			continue // sparse: dateutil would search for minutes
		}
		n++
		fmt.Fprintln(&asked, batchStarts()[seed%len(batchStarts())].Unix(), text)
		fmt.Fprintln(&want, text, list)
	}
	if n < 400 {
		t.Errorf("only %d rules", n)
	}
	script := `import sys, itertools, calendar
from dateutil.rrule import rrulestr
from datetime import datetime, timedelta
for line in sys.stdin:
    start, text = line.split()
    begin = datetime(1970, 1, 1) + timedelta(seconds=int(start))
    rule = rrulestr(text, dtstart=begin)
    print(text, "[%s]" % " ".join(str(calendar.timegm(d.timetuple())) for d in itertools.islice(rule, 20)))`
	python := exec.Command(interpreter, "-c", script)
	python.Stdin = strings.NewReader(asked.String())
	got, err := python.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, got)
	}
	if diff := cmp.Diff(strings.Split(string(got), "\n"), strings.Split(want.String(), "\n")); diff != "" {
		t.Errorf("-dateutil +ours:\n%s", diff)
	}
}

func batchStarts() []time.Time {
	return []time.Time{
		time.Date(1997, 9, 2, 9, 0, 0, 0, time.UTC), time.Date(2024, 2, 29, 23, 59, 59, 0, time.UTC),
		time.Date(2020, 12, 31, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 31, 12, 30, 15, 0, time.UTC),
	}
}

// batchRule draws a rule and gives its first 20 instances, or all; nil where it is not to be asked of others.
func batchRule(t *testing.T, seed int) (text string, list []wall) {
	start := batchStarts()[seed%len(batchStarts())]
	end, until := "", wallOf(2100, 1, 1)
	switch seed % 3 {
	case 1:
		end = fmt.Sprintf(";COUNT=%d", 1+seed%25)
	case 2:
		last := start.AddDate(0, 0, seed)
		end, until = last.Format(";UNTIL=20060102T150405"), wall(last.Unix())
	}
	text = rapid.Custom(func(t *rapid.T) string { return ruleText(t, start) }).Example(seed) + end
	r, work := mustRule(t, text), &budget{steps: 2_000}
	list = take(newCursor(r, wall(start.Unix()), false, until, work), 20)
	if work.spent() || len(list) == 0 || seed%3 != 2 && len(list) < 20 && int64(len(list)) != r.Count {
		return text, nil
	}
	return text, list
}
