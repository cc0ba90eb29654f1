//go:build unix

package cost_test

import (
	"fmt"
	"strings"
)

const (
	eventHead = "UID:1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260101T090000Z\r\nDTEND:20260101T100000Z\r\n"
	everyHour = "BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23"
)

func calendar(inside string) string {
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\n" + inside + "END:VCALENDAR\r\n"
}

func event(lines string) string { return "BEGIN:VEVENT\r\n" + eventHead + lines + "END:VEVENT\r\n" }

// override changes the i-th day.
func override(i int, param, lines string) string {
	at := fmt.Sprintf("%04d%02d%02dT090000Z", 2026+i/336, 1+i/28%12, 1+i%28)
	return "BEGIN:VEVENT\nUID:1\nRECURRENCE-ID" + param + ":" + at + "\nDTSTART:" + at + "\n" + lines + "END:VEVENT\n"
}

func observance(lines string) string {
	return "BEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n" + lines + "END:STANDARD\n"
}

// zoned puts an event of the zone Z behind its definition.
func zoned(definition func(i int) string) string {
	return calendar("BEGIN:VTIMEZONE\r\nTZID:Z\r\n" + fill(definition) + "END:VTIMEZONE\r\n" +
		"BEGIN:VEVENT\r\nUID:1\r\nDTSTART;TZID=Z:20260101T090000\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\n")
}

func calendars() (list []input) {
	for _, in := range shared() {
		list = append(list, input{in.name, calendar(event("RRULE:FREQ=DAILY;COUNT=400\r\n" + in.text))})
	}
	list = append(list, recurring()...)
	list = append(list, zones()...)
	list = append(list, overridden()...)
	return append(list, crowded()...)
}

// recurring are rules and dates that mean much or nothing.
func recurring() (list []input) {
	rules := map[string]string{
		"rule by every part": "FREQ=SECONDLY;" + everyHour + ";BYMINUTE=" + numbers(0, 59) + ";BYSECOND=" + numbers(0, 59) +
			";BYYEARDAY=" + numbers(1, 366) + ";BYMONTHDAY=" + numbers(1, 31) + ";BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=" + numbers(-300, 300),
		"rule of 732 days of the week that never are": "FREQ=YEARLY;BYDAY=" + strings.TrimSuffix(strings.Repeat("53MO,-53MO,", 366), ","),
		"rule of 732 days in months":                  "FREQ=MONTHLY;BYMONTH=2;BYDAY=" + strings.TrimSuffix(strings.Repeat("5MO,-5TU,", 366), ","),
		"rule of 732 positions":                       "FREQ=SECONDLY;BYSETPOS=" + strings.TrimSuffix(strings.Repeat("2,-2,", 366), ","),
		"rule of 732 positions, daily":                "FREQ=DAILY;" + everyHour + ";BYMINUTE=" + numbers(0, 59) + ";BYSECOND=" + numbers(0, 59) + ";BYSETPOS=" + strings.TrimSuffix(strings.Repeat("86400,", 732), ","),
		"rule of 732 first positions, daily":          "FREQ=DAILY;BYSETPOS=" + strings.TrimSuffix(strings.Repeat("1,", 732), ","),
		"rule that seldom meets":                      "FREQ=SECONDLY;INTERVAL=86399;BYHOUR=23;BYMINUTE=59;BYSECOND=59",
		"rule of weeks that never are":                "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=5;BYDAY=MO",
		"rule to the year 9999":                       "FREQ=SECONDLY;UNTIL=99991231T235959Z",
		"rule of 2^40 times":                          "FREQ=MONTHLY;BYDAY=-1FR;COUNT=1099511627776",
	}
	for name, rule := range rules {
		list = append(list,
			input{name, calendar(event("RRULE:" + rule + "\r\n"))},
			input{name + " × 20", calendar(event(strings.Repeat("RRULE:"+rule+"\r\n", 20)))},
			input{name + " × 20, and as EXRULE × 20", calendar(event(strings.Repeat("RRULE:"+rule+"\r\nEXRULE:"+rule+"\r\n", 20)))},
			input{name + " in a zone", zoned(func(int) string { return observance("RRULE:" + rule + "\n") })},
			input{name + " × 20 in a zone", zoned(func(int) string { return observance(strings.Repeat("RRULE:"+rule+"\n", 20)) })},
			input{name + " that changes follow", calendar(event("RRULE:"+rule+";COUNT=4000000\r\n") +
				fill(func(i int) string { return override(i, ";RANGE=THISANDFUTURE", "") }))},
		)
	}
	return append(list,
		input{"RDATEs in one line", calendar(event("RDATE:" + strings.Trim(fill(date), ",") + "\r\n"))},
		input{"RDATEs in many", calendar(event(fill(func(i int) string { return "RDATE:" + strings.Trim(date(i), ",") + "\r\n" })))},
		input{"RDATEs backwards", calendar(event("RDATE:" + strings.Trim(fill(func(i int) string { return date(60000 - i) }), ",") + "\r\n"))},
		input{"RDATEs of periods", calendar(event("RDATE;VALUE=PERIOD:" + strings.Trim(fill(func(i int) string { return strings.Trim(date(i), ",") + "/P9999D," }), ",") + "\r\n"))},
		input{"EXDATEs and a rule", calendar(event("RRULE:FREQ=DAILY;COUNT=20000\r\nEXDATE:" + strings.Trim(fill(date), ",") + "\r\n"))},
		input{"EXDATEs of the end", calendar(event("RRULE:FREQ=DAILY;UNTIL=20530101T000000Z\r\nEXDATE:" + strings.Trim(fill(date), ",") + "\r\n"))},
		input{"EXDATEs of the end, 20 rules by the second", calendar(event(strings.Repeat("RRULE:FREQ=SECONDLY;INTERVAL=86399;BYHOUR="+numbers(0, 22)+";UNTIL=20530101T000000Z\r\n", 20) +
			"EXDATE:" + strings.Trim(fill(date), ",") + "\r\n"))},
		input{"EXDATE of commas", calendar(event("RRULE:FREQ=DAILY;COUNT=20000\r\nEXDATE:" + repeated(",") + "\r\n"))},
		input{"RRULEs", calendar(event(repeated("RRULE:FREQ=DAILY\r\n")))},
		input{"an RRULE of a mebibyte", calendar(event("RRULE:FREQ=DAILY;BYHOUR=" + repeated("1,") + "1\r\n"))},
		input{"an RRULE of semicolons", calendar(event("RRULE:FREQ=DAILY" + repeated(";") + "\r\n"))},
		input{"an RRULE of unknown parts", calendar(event("RRULE:FREQ=DAILY" + repeated(";A=1") + "\r\n"))},
	)
}

