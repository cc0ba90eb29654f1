package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"ksync/internal/account"
	"ksync/store"
)

// class is who may see what is behind a route.
type class int

const (
	public  class = iota // anybody
	davOnly              // who signs in with an app password, their own
	session              // who is signed in in the browser, their own
	admin                // who is signed in in the browser, and is one of the administrators
	link                 // who has the secret that is in the address
	bearer               // who has an access token, or what one is given for
	apiOnly              // who is signed in in the browser; internal/api has a matrix of its own
	token                // who has the token of the metrics
)

// inventory is every route of the server. One that is not here fails
// TestMatrix_EveryRouteHasAClass.
func inventory() map[string]class {
	all := map[string]class{
		"GET /": public, "HEAD /": public, "GET /healthz": public, "HEAD /healthz": public, "GET /readyz": public, "HEAD /readyz": public,
		"GET /assets/{tag}/{name}": public, "GET /.well-known/change-password": public, "POST /language": public, "POST /sign-out": public,
		"GET /metrics": token, "HEAD /metrics": token,
		"POST /token": bearer, "DELETE /token": bearer, "GET /1/profile": bearer, "POST /1/profile/password": bearer,
		"POST /index.php/login/v2": public, "POST /login/v2/poll": bearer,
		"POST /authorize/consent": link, "POST /login/v2/flow/{token}/consent": link,
		"* /dav": davOnly, "* /dav/*": davOnly, "* /": davOnly, "* /principals": davOnly, "* /principals/*": davOnly,
		"* /remote.php/dav": davOnly, "* /remote.php/dav/*": davOnly,
		"* /.well-known/caldav": davOnly, "* /.well-known/caldav/*": davOnly, "* /.well-known/carddav": davOnly, "* /.well-known/carddav/*": davOnly,
		"* /api": apiOnly, "* /api/*": apiOnly,
		"* /mail/config-v1.1.xml": public, "* /.well-known/autoconfig/mail/config-v1.1.xml": public, "* /.well-known/user-agent-configuration.json": public,
		`* /{folder:(?i:autodiscover)}/{file:(?i:autodiscover\.xml)}`: public,
	}
	add := func(c class, methods string, paths ...string) {
		for _, path := range paths {
			for method := range strings.FieldsSeq(methods) {
				all[method+" "+path] = c
			}
		}
	}
	const form = "GET HEAD POST"
	add(admin, "GET HEAD", "/account/invitations", "/account/domain")
	add(admin, form, "/account/invitations/new")
	add(admin, "GET", "/account/invitations/made/{form}")
	add(admin, "POST", "/account/invitations/{id}/revoke")
	add(session, "GET", "/account/app-passwords/made/{form}", "/account/security/backup-codes/made/{form}")
	add(public, form, "/sign-in", "/reset", "/authorize")
	add(link, form, "/login/v2/flow/{token}", "/set-up/{token}", "/invitation/{token}", "/reset/{token}", "/confirm-email/{token}")
	for _, entry := range []string{"/sign-in", "/authorize", "/login/v2/flow/{token}"} { // the next step needs the ticket of the first
		add(public, "POST", entry+"/passkey/options")    // a challenge, and no word of whose
		add(link, form, entry+"/code", entry+"/passkey") // a GET leads back to the beginning
	}
	add(link, "GET HEAD", "/authorize/consent", "/login/v2/flow/{token}/consent")
	add(session, "GET HEAD", "/account", "/account/app-passwords", "/account/security", "/account/sessions", "/account/activity", "/account/activity.csv")
	add(session, form, "/account/confirm", "/account/new-password", "/account/app-passwords/new", "/account/security/password", "/account/security/authenticator",
		"/account/security/passkeys/new", "/account/security/backup-codes", "/account/activity/{id}/not-me", "/account/profile", "/account/profile/email", "/account/profile/delete", "/account/profile/export")
	add(session, "POST", "/account/confirm/passkey/options", "/account/security/passkeys/options")
	add(session, form, "/account/keep", "/account/confirm/passkey", "/account/app-passwords/{id}/revoke", "/account/app-passwords/revoke-all", // a GET leads to their page
		"/account/security/authenticator/remove", "/account/security/passkeys/{id}/rename", "/account/security/passkeys/{id}/remove",
		"/account/sessions/{id}/end", "/account/sessions/end-others")
	add(link, form, "/p/{ticket}")
	add(link, "GET", "/p/{ticket}/{file}")
	add(session, "GET HEAD", "/setup", "/devices", "/devices/{id}")
	add(session, form, "/setup/{platform}", "/devices/{id}/again", "/devices/{id}/remove", "/devices/{id}/mail")
	add(session, "GET HEAD", "/duplicates", "/duplicates/jobs/{id}", "/duplicates/merges/{id}", "/duplicates/hidden", "/duplicates/history", "/duplicates/photo")
	add(session, form, "/duplicates/groups/{id}", "/duplicates/sure", "/duplicates/merges/{id}/undo", "/duplicates/hidden/show", "/duplicates/keys")
	return all
}

