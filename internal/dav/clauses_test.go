package dav_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ksync/internal/dav"
	"ksync/internal/davxml"
	"ksync/store"
)

// RFC 4791 §5.2, RFC 6352 §6.2, RFC 3744 §5, RFC 6578 §4, RFC 4331 §3 and RFC
// 5397 §3 each want their properties left out of DAV:allprop.
func TestAllprop_LeavesOut(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	s.put(s.path(calendar)+"e", event("e", "20260101T000000Z"))
	s.do("PROPPATCH", s.path(calendar), `<D:propertyupdate xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop><C:calendar-description>d</C:calendar-description><C:calendar-timezone-id>Europe/Paris</C:calendar-timezone-id></D:prop></D:set></D:propertyupdate>`)
	for _, path := range []string{s.path("/dav/principals/%d/"), s.path("/dav/calendars/%d/"), s.path(calendar), s.path(calendar) + "e", s.path(cards)} {
		rec := s.do("PROPFIND", path, `<propfind xmlns="DAV:"><allprop/></propfind>`, "Depth", "0")
		answer := rec.Body.String()
		if rec.Code != http.StatusMultiStatus || !strings.Contains(answer, "<D:resourcetype") {
			t.Fatalf("%s: %d %s", path, rec.Code, answer)
		}
		_, props, _ := strings.Cut(answer, "<D:prop>")
		for _, name := range []string{
			"<C:calendar-", "<C:supported-", "<C:max-", "<C:min-", "<CR:addressbook-", "<CR:supported-", "<CR:max-", "<D:sync-token", "<CS:getctag",
			"<D:quota-", "<D:acl", "<D:owner", "<D:current-user-", "<D:supported-privilege-set", "<D:supported-report-set", "<D:principal-", "<D:group",
		} {
			if strings.Contains(strings.ReplaceAll(props, "<C:calendar/>", ""), name) {
				t.Errorf("%s: everything has %s: %s", path, name, props)
			}
		}
	}
}

// RFC 4791 §5.3.1, RFC 5689 §3: making a collection needs DAV:bind on the home,
// and leaves none behind where that is missing.
func TestMkcalendar_NeedsBind(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	for scope, path := range map[string]string{"contacts": "/dav/calendars/%d/new/", "calendars:ro": "/dav/calendars/%d/new/", "calendars": "/dav/addressbooks/%d/new/"} {
		granted, err := store.ParseScope(scope)
		if err != nil {
			t.Fatal(err)
		}
		s.actor.Scope = granted
		body, method, lacks := "", "MKCALENDAR", "bind"
		if !strings.Contains(path, strings.TrimSuffix(scope, ":ro")) {
			lacks = "read" // that is asked first
		}
		if strings.Contains(path, "addressbooks") {
			body, method = `<D:mkcol xmlns:D="DAV:"><D:set><D:prop><D:resourcetype><D:collection/><C:addressbook xmlns:C="urn:ietf:params:xml:ns:carddav"/></D:resourcetype></D:prop></D:set></D:mkcol>`, "MKCOL"
		}
		s.want(s.do(method, s.path(path), body), http.StatusForbidden,
			"<D:need-privileges><D:resource><D:href>"+s.path(path[:strings.Index(path, "new/")])+"</D:href><D:privilege><D:"+lacks+"/></D:privilege></D:resource></D:need-privileges>")
		s.actor.Scope = store.FullScope
		if rec := s.do("PROPFIND", s.path(path), "", "Depth", "0"); rec.Code != http.StatusNotFound {
			t.Errorf("%s: %d", scope, rec.Code)
		}
	}
}

// RFC 4791 §9.5, RFC 6352 §10.3: a report may ask for all properties or for their
// names, as PROPFIND does.
func TestReports_AllpropAndPropname(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	s.put(s.path(cards)+"a", card("a", "A"))
	for _, report := range []string{"addressbook-query", "addressbook-multiget"} {
		body := `<C:` + report + ` xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:D="DAV:"><D:KIND/><D:href>` + s.path(cards) + `a</D:href></C:` + report + `>`
		rec := s.do("REPORT", s.path(cards), strings.Replace(body, "KIND", "allprop", 1))
		s.want(rec, http.StatusMultiStatus, `<D:getcontenttype>text/vcard; charset=utf-8</D:getcontenttype>`, `<D:resourcetype/>`)
		rec = s.do("REPORT", s.path(cards), strings.Replace(body, "KIND", "propname", 1))
		s.want(rec, http.StatusMultiStatus, `<D:getcontenttype/>`, `<D:owner/>`)
	}
}