// date is another day for each i, up to some 27 years.
func date(i int) string {
	return fmt.Sprintf("%04d%02d%02dT%02d0000Z,", 2026+i/336%27, 1+i/28%12, 1+i%28, i/9000%24)
}

func zones() []input {
	return []input{
		{"zones", calendar(fill(func(i int) string {
			return fmt.Sprintf("BEGIN:VTIMEZONE\nTZID:%d\n%sEND:VTIMEZONE\n", i, observance("RRULE:FREQ=YEARLY\n"))
		}) + event(""))},
		{"zones of nothing", calendar(repeated("BEGIN:VTIMEZONE\nEND:VTIMEZONE\n") + event(""))},
		{"zones used once each", calendar(fill(func(i int) string {
			return fmt.Sprintf("BEGIN:VTIMEZONE\nTZID:%d\n%sEND:VTIMEZONE\n", i, observance("RRULE:FREQ=DAILY\n"))
		}) + "BEGIN:VEVENT\nUID:1\nDTSTART:20260101T000000Z\n" + params(9000, func(i int) string {
			return fmt.Sprintf("EXDATE;TZID=%d:20260101T000000\n", i)
		}) + "END:VEVENT\n")},
		{"unknown zones", calendar(event(fill(func(i int) string { return fmt.Sprintf("EXDATE;TZID=a/b/c%d:20260101T000000\n", i) })))},
		{"observances", zoned(func(i int) string { return observance("RRULE:FREQ=YEARLY\n") })},
		{"observances without rules", zoned(func(i int) string {
			return fmt.Sprintf("BEGIN:STANDARD\nDTSTART:%04d0101T000000\nTZOFFSETTO:+%02d%02d\nEND:STANDARD\n", 1+i%9000, i%24, i%60)
		})},
		{"observance of dates", zoned(func(i int) string { return observance("RDATE:" + strings.Trim(params(1000, date), ",") + "\n") })},
		{"observance of one line of dates", zoned(func(i int) string {
			return observance("RDATE:" + strings.Repeat(strings.Trim(date(i), ",")+",", size/20) + "\n")
		})},
	}
}