// registered is what the router knows. A pattern for every method is one route.
func registered(t *testing.T, h http.Handler) []string {
	t.Helper()
	methods := map[string][]string{}
	err := chi.Walk(h.(chi.Routes), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		methods[route] = append(methods[route], method)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for route, of := range methods {
		if slices.Contains(of, "UNBIND") { // for whatever method there is
			all = append(all, "* "+route)
			if route != "/" {
				continue
			}
			of = []string{"GET", "HEAD"} // the page at the root comes first
		}
		for _, method := range of {
			all = append(all, method+" "+route)
		}
	}
	slices.Sort(all)
	return all
}

func TestMatrix_EveryRouteHasAClass(t *testing.T) {
	t.Parallel()
	w := newMatrixWorld(t)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(inventory())), registered(t, w.handler)); diff != "" {
		t.Errorf("routes of the matrix and of the server (-matrix +server):\n%s", diff)
	}
}

// matrixWorld has two people. What is Ann's holds the word secretOfAnn.
type matrixWorld struct {
	*testing.T
	handler  http.Handler
	store    *store.Store
	ann, bob matrixPerson
}

type matrixPerson struct {
	account                             store.Account
	full, readOnly, contactsOnly, ended string // app passwords
	session                             string
	app, open, happened, device, merge  int64 // ids
	group                               string
}

const secretOfAnn = "Zvezdana"

func newMatrixWorld(t *testing.T) *matrixWorld {
	t.Helper()
	w := &matrixWorld{T: t}
	r := everythingServed(t)
	w.store, w.handler = r.store, r.handler
	w.ann, w.bob = w.person(r, "ann@example.com"), w.person(r, "bob@example.com")
	for _, path := range w.objects() {
		body := "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:a\r\nFN:" + secretOfAnn + "\r\nN:" + secretOfAnn + ";;;;\r\nEND:VCARD\r\n"
		if strings.HasSuffix(path, ".ics") {
			body = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:e\r\nSUMMARY:" + secretOfAnn + "\r\nDTSTART:20260101T000000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
		}
		if rec := w.ask("PUT", path, body, basicOf(w.ann.account.Login, w.ann.full)); rec.Code != http.StatusCreated {
			t.Fatalf("%s: %d %s", path, rec.Code, rec.Body)
		}
	}
	w.arranges(r)
	return w
}

// objects are Ann's.
func (w *matrixWorld) objects() []string {
	id := strconv.FormatInt(w.ann.account.ID, 10)
	return []string{"/dav/addressbooks/" + id + "/contacts/a.vcf", "/dav/calendars/" + id + "/calendar/e.ics"}
}

func (w *matrixWorld) person(r *running, login string) (p matrixPerson) {
	w.Helper()
	ctx, must := w.Context(), func(err error) {
		if w.Helper(); err != nil {
			w.Fatal(err)
		}
	}
	a, err := account.Create(ctx, w.store, store.Account{Login: login, Name: strings.ToUpper(login[:3])})
	must(err)
	p.account = a
	const password = "correct zebra battery"
	must(r.accounts.ImposePassword(ctx, a.ID, password))
	progress, err := r.accounts.SignIn(ctx, account.Visit{}, account.Attempt{Login: login, Password: password})
	must(err)
	p.session, p.open = progress.Done.Token.Reveal(), progress.Done.Session.ID
	contacts, err := store.ParseScope("contacts")
	must(err)
	reading, err := store.ParseScope("contacts:ro,calendars:ro,tasks:ro")
	must(err)
	for to, scope := range map[*string]store.Scope{&p.full: store.FullScope, &p.readOnly: reading, &p.contactsOnly: contacts, &p.ended: store.FullScope} {
		secret, made, err := account.Issuer{Store: w.store, Keys: r.keys, Rand: rand.Reader}.Issue(ctx, store.AppPassword{Account: a.ID, Name: "x", Scope: scope})
		must(err)
		*to = secret.Reveal()
		if to == &p.ended {
			must(w.store.RevokeAppPassword(ctx, a.ID, made.ID))
		} else if to == &p.full {
			p.app = made.ID
		}
	}
	must(w.store.Read(ctx, func(tx *store.Tx) error {
		all, err := tx.Activities(ctx, store.ActivityQuery{Account: a.ID})
		if err == nil && len(all) > 0 {
			p.happened = all[0].ID
		}
		return err
	}))
	return p
}

