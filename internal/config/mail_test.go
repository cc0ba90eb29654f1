package config_test

import (
	"strings"
	"testing"

	"ksync/internal/config"
)

func TestMail_SettingsThatGoTogether(t *testing.T) {
	t.Parallel()
	complete := []string{"--url", "https://sync.example.org", "--mail-host", "mx.example.org", "--mail-from", "Example Sync <sync@example.org>"}
	for _, tt := range []struct {
		name string
		args []string
		want string // in the error
	}{
		{"no mail", nil, ""},
		{"all that is needed", complete, ""},
		{"no public address", complete[2:], "needs url"},
		{"no sender", complete[:4], "needs mail-from"},
		{"login without password", append([]string{"--mail-user", "sync"}, complete...), "go together"},
		{"password without login", append([]string{"--mail-password-file", "x"}, complete...), "go together"},
		{"both", append([]string{"--mail-user", "sync", "--mail-password-file", "x"}, complete...), ""},
		{"no such port", append([]string{"--mail-port", "70000"}, complete...), "mail-port: 70000 is not allowed"},
	} {
		s, err := parse(t, append([]string{"--data", t.TempDir()}, tt.args...)...)
		if err == nil {
			err = s.Check()
		}
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestMailAddress_AcceptedAndRefused(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"sync@example.org":                      "<sync@example.org>",
		" Example Sync <sync@example.org> ":     `"Example Sync" <sync@example.org>`,
		"":                                      "",
		"a@b, c@d":                              "error",
		"sync":                                  "error",
		"Sync <sync@example.org>\r\nBcc: <x@y>": "error",
	} {
		var a config.MailAddress
		err := a.UnmarshalText([]byte(in))
		if (err != nil) != (want == "error") || err == nil && a.String() != want {
			t.Errorf("%q: got %q, %v, want %q", in, a, err, want)
		}
	}
	var m config.MailTLS
	if err := m.UnmarshalText([]byte("ssl")); err == nil {
		t.Error("took ssl for a way of protection")
	}
}
