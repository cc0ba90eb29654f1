package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"ksync/internal/account"
	"ksync/store"
)

// guest is somebody with an app password, at a server with one connection.
type guest struct {
	account  store.Account
	secret   string
	password store.AppPassword
}

func invite(t *testing.T, p parts, keys *account.Keys, login string) guest {
	t.Helper()
	a, err := account.Create(t.Context(), p.store, store.Account{Login: login})
	if err != nil {
		t.Fatal(err)
	}
	secret, made, err := account.Issuer{Store: p.store, Keys: keys, Rand: rand.Reader}.Issue(t.Context(), store.AppPassword{Account: a.ID, Name: "phone", Scope: store.FullScope})
	if err != nil {
		t.Fatal(err)
	}
	return guest{a, secret.Reveal(), made}
}

// line is a client that has one connection and says when it took another.
type line struct {
	*testing.T
	client *http.Client
	url    string
	mu     sync.Mutex
	opened int
}

func newLine(t *testing.T, handler http.Handler, http2 bool) *line {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = http2
	server.StartTLS()
	t.Cleanup(server.Close)
	client := server.Client()
	client.Transport.(*http.Transport).MaxConnsPerHost = 1
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &line{T: t, client: client, url: server.URL}
}

// ask who the server takes us for: the principal it names, or a status.
func (l *line) ask(login, secret string) string {
	l.Helper()
	trace := &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if !c.Reused {
			l.opened++
		}
	}}
	r, err := http.NewRequestWithContext(httptrace.WithClientTrace(l.Context(), trace), "PROPFIND", l.url+"/dav/",
		strings.NewReader(`<D:propfind xmlns:D="DAV:"><D:prop><D:current-user-principal/></D:prop></D:propfind>`))
	if err != nil {
		l.Fatal(err)
	}
	r.Header.Set("Depth", "0")
	if login != "" {
		r.SetBasicAuth(login, secret)
	}
	a, err := l.client.Do(r)
	if err != nil {
		l.Error(err)
		return ""
	}
	defer a.Body.Close() //nolint:errcheck // read to its end below
	body, err := io.ReadAll(a.Body)
	if err != nil {
		l.Error(err)
	}
	if _, rest, ok := strings.Cut(string(body), "/dav/principals/"); ok && a.StatusCode == http.StatusMultiStatus {
		id, _, _ := strings.Cut(rest, "/")
		return id
	}
	return fmt.Sprint(a.StatusCode)
}

// hardening.md A6, A7: each request is signed in anew, also on a connection
// that is open. CVE-2019-18928.
func TestIdentity_ConnectionCarriesNone(t *testing.T) {
	t.Parallel()
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler, p, keys := wiredKeys(t)
			ann := invite(t, p, keys, "ann")
			l, id := newLine(t, handler, http2), fmt.Sprint(ann.account.ID)
			if got := l.ask("ann", ann.secret); got != id {
				t.Fatalf("signed in as %s, want %s", got, id)
			}
			if got := l.ask("", ""); got != "401" {
				t.Errorf("without credentials on her connection: %s", got)
			}
			if got := l.ask("ann", ann.secret); got != id {
				t.Errorf("again: %s", got)
			}
			if err := p.store.RevokeAppPassword(t.Context(), ann.account.ID, ann.password.ID); err != nil {
				t.Fatal(err)
			}
			if got := l.ask("ann", ann.secret); got != "401" {
				t.Errorf("revoked, on the open connection: %s", got)
			}
			if l.opened != 1 {
				t.Errorf("%d connections: the test shows nothing", l.opened)
			}
		})
	}
}