type with func(*http.Request)

func nobody(*http.Request) {}

func basicOf(login, password string) with {
	return func(r *http.Request) { r.SetBasicAuth(login, password) }
}

func cookieOf(session string) with {
	return func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "__Host-ksync", Value: session}) }
}

func bearerOf(token string) with {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
}

// ask sends what is on the wire: the target as it is, not as a URL would be printed.
func (w *matrixWorld) ask(method, target, body string, along with) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://sync.example.org/", strings.NewReader(body))
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return &httptest.ResponseRecorder{Code: http.StatusBadRequest} // net/http refuses it the same way
	}
	r.URL, r.RequestURI = u, target
	r.Header.Set("Depth", "0")
	r.Header.Set("Destination", "/dav/addressbooks/"+strconv.FormatInt(w.bob.account.ID, 10)+"/contacts/stolen.vcf")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	along(r)
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return rec
}

// variants are other ways to write a path, which must not lead further.
func variants(path string) []string {
	last := strings.LastIndexByte(strings.TrimSuffix(path, "/"), '/')
	all := []string{
		path, "/" + path, "//" + path, path + "/", strings.TrimSuffix(path, "/"), path[:last] + "/" + path[last:], path + "/.", path + "/x/..",
		"/x/.." + path, "/x/%2e%2e" + path, "/%2e%2e" + path, "/." + path, "/.." + path, path[:last] + "%2f" + path[last+1:], path[:last] + "/%2e/" + path[last+1:],
		path + "%00", path + "%20", path + ";x=1", path + "?x=1", path + "#x", path + "%2f", path + "\\", strings.ToUpper(path), "/" + strings.ReplaceAll(path[1:], "/", "%5c"),
	}
	if len(path) > 1 {
		all = append(all, fmt.Sprintf("/%%%02x%s", path[1], path[2:]), fmt.Sprintf("/%%25%02x%s", path[1], path[2:]))
	}
	return all
}

// refused fails unless an answer gives nothing away and does nothing.
func (w *matrixWorld) refused(who, method, target string, rec *httptest.ResponseRecorder) {
	w.Helper()
	location := rec.Header().Get("Location")
	switch {
	case strings.Contains(rec.Body.String(), secretOfAnn), strings.Contains(rec.Body.String(), "ann@example"), strings.Contains(location, "ann@example"):
		w.Errorf("%s %s %s: told of Ann: %d %s", who, method, target, rec.Code, rec.Body)
	case rec.Code >= 500 && rec.Code != http.StatusNotImplemented:
		w.Errorf("%s %s %s: %d", who, method, target, rec.Code)
	case rec.Code < 300 && method != http.MethodOptions && rec.Code != 0:
		w.Errorf("%s %s %s: %d %.200s", who, method, target, rec.Code, rec.Body)
	case location != "" && (strings.HasPrefix(location, "//") || strings.Contains(location, "://") || strings.Contains(location, "\\")):
		w.Errorf("%s %s %s: led to %s", who, method, target, location)
	}
}

// intact fails when anything of Ann's has changed, or Bob has something of it.
func (w *matrixWorld) intact() {
	w.Helper()
	for _, path := range w.objects() {
		if rec := w.ask("GET", path, "", basicOf(w.ann.account.Login, w.ann.full)); rec.Code != 200 || !strings.Contains(rec.Body.String(), secretOfAnn) {
			w.Errorf("%s: %d", path, rec.Code)
		}
	}
	ctx := context.WithoutCancel(w.Context())
	a, err := w.store.Account(ctx, w.ann.account.ID)
	if err != nil || a.Disabled || a.DeleteAfter != 0 || a.Name != w.ann.account.Name || a.Email != w.ann.account.Email {
		w.Errorf("Ann's account: %+v, %v", a, err)
	}
	passwords, err := w.store.AppPasswords(ctx, w.ann.account.ID)
	if err != nil || len(passwords) < 3 {
		w.Errorf("Ann's app passwords: %d, %v", len(passwords), err)
	}
	for _, has := range []struct {
		account int64
		kind    store.Kind
		objects int64
	}{
		{w.ann.account.ID, store.AddressBook, 4}, {w.ann.account.ID, store.Calendar, 1}, // of five cards one was merged into another
		{w.bob.account.ID, store.AddressBook, 0}, {w.bob.account.ID, store.Calendar, 0},
	} {
		objects := int64(0)
		all, err := w.store.Collections(ctx, has.account, has.kind)
		for _, c := range all {
			objects += c.Count
		}
		if objects != has.objects || err != nil {
			w.Errorf("%d has %d objects of kind %s, want %d; %v", has.account, objects, has.kind, has.objects, err)
		}
	}
}
