package api_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"ksync/internal/account"
	"ksync/internal/account/accounttest"
	"ksync/internal/api"
	"ksync/internal/assistant"
	"ksync/internal/dedup"
	"ksync/internal/duplicates"
	"ksync/internal/httpd"
	"ksync/internal/logtest"
	"ksync/internal/profile"
	"ksync/internal/vcard"
	"ksync/store"
)

const password = accounttest.Password

// desk is the server with its pages and its API, at a time that tests move.
type desk struct {
	*testing.T
	all      *accounttest.Accounts
	accounts *account.Service
	helper   *assistant.Service
	store    *store.Store
	finder   *duplicates.Service
	held     atomic.Pointer[func()] // called where the service asks for an account's country
	handler  http.Handler
	logged   *logtest.Log // of the API and the duplicates
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	return deskWithin(t, duplicates.Limits{})
}

func deskWithin(t *testing.T, limits duplicates.Limits) *desk {
	t.Helper()
	a := accounttest.Open(t, accounttest.Options{})
	d := &desk{T: t, all: a, accounts: a.Service, store: a.Store, logged: &logtest.Log{}}
	var err error
	d.helper, err = assistant.New(assistant.Options{
		Store: a.Store, Accounts: a.Service, Gate: a.Gate, Keys: a.Keys, Throttle: true, Now: d.time,
		Settings: settings(&url.URL{Scheme: "https", Host: "sync.example.org"}),
	})
	d.must(err)
	t.Cleanup(d.helper.Close)
	logger := d.logged.Logger(slog.LevelInfo)
	d.finder = duplicates.New(duplicates.Options{
		Store: d.store, Check: indexOf, Now: d.time, Logger: logger, Limits: limits,
		Region: func(store.Account) string {
			if f := d.held.Load(); f != nil {
				(*f)()
			}
			return "CH"
		},
	})
	t.Cleanup(d.finder.Close)
	json := api.New(api.Options{Accounts: d.accounts, Assistant: d.helper, Store: d.store, Duplicates: d.finder, ViaHTTPS: httpd.ViaHTTPS, Token: token, Keep: keep, Drop: drop, Export: writeAll, Name: httpd.RequestID, Now: d.time, Logger: logger})
	d.handler = httpd.New(httpd.Options{DAV: http.NotFoundHandler(), API: json, Ready: d.store.Ping})
	return d
}

// settings offer mail at a server that nobody reaches.
func settings(public *url.URL) assistant.Settings {
	return assistant.Settings{URL: public, Organization: "Example Org", Mail: &assistant.MailSettings{
		IMAP: profile.MailServer{Host: "imap.invalid", Port: 993}, SMTP: profile.MailServer{Host: "smtp.invalid", Port: 465}, Domains: []string{"mail.example"},
	}}
}

// The cookie of the pages, whose own code for it is tested with them.
const cookie = "__Host-ksync"

func token(r *http.Request) account.Secret {
	c, err := r.Cookie(cookie)
	if err != nil {
		return ""
	}
	return account.Secret(c.Value)
}

func keep(w http.ResponseWriter, _ *http.Request, o account.Opened) {
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: o.Token.Reveal(), Path: "/", Secure: true, HttpOnly: true})
}

func drop(w http.ResponseWriter, _ *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: cookie, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true})
}

// writeAll stands in for the export, which belongs to another package.
func writeAll(_ context.Context, p account.Person, w io.Writer) error {
	_, err := io.WriteString(w, "all of "+p.Account.Login)
	return err
}

// indexOf stands in for what CardDAV finds in a card.
func indexOf(_ *store.Collection, data []byte) (store.Index, error) {
	card, err := vcard.Parse(data)
	if err != nil {
		return store.Index{}, err
	}
	return store.Index{UID: card.UID, Component: "VCARD", Exact: true, Keys: dedup.Lookup(card)}, nil
}

func (d *desk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

func (d *desk) time() time.Time { return d.all.Clock.Now() }

func (d *desk) pass(by time.Duration) { d.all.Clock.Advance(by) }

func home() account.Visit {
	return account.Visit{Address: netip.MustParseAddr("192.0.2.7"), Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
}

// person is somebody with an account and a session.
type person struct {
	*desk
	account store.Account
	token   account.Secret
}

func (d *desk) add(login string) *person {
	d.Helper()
	return (&person{desk: d, account: d.all.Add(store.Account{Login: login, Email: login})}).signIn()
}

func (p *person) signIn() *person {
	p.Helper()
	return p.signInWith(password)
}

func (p *person) signInWith(password account.Secret) *person {
	p.Helper()
	progress, err := p.accounts.SignIn(p.Context(), home(), account.Attempt{Login: p.account.Login, Password: password})
	p.must(err)
	if progress.Done == nil {
		p.Fatal("only half a sign-in")
	}
	p.token = progress.Done.Token
	return p
}

// inside is the person as package account sees them.
func (p *person) inside() account.Person {
	p.Helper()
	who, err := p.accounts.Session(p.Context(), home(), p.token)
	p.must(err)
	return who
}

// enrol gives the person an authenticator app.
func (p *person) enrol() (secret string) {
	p.Helper()
	setup, err := p.accounts.BeginTOTP(p.Context(), p.inside())
	p.must(err)
	_, err = p.accounts.ConfirmTOTP(p.Context(), home(), p.inside(), setup.Ticket, account.Secret(p.code(setup.Secret.Reveal())))
	p.must(err)
	p.pass(time.Minute)
	return setup.Secret.Reveal()
}

func (d *desk) code(secret string) string {
	d.Helper()
	code, err := totp.GenerateCode(secret, d.time())
	d.must(err)
	return code
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (d *desk) do(method, path, body string, change ...func(*http.Request)) answer {
	d.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequestWithContext(d.Context(), method, "https://sync.example.org"+path, reader)
	r.RemoteAddr = "192.0.2.7:4711"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.String()}
}

// with sends the session's cookie along.
func (p *person) with(r *http.Request) {
	r.AddCookie(&http.Cookie{Name: cookie, Value: p.token.Reveal()})
}

func (p *person) do(method, path, body string, change ...func(*http.Request)) answer {
	p.Helper()
	return p.desk.do(method, path, body, append([]func(*http.Request){p.with}, change...)...)
}

// want does a request whose answer has that status, and reads its JSON.
func (p *person) want(status int, method, path, body string) map[string]any {
	p.Helper()
	a := p.do(method, path, body)
	if a.status != status {
		p.Fatalf("%s %s: %d, want %d\n%s", method, path, a.status, status, a.body)
	}
	return a.json(p.T)
}

func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	if a.body == "" {
		return nil
	}
	var v map[string]any
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%v in %q", err, a.body)
	}
	return v
}

// problem is the kind of problem that an answer tells; "" when it tells none.
func (a answer) problem(t *testing.T) string {
	t.Helper()
	if a.status < 400 {
		return ""
	}
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("%d with Content-Type %q: %s", a.status, got, a.body)
		return "?"
	}
	p := a.json(t)
	for _, key := range []string{"type", "title", "detail", "status"} {
		if p[key] == nil {
			t.Errorf("a problem without %s: %s", key, a.body)
		}
	}
	if p["status"] != float64(a.status) {
		t.Errorf("status %d says %v", a.status, p["status"])
	}
	kind, _ := p["type"].(string)
	return strings.TrimPrefix(kind, "/api/#problem-")
}
