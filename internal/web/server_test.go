package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"ksync/internal/account"
	"ksync/internal/account/accounttest"
	"ksync/internal/assistant"
	"ksync/internal/caldav"
	"ksync/internal/carddav"
	"ksync/internal/dav"
	"ksync/internal/davxml"
	"ksync/internal/discovery"
	"ksync/internal/duplicates"
	"ksync/internal/httpd"
	"ksync/store"
)

// house is a whole server on this machine, with a clock that tests move.
type house struct {
	*testing.T
	url      string // without a slash at its end
	all      *accounttest.Accounts
	store    *store.Store
	accounts *account.Service
	finder   *duplicates.Service
	helper   *assistant.Service
	ahead    *atomic.Int64 // of the real time
}

const (
	annsLogin    = "ann@example.org"
	annsPassword = accounttest.Password
)

func (h house) now() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) }

func (h house) pass(d time.Duration) { h.ahead.Add(int64(d)) }

// newHouse starts a server; change may alter how.
func newHouse(t *testing.T, change ...func(*account.ServiceOptions, *Options)) house {
	t.Helper()
	h := house{T: t, ahead: &atomic.Int64{}}
	server := httptest.NewUnstartedServer(nil)
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	h.url = "http://localhost:" + port
	public, err := url.Parse(h.url + "/")
	h.must(err)
	var so account.ServiceOptions
	wo := Options{Address: httpd.Address(public), RequestID: httpd.RequestID, Now: h.now, Export: writeAll, Href: func(c store.Collection) string {
		return "/dav/" + string(c.Kind) + "s/" + decimal(c.Account) + "/" + c.URI + "/"
	}}
	wo.Patience = time.Minute
	h.all = accounttest.Open(t, accounttest.Options{Now: h.now, Service: func(o *account.ServiceOptions) {
		o.URL, o.Mail, wo.Store = public, false, o.Store
		for _, f := range change {
			f(o, &wo)
		}
		so = *o
	}})
	h.store, h.accounts = h.all.Store, h.all.Service
	h.finder = wo.Duplicates
	if h.finder == nil {
		h.finder = duplicates.New(duplicates.Options{Store: h.store, Check: carddav.Kind().Check, Now: h.now})
	}
	wo.Duplicates = h.finder
	h.helper, err = assistant.New(assistant.Options{
		Store: h.store, Accounts: h.accounts, Gate: h.all.Gate, Keys: h.all.Keys, Settings: assistant.Settings{URL: so.URL, Name: "Example Sync"}, Throttle: so.Throttle, Now: h.now,
	})
	h.must(err)
	wo.Accounts, wo.Assistant = h.accounts, h.helper
	if wo.Discovery == nil {
		wo.Discovery = &discovery.Service{URL: public}
	}
	site, err := New(wo)
	h.must(err)
	server.Config.Handler = httpd.New(httpd.Options{DAV: h.engine(h.all.Gate), Pages: site, Ready: h.store.Ping})
	server.Start()
	t.Cleanup(func() {
		server.Close()
		h.helper.Close()
		h.finder.Close()
	})
	return h
}

func (h house) engine(gate *account.Gate) http.Handler {
	return dav.New(dav.Options{
		Store: h.store, Kinds: []*dav.Kind{caldav.Kind(), carddav.Kind()}, Limits: dav.DefaultLimits, Logger: slog.New(slog.DiscardHandler),
		SignIn: func(r *http.Request) (dav.Actor, error) {
			id, err := gate.SignIn(r.Context(), r)
			if err != nil {
				return dav.Actor{}, davxml.Unauthorized.With(err)
			}
			h.helper.Saw(id.Account.ID, id.AppPassword.ID, askedFor(r.URL.Path))
			return dav.Actor{Account: id.Account, Scope: id.Scope, AppPassword: id.AppPassword.ID}, nil
		},
	})
}

// askedFor is what a path tells of a device, as far as tests need it.
func askedFor(path string) assistant.Data {
	switch {
	case strings.HasPrefix(path, "/dav/addressbooks/"):
		return assistant.Contacts
	case strings.HasPrefix(path, "/dav/calendars/"):
		return assistant.Calendars
	}
	return ""
}

// writeAll stands in for the export, which belongs to another package.
func writeAll(_ context.Context, p account.Person, w io.Writer) error {
	_, err := io.WriteString(w, "all of "+p.Account.Login)
	return err
}

