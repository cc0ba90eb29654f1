package ical

import (
	"archive/zip"
	"crypto/sha256"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ksync/internal/contentline"
	"ksync/internal/need"
)

func parseCalendar(t testing.TB, text string) *contentline.Component {
	t.Helper()
	doc, err := contentline.Parse([]byte(text), contentline.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return doc.Components()[0]
}

func TestZones_Location(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ tzid, want string }{
		"IANA":                      {"Europe/Paris", "Europe/Paris"},
		"quoted":                    {`"Europe/Paris"`, "Europe/Paris"},
		"three parts":               {"America/Argentina/Ushuaia", "America/Argentina/Ushuaia"},
		"blanks of Outlook":         {"Europe/Paris  ", "Europe/Paris"},
		"Evolution":                 {"/freeassociation.sourceforge.net/Tzfile/Europe/Rome", "Europe/Rome"},
		"Mozilla":                   {"/mozilla.org/20050126_1/America/Argentina/Ushuaia", "America/Argentina/Ushuaia"},
		"softwarestudio":            {"/softwarestudio.org/Olson_20011030_5/America/Chicago", "America/Chicago"},
		"Windows":                   {"W. Europe Standard Time", "Europe/Berlin"},
		"Windows with blanks":       {"Eastern Standard Time ", "America/New_York"},
		"UTC":                       {"UTC", "UTC"},
		"machine's own is nobody's": {"Local", ""},
		"path":                      {"../../etc/passwd", ""},
		"absolute path":             {"/etc/localtime", ""},
		"empty":                     {"", ""},
		"unknown":                   {"Middle-earth/Shire", ""},
		"prefix without a zone":     {"/example.org/Paris", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if loc := (*Zones)(nil).Location(tt.tzid); loc != nil {
				got = loc.String()
			}
			if got != tt.want {
				t.Errorf("%q is %q, want %q", tt.tzid, got, tt.want)
			}
		})
	}
}

// CLDR's list is not kept here: what is held is the hash of its lines "name=zone", sorted, of territory 001.
func TestWindowsZones_AllOfCLDR(t *testing.T) {
	t.Parallel()
	since := []string{"Alberta Standard Time", "British Columbia Standard Time", "Manitoba Standard Time"}
	for _, tt := range []struct {
		name    string
		without []string
		names   int
		hash    string
	}{
		{"revision c33a1f0a23e3 of April 2025", since, 139, "fe033488675c56e3d09f5ae39867ef7afba756168e239043a0c80e229e52b666"},
		{"main of October 2026", nil, 142, "6b076ed700d20d2b393ca19e9c0dda20b14574029454d756a3267a09f584ee6b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var lines []string
			for windows, zone := range windowsZones {
				if !slices.Contains(tt.without, windows) {
					lines = append(lines, windows+"="+zone+"\n")
				}
			}
			name := func(line string) string { return line[:strings.IndexByte(line, '=')] }
			slices.SortFunc(lines, func(a, b string) int { return strings.Compare(name(a), name(b)) })
			if got := fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(lines, "")))); got != tt.hash || len(lines) != tt.names {
				t.Errorf("%d names, %s; want %d, %s", len(lines), got, tt.names, tt.hash)
			}
		})
	}
}

func TestWindowsZones_AllMeanTheirIANAZone(t *testing.T) {
	t.Parallel()
	for _, zones := range []map[string]string{windowsZones, formerWindowsZones} {
		for windows, name := range zones {
			want, err := time.LoadLocation(name)
			if err != nil {
				t.Errorf("%s: %v", windows, err)
				continue
			}
			got := (*Zones)(nil).Location(windows)
			if got == nil || got.String() != want.String() && windows != "UTC" {
				t.Errorf("%s is %v, want %v", windows, got, want)
			}
		}
	}
}

// Every name of the zone database, links included, by the list that Go's own copy of it has.
func TestZones_AllOfIANA(t *testing.T) {
	t.Parallel()
	const unproved = "that every zone of IANA is known"
	root, err := exec.Command("go", "env", "GOROOT").Output()
	need.Could(t, err, unproved)
	archive, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	need.Could(t, err, unproved)
	defer archive.Close()
	n := 0
	for _, f := range archive.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		n++
		for _, tzid := range []string{f.Name, f.Name + " ", `"` + f.Name + `"`} {
			if loc := (*Zones)(nil).Location(tzid); loc == nil || loc.String() != f.Name {
				t.Errorf("%q is %v", tzid, loc)
			}
		}
		if strings.Contains(f.Name, "/") {
			if loc := (*Zones)(nil).Location("/example.org/20260101_1/" + f.Name); loc == nil || loc.String() != f.Name {
				t.Errorf("%s behind a prefix is %v", f.Name, loc)
			}
		}
	}
	if n < 590 {
		t.Errorf("only %d zones", n)
	}
}

const ownZone = "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:Our Office \r\n" +
	"BEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\n" +
	"BEGIN:DAYLIGHT\r\nDTSTART:19700329T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\n" +
	"END:VTIMEZONE\r\nEND:VCALENDAR\r\n"

// A VTIMEZONE with the rules of Berlin has the offsets of Berlin.
func TestZones_OwnTimezone(t *testing.T) {
	t.Parallel()
	own := newZones(parseCalendar(t, ownZone)).Location("Our Office")
	if own == nil {
		t.Fatal("not found")
	}
	berlin := iana("Europe/Berlin")
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(835_000_000, 4_000_000_000).Draw(t, "at"), 0)
		_, got := at.In(own).Zone()
		_, want := at.In(berlin).Zone()
		if got != want {
			t.Fatalf("%v: %d, want %d", at.UTC(), got, want)
		}
	})
}

