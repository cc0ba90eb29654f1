package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/account"
	"ksync/internal/caldav"
	"ksync/internal/carddav"
	"ksync/internal/dav"
	"ksync/internal/davxml"
	"ksync/internal/transfer"
	"ksync/store"
	"ksync/store/storetest"
)

func diff(t testing.TB, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func newAccount(t testing.TB, email string) (*store.Store, store.Account) {
	t.Helper()
	st := storetest.Open(t)
	a, err := account.Create(t.Context(), st, store.Account{Login: "ann", Email: email})
	if err != nil {
		t.Fatal(err)
	}
	return st, a
}

const password = "right"

// engine is our own server, for an account with the login ann.
func engine(st *store.Store, a store.Account) http.Handler {
	return dav.New(dav.Options{
		Store: st,
		Kinds: []*dav.Kind{caldav.Kind(), carddav.Kind()},
		SignIn: func(r *http.Request) (dav.Actor, error) {
			if user, pass, _ := r.BasicAuth(); user != "ann" || pass != password {
				return dav.Actor{}, davxml.Unauthorized.Say("no")
			}
			return dav.Actor{Account: a, Scope: store.FullScope}, nil
		},
	})
}

func serve(t testing.TB, h http.Handler) *url.URL {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	u, err := ParseURL(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func options(st *store.Store, a store.Account) transfer.Options {
	return transfer.Options{Store: st, Account: a.ID, Checks: map[store.Kind]transfer.Check{
		store.AddressBook: carddav.Kind().Check, store.Calendar: caldav.Kind().Check,
	}}
}

func put(t testing.TB, st *store.Store, c store.Collection, uri, text string) {
	t.Helper()
	kind := carddav.Kind()
	if c.Kind == store.Calendar {
		kind = caldav.Kind()
	}
	index, err := kind.Check(&c, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.PutObject(t.Context(), store.Put{Account: c.Account, Collection: c.ID, URI: uri, Bytes: []byte(text), Index: index}); err != nil {
		t.Fatal(err)
	}
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

func card(uid string) string {
	return crlf("BEGIN:VCARD\nVERSION:4.0\nUID:" + uid + "\nFN:Ann <&> \u00fc\nEND:VCARD\n")
}

func event(uid string) string {
	return crlf("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:" + uid + "\nDTSTAMP:20260101T000000Z\nDTSTART:20260102T100000Z\nEND:VEVENT\nEND:VCALENDAR\n")
}

// filled is an account with objects that are not easy to carry.
func filled(t testing.TB) (*store.Store, store.Account) {
	t.Helper()
	st, a := newAccount(t, "ann@example.org")
	book, err := st.Collection(t.Context(), a.ID, store.AddressBook, "contacts")
	if err != nil {
		t.Fatal(err)
	}
	order := int64(3)
	cal, err := st.CreateCollection(t.Context(), store.Collection{
		Account: a.ID, Kind: store.Calendar, URI: "f\u00e4mily cal", DisplayName: "Family & more", Description: "ours", Color: "#ff00aaff", Order: &order, Components: []string{"VEVENT", "VTODO"},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		put(t, st, book, fmt.Sprintf("card ü%%2F %d", i), card(fmt.Sprint("c", i)))
		put(t, st, cal, fmt.Sprintf("e%d", i), event(fmt.Sprint("e", i)))
	}
	put(t, st, cal, "lf.ics", strings.ReplaceAll(event("lf"), "\r\n", "\n"))
	return st, a
}

func objects(t testing.TB, st *store.Store, a store.Account) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, kind := range []store.Kind{store.AddressBook, store.Calendar} {
		found, err := st.Collections(t.Context(), a.ID, kind)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range found {
			page, err := st.Objects(t.Context(), store.Query{Account: a.ID, Collection: c.ID, WithBytes: true, Limit: 1000, MaxBytes: 1 << 30})
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range page {
				all[c.DisplayName+"/"+o.URI] = string(o.Bytes)
			}
		}
	}
	return all
}

func TestPull_EverythingFromOurOwnServer(t *testing.T) {
	t.Parallel()
	there, ann := filled(t)
	here, bob := newAccount(t, "")
	client := NewClient(Options{URL: serve(t, engine(there, ann)), User: "ann", Password: password})
	var last transfer.Progress
	o := options(here, bob)
	o.Progress = func(p transfer.Progress) { last = p }
	r, err := client.Pull(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	diff(t, r.Total[transfer.Created], 41)
	diff(t, len(r.Items), 41)
	diff(t, r.Made, []string{"Family & more"})
	diff(t, last, transfer.Progress{Done: 41, Total: 41, Unit: "objects", Items: 41, Current: "Family & more"})
	diff(t, objects(t, here, bob), objects(t, there, ann))
	made, err := here.Collections(t.Context(), bob.ID, store.Calendar)
	if err != nil {
		t.Fatal(err)
	}
	got := made[len(made)-1]
	order := int64(3)
	diff(t, store.Collection{Description: got.Description, Color: got.Color, Order: got.Order, Components: got.Components},
		store.Collection{Description: "ours", Color: "#ff00aaff", Order: &order, Components: []string{"VEVENT", "VTODO"}})

	r, err = client.Pull(t.Context(), options(here, bob))
	if err != nil {
		t.Fatal(err)
	}
	diff(t, r.Total[transfer.Unchanged], 41)
	diff(t, r.Made, []string(nil))
}

func TestPull_Into(t *testing.T) {
	t.Parallel()
	there, ann := filled(t)
	here, bob := newAccount(t, "")
	o := options(here, bob)
	o.Into, o.Create = "Old server", true
	r, err := NewClient(Options{URL: serve(t, engine(there, ann)), User: "ann", Password: password}).Pull(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	diff(t, r.Total[transfer.Created], 41)
	for name := range objects(t, here, bob) {
		if !strings.HasPrefix(name, "Old server/") {
			t.Errorf("%s", name)
		}
	}
}

func TestPull_TwoCollectionsOfOneName(t *testing.T) {
	t.Parallel()
	there, ann := newAccount(t, "")
	for i, uri := range []string{"x", "y"} {
		c, err := there.CreateCollection(t.Context(), store.Collection{Account: ann.ID, Kind: store.AddressBook, URI: uri, DisplayName: "Friends"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		put(t, there, c, fmt.Sprint("a", i), strings.Replace(card("same"), "Ann", uri, 1))
	}
	here, bob := newAccount(t, "")
	client := NewClient(Options{URL: serve(t, engine(there, ann)), User: "ann", Password: password})
	for _, want := range []transfer.Outcome{transfer.Created, transfer.Unchanged} {
		r, err := client.Pull(t.Context(), options(here, bob))
		if err != nil {
			t.Fatal(err)
		}
		diff(t, r.Total[want], 2)
	}
}

func TestPull_OneCollection(t *testing.T) {
	t.Parallel()
	there, ann := filled(t)
	here, bob := newAccount(t, "")
	u := serve(t, engine(there, ann)).JoinPath(fmt.Sprintf("/dav/addressbooks/%d/contacts/", ann.ID))
	r, err := NewClient(Options{URL: u, User: "ann", Password: password}).Pull(t.Context(), options(here, bob))
	if err != nil {
		t.Fatal(err)
	}
	diff(t, r.Total[transfer.Created], 41) // the calendars are found by well-known
}

// A collection whose own address was given is known as one that was found.
func TestCollections_TheGivenOneIsDescribed(t *testing.T) {
	t.Parallel()
	there, ann := filled(t)
	u := serve(t, engine(there, ann)).JoinPath(fmt.Sprintf("/dav/calendars/%d/calendar/", ann.ID))
	found, err := NewClient(Options{URL: u, User: "ann", Password: password}).collections(t.Context(), calendars(), &location{collection: u})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || found[0].name == "" || len(found[0].components) == 0 {
		t.Errorf("got %+v", found)
	}
}

func TestPull_WrongPassword(t *testing.T) {
	t.Parallel()
	there, ann := filled(t)
	here, bob := newAccount(t, "")
	var asked atomic.Int64
	h := engine(there, ann)
	u := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked.Add(1); h.ServeHTTP(w, r) }))
	_, err := NewClient(Options{URL: u, User: "ann", Password: "wrong"}).Pull(t.Context(), options(here, bob))
	if denied, ok := errors.AsType[*Denied](err); !ok || denied.Status != http.StatusUnauthorized || asked.Load() != 1 {
		t.Errorf("%v after %d requests", err, asked.Load())
	}
	diff(t, len(objects(t, here, bob)), 0)
}

// A server that mostly works: each fault is an item, or is waited for.
func TestPull_FaultsOfTheServer(t *testing.T) {
	t.Parallel()
	there, ann := filled(t)
	here, bob := newAccount(t, "")
	h := engine(there, ann)
	var busy atomic.Int64
	u := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/e1"):
			w.WriteHeader(http.StatusForbidden)
		case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/e2"):
			fmt.Fprint(w, "BEGIN:VCARD\r\nVERSION:2.1\r\nEND:VCARD\r\n")
		case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/e3"):
			fmt.Fprint(w, crlf("BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:PUBLISH\nBEGIN:VEVENT\nDTSTART:20260101T100000Z\nEND:VEVENT\nEND:VCALENDAR\n"))
		case r.Method == http.MethodGet && busy.Add(1) == 1:
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			h.ServeHTTP(w, r)
		}
	}))
	r, err := NewClient(Options{URL: u, User: "ann", Password: password}).Pull(t.Context(), options(here, bob))
	if err != nil {
		t.Fatal(err)
	}
	diff(t, r.Total[transfer.Created], 39)
	var failed []string
	for _, it := range r.Items {
		if it.Outcome == transfer.Failed {
			failed = append(failed, it.File[strings.LastIndexByte(it.File, '/'):]+" "+it.Reason)
		}
	}
	slices.Sort(failed)
	diff(t, len(failed), 2)
	diff(t, strings.Contains(failed[0], "403 Forbidden"), true)
}

func TestClient_PasswordStaysWithItsHost(t *testing.T) {
	t.Parallel()
	var got atomic.Int64
	stranger := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got.Add(1)
		if r.Header.Get("Authorization") != "" {
			t.Error("the password went along")
		}
	}))
	stranger.Host = strings.Replace(stranger.Host, "127.0.0.1", "localhost", 1)
	u := serve(t, http.RedirectHandler(stranger.String(), http.StatusFound))
	here, bob := newAccount(t, "")
	_, err := NewClient(Options{URL: u, User: "ann", Password: password}).Pull(t.Context(), options(here, bob))
	if other, ok := errors.AsType[*ErrOtherHost](err); !ok || other.Host != stranger.Host || got.Load() != 0 {
		t.Errorf("%v, %d requests", err, got.Load())
	}
	allowed := NewClient(Options{URL: u, User: "ann", Password: password, Hosts: []string{"localhost"}})
	if !allowed.trusts(stranger) {
		t.Error("an allowed host is not trusted")
	}
}