// hardening.md A7.
func TestIdentity_TwoPeopleOnOneConnection(t *testing.T) {
	t.Parallel()
	handler, p, keys := wiredKeys(t)
	guests := []guest{invite(t, p, keys, "ann"), invite(t, p, keys, "bob")}
	l := newLine(t, handler, true)
	l.ask("", "")
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			g, want := guests[i%2], ""
			want = fmt.Sprint(g.account.ID)
			switch i % 6 {
			case 4: // his password under her login
				g.account.Login, want = guests[1].account.Login, "401"
			case 5:
				g.account.Login, want = "", "401"
			}
			if got := l.ask(g.account.Login, g.secret); got != want {
				t.Errorf("request %d of %q: %s, want %s", i, g.account.Login, got, want)
			}
		})
	}
	wg.Wait()
	if l.opened != 1 {
		t.Errorf("%d connections: the test shows nothing", l.opened)
	}
}

// hardening.md A9: whatever a request says about its host, letters and links
// have the address of the settings.
func TestIdentity_ForgedHostReachesNoLink(t *testing.T) {
	t.Parallel()
	handler, p := wired(t, "--mail-host", "127.0.0.1", "--mail-from", "sync@example.org")
	token := signInAnn(t, p.store, p.accounts)
	forge := func(method, path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "https://sync.example.org"+path, strings.NewReader(body))
		r.Host = "evil.example"
		r.Header.Set("X-Forwarded-Host", "evil.example")
		r.Header.Set("Forwarded", "host=evil.example")
		r.Header.Set("X-Original-Host", "evil.example")
		r.Header.Set("Accept", "text/html")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if strings.HasPrefix(path, "/api/") {
			r.Header.Set("Content-Type", "application/json")
		}
		r.AddCookie(&http.Cookie{Name: "__Host-ksync", Value: token.Reveal()})
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		named := path == "//evil.example/" // the form for the language comes back to it, by its path
		if !named && strings.Contains(w.Body.String(), "evil.example") || strings.Contains(fmt.Sprint(w.Header()), "evil.example") {
			t.Errorf("%s %s: %d %v\n%s", method, path, w.Code, w.Header(), w.Body)
		}
		return w
	}
	for _, path := range []string{"/", "/sign-in", "/account", "/account/app-passwords", "/account/profile", "/reset", "/.well-known/carddav", "/.well-known/change-password", "/remote.php/dav", "//evil.example/", "/account//"} {
		forge(http.MethodGet, path, "")
	}
	forge(http.MethodPost, "/reset", "login=ann%40example.org")
	forge(http.MethodPut, "/api/v1/account/email", `{"address":"new@example.org"}`)
	if w := forge(http.MethodPost, "/api/v1/invitations", `{"email":"bob@example.org"}`); !strings.Contains(w.Body.String(), `"url":"https://sync.example.org/invitation/`) {
		t.Errorf("invitation: %d %s", w.Code, w.Body)
	}
	if w := forge(http.MethodPost, "/index.php/login/v2", ""); !strings.Contains(w.Body.String(), `https://sync.example.org/`) {
		t.Errorf("login flow: %d %s", w.Code, w.Body)
	}
	awaitLinks(t, p.accounts, account.NoticeReset, account.NoticeConfirmEmail, account.NoticeInvitation)
}

// awaitLinks takes letters out of the outbox until there is one of each kind;
// that about a reset is written after the answer.
func awaitLinks(t *testing.T, people *account.Service, kinds ...account.NoticeKind) {
	t.Helper()
	for len(kinds) > 0 {
		letters, err := people.ClaimNotices(t.Context(), 20)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range letters {
			kinds = slices.DeleteFunc(kinds, func(k account.NoticeKind) bool { return k == n.Kind })
			if n.Data.Link != "" && !strings.HasPrefix(n.Data.Link, "https://sync.example.org/") {
				t.Errorf("%s: %s", n.Kind, n.Data.Link)
			}
		}
		if len(letters) == 0 {
			<-people.NoticeWaiting()
		}
	}
}

