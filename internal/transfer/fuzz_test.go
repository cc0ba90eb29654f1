package transfer

import (
	"os"
	"path/filepath"
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

// FuzzOpen: whatever an archive says of itself, no more is listed, promised or
// unpacked than the limits have it.
func FuzzOpen(f *testing.F) {
	for _, files := range [][]string{{"a.vcf", card("a", "Ann")}, {"../../b.ics", calendarOf(event("e", "one")), ".hidden", "x"}, {"z.zip", "PK\x03\x04"}} {
		data, err := os.ReadFile(zipped(f, files...))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	limits := Limits{Files: 20, File: 1 << 16, Archive: 1 << 18}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "a.zip") // or no archive at all
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		files, err := Open([]string{path}, limits)
		if err != nil {
			return
		}
		defer files.Close() //nolint:errcheck // only read
		if len(files.list) > limits.Files || files.Size() > max(limits.Archive, int64(len(data))) {
			t.Errorf("%d files, %d bytes promised", len(files.list), files.Size())
		}
		for _, it := range files.list {
			if got, err := it.raw(); err == nil && int64(len(got)) > limits.File+1 {
				t.Errorf("%s: %d bytes", it.name, len(got))
			}
		}
	})
}
