package caldav

import (
	"testing"

	"ksync/internal/davxml"
	"ksync/internal/ical"
)

// RFC 4791 §9.6: what is asked of calendar-data is read, or refused with the
// element that names what is wrong.
func TestSelection_Refuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, inner string
		ok          bool
	}{
		{"nothing asked", ``, true},
		{"both ends", `<C:expand start="20260101T000000Z" end="20260102T000000Z"/>`, true},
		{"expand without an end", `<C:expand start="20260101T000000Z"/>`, false},
		{"expand without a start", `<C:expand end="20260101T000000Z"/>`, false},
		{"expand in local time", `<C:expand start="20260101T000000" end="20260102T000000"/>`, false},
		{"expand backwards", `<C:expand start="20260102T000000Z" end="20260101T000000Z"/>`, false},
		{"limit-recurrence-set without ends", `<C:limit-recurrence-set/>`, false},
		{"limit-freebusy-set of one day", `<C:limit-freebusy-set start="20260101"/>`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := selection(element(t, `<C:calendar-data xmlns:C="urn:ietf:params:xml:ns:caldav">`+tt.inner+`</C:calendar-data>`))
			if (err == nil) != tt.ok {
				t.Fatalf("got %v", err)
			}
			if e, is := err.(*davxml.Error); err != nil && (!is || e.Cond != davxml.CalendarFilter) {
				t.Errorf("got %v", err)
			}
			if tt.name == "both ends" && s.Expand == nil || tt.inner == "" && s != (ical.Selection{}) {
				t.Errorf("got %+v", s)
			}
		})
	}
}
