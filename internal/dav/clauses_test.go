package dav_test

import (
	"net/http"
	"strings"
	"testing"

	"ksync/internal/dav"
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
		body, method := "", "MKCALENDAR"
		if strings.Contains(path, "addressbooks") {
			body, method = `<D:mkcol xmlns:D="DAV:"><D:set><D:prop><D:resourcetype><D:collection/><C:addressbook xmlns:C="urn:ietf:params:xml:ns:carddav"/></D:resourcetype></D:prop></D:set></D:mkcol>`, "MKCOL"
		}
		s.want(s.do(method, s.path(path), body), http.StatusForbidden, "<D:need-privileges><D:resource><D:href>")
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
	s.want(rec, http.StatusOK, "DTSTART:20260101T000000Z\r\nDTEND:20260201T000000Z\r\n")
	if strings.Count(answer, "BEGIN:VFREEBUSY") != 1 || strings.Contains(answer, "\nFREEBUSY") {
		t.Error(answer)
	}
}