func overridden() (list []input) {
	add := func(name, master, param, lines string) {
		list = append(list, input{name, calendar(event(master) + fill(func(i int) string { return override(i%4900, param, lines) }))})
	}
	bounded := func(name, master, param, lines string) { // fewer than may be
		list = append(list, input{name, calendar(event(master) + params(4900, func(i int) string { return override(i, param, lines) }))})
	}
	add("overrides", "RRULE:FREQ=DAILY\r\n", "", "")
	bounded("4,900 overrides", "RRULE:FREQ=DAILY\r\n", "", "")
	bounded("4,900 overrides with an alarm", "RRULE:FREQ=DAILY\r\n", "", "BEGIN:VALARM\nTRIGGER:-PT1H\nEND:VALARM\n")
	bounded("4,900 changes of what follows", "RRULE:FREQ=DAILY\r\n", ";RANGE=THISANDFUTURE", "")
	bounded("4,900 changes of what follows, with an end", "RRULE:FREQ=DAILY;COUNT=20000\r\n", ";RANGE=THISANDFUTURE", "")
	bounded("4,900 changes of what follows by the second", "RRULE:FREQ=SECONDLY;COUNT=2000000\r\n", ";RANGE=THISANDFUTURE", "")
	bounded("4,900 changes of what follows with an alarm", "RRULE:FREQ=DAILY;COUNT=20000\r\n", ";RANGE=THISANDFUTURE", "BEGIN:VALARM\nTRIGGER:-PT1H\nREPEAT:99\nDURATION:PT1M\nEND:VALARM\n")
	bounded("4,900 changes of 10,000 dates", "RDATE;VALUE=PERIOD:"+strings.Trim(params(9999, func(i int) string { return strings.Trim(date(i), ",") + "/P1D," }), ",")+"\r\n", ";RANGE=THISANDFUTURE", "")
	bounded("4,900 components without RECURRENCE-ID", "", ";X=1", "RRULE:FREQ=SECONDLY;BYSETPOS=2\n")
	list = append(list, input{"4,900 masters", calendar(params(4900, func(int) string { return event("RRULE:FREQ=DAILY;COUNT=20000\r\n") }))},
		input{"overrides without a master", calendar(params(4900, func(i int) string { return override(i, ";RANGE=THISANDFUTURE", "RRULE:FREQ=DAILY;COUNT=20000\n") }))})
	return list
}

// crowded are objects with much inside of what is said again and again.
func crowded() []input {
	alarm := "BEGIN:VALARM\nTRIGGER;RELATED=END:-PT1H\nREPEAT:99\nDURATION:PT1S\nEND:VALARM\n"
	periods := strings.Trim(fill(func(i int) string { return strings.Trim(date(i), ",") + "/PT1H," }), ",")
	return []input{
		{"alarms", calendar("BEGIN:VEVENT\n" + eventHead + "RRULE:FREQ=DAILY\n" + repeated(alarm) + "END:VEVENT\n")},
		{"alarms far away", calendar("BEGIN:VEVENT\n" + eventHead + "RRULE:FREQ=SECONDLY\n" + repeated("BEGIN:VALARM\nTRIGGER:-P99999D\nEND:VALARM\n") + "END:VEVENT\n")},
		{"a repeated event of short lines", calendar(event("RRULE:FREQ=DAILY\r\n" + repeated("A:\n")))},
		{"a repeated event of blank lines", calendar(event("RRULE:FREQ=DAILY\r\n" + strings.Repeat("\n", 1<<17)))},
		{"a repeated event of 250 lines", calendar(event("RRULE:FREQ=DAILY\r\n" + strings.Repeat("A:\n", 250)))},
		{"a repeated event of times", calendar(event("RRULE:FREQ=SECONDLY\r\n" + strings.Repeat("X;TZID=Europe/Paris:20260101T000000\n", 20)))},
		{"a plain event by the second", calendar(event("RRULE:FREQ=SECONDLY\r\n"))},
		{"lines with a TZID", calendar(event(repeated("X;TZID=Europe/Paris:20260101T000000\n")))},
		{"events of many UIDs", calendar(fill(func(i int) string {
			return fmt.Sprintf("BEGIN:VEVENT\nUID:%d\nDTSTART:20260101T000000Z\nEND:VEVENT\n", i)
		}))},
		{"events without UIDs", calendar(repeated("BEGIN:VEVENT\nEND:VEVENT\n"))},
		{"events of one UID", calendar(repeated("BEGIN:VEVENT\nUID:1\nEND:VEVENT\n"))},
		{"calendars", repeated("BEGIN:VCALENDAR\nEND:VCALENDAR\n")},
		{"periods that are busy", calendar("BEGIN:VFREEBUSY\nUID:1\nFREEBUSY:" + periods + "\nEND:VFREEBUSY\n")},
		{"lines of periods", calendar("BEGIN:VFREEBUSY\nUID:1\n" + fill(func(i int) string { return "FREEBUSY:" + strings.Trim(date(i), ",") + "/PT1H\n" }) + "END:VFREEBUSY\n")},
		{"attendees", calendar(event(fill(func(i int) string {
			return fmt.Sprintf("ATTENDEE;CN=\"A; %d\";ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED:mailto:a%d@example.org\r\n", i, i)
		})))},
		{"tasks with neither start nor end", calendar("BEGIN:VTODO\nUID:1\n" + repeated("COMPLETED:20260101T000000Z\n") + "END:VTODO\n")},
		{"durations", calendar(event(repeated("DURATION:PT1S\n")))},
		{"one duration", calendar(event("DURATION:P" + repeated("1D") + "\n"))},
	}
}