func (h house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// ann has an account with a password.
func (h house) ann() store.Account {
	h.Helper()
	return h.all.Add(store.Account{Login: annsLogin, Name: "Ann Keller", Locale: "en", TimeZone: "Europe/Zurich"})
}

// oneTimeCode is what an authenticator app shows.
func (h house) oneTimeCode(secret string) string {
	h.Helper()
	code, err := totp.GenerateCode(strings.ReplaceAll(secret, " ", ""), h.now())
	h.must(err)
	return code
}

// dav does a PROPFIND with Basic and returns its status.
func (h house) dav(path, login, password string) (int, string) {
	h.Helper()
	r, err := http.NewRequestWithContext(h.Context(), "PROPFIND", h.url+path, strings.NewReader(
		`<D:propfind xmlns:D="DAV:"><D:prop><D:current-user-principal/></D:prop></D:propfind>`))
	h.must(err)
	r.SetBasicAuth(login, password)
	r.Header.Set("Depth", "0")
	a, err := http.DefaultClient.Do(r)
	h.must(err)
	defer a.Body.Close() //nolint:errcheck // read to its end below
	body, err := io.ReadAll(a.Body)
	h.must(err)
	return a.StatusCode, string(body)
}

// person is somebody with a browser that has no scripts.
type person struct {
	house
	client *http.Client
	seen   map[int]int // how often which status was met
}

// answer is a page.
type answer struct {
	status int
	header http.Header
	body   string
	path   string
}

func (h house) person() *person {
	h.Helper()
	jar, err := cookiejar.New(nil)
	h.must(err)
	return &person{house: h, client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, seen: map[int]int{}}
}

func (p *person) send(r *http.Request) answer {
	p.Helper()
	a, err := p.client.Do(r)
	p.must(err)
	defer a.Body.Close() //nolint:errcheck // read to its end below
	body, err := io.ReadAll(a.Body)
	p.must(err)
	p.seen[a.StatusCode]++
	return answer{a.StatusCode, a.Header, string(body), r.URL.RequestURI()}
}

func (p *person) get(path string) answer {
	p.Helper()
	r, err := http.NewRequestWithContext(p.Context(), http.MethodGet, p.url+path, nil)
	p.must(err)
	return p.send(r)
}

// post sends a form as a browser does from our own page.
func (p *person) post(path string, values url.Values) answer {
	p.Helper()
	r, err := http.NewRequestWithContext(p.Context(), http.MethodPost, p.url+path, strings.NewReader(values.Encode()))
	p.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", p.url)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return p.send(r)
}

// follow goes where an answer leads, to its end.
func (p *person) follow(a answer) answer {
	p.Helper()
	for range 5 {
		if a.status != http.StatusSeeOther && a.status != http.StatusFound {
			return a
		}
		a = p.get(strings.TrimPrefix(a.header.Get("Location"), p.url))
	}
	p.Fatal("redirects without end")
	return a
}

// signIn signs in with the password, and a code when there is one.
func (p *person) signIn(code string) answer {
	p.Helper()
	a := p.post("/sign-in", url.Values{"login": {annsLogin}, "password": {annsPassword}})
	if code != "" {
		a = p.post("/sign-in/code", url.Values{"half": {hidden(p.T, a, "half")}, "code": {code}})
	}
	p.leads(a, "/account")
	return a
}

func (p *person) leads(a answer, to string) {
	p.Helper()
	if got := a.header.Get("Location"); a.status != http.StatusSeeOther || got != to {
		p.Fatalf("%s: %d to %q, want %q\n%s", a.path, a.status, got, to, text(a.body))
	}
}

func (p *person) says(a answer, want ...string) {
	p.Helper()
	for _, w := range want {
		if !strings.Contains(text(a.body), w) {
			p.Errorf("%s: %d, without %q:\n%s", a.path, a.status, w, text(a.body))
		}
	}
}

var (
	inputs  = regexp.MustCompile(`<input\b[^>]*>`)
	blanks  = regexp.MustCompile(`\s+`)
	choices = regexp.MustCompile(`(?s)<select\b.*?</select>`)
)

// hidden is the value of a field that people do not see.
func hidden(t *testing.T, a answer, name string) string {
	t.Helper()
	for _, tag := range inputs.FindAllString(a.body, -1) {
		if at := attributesOf(tag); at["name"] == name && at["value"] != "" {
			return unescape(at["value"])
		}
	}
	t.Fatalf("%s: %d, no field %s:\n%s", a.path, a.status, name, text(a.body))
	return ""
}

// text is what a page says.
func text(body string) string {
	_, body, _ = strings.Cut(body, "<main")
	_, body, _ = strings.Cut(body, ">")
	body = choices.ReplaceAllString(body, "")
	return unescape(blanks.ReplaceAllString(tags.ReplaceAllString(body, " "), " "))
}

func unescape(s string) string {
	return strings.NewReplacer("&amp;", "&", "&#39;", "'", "&#34;", `"`, "&lt;", "<", "&gt;", ">", "&#43;", "+").Replace(s)
}

// shown is the app password on the page that shows it.
func shown(t *testing.T, a answer) string {
	t.Helper()
	return strings.TrimSuffix(strings.TrimPrefix(firstMatch(t, a.body, `id="secret"[^>]*>[^<]+<`), firstMatch(t, a.body, `id="secret"[^>]*>`)), "<")
}

func firstMatch(t *testing.T, body, pattern string) string {
	t.Helper()
	found := regexp.MustCompile(pattern).FindString(body)
	if found == "" {
		t.Fatalf("no %s in:\n%s", pattern, text(body))
	}
	return found
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// ownSession is the id of the session of a browser.
func (h house) ownSession(p *person) string {
	h.Helper()
	for _, c := range p.client.Jar.Cookies(mustURL(h.T, h.url)) {
		if c.Name == sessionCookie {
			who, err := h.accounts.Session(h.Context(), account.Visit{}, account.Secret(c.Value))
			h.must(err)
			return decimal(who.Session.ID)
		}
	}
	h.Fatal("no session")
	return ""
}
