package dav_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/dav"
	"ksync/store"
)

func syncBody(token, limit string) string {
	if limit != "" {
		limit = "<D:limit><D:nresults>" + limit + "</D:nresults></D:limit>"
	}
	return `<D:sync-collection xmlns:D="DAV:"><D:sync-token>` + token + `</D:sync-token><D:sync-level>1</D:sync-level>` +
		limit + `<D:prop><D:getetag/></D:prop></D:sync-collection>`
}

var tokenIn = regexp.MustCompile(`<D:sync-token>([^<]*)</D:sync-token>`)

func tokenOf(t *testing.T, rec *httptest.ResponseRecorder) string {
	t.Helper()
	m := tokenIn.FindStringSubmatch(rec.Body.String())
	if rec.Code != http.StatusMultiStatus || m == nil {
		t.Fatalf("no token: %d %s", rec.Code, rec.Body)
	}
	return m[1]
}

// RFC 6578 §3.6: a page ends with 507 for the collection and the token of the
// last change in it; following the tokens tells everything once.
func TestSync_Pages(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	book := s.path(cards)
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		s.put(book+name, card(name, name))
	}
	seen, token, pages := "", "", 0
	for more := true; more; pages++ {
		rec := s.do("REPORT", book, syncBody(token, "2"))
		token = tokenOf(t, rec)
		for _, m := range regexp.MustCompile(`contacts/(\w)</D:href>`).FindAllStringSubmatch(rec.Body.String(), -1) {
			seen += m[1]
		}
		more = strings.Contains(rec.Body.String(), "507 Insufficient Storage")
	}
	if seen != "abcde" || pages != 3 {
		t.Errorf("saw %q in %d pages", seen, pages)
	}
	s.do("DELETE", book+"b", "")
	rec := s.do("REPORT", book, syncBody(token, ""))
	s.want(rec, http.StatusMultiStatus, `contacts/b</D:href><D:status>HTTP/1.1 404 Not Found</D:status>`)
}

// hardening.md F32: a token that this collection never gave out is not believed.
func TestSync_ForgedTokens(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	token := tokenOf(t, s.do("REPORT", s.path(cards), syncBody("", "")))
	other := tokenOf(t, s.do("REPORT", s.path("/dav/calendars/%d/calendar/"), syncBody("", "")))
	number := regexp.MustCompile(`\d+$`)
	for name, forged := range map[string]string{
		"another collection's": other,
		"from the future":      number.ReplaceAllString(token, "1000000"),
		"negative":             number.ReplaceAllString(token, "-1"),
		"zero":                 number.ReplaceAllString(token, "0"),
		"overflowing":          number.ReplaceAllString(token, "99999999999999999999"),
		"another server's":     "http://sabre.io/ns/sync/17",
		"macOS's UUID":         "9E5B1C1E-28C2-4E4C-B2F9-0B6C9A4D4C55",
	} {
		t.Run(name, func(t *testing.T) {
			s.want(s.do("REPORT", s.path(cards), syncBody(forged, "")), http.StatusForbidden, "<D:valid-sync-token/>")
			// Thunderbird begins anew only on 400 (clients.md 5.1).
			rec := s.do("REPORT", s.path(cards), syncBody(forged, ""), "User-Agent", "Mozilla/5.0 Thunderbird/140.0")
			s.want(rec, http.StatusBadRequest, "<D:valid-sync-token/>")
		})
	}
}

// design.md §5.5: when the database is gone, no client is told that its data is.
func TestFault_IsNeverAnAnswer(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	s.put(s.path(cards)+"a", card("a", "A"))
	token := tokenOf(t, s.do("REPORT", s.path(cards), syncBody("", "")))
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	multiget := `<C:addressbook-multiget xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:D="DAV:"><D:prop><D:getetag/></D:prop><D:href>` +
		s.path(cards) + `a</D:href></C:addressbook-multiget>`
	query := `<C:addressbook-query xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:D="DAV:"><D:prop><D:getetag/></D:prop></C:addressbook-query>`
	for _, tt := range []struct{ name, method, path, body string }{
		{"home", "PROPFIND", s.path("/dav/addressbooks/%d/"), ""},
		{"collection", "PROPFIND", s.path(cards), ""},
		{"object", "GET", s.path(cards) + "a", ""},
		{"whole collection", "GET", s.path(cards), ""},
		{"sync", "REPORT", s.path(cards), syncBody(token, "")},
		{"first sync", "REPORT", s.path(cards), syncBody("", "")},
		{"multiget", "REPORT", s.path(cards), multiget},
		{"query", "REPORT", s.path(cards), query},
		{"put", "PUT", s.path(cards) + "b", card("b", "B")},
		{"post", "POST", s.path(cards) + "?add-member", card("b", "B")},
		{"delete", "DELETE", s.path(cards) + "a", ""},
		{"delete collection", "DELETE", s.path(cards), ""},
		{"mkcol", "MKCALENDAR", s.path("/dav/calendars/%d/x/"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec := s.do(tt.method, tt.path, tt.body, "Depth", "1", "Content-Type", "text/vcard")
			if rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") == "" {
				t.Errorf("%d %v %s", rec.Code, rec.Header(), rec.Body)
			}
		})
	}
}

