package ical

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	berlin := "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nEND:VTIMEZONE\r\n"
	tokyo := "BEGIN:VTIMEZONE\r\nTZID:Asia/Tokyo\r\nEND:VTIMEZONE\r\n"
	head := "VERSION:2.0\r\nPRODID:-//X//EN\r\n"
	one, two := vevent("UID:1", "DTSTART;TZID=Europe/Berlin:20260101T090000"), vevent("UID:2", "DTSTART:20260101T090000Z")
	override := vevent("UID:1", "RECURRENCE-ID:20260102T080000Z", "DTSTART;TZID=Asia/Tokyo:20260102T190000")
	tests := map[string]struct {
		in   string
		want []string
	}{
		"one":                     {vcalendar(head, one), []string{vcalendar(head, one)}},
		"one for each UID":        {vcalendar(head, berlin, tokyo, one, two), []string{vcalendar(head, berlin, one), vcalendar(head, two)}},
		"overrides stay together": {vcalendar(head, berlin, override, tokyo, two, one), []string{vcalendar(head, tokyo, berlin, override, one), vcalendar(head, two)}},
		"METHOD and names go":     {vcalendar("METHOD:PUBLISH\r\nX-WR-CALNAME:Work\r\n", head, two), []string{vcalendar(head, two)}},
		"a stream of calendars":   {vcalendar(head, berlin, one) + vcalendar(head, two) + vcalendar(head, tokyo, override), []string{vcalendar(head, tokyo, berlin, one, override), vcalendar(head, two)}},
		"the newer revision":      {vcalendar(head, vevent("UID:2", "SEQUENCE:2"), vevent("UID:2", "SEQUENCE:1")), []string{vcalendar(head, vevent("UID:2", "SEQUENCE:2"))}},
		"the same twice":          {vcalendar(head, two, two), []string{vcalendar(head, two)}},
		"bare components":         {two, []string{vcalendar("VERSION:2.0\r\nPRODID:-//ksyncd//import//EN\r\n", two)}},
		"nothing inside":          {vcalendar(head, berlin), nil},
		"vCalendar 1.0": {vcalendar("VERSION:1.0\r\n", vevent("UID:2", "SUMMARY;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:Caf=C3=A9=0D=0Aau lait")),
			[]string{vcalendar("VERSION:2.0\r\nPRODID:-//ksyncd//import//EN\r\n", vevent("UID:2", "SUMMARY:Café\\nau lait"))}},
		"vCalendar 1.0 in Latin-1": {vcalendar("VERSION:1.0\r\n", vevent("UID:2", "SUMMARY;QUOTED-PRINTABLE:Caf=E9")),
			[]string{vcalendar("VERSION:2.0\r\nPRODID:-//ksyncd//import//EN\r\n", vevent("UID:2", "SUMMARY:Café"))}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, item := range mustSplit(t, []byte(tt.in)) {
				if item.Err != nil {
					t.Error(item.Err)
				}
				got = append(got, string(item.Bytes))
			}
			// Zones are sorted by name; the table has them as they read best.
			if diff := cmp.Diff(sortZones(tt.want, berlin, tokyo), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func sortZones(list []string, berlin, tokyo string) []string {
	for i, s := range list {
		list[i] = strings.Replace(s, berlin+tokyo, tokyo+berlin, 1)
	}
	return list
}

func TestSplit_MakesUIDs(t *testing.T) {
	t.Parallel()
	in := []byte(vcalendar(vevent("SUMMARY:1"), vevent("SUMMARY:2"), vevent("SUMMARY:1"),
		vevent("UID:x", "DTSTART:20260101T090000Z"), vevent("UID:x", "DTSTART:20260201T090000Z"), "BEGIN:VTODO\r\nUID:x\r\nEND:VTODO\r\n"))
	seen := map[string]bool{}
	for i, item := range mustSplit(t, in) {
		if item.Err != nil || item.UID == "" || seen[item.UID] {
			t.Errorf("%d: %q, %v", i, item.UID, item.Err)
		}
		seen[item.UID] = true
		if o := mustParse(t, string(item.Bytes)); o.UID != item.UID {
			t.Errorf("UID %q in the text, %q beside it", o.UID, item.UID)
		}
	}
	if len(seen) != 6 || !seen["x"] {
		t.Errorf("%d objects, want 6: nothing may be lost", len(seen))
	}
	if diff := cmp.Diff(mustSplit(t, in), mustSplit(t, in)); diff != "" {
		t.Errorf("a second import differs:\n%s", diff)
	}
}

func TestSplit_Refuses(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "hello", "BEGIN:VCALENDAR\r\n", "BEGIN:VCARD\r\nEND:VCARD\r\n"} {
		_, err := Split([]byte(in))
		if refused, ok := errors.AsType[*Error](err); !ok || refused.Cond != NotData {
			t.Errorf("%q: %v", in, err)
		}
	}
}

// A large time zone is not copied into many objects without bound.
func TestSplit_Bounded(t *testing.T) {
	t.Parallel()
	zone := "BEGIN:VTIMEZONE\r\nTZID:X\r\nCOMMENT:" + strings.Repeat("x", 1<<20) + "\r\nEND:VTIMEZONE\r\n"
	var events strings.Builder
	for i := range 2000 {
		events.WriteString(vevent("UID:"+strings.Repeat("1", i+1), "DTSTART;TZID=X:20260101T090000"))
	}
	if _, err := Split([]byte(vcalendar(zone, events.String()))); !errors.Is(err, ErrLimit) {
		t.Errorf("%v, want ErrLimit", err)
	}
}

func TestSplit_ManyOfOneUID(t *testing.T) {
	t.Parallel()
	var events strings.Builder
	for i := range 50_000 {
		events.WriteString(vevent("UID:1", "DTSTART:20260101T090000Z", "SEQUENCE:"+strconv.Itoa(i)))
		events.WriteString(vevent("UID:1", "RECURRENCE-ID:"+strconv.Itoa(i)))
	}
	began := time.Now()
	items := mustSplit(t, []byte(vcalendar(events.String())))
	if len(items) != 1 || !errors.Is(items[0].Err, ErrLimit) {
		t.Errorf("%d items", len(items))
	}
	if d := time.Since(began); d > patience {
		t.Errorf("took %v", d)
	}
}

func mustSplit(t *testing.T, data []byte) []Item {
	t.Helper()
	items, err := Split(data)
	if err != nil {
		t.Fatal(err)
	}
	return items
}

// TestSplit_ZonesOfTheirOwnCalendar: two calendars of a stream may mean different zones by one name.
func TestSplit_ZonesOfTheirOwnCalendar(t *testing.T) {
	t.Parallel()
	calendar := func(uid, offset string) string {
		zone := ""
		if offset != "" {
			zone = "BEGIN:VTIMEZONE\r\nTZID:Custom\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:" + offset +
				"\r\nTZOFFSETTO:" + offset + "\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
		}
		return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + zone + "BEGIN:VEVENT\r\nUID:" + uid + "\r\nDTSTART;TZID=Custom:20260105T090000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	}
	want := map[string]string{"east": "0500", "west": "1400", "none": "0500"} // the first stands in where there is none
	for _, it := range mustSplit(t, []byte(calendar("none", "")+calendar("east", "+0400")+calendar("west", "-0500"))) {
		for in := range mustParse(t, string(it.Bytes)).Instances(Range{}, time.UTC, Limits{}) {
			if got := in.Start.UTC().Format("1504"); got != want[it.UID] {
				t.Errorf("%s starts at %s, want %s", it.UID, got, want[it.UID])
			}
		}
	}
}
