package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"strconv"
	"strings"
	"testing"
	"time"

	"ksync/internal/mail"
	"ksync/internal/mail/mailtest"
)

// command runs the binary in process and returns what it wrote.
func command(args ...string) (code int, out, errs string) {
	var o, e strings.Builder
	code = run(args, &environment{
		ctx: context.Background(), in: bufio.NewReader(strings.NewReader("")), out: &o, err: &e, now: time.Now, rand: rand.Reader,
	})
	return code, o.String(), e.String()
}

func TestMailTest_Arrives(t *testing.T) {
	t.Parallel()
	box := new(mailtest.Server).Start(t, mail.Plain)
	code, out, errs := command("mail", "test", "ann@example.org", "--data", t.TempDir(), "--language", "fr", "--url", "https://sync.example.org",
		"--mail-host", "127.0.0.1", "--mail-port", strconv.Itoa(box.Port), "--mail-tls", "none", "--mail-from", "sync@example.org")
	if code != 0 || !strings.Contains(out, "took the message for ann@example.org over") {
		t.Fatalf("code %d\n%s%s", code, out, errs)
	}
	if got := box.Letters(); len(got) != 1 || got[0].To != "ann@example.org" || !strings.Contains(got[0].Data, "Content-Language: fr") {
		t.Errorf("letters %+v", got)
	}
}

func TestMailTest_SaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	complete := []string{"--mail-host", "127.0.0.1", "--mail-port", "1", "--mail-tls", "none", "--url", "https://sync.example.org", "--mail-from", "sync@example.org"}
	for _, tt := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"no server", nil, exitUsage, "set mail-host"},
		{"no address of ours", complete[:6], exitUsage, "needs url"},
		{"password in the clear", append([]string{"--mail-user", "a", "--mail-password-file", "none"}, complete...), exitUsage, "mail-password-file"},
		{"server away", complete, exitFailure, "not taken over"},
	} {
		code, _, errs := command(append([]string{"mail", "test", "ann@example.org", "--data", t.TempDir()}, tt.args...)...)
		if code != tt.code || !strings.Contains(errs, tt.want) {
			t.Errorf("%s: code %d, %q, want %d and %q", tt.name, code, errs, tt.code, tt.want)
		}
	}
}

func TestMailPreview(t *testing.T) {
	t.Parallel()
	code, out, errs := command("mail", "preview", "reset-link", "--data", t.TempDir(), "--language", "de")
	if code != 0 || !strings.Contains(out, "Content-Language: de") || !strings.Contains(out, "Auto-Submitted: auto-generated") {
		t.Errorf("code %d, %s\n%s", code, errs, out)
	}
	code, all, errs := command("mail", "preview", "--data", t.TempDir())
	if code != 0 || strings.Count(all, "Message-ID:") < 13 {
		t.Errorf("code %d, %s, %d letters", code, errs, strings.Count(all, "Message-ID:"))
	}
	if code, _, errs := command("mail", "preview", "spam", "--data", t.TempDir()); code != exitUsage || !strings.Contains(errs, "reset-link") {
		t.Errorf("code %d, %q", code, errs)
	}
}
