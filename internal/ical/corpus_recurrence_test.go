package ical

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/need"
)

// recurrenceCase is one case of ../shared/corpus/recurrence; its README explains the
// fields.
type recurrenceCase struct {
	ID                                   string
	DTStart                              string `json:"dtstart"`
	TZID                                 string
	RRule, ExRule, RDate, ExDate, Window []string
	Expected                             []string
	FirstN                               *int `json:"first_n"`
	Note, Verdict                        string
	DTStartMatches                       *bool `json:"dtstart_matches_rule"`
}

// differing are the cases that a source states alone and that we read otherwise, each with the sentence of RFC 5545 that
// decides.
var differing = map[string]string{
	"icaljs-013":   weeksLimit,
	"icaljs-064":   weeksBack,
	"icaljs-065":   weeksBack,
	"icaljs-067":   weeksBack,
	"sabre-046":    weeksBack,
	"icaljs-086":   `§3.3.10: UNTIL "bounds the recurrence rule in an inclusive manner": 14 and 28 February are before it`,
	"icaljs-093":   `§3.3.10: +n is "the nth occurrence of a specific day within the MONTHLY or YEARLY" rule: the third Sunday of August 2017, the 20th, which the source leaves out`,
	"icalnet-046":  `§3.8.5.3: the recurrence set has the starts of the instances; the window of the source also asks for events that began before it`,
	"sabre-012":    `§3.3.10: a start that does not exist "is interpreted in the same manner as an explicit DATE-TIME value", which is §3.3.5: "using the UTC offset before the gap": 02:00 is kept, as 03:00`,
	"dateutil-018": `§3.3.10: "Information, not contained in the rule, … are derived from the Start Time": the day of the week is, not all seven`,
	"sabre-039":    `§3.3.10: "Recurrence rules may generate recurrence instances with an invalid date … Such recurrence instances MUST be ignored": the 366th day from the end of 365 is left out`,
	"sabre-055":    `§3.3.10, table of expansions: BYMINUTE and BYSECOND expand a DAILY rule, and BYYEARDAY, which "MUST NOT be specified" there, limits it here; the source ignores them`,
	"kcal-064":     untilBefore,
	"sabre-054":    untilBefore,
}

const (
	weeksLimit  = `§3.3.10: BYWEEKNO "MUST NOT be used when the FREQ rule part is set to anything other than YEARLY": it limits here, to every day of those weeks`
	weeksBack   = `§3.3.10: values of BYWEEKNO are "1 to 53 or -53 to -1": -1 is the last week, so -28 of 52 is week 25, and -20 week 33`
	untilBefore = `§3.3.10: UNTIL "bounds the recurrence rule in an inclusive manner": DTSTART is after it (dateutil-210 is agreed on that)`
)

func readCases(t *testing.T) []recurrenceCase {
	files, err := filepath.Glob(filepath.Join(need.Shared(t, "corpus/recurrence"), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	var all []recurrenceCase
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var file struct{ Cases []recurrenceCase }
		if err := json.Unmarshal(data, &file); err != nil {
			t.Fatal(err)
		}
		all = append(all, file.Cases...)
	}
	return all
}

func TestSet_Corpus(t *testing.T) {
	t.Parallel()
	for _, c := range readCases(t) {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			c.check(t)
		})
	}
}

func (c recurrenceCase) check(t *testing.T) {
	s := c.set(t)
	if s == nil {
		if c.Verdict == "agreed" {
			t.Fatal("rule refused")
		}
		return
	}
	got, want := c.expand(t, s), c.Expected
	if differing[c.ID] != "" {
		if cmp.Equal(got, want) {
			t.Error("listed as differing, but it does not")
		}
		return
	}
	if c.Verdict != "agreed" || c.DTStartMatches == nil || !*c.DTStartMatches {
		got, want = without(got, c.DTStart), without(want, c.DTStart)
		// One less or more at the end: RFC 5545 §3.3.10 says that DTSTART "always counts as the first occurrence" of COUNT,
		// §3.8.5.3 that a set whose DTSTART does not match its rule "is undefined". Some count it, some do not.
		if n := min(len(got), len(want)); max(len(got), len(want)) == n+1 {
			got, want = got[:n], want[:n]
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s %v tzid=%s (%s; -want +got):\n%s", c.DTStart, c.RRule, c.TZID, c.Verdict, diff)
	}
}

func without(list []string, v string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == v })
}

// set builds the recurrence set; nil when a rule is refused.
func (c recurrenceCase) set(t *testing.T) *set {
	s := &set{start: c.moment(t, c.DTStart)}
	for _, v := range c.RRule {
		r, err := ParseRule(v)
		if err != nil {
			return nil
		}
		s.rules = append(s.rules, r)
	}
	for _, v := range c.ExRule {
		r, err := ParseRule(v)
		if err != nil {
			return nil
		}
		s.excludeRules = append(s.excludeRules, r)
	}
	for _, v := range c.RDate {
		s.dates = append(s.dates, extraDate{moment: c.moment(t, v)})
	}
	for _, v := range c.ExDate {
		s.excludeDates = append(s.excludeDates, c.moment(t, v))
	}
	return s
}

func (c recurrenceCase) moment(t *testing.T, v string) moment {
	w, k, ok := parseMoment(v)
	if !ok {
		t.Fatalf("bad time %q", v)
	}
	m := moment{wall: w, kind: k}
	if k == localKind && c.TZID != "" {
		loc, err := time.LoadLocation(c.TZID)
		if err != nil {
			t.Fatal(err)
		}
		m.zone = loc
	}
	return m
}

func (c recurrenceCase) expand(t *testing.T, s *set) []string {
	win, n := always, 10_000
	if c.Window != nil {
		win.from = c.moment(t, c.Window[0]).instant(time.UTC)
		win.to = c.moment(t, c.Window[1]).instant(time.UTC) - 1
		if strings.Contains(c.Note, "inclusive") {
			win.to++
		}
	}
	if c.FirstN != nil {
		n = *c.FirstN
	}
	work := newBudget(Limits{})
	got := []string{}
	clk := clock{loc: s.start.in(time.UTC)}
	for o := range s.walk(win, time.UTC, work) {
		if len(got) == n {
			break
		}
		got = append(got, format(clk.wall(o.instant), s.start.kind))
	}
	if work.spent() {
		t.Logf("budget spent after %d", len(got))
	}
	return got
}

func format(w wall, k kind) string {
	t := time.Unix(int64(w), 0).UTC()
	switch k {
	case dateKind:
		return t.Format("20060102")
	case utcKind:
		return t.Format("20060102T150405Z")
	}
	return t.Format("20060102T150405")
}
