package dav_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ksync/internal/dav"
)

// FuzzServer sends anything to a running server with data in it: no input may
// panic it, look like a fault of the server, or leave the store inconsistent
// (newServer verifies that at the end).
func FuzzServer(f *testing.F) {
	const home = "/dav/calendars/ID/"
	prop := `<D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>`
	f.Add("PROPFIND", "/", "Depth: 1", prop)
	f.Add("PROPFIND", home, "Depth: 1\nBrief: t", strings.Replace(prop, "allprop", "propname", 1))
	f.Add("PUT", home+"calendar/x.ics", "If-None-Match: *", event("u", "20260301T100000"))
	f.Add("PUT", "/dav/addressbooks/ID/contacts/x", `If: (["a"])`, card("u", "X"))
	f.Add("COPY", home+"calendar/seed.ics", "Destination: "+home+"calendar/y.ics\nOverwrite: F", "")
	f.Add("MOVE", home+"calendar/seed.ics", "Destination: http://h/dav/addressbooks/ID/contacts/y", "")
	f.Add("DELETE", home+"calendar/seed.ics", `If-Match: W/"x", "y"`, "")
	f.Add("PROPPATCH", home+"calendar/", "", `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:displayname>n</D:displayname><x xmlns="y"/></D:prop></D:set></D:propertyupdate>`)
	f.Add("MKCALENDAR", home+"new", "", `<C:mkcalendar xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:set><D:prop><D:displayname>n</D:displayname></D:prop></D:set></C:mkcalendar>`)
	f.Add("REPORT", home+"calendar/", "Depth: 1", `<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop><C:calendar-data><C:expand start="20260101T000000Z" end="20270101T000000Z"/></C:calendar-data></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range start="20260101T000000Z"/></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>`)
	f.Add("REPORT", "/dav/addressbooks/ID/contacts/", "", syncBody("", "1"))
	f.Add("REPORT", "/dav/principals/ID/", "", `<D:expand-property xmlns:D="DAV:"><D:property name="owner"><D:property name="displayname"/></D:property></D:expand-property>`)
	f.Fuzz(func(t *testing.T, method, path, headers, body string) {
		s := newServer(t, dav.Limits{})
		s.put(s.path("/dav/calendars/%d/calendar/seed.ics"), event("seed", "20260301T100000Z"))
		path = strings.ReplaceAll(path, "ID", itoa(s.actor.Account.ID))
		r, err := http.NewRequest(method, "http://example.com"+path, strings.NewReader(body))
		if err != nil {
			return // net/http would not let it in
		}
		for line := range strings.Lines(headers) {
			name, value, _ := strings.Cut(line, ":")
			r.Header.Set(name, strings.TrimSpace(strings.ReplaceAll(value, "ID", itoa(s.actor.Account.ID))))
		}
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, r)
		if rec.Code >= 500 && rec.Code != http.StatusInsufficientStorage && rec.Code != http.StatusBadGateway {
			t.Errorf("%s %s: %d %s", method, path, rec.Code, rec.Body)
		}
	})
}
