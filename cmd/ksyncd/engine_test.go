package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/account"
	"ksync/internal/account/accounttest"
	"ksync/internal/config"
	"ksync/store"
)

// Invariant 9 of the design: who asks cannot tell an unknown login from a
// wrong password, a disabled account or a revoked app password.
func TestEngine_OneAnswerForAllThatIsWrong(t *testing.T) {
	t.Parallel()
	people := accounttest.Open(t, accounttest.Options{Now: time.Now})
	st := people.Store
	secrets := map[string]string{}
	for _, login := range []string{"ann", "disabled"} {
		a, err := account.Create(t.Context(), st, store.Account{Login: login, Disabled: login == "disabled"})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"good", "revoked"} {
			secret, p := people.AppPassword(store.AppPassword{Account: a.ID})
			secrets[login+" "+name] = secret
			if name == "revoked" {
				if err := st.RevokeAppPassword(t.Context(), a.ID, p.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	engine := newEngine(&config.Settings{Limits: config.Limits{ObjectSize: 1 << 20, XMLSize: 1 << 20, Hrefs: 100, Page: 100, Property: 1000}}, st, watched{gate: people.Gate}, slog.New(slog.DiscardHandler))
	ask := func(method, login, password string) string {
		r := httptest.NewRequest(method, "/dav/", nil)
		if login != "" {
			r.SetBasicAuth(login, password)
		}
		rec := httptest.NewRecorder()
		engine.ServeHTTP(rec, r)
		return fmt.Sprint(rec.Code, " ", rec.Header(), " ", rec.Body)
	}
	if got := ask("PROPFIND", "ann", secrets["ann good"]); !strings.HasPrefix(got, "207 ") {
		t.Errorf("the good one: %s", got)
	}
	want := ask("PROPFIND", "", "")
	if !strings.HasPrefix(want, "401 ") || !strings.Contains(want, `Basic realm="ksyncd", charset="UTF-8"`) {
		t.Errorf("without credentials: %s", want)
	}
	for name, who := range map[string][2]string{
		"unknown login":   {"nobody", "wrong"},
		"wrong password":  {"ann", "wrong"},
		"of another":      {"ann", secrets["disabled good"]},
		"revoked":         {"ann", secrets["ann revoked"]},
		"disabled":        {"disabled", secrets["disabled good"]},
		"disabled, wrong": {"disabled", "wrong"},
	} {
		if diff := cmp.Diff(want, ask("PROPFIND", who[0], who[1])); diff != "" {
			t.Errorf("%s is answered differently:\n%s", name, diff)
		}
	}
	var last string
	for range 30 {
		last = ask("PUT", "ann", "wrong")
	}
	if !strings.HasPrefix(last, "429 ") || !strings.Contains(last, "Retry-After:[10]") {
		t.Errorf("after many: %s", last)
	}
	if got := ask("PROPFIND", "ann", secrets["ann good"]); !strings.HasPrefix(got, "207 ") {
		t.Errorf("the good one from a throttled address: %s", got)
	}
}

// A fault of the store is no reason to ask people for a new password.
func TestEngine_FaultIs503(t *testing.T) {
	t.Parallel()
	people := accounttest.Open(t, accounttest.Options{Now: time.Now})
	secret, _ := people.AppPassword(store.AppPassword{Account: people.Add(store.Account{Login: "ann"}).ID})
	engine := newEngine(&config.Settings{}, people.Store, watched{gate: people.Gate}, slog.New(slog.DiscardHandler))
	if err := people.Store.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("PROPFIND", "/dav/", nil)
	r.SetBasicAuth("ann", secret)
	rec := httptest.NewRecorder()
	engine.ServeHTTP(rec, r)
	if rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v", rec.Code, rec.Header())
	}
}
