package caldav

import (
	"strings"
	"testing"

	"ksync/internal/davxml"
	"ksync/store"
)

func zoneText(tzid string) string {
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTIMEZONE\r\nTZID:" + tzid +
		"\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nEND:VCALENDAR\r\n"
}

// RFC 7809 §5.2: a calendar's zone has one name, that of the IANA database, in
// whatever words a client tells of it, and a definition goes with its own name only.
func TestSetTimeZone(t *testing.T) {
	t.Parallel()
	none := store.Collection{}
	berlin := store.Collection{TimeZone: zoneText("Europe/Berlin"), TimeZoneID: "Europe/Berlin"}
	windows := store.Collection{TimeZone: zoneText("W. Europe Standard Time"), TimeZoneID: "Europe/Berlin"}
	island := store.Collection{TimeZone: zoneText("Island")}
	for _, tt := range []struct {
		name         string
		before       store.Collection
		set          func(*store.Collection, *davxml.Element) error
		value        string
		zoneID, zone string
	}{
		{"by definition", none, setTimeZone, zoneText("Europe/Berlin"), "Europe/Berlin", zoneText("Europe/Berlin")},
		{"by a definition of Outlook's", none, setTimeZone, zoneText("W. Europe Standard Time"), "Europe/Berlin", zoneText("W. Europe Standard Time")},
		{"by a definition of Evolution's", none, setTimeZone, zoneText("/freeassociation.sourceforge.net/Europe/Berlin"), "Europe/Berlin", zoneText("/freeassociation.sourceforge.net/Europe/Berlin")},
		{"by a definition of one's own", berlin, setTimeZone, zoneText("Island"), "", zoneText("Island")},
		{"by name", none, setTimeZoneID, "Asia/Tokyo", "Asia/Tokyo", ""},
		{"by Windows' name", none, setTimeZoneID, "Tokyo Standard Time", "Asia/Tokyo", ""},
		{"the same by name", berlin, setTimeZoneID, "Europe/Berlin", "Europe/Berlin", berlin.TimeZone},
		{"the same under another name", windows, setTimeZoneID, "Europe/Berlin", "Europe/Berlin", windows.TimeZone},
		{"another by name", berlin, setTimeZoneID, "Asia/Tokyo", "Asia/Tokyo", ""},
		{"another than one's own", island, setTimeZoneID, "Asia/Tokyo", "Asia/Tokyo", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := tt.before
			if err := tt.set(&c, element(t, `<x>`+strings.ReplaceAll(tt.value, "\r", "&#13;")+`</x>`)); err != nil {
				t.Fatal(err)
			}
			if c.TimeZoneID != tt.zoneID || c.TimeZone != tt.zone {
				t.Errorf("%q, %q", c.TimeZoneID, c.TimeZone)
			}
			own := store.Collection{TimeZone: island.TimeZone}
			if err := setTimeZoneID(&own, nil); err != nil || own.TimeZone == "" {
				t.Errorf("a zone of one's own went with a name that it has not: %v", err)
			}
			for _, set := range []func(*store.Collection, *davxml.Element) error{setTimeZone, setTimeZoneID} {
				c := c
				if err := set(&c, nil); err != nil || c.TimeZoneID != "" || c.TimeZone != "" && tt.zoneID != "" {
					t.Errorf("removed: %q, %q, %v", c.TimeZoneID, c.TimeZone, err)
				}
			}
		})
	}
}