// RFC 4791 §7.10: where nothing is busy, the answer is a VFREEBUSY that says so.
func TestFreeBusy_Nothing(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	rec := s.do("REPORT", s.path(calendar), `<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav"><C:time-range start="20260101T000000Z" end="20260201T000000Z"/></C:free-busy-query>`)
	answer := rec.Body.String()
	s.want(rec, http.StatusOK, "DTSTART:20260101T000000Z\r\nDTEND:20260201T000000Z\r\n", "\r\nUID:") // RFC 5545 §3.6.4
	if strings.Count(answer, "BEGIN:VFREEBUSY") != 1 || strings.Contains(answer, "\nFREEBUSY") {
		t.Error(answer)
	}
}

const newBook = `<D:mkcol xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:K="urn:ietf:params:xml:ns:caldav"><x xmlns="urn:x"/><D:set><D:prop>TYPE</D:prop></D:set></D:mkcol>`

// RFC 6352 §6.3.1.1, RFC 5689 §3.3: where address books can be, and what has to
// be said of them.
func TestMkcol_Locations(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	book := `<D:resourcetype><D:collection/><C:addressbook/></D:resourcetype>`
	for _, tt := range []struct {
		name, path, types string
		status            int
		text              string
	}{
		{"in its home", "/dav/addressbooks/%d/new/", book, 201, ""},
		{"in an address book", "/dav/addressbooks/%d/contacts/new/", book, 403, "<CR:addressbook-collection-location-ok/></D:error>"},
		{"among calendars", "/dav/calendars/%d/new/", book, 403, "<D:valid-resourcetype/></D:error>"},
		{"among principals", "/dav/principals/%d/new/", book, 409, ""},
		{"without a type", "/dav/addressbooks/%d/plain/", `<D:displayname>x</D:displayname>`, 403, "<D:valid-resourcetype/></D:error>"},
		{"a collection of nothing", "/dav/addressbooks/%d/plain/", `<D:resourcetype><D:collection/></D:resourcetype>`, 403, "<D:valid-resourcetype/></D:error>"},
		{"a calendar", "/dav/addressbooks/%d/plain/", `<D:resourcetype><D:collection/><K:calendar/></D:resourcetype>`, 403, "<D:valid-resourcetype/></D:error>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.want(s.do("MKCOL", s.path(tt.path), strings.Replace(newBook, "TYPE", tt.types, 1)), tt.status, tt.text)
		})
	}
}

// RFC 6352 §8.2: asked of a home, a multiget finds what lies in its address books
// and nothing else.
func TestMultiget_OfAHome(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	s.do("MKCOL", s.path("/dav/addressbooks/%d/new/"), strings.Replace(newBook, "TYPE", `<D:resourcetype><D:collection/><C:addressbook/></D:resourcetype>`, 1))
	s.put(s.path(cards)+"a", card("a", "A"))
	s.put(s.path("/dav/addressbooks/%d/new/b"), card("b", "B"))
	s.put(s.path(calendar)+"e", event("e", "20260101T000000Z"))
	body := `<C:addressbook-multiget xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:D="DAV:"><D:prop><D:getetag/></D:prop>`
	for _, path := range []string{s.path(cards) + "a", s.path("/dav/addressbooks/%d/new/b"), s.path(calendar) + "e", s.path("/dav/addressbooks/%d/none/b")} {
		body += "<D:href>" + path + "</D:href>"
	}
	rec := s.do("REPORT", s.path("/dav/addressbooks/%d/"), body+"</C:addressbook-multiget>")
	answer := rec.Body.String()
	if rec.Code != http.StatusMultiStatus || strings.Count(answer, "<D:getetag>") != 2 || strings.Count(answer, "404 Not Found") != 2 {
		t.Errorf("%d %s", rec.Code, answer)
	}
}

// RFC 4791 §7.8, RFC 6352 §8.6: nothing found is a multistatus with nothing in it.
func TestQuery_NothingFound(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	s.put(s.path(cards)+"a", card("a", "A"))
	rec := s.do("REPORT", s.path(cards), `<C:addressbook-query xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:D="DAV:"><D:prop><D:getetag/></D:prop><C:filter><C:prop-filter name="FN"><C:text-match>nobody</C:text-match></C:prop-filter></C:filter></C:addressbook-query>`)
	if answer := rec.Body.String(); rec.Code != http.StatusMultiStatus || strings.Contains(answer, "<D:response>") || !strings.Contains(answer, "</D:multistatus>") {
		t.Errorf("%d %s", rec.Code, answer)
	}
}

