package dav_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"ksync/internal/account"
	"ksync/internal/caldav"
	"ksync/internal/carddav"
	"ksync/internal/dav"
	"ksync/internal/davxml"
	"ksync/store"
	"ksync/store/storetest"
)

// server is an engine on a store of its own, with one account signed in.
type server struct {
	*dav.Engine
	t     *testing.T
	store *store.Store
	actor dav.Actor
}

func newServer(t *testing.T, limits dav.Limits) *server {
	t.Helper()
	path := filepath.Join(t.TempDir(), "db")
	storetest.Prepare(t, path)
	return openServer(t, path, limits)
}

// openServer is a server on a file, which is made unless it is there.
func openServer(t *testing.T, path string, limits dav.Limits) *server {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { storetest.Close(t, st) })
	a, err := st.AccountByLogin(t.Context(), "anna")
	if errors.Is(err, store.ErrNotFound) {
		a, err = account.Create(t.Context(), st, store.Account{Login: "anna"})
	}
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, store: st, actor: dav.Actor{Account: a, Scope: store.FullScope}}
	if limits == (dav.Limits{}) {
		limits = dav.DefaultLimits
	}
	s.Engine = dav.New(dav.Options{
		Store:  st,
		SignIn: func(r *http.Request) (dav.Actor, error) { return s.signIn(r) },
		Kinds:  []*dav.Kind{caldav.Within(limits), carddav.Within(limits)},
		Limits: limits,
	})
	return s
}

func (s *server) signIn(r *http.Request) (dav.Actor, error) {
	if r.Header.Get("Authorization") == "none" {
		return dav.Actor{}, davxml.Unauthorized.Say("no credentials")
	}
	return s.actor, nil
}

// setQuota bounds what the account may hold.
func (s *server) setQuota(bytes int64) {
	s.t.Helper()
	s.actor.Account.Quota = bytes
	if err := s.store.UpdateAccount(s.t.Context(), s.actor.Account.ID, func(a *store.Account) error { a.Quota = bytes; return nil }); err != nil {
		s.t.Fatal(err)
	}
}

// path is below the account's address book, calendar or the like.
func (s *server) path(format string, args ...any) string {
	return fmt.Sprintf(format, append([]any{s.actor.Account.ID}, args...)...)
}

// do sends a request; headers are name, value, name, value.
func (s *server) do(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	return rec
}

// want fails unless the answer has the status and each of the texts in its body.
func (s *server) want(rec *httptest.ResponseRecorder, status int, texts ...string) {
	s.t.Helper()
	body, _ := io.ReadAll(rec.Body)
	if rec.Code != status {
		s.t.Fatalf("status %d, want %d: %s", rec.Code, status, body)
	}
	for _, text := range texts {
		if !strings.Contains(string(body), text) {
			s.t.Errorf("%q is missing in %s", text, body)
		}
	}
}

const cards = "/dav/addressbooks/%d/contacts/"

func card(uid, name string) string {
	return "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:" + uid + "\r\nFN:" + name + "\r\nN:;" + name + ";;;\r\nEND:VCARD\r\n"
}

func event(uid, start string) string {
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:" + uid +
		"\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:" + start + "\r\nDURATION:PT1H\r\nSUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
}

// put stores a card and gives its ETag.
func (s *server) put(path, body string) string {
	s.t.Helper()
	rec := s.do("PUT", path, body)
	if rec.Code >= 300 {
		s.t.Fatalf("PUT %s: %d %s", path, rec.Code, rec.Body)
	}
	return rec.Header().Get("ETag")
}
