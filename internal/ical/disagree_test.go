package ical

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/teambition/rrule-go"
)

// What ruleText leaves out is left out for a reason: rrule-go answers otherwise, and the sentences there decide for ours.
func TestCursor_DisagreesWithRRuleGo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, start, rule, want string }{
		{"month from DTSTART", "19970902", "FREQ=YEARLY;BYMONTHDAY=2", "19970902 19980902 19990902"},
		{"day of the week from DTSTART", "19970512", "FREQ=YEARLY;BYWEEKNO=20", "19970512 19980511 19990517"},
		{"31 December in week 1, every other year", "20181231", "FREQ=YEARLY;INTERVAL=2;BYWEEKNO=1;BYDAY=MO", "20181231 20210104 20230102"},
		{"31 December in week 1, by position", "20181231", "FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO,TU;BYSETPOS=1", "20181231 20191230 20210104"},
		{"2 January 1983 in week 52", "19820103", "FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU", "19820103 19880103 19930103"},
		{"positions of the first week", "19970903", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1;WKST=MO", "19970908 19970915 19970922"},
		{"days with and without an ordinal", "19970901", "FREQ=MONTHLY;BYDAY=MO,1TU", "19970901 19970902 19970908"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			at, _, _ := parseMoment(tt.start)
			r := mustRule(t, tt.rule)
			var got []string
			for _, w := range take(newCursor(r, at, false, maxWall, newBudget(Limits{})), 3) {
				got = append(got, format(w, dateKind))
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
			option, err := rrule.StrToROption(tt.rule + ";UNTIL=" + tt.want[len(tt.want)-8:])
			if err != nil {
				t.Fatal(err)
			}
			option.Dtstart = time.Unix(int64(at), 0).UTC()
			rule, err := rrule.NewRRule(*option)
			if err != nil {
				t.Fatal(err)
			}
			var theirs []string
			for _, at := range rule.All() {
				theirs = append(theirs, at.Format("20060102"))
			}
			if theirs := strings.Join(theirs[:min(3, len(theirs))], " "); theirs == tt.want {
				t.Errorf("rrule-go says so, too (%s): let ruleText draw it", theirs)
			} else {
				t.Log("rrule-go: ", theirs)
			}
		})
	}
}
