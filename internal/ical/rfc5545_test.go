package ical_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/contentline"
	"ksync/internal/ical"
)

// days spells "199709 2 3/199710 2" out: the days at nine o'clock.
func days(s string) (all []string) {
	for month := range strings.SplitSeq(s, "/") {
		fields := strings.Fields(month)
		for _, day := range fields[1:] {
			if len(day) == 1 {
				day = "0" + day
			}
			all = append(all, fields[0]+day+"T0900")
		}
	}
	return all
}

// RFC 5545 §3.8.5.3: the examples, each with as many instances as the RFC names
// or more; the rule for every third hour as its erratum has it.
func TestRRule_ExamplesOfRFC5545(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, start, rule string
		want              []string
	}{
		{"daily, ten times", "19970902", "FREQ=DAILY;COUNT=10", days("199709 2 3 4 5 6 7 8 9 10 11")},
		{"every other day", "19970902", "FREQ=DAILY;INTERVAL=2", days("199709 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30/199710 2 4")},
		{"every ten days, five times", "19970902", "FREQ=DAILY;INTERVAL=10;COUNT=5", days("199709 2 12 22/199710 2 12")},
		{"weekly, ten times", "19970902", "FREQ=WEEKLY;COUNT=10", days("199709 2 9 16 23 30/199710 7 14 21 28/199711 4")},
		{"weekly until December 24", "19970902", "FREQ=WEEKLY;UNTIL=19971224T000000Z", days("199709 2 9 16 23 30/199710 7 14 21 28/199711 4 11 18 25/199712 2 9 16 23")},
		{"every other week", "19970902", "FREQ=WEEKLY;INTERVAL=2;WKST=SU", days("199709 2 16 30/199710 14 28/199711 11 25/199712 9 23/199801 6 20/199802 3")},
		{"Tuesday and Thursday for five weeks", "19970902", "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH", days("199709 2 4 9 11 16 18 23 25 30/199710 2")},
		{"every other week on three days", "19970901", "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
			days("199709 1 3 5 15 17 19 29/199710 1 3 13 15 17 27 29 31/199711 10 12 14 24 26 28/199712 8 10 12 22")},
		{"every other week on two days, eight times", "19970902", "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", days("199709 2 4 16 18 30/199710 2 14 16")},
		{"first Friday, ten times", "19970905", "FREQ=MONTHLY;COUNT=10;BYDAY=1FR", days("199709 5/199710 3/199711 7/199712 5/199801 2/199802 6/199803 6/199804 3/199805 1/199806 5")},
		{"first and last Sunday of every other month", "19970907", "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU", days("199709 7 28/199711 2 30/199801 4 25/199803 1 29/199805 3 31")},
		{"second to last Monday", "19970922", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", days("199709 22/199710 20/199711 17/199712 22/199801 19/199802 16")},
		{"third to last day", "19970928", "FREQ=MONTHLY;BYMONTHDAY=-3", days("199709 28/199710 29/199711 28/199712 29/199801 29/199802 26")},
		{"on the 2nd and 15th", "19970902", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15", days("199709 2 15/199710 2 15/199711 2 15/199712 2 15/199801 2 15")},
		{"first and last day", "19970930", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1", days("199709 30/199710 1 31/199711 1 30/199712 1 31/199801 1 31/199802 1")},
		{"every 18 months on six days", "19970910", "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15", days("199709 10 11 12 13 14 15/199903 10 11 12 13")},
		{"every Tuesday, every other month", "19970902", "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU", days("199709 2 9 16 23 30/199711 4 11 18 25/199801 6 13 20 27/199803 3 10 17 24 31")},
		{"June and July, ten times", "19970610", "FREQ=YEARLY;COUNT=10;BYMONTH=6,7", days("199706 10/199707 10/199806 10/199807 10/199906 10/199907 10/200006 10/200007 10/200106 10/200107 10")},
		{"every other year in three months", "19970310", "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
			days("199703 10/199901 10/199902 10/199903 10/200101 10/200102 10/200103 10/200301 10/200302 10/200303 10")},
		{"every third year on three days of the year", "19970101", "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
			days("199701 1/199704 10/199707 19/200001 1/200004 9/200007 18/200301 1/200304 10/200307 19/200601 1")},
		{"20th Monday of the year", "19970519", "FREQ=YEARLY;BYDAY=20MO", days("199705 19/199805 18/199905 17")},
		{"Monday of week 20", "19970512", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", days("199705 12/199805 11/199905 17")},
		{"every Thursday in March", "19970313", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH", days("199703 13 20 27/199803 5 12 19 26/199903 4 11 18 25")},
		{"every Thursday in summer", "19970605", "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",
			days("199706 5 12 19 26/199707 3 10 17 24 31/199708 7 14 21 28/199806 4 11 18 25/199807 2 9 16 23 30/199808 6 13 20 27")},
		{"Friday the 13th", "19970902", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13\r\nEXDATE;TZID=America/New_York:19970902T090000", days("199802 13/199803 13/199811 13/199908 13/200010 13")},
		{"Saturday after the first Sunday", "19970913", "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
			days("199709 13/199710 11/199711 8/199712 13/199801 10/199802 7/199803 7/199804 11/199805 9/199806 13")},
		{"election day", "19961105", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", days("199611 5/200011 7/200411 2")},
		{"third of some days of a month", "19970904", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", days("199709 4/199710 7/199711 6")},
		{"second to last weekday", "19970929", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", days("199709 29/199710 30/199711 27/199712 30/199801 29/199802 26/199803 30")},
		{"every third hour", "19970902", "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T210000Z", []string{"19970902T0900", "19970902T1200", "19970902T1500"}},
		{"every quarter of an hour", "19970902", "FREQ=MINUTELY;INTERVAL=15;COUNT=6",
			[]string{"19970902T0900", "19970902T0915", "19970902T0930", "19970902T0945", "19970902T1000", "19970902T1015"}},
		{"every hour and a half", "19970902", "FREQ=MINUTELY;INTERVAL=90;COUNT=4", []string{"19970902T0900", "19970902T1030", "19970902T1200", "19970902T1330"}},
		{"every 20 minutes of a working day", "19970902", "FREQ=DAILY;BYHOUR=9,10;BYMINUTE=0,20,40;COUNT=8",
			[]string{"19970902T0900", "19970902T0920", "19970902T0940", "19970902T1000", "19970902T1020", "19970902T1040", "19970903T0900", "19970903T0920"}},
		{"a week that begins on Monday", "19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", days("199708 5 10 19 24")},
		{"a week that begins on Sunday", "19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", days("199708 5 17 19 31")},
		{"a day that February has not", "20070115", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", days("200701 15 30/200702 15/200703 15 30")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o, err := ical.Parse([]byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:x\r\nDTSTART;TZID=America/New_York:" + tt.start +
				"T090000\r\nRRULE:" + tt.rule + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for in, err := range o.Instances(ical.Range{}, time.UTC, ical.Limits{Instances: len(tt.want) + 1}) {
				if err == nil {
					got = append(got, in.Start.Format("20060102T1504"))
				}
			}
			bounded := strings.Contains(tt.rule, "COUNT") || strings.Contains(tt.rule, "UNTIL")
			if !bounded && len(got) > len(tt.want) {
				got = got[:len(tt.want)]
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// RFC 6868 §3: a parameter is compared with what its carets mean.
func TestMatch_ParamOfRFC6868(t *testing.T) {
	t.Parallel()
	o, err := ical.Parse([]byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:x\r\nATTENDEE;CN=George Herman ^'Babe^' Ruth^^:mailto:b@x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{`"Babe" Ruth^`: true, `^'Babe^'`: false} {
		param := ical.ParamFilter{Name: "CN", Text: &contentline.TextMatch{Text: text}}
		f := ical.CompFilter{Name: "VCALENDAR", Comps: []ical.CompFilter{{Name: "VEVENT", Props: []ical.PropFilter{{Name: "ATTENDEE", Params: []ical.ParamFilter{param}}}}}}
		if got := f.Match(o, time.UTC); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
