package config_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/config"
)

func TestOAuthClient_AcceptedAndRefused(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"app|App|org.example.app://done":                                   "app | App | org.example.app://done",
		" a.b-1 | Größe & co |  org.example.app:/x   https://e.org/c?d=1 ": "a.b-1 | Größe & co | org.example.app:/x https://e.org/c?d=1",
		"cli | Program | http://127.0.0.1:8123/cb http://[::1]:1/":         "cli | Program | http://127.0.0.1:8123/cb http://[::1]:1/",
		"":                                    "form ID | NAME | REDIRECT",
		"app | App":                           "form ID | NAME | REDIRECT",
		"app | App | a.b:/ | more":            "form ID | NAME | REDIRECT",
		"app | App, Inc | a.b:/":              "form ID | NAME | REDIRECT",
		" | App | a.b:/":                      "visible ASCII",
		"a b | App | a.b:/":                   "visible ASCII",
		strings.Repeat("a", 201) + "|b|c.d:/": "visible ASCII",
		"app | | a.b:/":                       "must be a text",
		"app | A\x00 | a.b:/":                 "must be a text",
		"app | \xff | a.b:/":                  "must be a text",
		"app | App | ":                        "needs a redirect",
		"app | App | javascript:alert(1)":     "must be https",
		"app | App | data:text/html":          "must be https",
		"app | App | http://example.org/":     "must be https",
		"app | App | https:///x":              "must be https",
		"app | App | /relative":               "must be https",
		"app | App | https://e.org/#x":        "fragment",
		"app | App | https://e.org/#":         "fragment",
		"app | App | https://u:p@e.org/":      "user name",
		"app | App | https://e.org/;x":        "encoded",
		"app | App | https://e.org/\"x":       "encoded",
		"app | App | https://e.org/" + strings.Repeat("x", 500): "too long",
	} {
		var c config.OAuthClient
		err := c.UnmarshalText([]byte(in))
		if err != nil && !strings.Contains(err.Error(), want) || err == nil && c.String() != want {
			t.Errorf("%q: got %q, %v, want %q", in, c, err, want)
		}
	}
}

func TestSettings_OAuthClients(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "oauth-clients = a | First | org.example.a:/done, b | Second | org.example.b:/1 org.example.b:/2\n")
	s, err := parse(t, "--data", dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []config.OAuthClient{
		{ID: "a", Name: "First", Redirects: []string{"org.example.a:/done"}},
		{ID: "b", Name: "Second", Redirects: []string{"org.example.b:/1", "org.example.b:/2"}},
	}
	if diff := cmp.Diff(want, s.OAuthClients); diff != "" {
		t.Error(diff)
	}
	var printed bytes.Buffer
	if err := config.Describe(&printed, &s); err != nil || !strings.Contains(printed.String(),
		"\noauth-clients = a | First | org.example.a:/done, b | Second | org.example.b:/1 org.example.b:/2\n") {
		t.Errorf("%v\n%s", err, printed.String())
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
	s.OAuthClients = append(s.OAuthClients, s.OAuthClients[0])
	if err := s.Check(); err == nil || !strings.Contains(err.Error(), "a is there twice") {
		t.Errorf("twice: %v", err)
	}
	write(t, dir, "\noauth-clients = a | First | http://example.org/\n")
	if _, err := parse(t, "--data", dir); err == nil || !strings.Contains(err.Error(), "ksyncd.conf:2: oauth-clients") {
		t.Errorf("got %v", err)
	}
}
