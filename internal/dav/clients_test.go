package dav_test

import (
	"net/http"
	"strings"
	"testing"

	"ksync/internal/dav"
	"ksync/store"
)

// RFC 9110 §15.5.6: a 405 names the methods that are there, each whole, without
// the one that is not. PATCH is the end of PROPPATCH.
func TestAllow_OfAMethodThatIsNotThere(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	all := s.do("OPTIONS", "/dav/", "").Header().Get("Allow")
	for method, want := range map[string]string{
		"PATCH": all, "LOCK": all, "ET": all,
		"PUT": strings.Replace(all, " PUT,", "", 1), "MKCALENDAR": strings.Replace(all, " MKCALENDAR,", "", 1),
	} {
		rec := s.do(method, s.path(calendar), "")
		if got := rec.Header().Get("Allow"); rec.Code != http.StatusMethodNotAllowed || got != want {
			t.Errorf("%s: %d %s, want %s", method, rec.Code, got, want)
		}
	}
}

// RFC 3744 §7.1.1: what is refused for want of a privilege says of which, and on
// which resource: that whose members would change, for what adds and removes one.
func TestNeedPrivileges_SaysWhich(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	s.put(s.path(calendar)+"a.ics", event("a", "20260101T100000Z"))
	for _, tt := range []struct{ scope, method, path, on, privilege string }{
		{"calendars:ro", "PUT", calendar + "a.ics", calendar, "write-content"},
		{"calendars:ro", "POST", calendar + "?add-member", calendar, "bind"},
		{"calendars:ro", "DELETE", calendar + "a.ics", calendar, "unbind"},
		{"calendars:ro", "MOVE", calendar + "a.ics", calendar, "unbind"},
		{"calendars:ro", "COPY", calendar + "a.ics", calendar, "bind"},
		{"calendars:ro", "DELETE", calendar, "/dav/calendars/%d/", "unbind"},
		{"calendars:ro", "PROPPATCH", calendar, calendar, "write-properties"},
		{"calendars:ro", "PROPPATCH", "/dav/calendars/%d/", "/dav/calendars/%d/", "write-properties"},
		{"contacts:ro,calendars:ro", "PROPPATCH", "/dav/principals/%d/", "/dav/principals/%d/", "write-properties"},
		{"contacts", "PROPFIND", calendar, calendar, "read"},
		{"contacts,calendars,tasks", "DELETE", "/dav/calendars/%d/", "/dav/calendars/", "unbind"},
		{"contacts,calendars,tasks", "PROPPATCH", "/dav/", "/dav/", "write-properties"},
	} {
		granted, err := store.ParseScope(tt.scope)
		if err != nil {
			t.Fatal(err)
		}
		s.actor.Scope = granted
		body, on := "", tt.on
		switch tt.method {
		case "PROPPATCH":
			body = proppatch("")
		case "PUT":
			body = event("a", "20260101T100000Z")
		}
		if strings.Contains(on, "%d") {
			on = s.path(on)
		}
		path := tt.path
		if strings.Contains(path, "%d") {
			path = s.path(path)
		}
		rec := s.do(tt.method, path, body, "Destination", s.path(calendar)+"b.ics", "Content-Type", "text/calendar")
		s.want(rec, http.StatusForbidden, "<D:need-privileges><D:resource><D:href>"+on+"</D:href><D:privilege><D:"+tt.privilege+"/></D:privilege></D:resource></D:need-privileges>")
	}
}

// RFC 4918 §14.24: an href is in a multistatus once, in however many spellings it
// was asked for, and whether there is something or not.
func TestMultiget_TellsAnHrefOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	path := s.path(calendar)
	s.put(path+"a@b.ics", event("a", "20260101T100000Z"))
	rec := s.do("REPORT", path, `<C:calendar-multiget xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><D:getetag/></D:prop>
		<D:href>`+path+`a@b.ics</D:href><D:href>`+path+`a%40b.ics</D:href><D:href>https://sync.example.org`+path+`a@b.ics</D:href>
		<D:href>`+path+`none</D:href><D:href>`+path+`none</D:href><D:href>what</D:href><D:href>what</D:href></C:calendar-multiget>`)
	answer := rec.Body.String()
	s.want(rec, http.StatusMultiStatus)
	for _, href := range []string{path + "a@b.ics", path + "none", "what"} {
		if n := strings.Count(answer, "<D:href>"+href+"</D:href>"); n != 1 {
			t.Errorf("%s is there %d times: %s", href, n, answer)
		}
	}
	if n := strings.Count(answer, "<D:response>"); n != 3 {
		t.Errorf("%d responses: %s", n, answer)
	}
}

// Who was set up with a path that has the login in it is led to the one with the
// id, and writes the login into headers and bodies all the same.
func TestPath_OfTheOwnLogin(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	own, path := "/dav/calendars/Anna/calendar/", s.path(calendar)
	s.put(path+"a.ics", event("a", "20260101T100000Z"))
	rec := s.do("POST", own+"?add-member", "")
	if got := rec.Header().Get("Location"); rec.Code != http.StatusPermanentRedirect || got != path+"?add-member" {
		t.Errorf("%d %s", rec.Code, got)
	}
	rec = s.do("MOVE", path+"a.ics", "", "Destination", own+"b.ics", "If", "<"+own+"a.ics> (Not <DAV:no-lock>)")
	if got := rec.Header().Get("Location"); rec.Code != http.StatusCreated || got != path+"b.ics" {
		t.Errorf("%d %s %s", rec.Code, got, rec.Body)
	}
	rec = s.do("REPORT", path, `<C:calendar-multiget xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><D:getetag/></D:prop><D:href>`+own+`b.ics</D:href></C:calendar-multiget>`)
	s.want(rec, http.StatusMultiStatus, "<D:href>"+path+"b.ics</D:href><D:propstat>")
	rec = s.do("PROPFIND", "/dav/calendars/otto/", "")
	s.want(rec, http.StatusForbidden, "<D:href>/dav/calendars/otto/</D:href>")
}

// RFC 9110 §8.4, §15.5.16: a body in a coding that is not read is refused as one,
// not as a body that is wrong.
func TestBody_InACoding(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	for _, method := range []string{"PROPFIND", "PROPPATCH", "REPORT"} {
		s.want(s.do(method, s.path(calendar), "\x1f\x8b", "Content-Encoding", "gzip"), http.StatusUnsupportedMediaType)
	}
	s.want(s.do("MKCALENDAR", s.path("/dav/calendars/%d/new/"), "\x1f\x8b", "Content-Encoding", "gzip"), http.StatusUnsupportedMediaType)
}
