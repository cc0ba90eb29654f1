package main

import (
	"bufio"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"ksync/internal/account"
	"ksync/internal/assistant"
	"ksync/internal/config"
	"ksync/store"
)

// The session of the pages is that of the API, in the server as it is wired.
func TestServe_SessionOfThePagesOpensTheAPI(t *testing.T) {
	t.Parallel()
	env := &environment{ctx: t.Context(), in: bufio.NewReader(strings.NewReader("")), out: io.Discard, err: io.Discard, now: time.Now, rand: rand.Reader}
	var c serveCmd
	parser, err := kong.New(&c, config.Vars())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"--data", t.TempDir(), "--url", "https://sync.example.org"}); err != nil {
		t.Fatal(err)
	}
	st, err := openOrMake(env, c.Location, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	people, err := newService(env, account.ServiceOptions{Store: st, URL: origin(c.URL), Cost: account.HashCost{Memory: 8, Passes: 1}}, c.Location)
	if err != nil {
		t.Fatal(err)
	}
	keys, _, err := openKeys(env, c.Location)
	if err != nil {
		t.Fatal(err)
	}
	gate := account.NewGate(account.Options{Store: st, Keys: keys, Service: people})
	helper, err := assistant.New(assistant.Options{Store: st, Accounts: people, Gate: gate, Keys: keys, Settings: assistant.Settings{URL: origin(c.URL)}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		helper.Close()
		gate.Close()
		people.Close()
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	handler, err := c.handler(env, parts{st, gate, people, helper}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	token := signInAnn(t, st, people)
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
