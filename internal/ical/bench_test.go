package ical

import (
	"testing"
	"time"
)

const weekly = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Bench//EN\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20160101T000000Z\r\n" +
	"DTSTART;TZID=Europe/Paris:20160104T090000\r\nDTEND;TZID=Europe/Paris:20160104T100000\r\nRRULE:FREQ=WEEKLY;BYDAY=MO,WE,FR\r\n" +
	"EXDATE;TZID=Europe/Paris:20160106T090000\r\nSUMMARY:Stand-up\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

func benchObject(b *testing.B, text string) *Object {
	b.Helper()
	o, err := Parse([]byte(text))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	return o
}

func BenchmarkParse(b *testing.B) {
	data := []byte(weekly)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}

// What a PUT costs: reading and indexing a weekly event without end.
func BenchmarkParseSpan(b *testing.B) {
	data := []byte(weekly)
	b.ReportAllocs()
	for b.Loop() {
		o, err := Parse(data)
		if err != nil {
			b.Fatal(err)
		}
		o.Span()
	}
}

func BenchmarkSpan_Weekly(b *testing.B) {
	o := benchObject(b, weekly)
	for b.Loop() {
		o.Span()
	}
}

func BenchmarkSpan_WeeklyUntil(b *testing.B) {
	o := benchObject(b, replace(weekly, "WEEKLY;", "WEEKLY;UNTIL=20260401T000000Z;"))
	for b.Loop() {
		o.Span()
	}
}

func BenchmarkSpan_WeeklyCount(b *testing.B) {
	o := benchObject(b, replace(weekly, "WEEKLY;", "WEEKLY;COUNT=2000;"))
	for b.Loop() {
		o.Span()
	}
}

// A month of instances ten years after DTSTART.
func BenchmarkInstances_MonthAfterTenYears(b *testing.B) {
	o := benchObject(b, weekly)
	r := Range{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)}
	for b.Loop() {
		n := 0
		for range o.Instances(r, time.UTC, Limits{}) {
			n++
		}
		if n != 13 {
			b.Fatal(n)
		}
	}
}

// The hot query of kSync: everything that ends after a time (clients.md 2.5).
func BenchmarkMatch_StartOnly(b *testing.B) {
	o := benchObject(b, weekly)
	f := eventFilter(&Range{Start: time.Date(2026, 2, 23, 0, 0, 0, 0, time.UTC)})
	for b.Loop() {
		if !f.Match(o, time.UTC) {
			b.Fatal("no match")
		}
	}
}

// The dearest answer: a rule that never matches, ended by its budget.
func BenchmarkMatch_Bomb(b *testing.B) {
	o := benchObject(b, replace(weekly, "FREQ=WEEKLY;BYDAY=MO,WE,FR", "FREQ=SECONDLY;INTERVAL=86399;BYHOUR=3;BYMINUTE=0;BYSECOND=0"))
	f := eventFilter(&Range{Start: time.Date(2026, 2, 23, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 2, 24, 0, 0, 0, 0, time.UTC)})
	for b.Loop() {
		f.Match(o, time.UTC)
	}
}