func TestClient_NeverFromTLSToPlain(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(http.RedirectHandler("http://127.0.0.1:1/", http.StatusFound))
	t.Cleanup(s.Close)
	u, err := ParseURL(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := NewClient(Options{URL: u, Transport: s.Client().Transport})
	if _, err := c.propfind(t.Context(), u, 0, davxml.DAV("getetag")); err == nil || !strings.Contains(err.Error(), "not encrypted") {
		t.Error(err)
	}
}

func TestClient_RedirectKeepsMethodAndBody(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 307, 308} {
		u := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/" {
				http.Redirect(w, r, "/dav/", status)
				return
			}
			e, err := davxml.Read(r.Body, davxml.DefaultLimits)
			if r.Method != "PROPFIND" || err != nil || e.Name != davxml.DAV("propfind") {
				t.Errorf("%d: %s, %v", status, r.Method, err)
			}
		}))
		if _, err := NewClient(Options{URL: u}).propfind(t.Context(), u, 0, davxml.DAV("getetag")); err != nil {
			t.Error(err)
		}
	}
}

func TestClient_Loop(t *testing.T) {
	t.Parallel()
	u := serve(t, http.RedirectHandler("/again", http.StatusFound))
	if _, err := NewClient(Options{URL: u}).propfind(t.Context(), u, 0); err == nil || !strings.Contains(err.Error(), "more than 5 redirects") {
		t.Error(err)
	}
}