// The rights of every scope on every kind of collection, by what a client does.
func TestRights_Scopes(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	paths := map[string]string{
		"contacts": s.path(cards), "calendars": s.path("/dav/calendars/%d/calendar/"), "tasks": s.path("/dav/calendars/%d/tasks/"),
	}
	bodies := map[string]string{
		"contacts": card("1", "A"), "calendars": event("1", "20260101T100000Z"),
		"tasks": strings.ReplaceAll(strings.ReplaceAll(event("1", "20260101T100000Z"), "VEVENT", "VTODO"), "DURATION:PT1H\r\n", ""),
	}
	types := map[string]string{"contacts": "text/vcard", "calendars": "text/calendar", "tasks": "text/calendar"}
	for _, scope := range []string{"contacts", "contacts:ro", "calendars", "calendars:ro", "tasks", "tasks:ro", "contacts,calendars,tasks"} {
		granted, err := store.ParseScope(scope)
		if err != nil {
			t.Fatal(err)
		}
		s.actor.Scope = granted
		for area, path := range paths {
			read := strings.Contains(scope, area)
			write := read && !strings.Contains(scope, ":ro")
			if got := s.do("PROPFIND", path, "", "Depth", "0").Code == http.StatusMultiStatus; got != read {
				t.Errorf("%s reads %s: %v", scope, area, got)
			}
			if got := s.do("GET", path, "").Code == http.StatusOK; got != read {
				t.Errorf("%s reads the whole of %s: %v", scope, area, got)
			}
			rec := s.do("PUT", path+"x", bodies[area])
			if got := rec.Code < 300; got != write {
				t.Errorf("%s writes %s: %d %s", scope, area, rec.Code, rec.Body)
			}
			post := s.do("POST", path+"?add-member", strings.ReplaceAll(bodies[area], "UID:1", "UID:new "+scope), "Content-Type", types[area])
			if got := post.Code == http.StatusCreated; got != write || !write && post.Code != http.StatusForbidden {
				t.Errorf("%s posts to %s: %d %s", scope, area, post.Code, post.Body)
			}
			if !write && rec.Code != http.StatusForbidden {
				t.Errorf("%s writes %s: %d", scope, area, rec.Code)
			}
			rec = s.do("PROPFIND", path, `<D:propfind xmlns:D="DAV:"><D:prop><D:current-user-privilege-set/></D:prop></D:propfind>`, "Depth", "0")
			if got := strings.Contains(rec.Body.String(), "<D:write-content/>"); got != write {
				t.Errorf("%s is told it may write %s: %v", scope, area, got)
			}
		}
	}
}