// RFC 3744 §7.4: a listing leaves out what may not be read, and so does a home's
// place above it.
func TestRights_HomeListsWhatMayBeRead(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	granted, err := store.ParseScope("tasks")
	if err != nil {
		t.Fatal(err)
	}
	s.actor.Scope = granted
	list := s.do("PROPFIND", s.path("/dav/calendars/%d/"), "", "Depth", "1").Body.String()
	if !strings.Contains(list, "/tasks/</D:href>") || strings.Contains(list, "/calendar/</D:href>") {
		t.Error(list)
	}
	homes := s.do("PROPFIND", s.path("/dav/principals/%d/"), `<propfind xmlns="DAV:"><prop><addressbook-home-set xmlns="urn:ietf:params:xml:ns:carddav"/></prop></propfind>`, "Depth", "0")
	s.want(homes, http.StatusMultiStatus, "404 Not Found")
}

// RFC 4331 §3: a quota is not set by those whom it binds.
func TestQuota_IsProtected(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	s.setQuota(1000)
	rec := s.do("PROPPATCH", s.path(cards), `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:quota-available-bytes>9999999</D:quota-available-bytes></D:prop></D:set></D:propertyupdate>`)
	s.want(rec, http.StatusMultiStatus, `<D:prop><D:quota-available-bytes/></D:prop><D:status>HTTP/1.1 403 Forbidden</D:status><D:error><D:cannot-modify-protected-property/></D:error>`)
}

// RFC 6764 §5: the redirect needs no credentials and may be kept a while.
func TestDiscovery_IsCached(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	for _, path := range []string{"/.well-known/caldav", "/.well-known/carddav", "/.well-known/caldav/"} {
		for _, method := range []string{"GET", "PROPFIND", "OPTIONS"} {
			rec := s.do(method, path, "", "Authorization", "none")
			if h := rec.Header(); rec.Code != http.StatusMovedPermanently || h.Get("Location") != "/dav/" || h.Get("Cache-Control") != "public, max-age=3600" {
				t.Errorf("%s %s: %d %v", method, path, rec.Code, h)
			}
		}
	}
}

// RFC 7240 §2: preferences are read from all headers and lists; of those that
// exclude each other the first holds (§4.2).
func TestPrefer_Reads(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	path := s.path(cards) + "a"
	for i, tt := range []struct {
		name    string
		prefer  []string
		applied string
	}{
		{"none", nil, ""},
		{"one", []string{"return=representation"}, "return=representation"},
		{"in capitals", []string{"Return=Representation"}, "return=representation"},
		{"quoted, with a parameter", []string{`return="representation"; a=b`}, "return=representation"},
		{"blanks", []string{" wait = 10 ,  return = representation "}, "return=representation"},
		{"in a second header", []string{"wait=10", "return=representation"}, "return=representation"},
		{"the first of two", []string{"return=representation, return=minimal"}, "return=representation"},
		{"the second of two", []string{"return=minimal, return=representation"}, ""},
		{"something like it", []string{"return=representations"}, ""},
	} {
		r := httptest.NewRequest("PUT", path, strings.NewReader(card("a", strings.Repeat("A", i+1))))
		r.Header["Prefer"] = tt.prefer
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, r)
		if got := rec.Header().Get("Preference-Applied"); got != tt.applied || (rec.Header().Get("Vary") == "Prefer") != (tt.applied != "") || (rec.Body.Len() > 0) != (tt.applied != "") {
			t.Errorf("%s: applied %q, Vary %q, body %q", tt.name, got, rec.Header().Get("Vary"), rec.Body)
		}
	}
}

// RFC 7809 §3.1: an event in a zone of the IANA database needs no VTIMEZONE, and
// is where that zone is.
func TestPut_ZoneByName(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	e := strings.Replace(event("e", "20260701T090000Z"), "DTSTART:20260701T090000Z", "DTSTART;TZID=America/New_York:20260701T090000", 1)
	s.put(s.path(calendar)+"e", e)
	s.want(s.do("REPORT", s.path(calendar), rangeQuery(`start="20260701T130000Z" end="20260701T130001Z"`)), http.StatusMultiStatus, "calendar/e</D:href>")
	if rec := s.do("REPORT", s.path(calendar), rangeQuery(`start="20260701T090000Z" end="20260701T100000Z"`)); strings.Contains(rec.Body.String(), "calendar/e") {
		t.Error("it is found where its clock would be in Greenwich")
	}
}