func TestParseURL(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"example.org", "https://example.org/"},
		{"http://example.org:8008/dav?x#y", "http://example.org:8008/dav"},
		{"ftp://example.org", ""},
		{"https://ann:secret@example.org", ""},
		{"https://", ""},
		{"ht tp://x", ""},
	} {
		u, err := ParseURL(tt.text)
		if (err == nil) != (tt.want != "") || err == nil && u.String() != tt.want {
			t.Errorf("%q: %v, %v", tt.text, u, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error tells the password: %v", tt.text, err)
		}
	}
}

func statuses(steps []Step) []string {
	var all []string
	for _, s := range steps {
		all = append(all, string(s.Status)+" "+s.Name)
	}
	return all
}

func check(t *testing.T, u *url.URL, pass account.Secret, transport http.RoundTripper) []Step {
	t.Helper()
	user := "ann"
	if pass == "" {
		user = ""
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return Check(ctx, CheckOptions{Options: Options{URL: u, User: user, Password: pass, Transport: transport}, Now: time.Now})
}

func TestCheck_OurOwnServer(t *testing.T) {
	t.Parallel()
	st, a := filled(t)
	before := objects(t, st, a)
	s := httptest.NewTLSServer(engine(st, a))
	t.Cleanup(s.Close)
	u, err := ParseURL(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	steps := check(t, u, password, s.Client().Transport)
	diff(t, statuses(steps), []string{
		"ok connection", "ok certificate", "ok /.well-known/caldav", "ok /.well-known/carddav", "ok without password", "ok OPTIONS of the address",
		"ok calendars: principal", "ok calendars: OPTIONS of the principal", "ok calendars: e-mail address", "ok calendars: home", "ok calendars: collections", "ok calendars: sync", "ok calendars: round trip",
		"ok contacts: principal", "ok contacts: OPTIONS of the principal", "ok contacts: home", "ok contacts: collections", "ok contacts: sync", "ok contacts: round trip",
	})
	for _, s := range steps {
		if s.Status != OK {
			t.Logf("%+v", s)
		}
	}
	diff(t, objects(t, st, a), before)
	found, err := st.Collections(t.Context(), a.ID, store.Calendar)
	if err != nil || len(found) != 3 {
		t.Errorf("%d calendars after the check, %v", len(found), err)
	}
}

// Each row breaks our own server in one way, and names the step that tells.
func TestCheck_FindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	type breaking func(h http.Handler, w http.ResponseWriter, r *http.Request)
	replace := func(old, with string) breaking {
		return func(h http.Handler, w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			for k, v := range rec.Header() {
				if k != "Content-Length" {
					w.Header()[k] = v
				}
			}
			w.WriteHeader(rec.Code)
			fmt.Fprint(w, strings.ReplaceAll(rec.Body.String(), old, with))
		}
	}
	header := func(match func(*http.Request) bool, edit func(http.Header)) breaking {
		return func(h http.Handler, w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			if match(r) {
				edit(rec.Header())
			}
			for k, v := range rec.Header() {
				w.Header()[k] = v
			}
			w.WriteHeader(rec.Code)
			fmt.Fprint(w, rec.Body.String())
		}
	}
	status := func(match func(*http.Request) bool, code int) breaking {
		return func(h http.Handler, w http.ResponseWriter, r *http.Request) {
			if match(r) {
				w.WriteHeader(code)
				return
			}
			h.ServeHTTP(w, r)
		}
	}
	method := func(m string) func(*http.Request) bool {
		return func(r *http.Request) bool { return r.Method == m }
	}
	for _, tt := range []struct {
		name   string
		server breaking
		want   string
	}{
		{"no well-known", status(func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/.well") }, 404), "problem /.well-known/caldav"},
		{"anonymous 207", func(h http.Handler, w http.ResponseWriter, r *http.Request) {
			if _, _, signedIn := r.BasicAuth(); r.Method == "PROPFIND" && !signedIn && r.URL.Path == "/" {
				w.WriteHeader(http.StatusMultiStatus)
				fmt.Fprint(w, `<multistatus xmlns="DAV:"><response><href>/</href><propstat><prop><current-user-principal><unauthenticated/></current-user-principal></prop><status>HTTP/1.1 200 OK</status></propstat></response></multistatus>`)
				return
			}
			h.ServeHTTP(w, r)
		}, "problem without password"},
		{"a login page", status(func(r *http.Request) bool { _, _, ok := r.BasicAuth(); return !ok && r.Method == "PROPFIND" }, 403), "problem without password"},
		{"Digest only", header(method("PROPFIND"), func(h http.Header) {
			if h.Get("WWW-Authenticate") != "" {
				h.Set("WWW-Authenticate", "Digest realm=x")
			}
		}), "problem without password"},
		{"no DAV header", header(method("OPTIONS"), func(h http.Header) { h.Del("DAV") }), "problem calendars: OPTIONS of the principal"},
		{"OPTIONS redirected", status(method("OPTIONS"), 401), "problem contacts: OPTIONS of the principal"},
		{"no mailto", replace("mailto:", "urn:x:"), "problem calendars: e-mail address"},
		{"two homes", replace("</C:calendar-home-set>", "<D:href>/x/</D:href></C:calendar-home-set>"), "problem calendars: home"},
		{"no component sets", replace("supported-calendar-component-set", "x"), "warning calendars: collections"},
		{"no sync-token", replace("D:sync-token", "D:x"), "warning calendars: sync"},
		{"status line in other words", replace("HTTP/1.1 200 OK", "HTTP/1.1 200 Fine"), "warning contacts: sync"},
		{"weak ETag", header(method("GET"), func(h http.Header) { h.Set("ETag", "W/"+h.Get("ETag")) }), "problem contacts: round trip"},
		{"ETag of gzip", header(func(r *http.Request) bool { return r.Header.Get("Accept-Encoding") == "gzip" && r.Method == "GET" }, func(h http.Header) { h.Set("ETag", `"x-gzip"`) }), "problem contacts: round trip"},
		{"changed bytes under an ETag", replace("ksyncd check", "KSYNCD CHECK"), "warning contacts: round trip"},
		{"home is the principal", replace("<C:calendar-home-set><D:href>/dav/calendars/", "<C:calendar-home-set><D:href>/dav/principals/"), "warning calendars: home"},
		{"If-Match ignored", func(h http.Handler, w http.ResponseWriter, r *http.Request) {
			r.Header.Del("If-Match")
			h.ServeHTTP(w, r)
		}, "problem calendars: round trip"},
		{"deletions not told", replace("404 Not Found", "200 OK"), "problem calendars: round trip"},
		{"no MKCALENDAR", status(method("MKCALENDAR"), 403), "warning calendars: round trip"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st, a := newAccount(t, "ann@example.org")
			h := engine(st, a)
			u := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { tt.server(h, w, r) }))
			steps := check(t, u, password, nil)
			if !slices.Contains(statuses(steps), tt.want) {
				t.Errorf("want %s in\n%+v", tt.want, steps)
			}
			for _, s := range steps {
				if s.Status != OK && s.Mend == "" {
					t.Errorf("no word on how to mend %+v", s)
				}
			}
		})
	}
}

