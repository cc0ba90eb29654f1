package dav_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ksync/internal/account"
	"ksync/internal/dav"
	"ksync/internal/davxml"
	"ksync/store"
)

// FuzzServer sends anything to a running server with data in it: no input may
// panic it, look like a fault of the server, give an answer that is no XML, or
// leave the store inconsistent (newServer verifies that at the end).
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
	f.Add("GET", home+"calendar/", "Accept: text/calendar;q=0.5, */*", "")
	f.Add("GET", home+"calendar/seed.ics", "Accept: application/calendar+json", "")
	f.Add("POST", home+"calendar/?add-member", "Content-Type: application/calendar+json", `["vcalendar",[],[["vevent",[["uid",{},"text","j"],["dtstart",{},"date","2026-03-01"]],[]]]]`)
	seeded := seed(f)
	f.Fuzz(func(t *testing.T, method, path, headers, body string) {
		file := filepath.Join(t.TempDir(), "db")
		if err := os.WriteFile(file, seeded, 0o600); err != nil {
			t.Fatal(err)
		}
		s := openServer(t, file, dav.Limits{})
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
		if rec.Header().Get("Content-Type") == davxml.ContentType {
			if _, err := davxml.Read(rec.Body, davxml.Limits{Bytes: 1 << 30, Depth: 1000, Elements: 1 << 30}); err != nil {
				t.Errorf("%s %s: %v", method, path, err)
			}
		}
	})
}

// seed is a database with something in it: to copy one is quicker than to make it.
func seed(f *testing.F) (file []byte) {
	path := filepath.Join(f.TempDir(), "db")
	st, err := store.Open(f.Context(), store.Options{Path: path})
	if err != nil {
		f.Fatal(err)
	}
	a, err := account.Create(f.Context(), st, store.Account{Login: "anna"})
	if err != nil {
		f.Fatal(err)
	}
	calendar, err := st.Collection(f.Context(), a.ID, store.Calendar, "calendar")
	if err != nil {
		f.Fatal(err)
	}
	put := store.Put{Account: a.ID, Collection: calendar.ID, URI: "seed.ics", Bytes: []byte(event("seed", "20260301T100000Z")),
		Index: store.Index{UID: "seed", Component: "VEVENT"}}
	if _, err := st.PutObject(f.Context(), put); err != nil {
		f.Fatal(err)
	}
	if err := st.Close(); err != nil {
		f.Fatal(err)
	}
	if file, err = os.ReadFile(path); err != nil {
		f.Fatal(err)
	}
	return file
}
