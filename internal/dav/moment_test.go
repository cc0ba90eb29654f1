package dav_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ksync/internal/dav"
	"ksync/store"
	"ksync/store/storetest"
)

// meanwhile is a client that does something else when the first piece of an
// answer has come.
type meanwhile struct {
	*httptest.ResponseRecorder
	do func()
}

func (m *meanwhile) Write(p []byte) (int, error) {
	if do := m.do; do != nil {
		m.do = nil
		do()
	}
	return m.ResponseRecorder.Write(p)
}

// during sends a request, and does something once its answer has begun.
func (s *server) during(method, path, body string, do func(), headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	m := &meanwhile{httptest.NewRecorder(), do}
	s.ServeHTTP(m, r)
	if m.do != nil {
		s.t.Fatalf("%s had no answer: %d", method, m.Code)
	}
	return m.ResponseRecorder
}

// brokenOff is during, of an answer that may be cut short.
func (s *server) brokenOff(method, path, body string, do func()) (broken bool) {
	s.t.Helper()
	defer func() {
		if p := recover(); p != nil {
			broken = p == http.ErrAbortHandler
		}
	}()
	s.during(method, path, body, do)
	return false
}

// collectionAt finds what a path names.
func (s *server) collectionAt(path string) (*dav.Kind, store.Collection) {
	s.t.Helper()
	target, err := s.Parse(path)
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := s.store.Collection(s.t.Context(), target.Account, target.Kind.Store, target.Parent)
	if err != nil {
		s.t.Fatal(err)
	}
	return target.Kind, c
}