func TestCheck_WithoutPassword(t *testing.T) {
	t.Parallel()
	st, a := newAccount(t, "")
	steps := check(t, serve(t, engine(st, a)), "", nil)
	diff(t, statuses(steps), []string{
		"ok connection", "warning certificate", "ok /.well-known/caldav", "ok /.well-known/carddav", "ok without password", "ok OPTIONS of the address", "skipped sign-in",
	})
}

func TestCheck_WrongPassword(t *testing.T) {
	t.Parallel()
	st, a := newAccount(t, "")
	steps := check(t, serve(t, engine(st, a)), "wrong", nil)
	diff(t, slices.Contains(statuses(steps), "problem calendars: discovery"), true)
}

func TestCheck_Certificates(t *testing.T) {
	t.Parallel()
	st, a := newAccount(t, "")
	s := httptest.NewTLSServer(engine(st, a))
	t.Cleanup(s.Close)
	leaf := s.Certificate()
	for _, tt := range []struct {
		name      string
		host      string
		transport http.RoundTripper
		now       time.Time
		want      Status
	}{
		{"good", "127.0.0.1", s.Client().Transport, leaf.NotAfter.Add(-100 * 24 * time.Hour), OK},
		{"ends soon", "127.0.0.1", s.Client().Transport, leaf.NotAfter.Add(-24 * time.Hour), Warn},
		{"expired", "127.0.0.1", s.Client().Transport, leaf.NotAfter.Add(time.Hour), Fail},
		{"other name", "localhost", s.Client().Transport, leaf.NotAfter.Add(-100 * 24 * time.Hour), Fail},
		{"nobody trusts it", "127.0.0.1", nil, leaf.NotAfter.Add(-100 * 24 * time.Hour), Fail},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			u, err := ParseURL(strings.Replace(s.URL, "127.0.0.1", tt.host, 1))
			if err != nil {
				t.Fatal(err)
			}
			steps := Check(t.Context(), CheckOptions{Options: Options{URL: u, Transport: tt.transport}, Now: func() time.Time { return tt.now }})
			if len(steps) < 2 || steps[1].Name != "certificate" || steps[1].Status != tt.want {
				t.Errorf("want %s: %+v", tt.want, steps)
			}
		})
	}
}

func TestCheck_NobodyThere(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	u, err := ParseURL(s.URL)
	s.Close()
	if err != nil {
		t.Fatal(err)
	}
	diff(t, statuses(check(t, u, "", nil)), []string{"problem connection"})
}
