package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ksync/internal/dialogue"
)

// Each bound is a setting that reaches the server: set to next to nothing, it is
// met by what the defaults take.
func TestLimits_AreSettings(t *testing.T) {
	t.Parallel()
	const (
		calendar = "/dav/calendars/ID/calendar/"
		contacts = "/dav/addressbooks/ID/contacts/"
		rule     = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:e\r\nDTSTART:20260101T000000Z\r\nRRULE:FREQ=DAILY;COUNT=3\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
		spelt    = `<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop><C:calendar-data><C:expand start="20260101T000000Z" end="20270101T000000Z"/></C:calendar-data></D:prop><C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>`
		patch    = `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><a xmlns="urn:x">12345</a><b xmlns="urn:x">1</b></D:prop></D:set></D:propertyupdate>`
		query    = `<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop/><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"/></C:comp-filter></C:filter></C:calendar-query>`
		multiget = `<C:addressbook-multiget xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:D="DAV:"><D:prop/><D:href>/a</D:href><D:href>/b</D:href></C:addressbook-multiget>`
		expand   = `<D:expand-property xmlns:D="DAV:"><D:property name="owner"><D:property name="displayname"/></D:property><D:property name="current-user-principal"><D:property name="displayname"/></D:property></D:expand-property>`
		sync     = `<D:sync-collection xmlns:D="DAV:"><D:sync-token/><D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>`
	)
	usual := freshServer(t)
	for _, tt := range []struct {
		setting, method, path, body string
		text                        string // in the answer once the setting is small, and only then
	}{
		{"--max-object-size=20", "PUT", calendar + "e", rule, "max-resource-size"},
		{"--max-xml-size=100", "REPORT", calendar, query, "Request Entity Too Large"},
		{"--max-property-size=20", "PROPPATCH", contacts, patch, "507 Insufficient Storage"},
		{"--max-properties=1", "PROPPATCH", contacts, patch, "507 Insufficient Storage"},
		{"--max-collections=3", "MKCALENDAR", "/dav/calendars/ID/new/", "", "Insufficient Storage"},
		{"--max-hrefs=1", "REPORT", contacts, multiget, "number-of-matches-within-limits"},
		{"--max-instances=2", "PUT", calendar + "e", rule, "max-instances"},
		{"--max-repetitions=2", "REPORT", calendar, spelt, "max-instances"},
		{"--max-filter-parts=1", "REPORT", calendar, query, "valid-filter"},
		{"--max-expand=1", "REPORT", contacts, expand, "507 Insufficient Storage"},
		{"--max-xml-nesting=2", "REPORT", calendar, query, "Bad Request"},
		{"--max-xml-elements=2", "REPORT", calendar, query, "Bad Request"},
		{"--max-page=1", "REPORT", contacts, sync, "number-of-matches-within-limits"},
	} {
		t.Run(tt.setting, func(t *testing.T) {
			if answer := askFilled(t, usual, tt.method, tt.path, tt.body); strings.Contains(answer, tt.text) {
				t.Errorf("by default: %s", answer)
			}
			if answer := askFilled(t, freshServer(t, tt.setting), tt.method, tt.path, tt.body); !strings.Contains(answer, tt.text) {
				t.Errorf("got %s", answer)
			}
		})
	}
}

// askFilled sends a request to a server with two cards and an event, and gives the answer.
func askFilled(t *testing.T, s dialogue.Server, method, path, body string) string {
	t.Helper()
	do := func(method, path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, strings.ReplaceAll(path, "ID", s.Account), strings.NewReader(body))
		r.SetBasicAuth(s.Login, s.Password)
		w := httptest.NewRecorder()
		s.Handler.ServeHTTP(w, r)
		return w
	}
	for _, name := range []string{"a", "b"} {
		do(http.MethodPut, "/dav/addressbooks/ID/contacts/"+name, "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:"+name+"\r\nFN:C\r\nN:C;;;;\r\nEND:VCARD\r\n")
	}
	do(http.MethodPut, "/dav/calendars/ID/calendar/daily", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:daily\r\n"+
		"DTSTART:20260101T000000Z\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
	w := do(method, path, body)
	return http.StatusText(w.Code) + "\n" + w.Body.String()
}
