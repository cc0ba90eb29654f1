package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ksync/internal/account"
	"ksync/store"
)

// The session of the pages is that of the API, in the server as it is wired.
func TestServe_SessionOfThePagesOpensTheAPI(t *testing.T) {
	t.Parallel()
	server := wholeServer(t, "--url", "https://sync.example.org")
	token := signInAnn(t, server.store, server.accounts)
	for cookie, want := range map[string]int{"__Host-ksync": http.StatusOK, "ksync": http.StatusUnauthorized} {
		r := httptest.NewRequest(http.MethodGet, "https://sync.example.org/api/v1/account", nil)
		r.AddCookie(&http.Cookie{Name: cookie, Value: token.Reveal()})
		w := httptest.NewRecorder()
		server.handler.ServeHTTP(w, r)
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
