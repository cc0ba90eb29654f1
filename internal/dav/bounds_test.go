package dav_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ksync/internal/dav"
)

// bounded is a server whose bounds can be reached.
func bounded(t *testing.T, change func(*dav.Limits)) *server {
	t.Helper()
	limits := dav.DefaultLimits
	change(&limits)
	return newServer(t, limits)
}

func repeating(rule string) string {
	return strings.Replace(event("r", "20260101T100000Z"), "SUMMARY", rule+"\r\nSUMMARY", 1)
}

// RFC 4791 §5.2.8, §5.3.2.1: what repeats too often is refused, by whatever it
// repeats; what never ends is not.
func TestBounds_Instances(t *testing.T) {
	t.Parallel()
	s := bounded(t, func(l *dav.Limits) { l.Instances = 20 })
	for _, tt := range []struct {
		name, rule string
		ok         bool
	}{
		{"as often as may be", "RRULE:FREQ=DAILY;COUNT=20", true},
		{"once too often", "RRULE:FREQ=DAILY;COUNT=21", false},
		{"a count that would take years to walk", "RRULE:FREQ=SECONDLY;COUNT=2000000000", false},
		{"until the last", "RRULE:FREQ=DAILY;UNTIL=20260120T100000Z", true},
		{"until the day after", "RRULE:FREQ=DAILY;UNTIL=20260121T100000Z", false},
		{"one left out", "RRULE:FREQ=DAILY;UNTIL=20260121T100000Z\r\nEXDATE:20260103T100000Z", true},
		{"one more beside the rule", "RRULE:FREQ=DAILY;COUNT=20\r\nRDATE:20270101T100000Z", false},
		{"for ever", "RRULE:FREQ=DAILY", true},
		{"until a year that means never", "RRULE:FREQ=DAILY;UNTIL=99991231T235959Z", true},
		{"every second of this year", "RRULE:FREQ=SECONDLY;UNTIL=20261231T235959Z", false},
		{"every second for ever", "RRULE:FREQ=SECONDLY", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec := s.do("PUT", s.path(calendar)+"r.ics", repeating(tt.rule))
			if tt.ok && rec.Code >= 300 {
				t.Errorf("%d %s", rec.Code, rec.Body)
			}
			if !tt.ok {
				s.want(rec, http.StatusForbidden, "<D:error", "<C:max-instances/></D:error>")
			}
		})
	}
	rec := s.do("PROPFIND", s.path(calendar), `<propfind xmlns="DAV:"><prop><max-instances xmlns="urn:ietf:params:xml:ns:caldav"/></prop></propfind>`, "Depth", "0")
	s.want(rec, http.StatusMultiStatus, "<C:max-instances>20</C:max-instances>")
}

func expand(start, end string) string {
	return `<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop><D:getetag/><C:calendar-data><C:expand start="` + start + `" end="` + end +
		`"/></C:calendar-data></D:prop><C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>`
}

// RFC 4791 §9.6.5: what repeats is spelt out up to a bound for each object and
// one for the answer; beyond it the client is told, and still sees that the
// object is there.
func TestBounds_Expand(t *testing.T) {
	t.Parallel()
	s := bounded(t, func(l *dav.Limits) { l.Repetitions = 20 })
	path := s.path(calendar)
	put := func(name, rule string) {
		s.put(path+name, strings.Replace(repeating(rule), "UID:r", "UID:"+name, 1))
	}
	put("a.ics", "RRULE:FREQ=DAILY")
	rec := s.do("REPORT", path, expand("20260101T000000Z", "20260121T000000Z"))
	if n := strings.Count(rec.Body.String(), "RECURRENCE-ID:"); n != 20 {
		t.Errorf("%d repetitions, want 20", n)
	}
	s.want(s.do("REPORT", path, expand("20260101T000000Z", "20260122T000000Z")), http.StatusMultiStatus,
		`<D:getetag>`, `<D:prop><C:calendar-data/></D:prop><D:status>HTTP/1.1 403 Forbidden</D:status><D:error><C:max-instances/></D:error>`)
	put("b.ics", "RRULE:FREQ=DAILY;COUNT=15")
	rec = s.do("REPORT", path, expand("20260101T000000Z", "20260111T000000Z"))
	if n := strings.Count(rec.Body.String(), "RECURRENCE-ID:"); n != 20 {
		t.Errorf("%d repetitions of two, want 20", n)
	}
	rec = s.do("REPORT", path, expand("20260101T000000Z", "20260115T000000Z"))
	s.want(rec, http.StatusMultiStatus, `b.ics</D:href>`,
		`<D:prop><C:calendar-data/></D:prop><D:status>HTTP/1.1 507 Insufficient Storage</D:status><D:error><D:number-of-matches-within-limits/></D:error>`)
}