// fillBook stores objects in one transaction.
func (s *server) fillBook(path string, bodies map[string]string) {
	s.t.Helper()
	kind, c := s.collectionAt(path)
	err := s.store.Write(s.t.Context(), func(tx *store.Tx) error {
		for _, name := range slices.Sorted(maps.Keys(bodies)) {
			index, err := kind.Check(&c, []byte(bodies[name]))
			if err != nil {
				return err
			}
			_, err = tx.PutObject(s.t.Context(), store.Put{Account: c.Account, Collection: c.ID, URI: name, Bytes: []byte(bodies[name]), Index: index})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// emptyBook deletes objects in one transaction.
func (s *server) emptyBook(path string, names map[string]string) {
	s.t.Helper()
	_, c := s.collectionAt(path)
	err := s.store.Write(s.t.Context(), func(tx *store.Tx) error {
		for name := range names {
			if err := tx.DeleteObject(s.t.Context(), store.Delete{Account: c.Account, Collection: c.ID, URI: name}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

var hrefIn = regexp.MustCompile(`<D:href>[^<]*/(\w+)</D:href>`)

func namesIn(rec *httptest.ResponseRecorder) (names []string) {
	for _, m := range hrefIn.FindAllStringSubmatch(rec.Body.String(), -1) {
		names = append(names, m[1])
	}
	return names
}

// design.md §5.5: clients delete what an answer leaves out. An object that gets
// another name while a long answer is under way is in it nevertheless.
func TestList_MovedMeanwhile(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300<<10) // a few fill a page
	cardsOf := func(n int) map[string]string {
		bodies := map[string]string{}
		for i := range n {
			bodies[fmt.Sprintf("m%03d", i)] = strings.Replace(card(fmt.Sprint(i), "A"), "END:", "NOTE:"+long+"\r\nEND:", 1)
		}
		return bodies
	}
	data := `<D:prop><D:getetag/><CR:address-data/></D:prop>`
	space := ` xmlns:D="DAV:" xmlns:CR="urn:ietf:params:xml:ns:carddav"`
	match := `<CR:filter><CR:prop-filter name="FN"><CR:text-match>a</CR:text-match></CR:prop-filter></CR:filter>`
	for _, tt := range []struct{ name, method, body string }{
		{"PROPFIND", "PROPFIND", `<D:propfind` + space + `>` + data + `</D:propfind>`},
		{"query of all", "REPORT", `<CR:addressbook-query` + space + `>` + data + `</CR:addressbook-query>`},
		{"query", "REPORT", `<CR:addressbook-query` + space + `>` + data + match + `</CR:addressbook-query>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, dav.Limits{})
			book := s.path(cards)
			s.fillBook(book, cardsOf(8))
			rec := s.during(tt.method, book, tt.body, func() {
				s.want(s.do("MOVE", book+"m007", "", "Destination", book+"a"), http.StatusCreated)
			}, "Depth", "1")
			want := []string{"m000", "m001", "m002", "m003", "m004", "m005", "m006", "a"}
			if got := namesIn(rec); !slices.Equal(got, want) {
				t.Errorf("told %v", got)
			}
		})
	}
	t.Run("export", func(t *testing.T) {
		t.Parallel()
		s := newServer(t, dav.Limits{})
		book := s.path(cards)
		s.fillBook(book, cardsOf(8))
		rec := s.during("GET", book, "", func() {
			s.want(s.do("MOVE", book+"m007", "", "Destination", book+"a"), http.StatusCreated)
		})
		if got := strings.Count(rec.Body.String(), "BEGIN:VCARD"); got != 8 {
			t.Errorf("exported %d of 8 cards", got)
		}
	})
}

// The same of an object whose bytes are read after it was listed.
func TestQuery_MovedBeforeItIsRead(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	calendar := s.path("/dav/calendars/%d/calendar/")
	s.fillBook(calendar, manyDaily(400))
	rec := s.during("REPORT", calendar, inJanuary, func() {
		s.want(s.do("MOVE", calendar+"m399", "", "Destination", calendar+"a"), http.StatusCreated)
	})
	got := namesIn(rec)
	if len(got) != 400 || got[399] != "a" {
		t.Errorf("told %d, the last is %s", len(got), got[len(got)-1])
	}
}

// The same of an object whose name another one has by then: the answer breaks off rather than end without it.
func TestQuery_NameTakenBeforeItIsRead(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	calendar := s.path("/dav/calendars/%d/calendar/")
	s.fillBook(calendar, manyDaily(400))
	broken := s.brokenOff("REPORT", calendar, inJanuary, func() {
		s.want(s.do("MOVE", calendar+"m399", "", "Destination", calendar+"a"), http.StatusCreated)
		s.put(calendar+"m399", daily("another"))
	})
	if !broken {
		t.Error("the answer ends without the object that was moved")
	}
}

// daily is an event whose occurrences decide whether it is in a range.
func daily(uid string) string {
	return strings.Replace(event(uid, "20260101T100000Z"), "SUMMARY", "RRULE:FREQ=DAILY;COUNT=9\r\nSUMMARY", 1)
}

func manyDaily(n int) map[string]string {
	bodies := map[string]string{}
	for i := range n {
		bodies[fmt.Sprintf("m%03d", i)] = daily(fmt.Sprint(i))
	}
	return bodies
}

const inJanuary = `<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><D:getetag/></D:prop><C:filter>` +
	`<C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range start="20260102T000000Z" end="20260104T000000Z"/>` +
	`</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>`

// RFC 6578 §3.2: a given member URL must appear only once in the response, and
// what has changed since it was told is told next time.
func TestSync_TellsANameOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	book := s.path(cards)
	bodies := map[string]string{}
	for i := range 1200 {
		bodies[fmt.Sprintf("m%04d", i)] = card(fmt.Sprint(i), "A")
	}
	s.fillBook(book, bodies)
	rec := s.during("REPORT", book, syncBody("", ""), func() {
		s.want(s.do("DELETE", book+"m0001", ""), http.StatusNoContent)
		s.put(book+"m0000", card("0", "B"))
		s.put(book+"new", card("new", "C"))
		s.want(s.do("MOVE", book+"m1199", "", "Destination", book+"a"), http.StatusCreated)
	})
	got := namesIn(rec)
	slices.Sort(got)
	if once := slices.Compact(slices.Clone(got)); len(once) != len(got) {
		t.Errorf("told %d names, %d of them once", len(got), len(once))
	}
	for _, name := range []string{"m0000", "m1198", "a"} {
		if !slices.Contains(got, name) {
			t.Errorf("%s is left out", name)
		}
	}
	next := namesIn(s.do("REPORT", book, syncBody(tokenOf(t, rec), "")))
	for _, name := range []string{"m0000", "m0001"} {
		if !slices.Contains(next, name) {
			t.Errorf("the next sync leaves out %s", name)
		}
	}
}

// Deletions that expire while they are told are not left out: the answer breaks off, and the token is void.
func TestSync_ExpiredMeanwhile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	s := openServer(t, path, dav.Limits{})
	book := s.path(cards)
	bodies := map[string]string{}
	for i := range 1200 {
		bodies[fmt.Sprintf("m%04d", i)] = card(fmt.Sprint(i), "A")
	}
	s.fillBook(book, bodies)
	token := tokenOf(t, s.do("REPORT", book, syncBody("", "")))
	s.emptyBook(book, bodies)
	later, err := store.Open(t.Context(), store.Options{Path: path, Now: func() time.Time { return time.Now().AddDate(2, 0, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { storetest.Close(t, later) })
	broken := s.brokenOff("REPORT", book, syncBody(token, ""), func() {
		if err := later.Maintain(t.Context(), store.Retention{}); err != nil {
			t.Error(err)
		}
	})
	if !broken {
		t.Error("the answer ends without deletions")
	}
	s.want(s.do("REPORT", book, syncBody(token, "")), http.StatusForbidden, "valid-sync-token")
}