// Another account's things: its homes are forbidden whether they exist or not,
// and nothing below them can be told from what is not there.
func TestRights_Strangers(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	s.put(s.path(cards)+"a", card("a", "A"))
	path := s.path(cards) + "a"
	own := s.actor.Account.ID
	stranger := s.actor
	stranger.Account.ID, stranger.Account.Login = own%1000+1, "otto"
	s.actor = stranger
	for _, tt := range []struct {
		method, path string
		status       int
	}{
		{"PROPFIND", path[:strings.Index(path, "contacts")], http.StatusForbidden},
		{"PROPFIND", strings.Replace(path[:strings.Index(path, "contacts")], "addressbooks", "principals", 1), http.StatusForbidden},
		{"PROPFIND", "/dav/addressbooks/999999/", http.StatusForbidden},
		{"PROPFIND", path[:strings.LastIndex(path, "/")+1], http.StatusForbidden},
		{"PROPFIND", path[:strings.LastIndex(path, "/")] + "x/", http.StatusForbidden},
		{"GET", path, http.StatusNotFound},
		{"GET", path[:strings.LastIndex(path, "/")+1], http.StatusForbidden},
		{"POST", path[:strings.LastIndex(path, "/")+1] + "?add-member", http.StatusForbidden},
		{"PUT", path, http.StatusForbidden},
		{"DELETE", path, http.StatusNotFound},
		{"DELETE", path + "nothing", http.StatusNotFound},
		{"PROPPATCH", path, http.StatusNotFound},
		{"REPORT", path[:strings.LastIndex(path, "/")+1], http.StatusForbidden},
	} {
		body := ""
		switch tt.method {
		case "PUT":
			body = card("b", "B")
		case "REPORT":
			body = syncBody("", "")
		case "PROPPATCH":
			body = `<D:propertyupdate xmlns:D="DAV:"/>`
		}
		if rec := s.do(tt.method, tt.path, body); rec.Code != tt.status {
			t.Errorf("%s %s: %d, want %d", tt.method, tt.path, rec.Code, tt.status)
		}
	}
	// A copy out of, and into, somebody else's.
	rec := s.do("COPY", path, "", "Destination", strings.Replace(path, "/"+itoa(own)+"/", "/"+itoa(stranger.Account.ID)+"/", 1))
	if rec.Code != http.StatusNotFound {
		t.Errorf("COPY: %d", rec.Code)
	}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// Sizes are refused before they are read to the end.
func TestPut_TooLarge(t *testing.T) {
	t.Parallel()
	limits := dav.DefaultLimits
	limits.Object = 300
	s := newServer(t, limits)
	big := card("a", strings.Repeat("x", 400))
	s.want(s.do("PUT", s.path(cards)+"a", big), http.StatusRequestEntityTooLarge, "<CR:max-resource-size/>")
	r := httptest.NewRequest("PUT", s.path(cards)+"a", &endless{})
	r.ContentLength = -1
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	s.want(rec, http.StatusRequestEntityTooLarge)
	for _, headers := range [][]string{{"Content-Encoding", "gzip"}, {"Content-Range", "bytes 0-1/2"}} {
		if rec := s.do("PUT", s.path(cards)+"a", card("a", "A"), headers...); rec.Code/100 != 4 {
			t.Errorf("%v: %d", headers, rec.Code)
		}
	}
}

// endless gives bytes for ever; reading much of it is the failure.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	if e.n += len(p); e.n > 1<<20 {
		panic("read on past the limit")
	}
	return len(p), nil
}

// A multiget may name large objects: they are read one at a time, and come
// back whole and in the order asked.
func TestMultiget_LargeAndSmall(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	book := s.path(cards)
	large := card("big", strings.Repeat("y", 100_000))
	s.put(book+"big", large)
	s.put(book+"small", card("small", "S"))
	rec := s.do("REPORT", book, `<C:addressbook-multiget xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:D="DAV:"><D:prop><D:getetag/><C:address-data/></D:prop>`+
		`<D:href>http://example.com`+book+`small</D:href><D:href>`+book+`big</D:href><D:href>`+book+`none</D:href><D:href>/elsewhere</D:href></C:addressbook-multiget>`)
	answer := rec.Body.String()
	s.want(rec, http.StatusMultiStatus, "FN:S", "404 Not Found", "/elsewhere")
	if strings.Count(answer, strings.Repeat("y", 1000)) == 0 || strings.Index(answer, "contacts/small") > strings.Index(answer, "contacts/big") {
		t.Error("not both, or not in order")
	}
}

// Apple's ctag of a home changes with whatever is below it, and with nothing else.
func TestCtag_OfAHome(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	home := s.path("/dav/addressbooks/%d/")
	ctag := func() string {
		rec := s.do("PROPFIND", home, `<propfind xmlns="DAV:"><prop><getctag xmlns="http://calendarserver.org/ns/"/></prop></propfind>`, "Depth", "0")
		return regexp.MustCompile(`<CS:getctag>([^<]+)<`).FindString(rec.Body.String())
	}
	last := ctag()
	if last == "" || last != ctag() {
		t.Errorf("%q, then %q", last, ctag())
	}
	for _, change := range []struct{ name, method, path, body string }{
		{"a card", "PUT", home + "contacts/a", card("a", "A")},
		{"a card less", "DELETE", home + "contacts/a", ""},
		{"a book less", "DELETE", home + "contacts/", ""},
	} {
		s.do(change.method, change.path, change.body)
		if now := ctag(); now == last {
			t.Errorf("%s: the ctag stays %s", change.name, now)
		} else {
			last = now
		}
	}
}