// RFC 9110 §13.1.4: a client that knows dates only can say so, and what is no
// date is no condition.
func TestIfUnmodifiedSince(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	path := s.path(cards) + "a"
	etag := s.put(path, card("a", "A"))
	modified := s.do("GET", path, "").Header().Get("Last-Modified")
	const old = "Tue, 01 Jan 2019 00:00:00 GMT"
	for _, tt := range []struct {
		name, method string
		headers      []string
		status       int
	}{
		{"changed since", "PUT", []string{"If-Unmodified-Since", old}, http.StatusPreconditionFailed},
		{"changed since, by DELETE", "DELETE", []string{"If-Unmodified-Since", old}, http.StatusPreconditionFailed},
		{"changed since, by PROPPATCH", "PROPPATCH", []string{"If-Unmodified-Since", old}, http.StatusMultiStatus}, // RFC 4918 §15.7: not its content
		{"an ETag counts more", "PUT", []string{"If-Unmodified-Since", old, "If-Match", etag}, http.StatusNoContent},
		{"no date", "PUT", []string{"If-Unmodified-Since", "yesterday"}, http.StatusNoContent},
		{"unchanged", "PUT", []string{"If-Unmodified-Since", modified}, http.StatusNoContent},
	} {
		body := ""
		switch tt.method {
		case "PUT":
			body = card("a", "A")
		case "PROPPATCH":
			body = `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="urn:x"/></D:prop></D:set></D:propertyupdate>`
		}
		if rec := s.do(tt.method, path, body, tt.headers...); rec.Code != tt.status {
			t.Errorf("%s: %d %s", tt.name, rec.Code, rec.Body)
		}
	}
	if rec := s.do("PUT", s.path(cards)+"new", card("new", "N"), "If-Unmodified-Since", old); rec.Code != http.StatusCreated {
		t.Errorf("what is not there: %d", rec.Code)
	}
}

// RFC 8144 appendix A: the older way to leave the collection out of its listing.
func TestDepth_Noroot(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	s.put(s.path(cards)+"a", card("a", "A"))
	for _, depth := range []string{"1,noroot", "1, noroot"} {
		answer := s.do("PROPFIND", s.path(cards), "", "Depth", depth).Body.String()
		if strings.Count(answer, "<D:response>") != 1 || !strings.Contains(answer, "contacts/a</D:href>") {
			t.Errorf("%s: %s", depth, answer)
		}
	}
}

// RFC 4791 §9.6, RFC 6352 §10.4: calendar-data and address-data stand among
// properties in reports, and are none.
func TestPropname_IsOfProperties(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	s.put(s.path(calendar)+"e", event("e", "20260101T000000Z"))
	s.put(s.path(cards)+"a", card("a", "A"))
	for _, path := range []string{s.path(calendar) + "e", s.path(cards) + "a"} {
		names := s.do("PROPFIND", path, `<propfind xmlns="DAV:"><propname/></propfind>`, "Depth", "0").Body.String()
		if !strings.Contains(names, "<D:getetag/>") || strings.Contains(names, "calendar-data") || strings.Contains(names, "address-data") {
			t.Error(names)
		}
	}
}

// RFC 3253 §3.8: a property is named by attributes, whose text may be anything;
// what cannot be an element's name would break the answer.
func TestExpandProperty_NameThatIsNone(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	for _, name := range []string{"", "a b", "x&gt;&lt;y/", "1", "D:owner", "a&#10;b", "é", "ok-1._"} {
		body := `<D:expand-property xmlns:D="DAV:"><D:property name="` + name + `" namespace="urn:x"/></D:expand-property>`
		rec := s.do("REPORT", s.path(cards), body)
		want := http.StatusBadRequest
		if name == "é" || name == "ok-1._" {
			want = http.StatusMultiStatus
		}
		if rec.Code != want {
			t.Errorf("%q: %d %s", name, rec.Code, rec.Body)
		}
		if _, err := davxml.Read(rec.Body, davxml.DefaultLimits); rec.Code == http.StatusMultiStatus && err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}