func TestZones_OwnTimezoneOdd(t *testing.T) {
	t.Parallel()
	observance := func(lines string) string {
		return "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\n" + lines + "END:STANDARD\r\nEND:VTIMEZONE\r\nEND:VCALENDAR\r\n"
	}
	tests := map[string]struct {
		text   string
		offset int // in 2026; -1: no zone
	}{
		"fixed":          {observance("DTSTART:16010101T000000\r\nTZOFFSETFROM:+0530\r\nTZOFFSETTO:+0530\r\n"), 19800},
		"with seconds":   {observance("DTSTART:16010101T000000\r\nTZOFFSETFROM:-001521\r\nTZOFFSETTO:-001521\r\n"), -921},
		"by RDATE":       {observance("DTSTART:19900101T000000\r\nRDATE:20200101T000000\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\n"), 3600},
		"bomb":           {observance("DTSTART:00010101T000000\r\nRRULE:FREQ=SECONDLY\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\n"), 3600},
		"no offset":      {observance("DTSTART:19900101T000000\r\n"), -1},
		"no start":       {observance("TZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\n"), -1},
		"offset of days": {observance("DTSTART:19900101T000000\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+9900\r\n"), -1},
		"by location":    {replace(ownZone, "TZID:Our Office ", "TZID:X\r\nX-LIC-LOCATION:Asia/Tokyo"), 32400},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loc, offset := newZones(parseCalendar(t, tt.text)).Location("X"), -1
			if loc != nil {
				_, offset = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).In(loc).Zone()
			}
			if offset != tt.offset {
				t.Errorf("offset %d, want %d", offset, tt.offset)
			}
		})
	}
}

// RFC 5545 §3.3.5: its own examples, and their mirror for the gap.
func TestClock_GapAndFold(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		zone string
		at   time.Time // on the clock
		want string
	}{
		"twice: the first":               {"America/New_York", time.Date(2007, 11, 4, 1, 30, 0, 0, time.UTC), "2007-11-04T01:30:00-04:00"},
		"never: offset before the gap":   {"America/New_York", time.Date(2007, 3, 11, 2, 30, 0, 0, time.UTC), "2007-03-11T03:30:00-04:00"},
		"last second before the gap":     {"America/New_York", time.Date(2007, 3, 11, 1, 59, 59, 0, time.UTC), "2007-03-11T01:59:59-05:00"},
		"first second after the gap":     {"America/New_York", time.Date(2007, 3, 11, 3, 0, 0, 0, time.UTC), "2007-03-11T03:00:00-04:00"},
		"first second after the fold":    {"America/New_York", time.Date(2007, 11, 4, 2, 0, 0, 0, time.UTC), "2007-11-04T02:00:00-05:00"},
		"the day that Samoa left out":    {"Pacific/Apia", time.Date(2011, 12, 30, 12, 0, 0, 0, time.UTC), "2011-12-31T12:00:00+14:00"},
		"half an hour on Lord Howe":      {"Australia/Lord_Howe", time.Date(2026, 10, 4, 2, 15, 0, 0, time.UTC), "2026-10-04T02:45:00+11:00"},
		"long before there were offsets": {"Europe/Paris", time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), "0001-01-01T00:00:00+00:09"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loc := iana(tt.zone)
			for _, c := range []*clock{{loc: loc}, warm(loc, tt.at)} {
				got := time.Unix(c.instant(wallAt(tt.at)), 0).In(loc).Format(time.RFC3339)
				if got != tt.want {
					t.Errorf("%s, want %s", got, tt.want)
				}
			}
		})
	}
}

// warm returns a clock that was asked about the month before.
func warm(loc *time.Location, at time.Time) *clock {
	c := &clock{loc: loc}
	c.instant(wallAt(at.AddDate(0, -1, 0)))
	return c
}

func TestWall_AgreesWithTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := time.Unix(rapid.Int64Range(int64(minWall), int64(maxWall)).Draw(t, "at"), 0).UTC()
		w := wallAt(want)
		y, m, d := w.date()
		if int64(w) != want.Unix() || y != want.Year() || time.Month(m) != want.Month() || d != want.Day() {
			t.Fatalf("%d is %d-%d-%d, want %v", w, y, m, d, want)
		}
		if got := weekdayOf(w.day()); got != want.Weekday() {
			t.Fatalf("%v, want %v", got, want.Weekday())
		}
		isoYear, isoWeek := want.ISOWeek()
		if got := weekYear(w.day(), time.Monday); got != isoYear {
			t.Fatalf("week of %d, want %d", got, isoYear)
		}
		if got := (w.day()-firstWeek(isoYear, time.Monday))/7 + 1; got != int64(isoWeek) {
			t.Fatalf("week %d, want %d", got, isoWeek)
		}
	})
}

func TestParseZone(t *testing.T) {
	t.Parallel()
	_, loc, err := ParseZone([]byte(ownZone))
	if err != nil {
		t.Fatal(err)
	}
	if _, offset := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC).In(loc).Zone(); offset != 7200 {
		t.Errorf("offset %d in summer, want 7200", offset)
	}
	for _, text := range []string{"", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "BEGIN:VTIMEZONE\r\nEND:VTIMEZONE\r\n"} {
		if _, _, err := ParseZone([]byte(text)); err == nil {
			t.Errorf("%q is taken for a zone", text)
		}
	}
}
