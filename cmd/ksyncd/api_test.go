package main

import (
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/alecthomas/kong"

	"ksync/internal/account"
	"ksync/internal/assistant"
	"ksync/internal/config"
	"ksync/internal/duplicates"
	"ksync/store"
)

// wired is the server's handler as `ksyncd serve` makes it, without a listener.
func wired(t *testing.T, args ...string) (http.Handler, parts) {
	t.Helper()
	handler, p, _ := wiredKeys(t, args...)
	return handler, p
}

// wiredKeys is wired with the keys, to make app passwords.
func wiredKeys(t *testing.T, args ...string) (http.Handler, parts, *account.Keys) {
	t.Helper()
	env := &environment{ctx: t.Context(), in: bufio.NewReader(strings.NewReader("")), out: io.Discard, err: io.Discard, now: time.Now, rand: rand.Reader}
	var c serveCmd
	parser, err := kong.New(&c, config.Kong())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(append([]string{"--data", t.TempDir(), "--url", "https://sync.example.org"}, args...)); err != nil {
		t.Fatal(err)
	}
	st, err := openOrMake(env, c.Location, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	people, err := c.people(env, account.ServiceOptions{Store: st, URL: baseURL(c.URL.String())})
	if err != nil {
		t.Fatal(err)
	}
	keys, _, err := openKeys(env, c.Location)
	if err != nil {
		t.Fatal(err)
	}
	gate := account.NewGate(account.Options{Store: st, Keys: keys, Service: people})
	settings, err := c.told().settings()
	if err != nil {
		t.Fatal(err)
	}
	helper, err := assistant.New(assistant.Options{Store: st, Accounts: people, Gate: gate, Keys: keys, Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	finder := newDuplicates(env, duplicates.Options{Store: st})
	t.Cleanup(func() {
		finder.Close()
		helper.Close()
		gate.Close()
		people.Close()
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	p := parts{store: st, gate: gate, accounts: people, helper: helper, duplicates: finder}
	handler, err := c.handler(env, p, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return handler, p, keys
}

// The session of the pages is that of the API, in the server as it is wired.
func TestServe_SessionOfThePagesOpensTheAPI(t *testing.T) {
	t.Parallel()
	handler, p := wired(t)
	token := signInAnn(t, p.store, p.accounts)
	for cookie, want := range map[string]int{"__Host-ksync": http.StatusOK, "ksync": http.StatusUnauthorized} {
		r := httptest.NewRequest(http.MethodGet, "https://sync.example.org/api/v1/account", nil)
		r.AddCookie(&http.Cookie{Name: cookie, Value: token.Reveal()})
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != want || want == http.StatusOK && !strings.Contains(w.Body.String(), `"login":"ann@example.org"`) {
			t.Errorf("cookie %s: %d %s", cookie, w.Code, w.Body)
		}
	}
}

func signInAnn(t *testing.T, st *store.Store, people *account.Service) account.Secret {
	t.Helper()
	const password = "correct zebra battery"
	a, err := account.Create(t.Context(), st, store.Account{Login: "ann@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	if err := people.ImposePassword(t.Context(), a.ID, password); err != nil {
		t.Fatal(err)
	}
	p, err := people.SignIn(t.Context(), account.Visit{}, account.Attempt{Login: a.Login, Password: password})
	if err != nil || p.Done == nil {
		t.Fatal("not signed in", err)
	}
	return p.Done.Token
}

// authorizeQuery is a question of an app that fetches its app password.
func authorizeQuery(client, redirect string) url.Values {
	sum := sha256.Sum256([]byte(strings.Repeat("v", 43)))
	return url.Values{
		"response_type": {"code"}, "client_id": {client}, "redirect_uri": {redirect},
		"code_challenge_method": {"S256"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])},
	}
}

// Apps of the settings sign in as kSync does, and end where the settings say.
func TestServe_OAuthClientsAreSettings(t *testing.T) {
	t.Parallel()
	ksync := account.KSync()
	set := []string{"--oauth-clients", "app | My App | https://app.example.org/done org.example.app:/done"}
	replaced := []string{"--oauth-clients", ksync.ID + " | kSync here | org.example.ksync://oauth2redirect"}
	for _, tt := range []struct {
		name, client, redirect string
		args                   []string
		end                    string // in the policy of content; "" when the app is not known
	}{
		{"kSync is built in", ksync.ID, ksync.RedirectURIs[0], nil, "com.infomaniak.sync:"},
		{"kSync beside others", ksync.ID, ksync.RedirectURIs[0], set, "com.infomaniak.sync:"},
		{"unknown without a setting", "app", "org.example.app:/done", nil, ""},
		{"of the settings", "app", "org.example.app:/done", set, "org.example.app:"},
		{"a site", "app", "https://app.example.org/done", set, "https://app.example.org"},
		{"redirect of another app", "app", ksync.RedirectURIs[0], set, ""},
		{"longer redirect", "app", "https://app.example.org/done/x", set, ""},
		{"another kSync", ksync.ID, "org.example.ksync://oauth2redirect", replaced, "org.example.ksync:"},
		{"whose built-in redirect is gone", ksync.ID, ksync.RedirectURIs[0], replaced, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			handler, _ := wired(t, tt.args...)
			r := httptest.NewRequest(http.MethodGet, "https://sync.example.org/authorize?"+authorizeQuery(tt.client, tt.redirect).Encode(), nil)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			policy := w.Header().Get("Content-Security-Policy")
			form := strings.Contains(w.Body.String(), `name="password"`)
			if w.Code != http.StatusOK || form != (tt.end != "") || tt.end != "" && !strings.Contains(policy, "form-action 'self' "+tt.end+";") {
				t.Errorf("%d, form %v, policy %q", w.Code, form, policy)
			}
		})
	}
}

// Whatever stops a request on its way to the sign-in of apps: kSync's web view
// closes on a status of 400 and more, and nobody would read why (clients.md 1.4).
func TestServe_NothingClosesTheWebView(t *testing.T) {
	t.Parallel()
	handler, _ := wired(t, "--max-requests", "1")
	ksync := account.KSync()
	path := "/authorize?" + authorizeQuery(ksync.ID, ksync.RedirectURIs[0]).Encode()
	ask := func(name, method, path string, body io.Reader, change ...func(*http.Request)) string {
		t.Helper()
		r := httptest.NewRequest(method, "https://sync.example.org"+path, body)
		r.Header.Set("Accept", "text/html")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, f := range change {
			f(r)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d", name, w.Code)
		}
		return w.Body.String()
	}
	again := func(name, body string) {
		t.Helper()
		if want := `href="` + html.EscapeString(path) + `"`; !strings.Contains(strings.ReplaceAll(body, "&#43;", "+"), want) || !strings.Contains(body, "Try again</a>") {
			t.Errorf("%s: no way to try again (%s):\n%s", name, want, body)
		}
	}
	again("form too large", ask("form too large", http.MethodPost, path, strings.NewReader("login="+strings.Repeat("x", 1<<20))))
	again("body that breaks off", ask("body that breaks off", http.MethodPost, path, iotest.ErrReader(os.ErrDeadlineExceeded)))
	again("other site", ask("other site", http.MethodPost, path, nil, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }))
	again("method", ask("method", http.MethodDelete, path, nil))
	ask("no such page", http.MethodGet, "/authorize/elsewhere", nil)

	body, hold := io.Pipe() // one request that does not end fills the house
	entered, left := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(left)
		r := httptest.NewRequest(http.MethodPost, "https://sync.example.org/token", io.MultiReader(&knock{entered: entered}, body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}()
	<-entered
	again("full house", ask("full house", http.MethodGet, path, nil))
	again("full house, any browser", ask("full house, any browser", http.MethodPost, path, nil, func(r *http.Request) { r.Header.Del("Accept") }))
	again("full house, language", ask("full house, language", http.MethodPost, "/language", nil, func(r *http.Request) {
		r.Header.Set("Referer", "https://sync.example.org"+path)
	}))
	_ = hold.Close() // never fails
	<-left
	if got := ask("afterwards", http.MethodGet, path, nil); !strings.Contains(got, `name="password"`) {
		t.Errorf("afterwards:\n%s", got)
	}
}

// knock is an empty body that tells when it is read.
type knock struct {
	entered chan struct{}
	once    sync.Once
}

func (s *knock) Read([]byte) (int, error) {
	s.once.Do(func() { close(s.entered) })
	return 0, io.EOF
}