// RFC 4791 §7.10: too many busy times are too many for an answer.
func TestBounds_FreeBusy(t *testing.T) {
	t.Parallel()
	s := bounded(t, func(l *dav.Limits) { l.Repetitions = 5 })
	s.put(s.path(calendar)+"r.ics", repeating("RRULE:FREQ=DAILY"))
	ask := func(end string) string {
		return `<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav"><C:time-range start="20260101T000000Z" end="` + end + `"/></C:free-busy-query>`
	}
	s.want(s.do("REPORT", s.path(calendar), ask("20260106T000000Z")), http.StatusOK, "FREEBUSY;FBTYPE=BUSY:20260105T100000Z/20260105T110000Z")
	s.want(s.do("REPORT", s.path(calendar), ask("20260107T000000Z")), http.StatusForbidden, "<D:number-of-matches-within-limits/></D:error>")
}

// RFC 4791 §5.2.6, §5.2.7: what is told to be the first and the last time can be
// stored, and asked for.
func TestBounds_Dates(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	rec := s.do("PROPFIND", s.path(calendar), `<propfind xmlns="DAV:"><prop><min-date-time xmlns="urn:ietf:params:xml:ns:caldav"/><max-date-time xmlns="urn:ietf:params:xml:ns:caldav"/></prop></propfind>`, "Depth", "0")
	s.want(rec, http.StatusMultiStatus, "<C:min-date-time>00000101T000000Z</C:min-date-time>", "<C:max-date-time>99991231T235959Z</C:max-date-time>")
	for i, start := range []string{"00000101T000000Z", "99991231T235959Z"} {
		path := fmt.Sprint(s.path(calendar), i)
		s.put(path, strings.Replace(event(fmt.Sprint(i), start), "DURATION:PT1H\r\n", "", 1))
		s.want(s.do("REPORT", path, rangeQuery(`start="`+start+`"`)), http.StatusMultiStatus, "<D:getetag>")
	}
	all := s.do("REPORT", s.path(calendar), rangeQuery(`start="00000101T000000Z" end="99991231T235959Z"`))
	s.want(all, http.StatusMultiStatus, "calendar/0</D:href>")
}

func mkcalendar(props string) string {
	return `<C:mkcalendar xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:set><D:prop>` + props + `</D:prop></D:set></C:mkcalendar>`
}

func proppatch(props string) string {
	return `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop>` + props + `</D:prop></D:set></D:propertyupdate>`
}

// subscription is a DAV:source of Apple's, with something at the end of its address.
func subscription(end string) string {
	return `<source xmlns="http://calendarserver.org/ns/"><D:href>webcal://x/` + end + `</D:href></source>`
}

