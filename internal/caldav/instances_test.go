package caldav

import (
	"testing"

	"ksync/internal/dav"
	"ksync/store"
)

// BenchmarkCheck_Instances is what a PUT costs for the rules with the most to
// count: each as long as may be.
func BenchmarkCheck_Instances(b *testing.B) {
	limits := dav.DefaultLimits
	limits.Instances = 100_000
	for name, rule := range map[string]string{
		"none":    "",
		"weekly":  "RRULE:FREQ=WEEKLY;COUNT=52\r\n",
		"daily":   "RRULE:FREQ=DAILY;UNTIL=21250101T000000Z\r\n",
		"hourly":  "RRULE:FREQ=HOURLY;COUNT=100000\r\n",
		"endless": "RRULE:FREQ=SECONDLY\r\n",
		"seldom":  "RRULE:FREQ=SECONDLY;INTERVAL=86399;BYHOUR=3;BYMINUTE=0;BYSECOND=0;COUNT=100000\r\n",
	} {
		data := []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:x\r\nDTSTART;TZID=Europe/Zurich:20260101T000000\r\n" + rule + "END:VEVENT\r\nEND:VCALENDAR\r\n")
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := (bounds{limits}).check(&store.Collection{}, data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