// hardening.md A8: nobody can sign a browser in from another site, choose its
// session, or read the API from there.
func TestIdentity_LoginCSRFFixationAndCORS(t *testing.T) {
	t.Parallel()
	handler, p := wired(t)
	signInAnn(t, p.store, p.accounts)
	send := func(method, path, body string, change func(*http.Request)) *http.Response {
		r := httptest.NewRequest(method, "https://sync.example.org"+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		change(r)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Result()
	}
	form := url.Values{"login": {"ann@example.org"}, "password": {"correct zebra battery"}}.Encode()
	for name, change := range map[string]func(*http.Request){
		"cross-site":   func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"same-site":    func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"other origin": func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"null origin":  func(r *http.Request) { r.Header.Set("Origin", "null") },
	} {
		if a := send(http.MethodPost, "/sign-in", form, change); a.StatusCode != http.StatusForbidden || len(a.Cookies()) != 0 {
			t.Errorf("%s: %d %v", name, a.StatusCode, a.Cookies())
		}
	}
	const chosen = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	a := send(http.MethodPost, "/sign-in", form, func(r *http.Request) {
		r.AddCookie(&http.Cookie{Name: "__Host-ksync", Value: chosen})
	})
	var opened []*http.Cookie
	for _, c := range a.Cookies() {
		if c.Name == "__Host-ksync" && c.Value != "" {
			opened = append(opened, c)
		}
	}
	if len(opened) != 1 || opened[0].Value == chosen || !opened[0].HttpOnly || !opened[0].Secure || opened[0].SameSite != http.SameSiteLaxMode || opened[0].Domain != "" {
		t.Fatalf("signed in: %d %v", a.StatusCode, a.Cookies())
	}
	for _, method := range []string{http.MethodGet, http.MethodOptions} {
		for _, path := range []string{"/api/v1/account", "/token", "/1/profile", "/dav/", "/account"} {
			a := send(method, path, "", func(r *http.Request) {
				r.Header.Set("Origin", "https://evil.example")
				r.Header.Set("Access-Control-Request-Method", "GET")
				r.AddCookie(opened[0])
			})
			for name := range a.Header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s %s: %s", method, path, name)
				}
			}
		}
	}
}

// hardening.md A10, over a socket: what is no login and no password costs
// little, breaks nothing and gets a clear answer.
func TestIdentity_HostileCredentials(t *testing.T) {
	t.Parallel()
	handler, p, keys := wiredKeys(t, "--throttle", "off")
	ann := invite(t, p, keys, "ann")
	l := newLine(t, handler, false)
	for name, who := range map[string][2]string{
		"long password":    {"ann", strings.Repeat("x", 100_000)},
		"long login":       {strings.Repeat("x", 100_000), ann.secret},
		"NUL":              {"ann\x00", ann.secret},
		"invalid UTF-8":    {"ann\xff", ann.secret},
		"regex":            {".*", ann.secret},
		"LIKE":             {"%", ann.secret},
		"LIKE, one":        {"an_", ann.secret},
		"path":             {"../ann", ann.secret},
		"slash":            {"ann/", ann.secret},
		"encoded slash":    {"ann%2F", ann.secret},
		"encoded NUL":      {"ann%00", ann.secret},
		"SQL":              {"ann' or '1'='1", ann.secret},
		"LDAP":             {"*)(uid=*", ann.secret},
		"password of LIKE": {"ann", strings.Repeat("%", 28)},
	} {
		if got := l.ask(who[0], who[1]); got != "401" {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := l.ask(" ANN ", ann.secret); got != fmt.Sprint(ann.account.ID) {
		t.Errorf("as people type it: %s", got)
	}
	megabyte := `{"password":"` + strings.Repeat("x", 1<<20) + `"}`
	token := signInAnn(t, p.store, p.accounts)
	r := httptest.NewRequest(http.MethodPost, "https://sync.example.org/api/v1/step-up", strings.NewReader(megabyte))
	r.Header.Set("Content-Type", "application/json")
	r.AddCookie(&http.Cookie{Name: "__Host-ksync", Value: token.Reveal()})
	w := httptest.NewRecorder()
	if handler.ServeHTTP(w, r); w.Code != http.StatusRequestEntityTooLarge || w.Body.Len() > 2000 {
		t.Errorf("a megabyte to the API: %d, %d bytes", w.Code, w.Body.Len())
	}
}