// Conditions, names and what is followed are bounded for every kind.
func TestBounds_Requests(t *testing.T) {
	t.Parallel()
	s := bounded(t, func(l *dav.Limits) {
		l.FilterParts, l.Hrefs, l.Expand, l.Property = 10, 3, 1, 100
		l.XML.Bytes, l.XML.Depth, l.XML.Elements = 4000, 12, 60
	})
	filter := func(space, inner string) string {
		return `<C:` + inner[:strings.Index(inner, "|")] + ` xmlns:C="urn:ietf:params:xml:ns:` + space + `" xmlns:D="DAV:"><D:prop><D:getetag/></D:prop><C:filter>` +
			inner[strings.Index(inner, "|")+1:] + `</C:filter></C:` + inner[:strings.Index(inner, "|")] + `>`
	}
	hrefs := ""
	for i := range 4 {
		hrefs += fmt.Sprintf("<D:href>/x%d</D:href>", i)
	}
	s.want(s.do("MKCALENDAR", s.path("/dav/calendars/%d/subscribed/"), mkcalendar(subscription(""))), http.StatusCreated)
	for _, tt := range []struct {
		name, method, path, body string
		status                   int
		text                     string
	}{
		{"conditions of a calendar-query", "REPORT", calendar,
			filter("caldav", `calendar-query|<C:comp-filter name="VCALENDAR">`+strings.Repeat(`<C:prop-filter name="X"/>`, 10)+`</C:comp-filter>`), 403, "<C:valid-filter/>"},
		{"conditions of an addressbook-query", "REPORT", cards,
			filter("carddav", `addressbook-query|`+strings.Repeat(`<C:prop-filter name="X"/>`, 11)), 403, "<CR:supported-filter/>"},
		{"nested conditions", "REPORT", calendar,
			filter("caldav", `calendar-query|`+strings.Repeat(`<C:comp-filter name="VCALENDAR">`, 10)+strings.Repeat(`</C:comp-filter>`, 10)), 403, "<C:valid-filter/>"},
		{"hrefs of a multiget", "REPORT", cards,
			`<C:addressbook-multiget xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:D="DAV:"><D:prop/>` + hrefs + `</C:addressbook-multiget>`, 403, "<D:number-of-matches-within-limits/>"},
		{"resources of an expand-property", "REPORT", "/dav/principals/%d/",
			`<D:expand-property xmlns:D="DAV:"><D:property name="owner"><D:property name="displayname"/></D:property><D:property name="principal-URL"><D:property name="displayname"/></D:property></D:expand-property>`,
			207, "<D:status>HTTP/1.1 507 Insufficient Storage</D:status>"},
		{"a dead property", "PROPPATCH", cards,
			proppatch(`<x xmlns="urn:x">` + strings.Repeat("y", 200) + `</x>`), 207, "507 Insufficient Storage"},
		{"a live property", "PROPPATCH", cards,
			proppatch(`<D:displayname>` + strings.Repeat("y", 200) + `</D:displayname>`), 207, "507 Insufficient Storage"},
		{"a property of a new collection", "MKCALENDAR", "/dav/calendars/%d/new/",
			mkcalendar(`<D:displayname>` + strings.Repeat("y", 200) + `</D:displayname>`), 207, "507 Insufficient Storage"},
		{"where a subscription comes from", "MKCALENDAR", "/dav/calendars/%d/new/", mkcalendar(subscription(strings.Repeat("y", 200))), 207, "507 Insufficient Storage"},
		{"where it shall come from now", "PROPPATCH", "/dav/calendars/%d/subscribed/", proppatch(subscription(strings.Repeat("y", 200))), 207, "507 Insufficient Storage"},
		{"the size of a request", "PROPFIND", cards, `<D:propfind xmlns:D="DAV:">` + strings.Repeat(" ", 4000) + `<D:allprop/></D:propfind>`, 413, ""},
		{"the depth of a request", "PROPFIND", cards, strings.Repeat(`<a>`, 13) + strings.Repeat(`</a>`, 13), 400, ""},
		{"the elements of a request", "PROPFIND", cards, `<D:propfind xmlns:D="DAV:">` + strings.Repeat(`<a/>`, 61) + `</D:propfind>`, 400, ""},
	} {
		t.Run(tt.name, func(t *testing.T) { s.want(s.do(tt.method, s.path(tt.path), tt.body), tt.status, tt.text) })
	}
}

// RFC 4331 §6: what does not fit into the quota names it, and the rest of the
// account can still be read.
func TestBounds_Quota(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	s.setQuota(1000)
	s.put(s.path(cards)+"a", card("a", "A"))
	s.want(s.do("PUT", s.path(cards)+"b", card("b", strings.Repeat("x", 1000))), http.StatusInsufficientStorage, "<D:quota-not-exceeded/></D:error>")
	rec := s.do("PROPFIND", s.path(cards), `<propfind xmlns="DAV:"><prop><quota-used-bytes/><quota-available-bytes/></prop></propfind>`, "Depth", "0")
	s.want(rec, http.StatusMultiStatus, fmt.Sprintf("<D:quota-used-bytes>%d</D:quota-used-bytes><D:quota-available-bytes>%d</D:quota-available-bytes>",
		len(card("a", "A")), 1000-len(card("a", "A"))))
}

// RFC 4918 §9.2.1, §9.3: what the store has no place for is 507: of a property in
// the answer about it, of a collection as a whole.
func TestBounds_OfTheStore(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	set := func(from, to int) string {
		props := ""
		for i := from; i < to; i++ {
			props += fmt.Sprintf(`<p%d xmlns="urn:x">1</p%d>`, i, i)
		}
		return `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:displayname>n</D:displayname>` + props + `</D:prop></D:set></D:propertyupdate>`
	}
	s.want(s.do("PROPPATCH", s.path(cards), set(0, 100)), http.StatusMultiStatus, "200 OK")
	rec := s.do("PROPPATCH", s.path(cards), set(100, 101))
	s.want(rec, http.StatusMultiStatus, `<p100 xmlns="urn:x"/></D:prop><D:status>HTTP/1.1 507 Insufficient Storage`, `<D:displayname/></D:prop><D:status>HTTP/1.1 424`)
	status := 0
	for i := 0; i < 600 && status != http.StatusInsufficientStorage; i++ {
		if status = s.do("MKCALENDAR", fmt.Sprintf("%sx%d/", s.path("/dav/calendars/%d/"), i), "").Code; status != http.StatusCreated && status != http.StatusInsufficientStorage {
			t.Fatalf("collection %d: %d", i, status)
		}
	}
	if status != http.StatusInsufficientStorage {
		t.Error("no bound on collections")
	}
}
