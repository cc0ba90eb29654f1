package ical

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A zone that is written out and read again shows the same time, at any moment of
// those that are told, and goes on by the same rule.
func TestZoneText_ReadsBack(t *testing.T) {
	t.Parallel()
	names := []string{
		"UTC", "Europe/Berlin", "Europe/London", "Europe/Lisbon", "Europe/Dublin", "Europe/Istanbul", "Europe/Moscow", "Asia/Tokyo",
		"America/New_York", "America/Sao_Paulo", "America/Nuuk", "America/Santiago", "America/Caracas", "Africa/Casablanca", "Africa/Cairo",
		"Asia/Jerusalem", "Asia/Tehran", "Asia/Kathmandu", "Asia/Gaza", "Australia/Lord_Howe", "Australia/Sydney", "Pacific/Apia",
		"Pacific/Auckland", "Pacific/Chatham", "Antarctica/Troll", "Africa/Monrovia",
	}
	read := map[string]*time.Location{}
	for _, name := range names {
		loc := iana(name)
		if loc == nil {
			t.Fatal(name)
		}
		text := ZoneText("what nobody knows", loc)
		_, back, err := ParseZone(text)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		if len(text) > 12<<10 {
			t.Errorf("%s takes %d bytes", name, len(text))
		}
		read[name] = back
	}
	from, to := time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC).Unix(), time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "name")
		at := time.Unix(rapid.Int64Range(from, to).Draw(t, "at"), 0).In(iana(name))
		// At a change, too, and the second before.
		if begin, _ := at.ZoneBounds(); begin.Unix() > from && rapid.Bool().Draw(t, "change") {
			at = begin.Add(time.Duration(rapid.IntRange(-1, 0).Draw(t, "second")) * time.Second)
		}
		_, want := at.Zone()
		if _, got := at.In(read[name]).Zone(); got != want {
			t.Fatalf("%s at %s: %d, want %d", name, at.UTC(), got, want)
		}
	})
}

func TestZoneText_NamesTheRule(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"Europe/Berlin": {
			"TZID:Europe/Berlin\r\n",
			"BEGIN:DAYLIGHT\r\nDTSTART:19810329T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nTZNAME:CEST\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n",
			"BEGIN:STANDARD\r\nDTSTART:19961027T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nTZNAME:CET\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n",
		},
		"America/New_York": {"DTSTART:20070311T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\r\n"},
		"Asia/Jerusalem":   {"RRULE:FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=23,24,25,26,27,28,29;BYDAY=FR\r\n"},
		"Asia/Tokyo":       {"VTIMEZONE\r\nTZID:Asia/Tokyo\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZNAME:JST\r\nTZOFFSETFROM:+0900\r\nTZOFFSETTO:+0900\r\nEND:STANDARD\r\nEND:VTIMEZONE"},
	} {
		text := string(ZoneText(name, iana(name)))
		for _, part := range want {
			if !strings.Contains(text, part) {
				t.Errorf("%q is missing in %s", part, text)
			}
		}
	}
}

func BenchmarkZoneText(b *testing.B) {
	loc := iana("Europe/Berlin")
	for b.Loop() {
		ZoneText("Europe/Berlin", loc)
	}
}
