package transfer

import (
	"testing"

	"ksync/internal/ical"
	"ksync/internal/vcard"
)

// FuzzCut: no file makes the cutting panic, and what comes out of it is what
// the parsers can be given.
func FuzzCut(f *testing.F) {
	for _, text := range []string{
		card("a", "Ann") + "BEGIN:VCARD\r\nFN:Half\r\n",
		calendarOf(zone("X", "+0100"), eventIn("e", "X"), event("f", "two"), "BEGIN:VEVENT\r\nUID:g\r\n"),
		"BEGIN:VCALENDAR\nBEGIN:VPOLL\nBEGIN:VEVENT\nEND:VPOLL\nEND:VCALENDAR\n",
		"\xff\xfeB\x00E\x00", "\ufeffBEGIN:VCARD\rEND:VCARD",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var calendars []calendar
		for b := range blocks(fromUTF16(data)) {
			switch b.name {
			case vcardName:
				_, _ = vcard.Split(b.data) // only panics count
			case vcalendarName:
				calendars = append(calendars, cutCalendar(b, len(calendars)))
			}
		}
		parts, batched := 0, 0
		for _, c := range calendars {
			parts += len(c.parts)
		}
		for batch := range batches(groups(calendars), calendars) {
			for _, g := range batch {
				batched += len(g.parts)
			}
			_, _ = ical.Split(text(batch, calendars))
		}
		if parts != batched {
			t.Errorf("%d parts, %d in batches", parts, batched)
		}
	})
}
