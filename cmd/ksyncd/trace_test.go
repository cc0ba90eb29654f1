package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ksync/internal/dialogue"
)

// traced is a server that records its account from the first request on, and
// gives the file. stop ends the trace.
func traced(t *testing.T) (s dialogue.Server, file func() string, stop func()) {
	t.Helper()
	var o *operations
	s = watchedServer(t, func(c *serveCmd, env *environment, p *parts) {
		var err error
		if o, err = c.operations(env.ctx, env, p.store, slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
		p.ops = o
	})
	name, err := o.recorder.Start(t.Context(), s.Login)
	if err != nil {
		t.Fatal(err)
	}
	stop = func() {
		if err := o.recorder.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return s, func() string {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Error(err)
		}
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("others may read the trace: %v, %v", info, err)
		}
		return string(text)
	}, stop
}

// What a client said to one server can be said to another: a dialogue is played
// while it is recorded, and the record against a fresh server, which must
// answer the same.
func TestTrace_CanBeReplayed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{ // chosen for what differs from one server to the next
		"add-member", "whole-collection", "lenient-requests", "rfc-corners", "members-copy-move", "free-busy", "ios-calendar-setup", "ksync-contacts-first-and-later", "thunderbird-caldav", "macos-alien-token",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := dialogue.ReadFile(filepath.Join("../../testdata/dav", name+".txtar"))
			if err != nil {
				t.Fatal(err)
			}
			s, record, stop := traced(t)
			d.Play(t.Context(), s) // TestDialogues looks at what comes of it
			stop()
			text := record()
			if strings.Contains(text, s.Password) {
				t.Errorf("the password is in the trace")
			}
			again, err := dialogue.Parse([]byte(text))
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			for _, failure := range again.Play(t.Context(), freshServer(t)) {
				t.Error(failure)
			}
		})
	}
}

func TestTrace_HasNoSecretsAndNobodyElse(t *testing.T) {
	t.Parallel()
	s, record, stop := traced(t)
	ask := func(method, path, body string, header ...string) int {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.SetBasicAuth(s.Login, s.Password)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		s.Handler.ServeHTTP(w, r)
		return w.Code
	}
	contacts := "/dav/addressbooks/" + s.Account + "/contacts/"
	ask("PROPFIND", contacts, "", "Cookie", "session=cookie-secret", "X-Api-Key", "header-secret", "User-Agent", "One\nTwo", "Depth", "0")
	wrong := httptest.NewRequest("PROPFIND", contacts, nil)
	wrong.SetBasicAuth(s.Login, "guessed-secret")
	s.Handler.ServeHTTP(httptest.NewRecorder(), wrong)
	stranger := httptest.NewRequest("PROPFIND", contacts, nil)
	stranger.SetBasicAuth("somebody.else@example.org", "x")
	s.Handler.ServeHTTP(httptest.NewRecorder(), stranger)
	anonymous := httptest.NewRequest("PROPFIND", "/dav/nobody", nil)
	s.Handler.ServeHTTP(httptest.NewRecorder(), anonymous)
	if code := ask(http.MethodPut, contacts+"big", strings.Repeat("x", 300<<10)); code != http.StatusForbidden {
		t.Errorf("a card that is none: %d", code)
	}
	ask(http.MethodPut, contacts+"marker", "-- 9 request --\nGET /\n-- 9 response --\n200\n")
	stop()
	ask(http.MethodGet, contacts+"after", "")
	text := record()
	for _, secret := range []string{s.Password, "cookie-secret", "header-secret", "guessed-secret", "somebody", "/dav/nobody", "after", "\nTwo", "xxxxxxxx", "-- 9 request"} {
		if strings.Contains(text, secret) {
			t.Errorf("the trace has %q:\n%s", secret, text)
		}
	}
	for _, part := range []string{"Authorization: Basic {{login}}:***\n", "401 Unauthorized", "User-Agent: One?Two", "X-Left-Out: a body of 307200 bytes"} {
		if !strings.Contains(text, part) {
			t.Errorf("the trace lacks %q:\n%s", part, text)
		}
	}
	if d, err := dialogue.Parse([]byte(text)); err != nil || len(d.Steps) != 4 {
		t.Errorf("the trace is no dialogue of four steps: %v\n%s", err, text)
	}
}
