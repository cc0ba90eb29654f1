package config_test

import (
	"strings"
	"testing"
)

func TestSettings_CheckOffer(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"both servers":             {[]string{"--imap-host=imap.example.org", "--smtp-host=smtp.example.org", "--mailbox-domains=example.org,example.net"}, ""},
		"IMAP alone":               {[]string{"--imap-host=imap.example.org"}, "imap-host and smtp-host go together"},
		"SMTP alone":               {[]string{"--smtp-host=smtp.example.org"}, "imap-host and smtp-host go together"},
		"domains of no server":     {[]string{"--mailbox-domains=example.org"}, "mailbox-domains: needs imap-host"},
		"certificate without key":  {[]string{"--profile-cert=c"}, "profile-cert and profile-key go together"},
		"key without certificate":  {[]string{"--profile-key=k"}, "profile-cert and profile-key go together"},
		"certificate for nothing":  {[]string{"--profile-cert=c", "--profile-key=k", "--profile-sign=off"}, "profile-sign is off"},
		"a pair to sign with":      {[]string{"--profile-cert=c", "--profile-key=k"}, ""},
		"TLS key without its half": {[]string{"--tls-key=k"}, "tls-cert and tls-key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := parse(t, append(tt.args, "--data", t.TempDir())...)
			if err != nil {
				t.Fatal(err)
			}
			err = s.Check()
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestSettings_OfferRefusesOtherTypes(t *testing.T) {
	t.Parallel()
	for _, arg := range []string{"--imap-port=many", "--smtp-port=", "--profile-sign=maybe"} {
		if _, err := parse(t, arg, "--data", t.TempDir()); err == nil {
			t.Errorf("%s was accepted", arg)
		}
	}
}
