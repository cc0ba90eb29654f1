package proof

import (
	"fmt"
	"strings"
	"time"
)

// Card is a contact as phones write them, about 600 bytes. The revision makes
// another text of the same card.
func Card(uid string, n, revision int) []byte {
	given, family := pick(n, "Ada", "Björn", "Chloé", "Dragan", "Eleni"), pick(n/5, "Nováková", "Smith", "Øster", "Rossi", "García")
	return lines(
		"BEGIN:VCARD", "VERSION:3.0", "PRODID:-//proof//EN", "UID:"+uid,
		fmt.Sprintf("FN:%s %s %d", given, family, n), fmt.Sprintf("N:%s %d;%s;;;", family, n, given),
		fmt.Sprintf("EMAIL;TYPE=INTERNET,HOME:%d@example.org", n),
		fmt.Sprintf("TEL;TYPE=CELL:+41 79 %03d %02d %02d", n%1000, n%89, n%97),
		fmt.Sprintf("ADR;TYPE=HOME:;;Main Street %d;Geneva;;120%d;Switzerland", n, n%10),
		"ORG:Example Ltd;Research", "TITLE:Engineer", fmt.Sprintf("BDAY:19%02d-%02d-%02d", n%100, n%12+1, n%28+1),
		fmt.Sprintf("NOTE:Revision %d. %s", revision, strings.Repeat("met at the conference ", n%6)),
		"REV:2026-01-01T00:00:00Z", "END:VCARD")
}

// Event is an appointment of an hour in the given day's week; a recurring one
// begins there and comes back weekly, some without end.
func Event(uid string, n, revision int, day time.Time, recurring bool) []byte {
	start := day.Add(time.Duration(8+n%10) * time.Hour)
	rule := []string{}
	if recurring {
		rule = append(rule, pick(n, "RRULE:FREQ=WEEKLY", "RRULE:FREQ=WEEKLY;COUNT=30", "RRULE:FREQ=MONTHLY;BYDAY=2TU", "RRULE:FREQ=YEARLY"))
	}
	text := []string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//proof//EN", "BEGIN:VEVENT", "UID:" + uid,
		"DTSTAMP:20260101T000000Z", "DTSTART:" + utc(start), "DTEND:" + utc(start.Add(time.Hour)),
		fmt.Sprintf("SUMMARY:Meeting %d", n), fmt.Sprintf("LOCATION:Room %d", n%40),
		fmt.Sprintf("DESCRIPTION:Revision %d. %s", revision, strings.Repeat("agenda to follow, ", n%6)),
	}
	text = append(text, rule...)
	return lines(append(text, "BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Reminder", "TRIGGER:-PT15M", "END:VALARM", "END:VEVENT", "END:VCALENDAR")...)
}

// Task is a to-do with a due date.
func Task(uid, summary string, due time.Time) []byte {
	return lines("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//proof//EN", "BEGIN:VTODO", "UID:"+uid,
		"DTSTAMP:20260101T000000Z", "DUE:"+utc(due), "SUMMARY:"+summary, "STATUS:NEEDS-ACTION", "END:VTODO", "END:VCALENDAR")
}

// Done is a to-do that has been completed.
func Done(uid, summary string, at time.Time) []byte {
	return lines("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//proof//EN", "BEGIN:VTODO", "UID:"+uid,
		"DTSTAMP:20260101T000000Z", "DUE:"+utc(at), "SUMMARY:"+summary, "STATUS:COMPLETED", "PERCENT-COMPLETE:100", "COMPLETED:"+utc(at), "END:VTODO", "END:VCALENDAR")
}

func utc(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

func pick(n int, from ...string) string { return from[n%len(from)] }

func lines(l ...string) []byte { return []byte(strings.Join(l, "\r\n") + "\r\n") }