// RFC 6578 §5: the sync token of a collection is a state that the If header can
// ask for, in a request about a member as well.
func TestSync_TokenInIf(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	book := s.path(cards)
	token := tokenOf(t, s.do("REPORT", book, syncBody("", "")))
	condition := "<" + book + "> (<" + token + ">)"
	if rec := s.do("PUT", book+"a", card("a", "A"), "If", condition); rec.Code != http.StatusCreated {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	for _, tt := range []struct{ method, path, body string }{
		{"PUT", book + "a", card("a", "B")},
		{"PUT", book + "b", card("b", "B")},
		{"DELETE", book + "a", ""},
		{"PROPPATCH", book, `<D:propertyupdate xmlns:D="DAV:"/>`},
		{"DELETE", book, ""},
	} {
		if rec := s.do(tt.method, tt.path, tt.body, "If", condition); rec.Code != http.StatusPreconditionFailed {
			t.Errorf("%s %s: %d", tt.method, tt.path, rec.Code)
		}
	}
	now := tokenOf(t, s.do("REPORT", book, syncBody(token, "")))
	if rec := s.do("DELETE", book, "", "If", "(<"+now+">)"); rec.Code != http.StatusNoContent {
		t.Errorf("with the token of now: %d %s", rec.Code, rec.Body)
	}
}

// RFC 4918 §9.2: a live text that other means than PROPPATCH have changed is
// told as it is now, without the attributes of the old one.
func TestProps_AttributesGoWithTheirText(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	path := s.path("/dav/calendars/%d/calendar/")
	s.do("PROPPATCH", path, `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:displayname xml:lang="de">Termine</D:displayname></D:prop></D:set></D:propertyupdate>`)
	ask := `<propfind xmlns="DAV:"><prop><displayname/></prop></propfind>`
	s.want(s.do("PROPFIND", path, ask, "Depth", "0"), http.StatusMultiStatus, `xml:lang="de">Termine</D:displayname>`)
	c, err := s.store.Collection(t.Context(), s.actor.Account.ID, store.Calendar, "calendar")
	if err != nil {
		t.Fatal(err)
	}
	rename := func(c *store.Collection) error { c.DisplayName = "Diary"; return nil }
	if err := s.store.UpdateCollection(t.Context(), c.Account, c.ID, rename, nil, nil); err != nil {
		t.Fatal(err)
	}
	s.want(s.do("PROPFIND", path, ask, "Depth", "0"), http.StatusMultiStatus, `<D:displayname>Diary</D:displayname>`)
}

// RFC 4918 §15.4–§15.7: the properties that stand for headers of GET say the same,
// and a property of a client is no change of the content.
func TestProps_AreThoseOfGet(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	for path, body := range map[string]string{
		s.path(cards) + "a": card("a", "Zoë"), s.path("/dav/calendars/%d/calendar/") + "e": event("e", "20260101T000000Z"),
	} {
		s.put(path, body)
		before := s.do("GET", path, "").Header()
		s.do("PROPPATCH", path, `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="urn:x">y</x></D:prop></D:set></D:propertyupdate>`)
		get := s.do("GET", path, "").Header()
		head := s.do("HEAD", path, "").Header()
		rec := s.do("PROPFIND", path, `<propfind xmlns="DAV:"><prop><getcontentlength/><getcontenttype/><getetag/><getlastmodified/><getcontentlanguage/></prop></propfind>`, "Depth", "0")
		answer := html.UnescapeString(rec.Body.String())
		for prop, header := range map[string]string{
			"getcontentlength": "Content-Length", "getcontenttype": "Content-Type", "getetag": "ETag", "getlastmodified": "Last-Modified",
		} {
			value := get.Get(header)
			if value == "" || value != before.Get(header) || value != head.Get(header) || !strings.Contains(answer, "<D:"+prop+">"+value+"</D:"+prop+">") {
				t.Errorf("%s: %s is %q before, %q after a PROPPATCH, %q by HEAD, in %s", path, header, before.Get(header), value, head.Get(header), answer)
			}
		}
		s.want(rec, http.StatusMultiStatus, `<D:prop><D:getcontentlanguage/></D:prop><D:status>HTTP/1.1 404 Not Found</D:status>`)
	}
}

// A query by content knows less of an object than PROPFIND: what it is asked for must not need more.
func TestQuery_AnswersLikePropfind(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	path := s.path("/dav/addressbooks/%d/contacts/")
	s.put(path+"a.vcf", card("a", "Ann"))
	for _, prop := range []string{"resourcetype", "getetag", "getcontenttype", "getcontentlength", "getlastmodified", "creationdate", "supportedlock", "owner", "acl",
		"current-user-principal", "current-user-privilege-set", "supported-report-set", "parent-set", "resource-id", "displayname", "sync-token"} {
		asked := `<D:prop xmlns:D="DAV:"><D:` + prop + `/></D:prop>`
		want := s.do("PROPFIND", path+"a.vcf", `<D:propfind xmlns:D="DAV:">`+asked+`</D:propfind>`, "Depth", "0")
		got := s.do("REPORT", path, `<C:addressbook-query xmlns:C="urn:ietf:params:xml:ns:carddav">`+asked+
			`<C:filter><C:prop-filter name="FN"><C:text-match>ann</C:text-match></C:prop-filter></C:filter></C:addressbook-query>`, "Depth", "1")
		if diff := cmp.Diff(want.Body.String(), got.Body.String()); diff != "" {
			t.Errorf("%s (-PROPFIND +query):\n%s", prop, diff)
		}
	}
}
