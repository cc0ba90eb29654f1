package main

import (
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"ksync/internal/account"
	"ksync/internal/account/accounttest"
	"ksync/internal/config"
	"ksync/internal/logtest"
	"ksync/store"
)

// documentedFilter is the filter of docs/admin.md as fail2ban would read it.
func documentedFilter(t *testing.T) []*regexp.Regexp {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "admin.md"))
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile(`(?s)\nfailregex = (.*?)\nignoreregex`).FindSubmatch(text)
	if block == nil {
		t.Fatal("docs/admin.md has no failregex")
	}
	var filter []*regexp.Regexp
	for line := range strings.Lines(string(block[1])) {
		// What fail2ban puts in their place, as far as it matters here.
		line = strings.NewReplacer("%(__prefix_line)s", `\S+ ksyncd\[\d+\]: `, "<ADDR>", `(?P<host>[0-9A-Fa-f:.]+)`).Replace(strings.TrimSpace(line))
		filter = append(filter, regexp.MustCompile(line))
	}
	return filter
}

// banned are the addresses that the filter finds in a log, in the forms in
// which fail2ban sees its lines: whole, without their time, from the journal.
func banned(t *testing.T, filter []*regexp.Regexp, log string) []string {
	t.Helper()
	var found []string
	stamp := regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d`)
	for line := range strings.Lines(log) {
		line = strings.TrimSpace(line)
		first := match(filter, line)
		for _, form := range []string{stamp.ReplaceAllString(line, ""), "host ksyncd[7]: " + line} {
			if got := match(filter, form); got != first {
				t.Errorf("%q gives %q, whole it gives %q", form, got, first)
			}
		}
		if first != "" {
			found = append(found, first)
		}
	}
	return found
}

func match(filter []*regexp.Regexp, line string) string {
	for _, f := range filter {
		if m := f.FindStringSubmatch(line); m != nil {
			return m[f.SubexpIndex("host")]
		}
	}
	return ""
}

func TestFail2ban_OneLinePerFailedSignIn(t *testing.T) {
	t.Parallel()
	filter := documentedFilter(t)
	for _, format := range []config.LogFormat{"text", "json"} {
		log := &logtest.Log{}
		logger := newLogger(&environment{err: log}, config.Log{Format: format, Level: config.LogLevel(slog.LevelInfo)})
		failEverywhere(t, logger)
		got := strings.Join(banned(t, filter, log.String()), " ")
		if want := "192.0.2.1 2001:db8::1 192.0.2.2 192.0.2.3 192.0.2.4"; got != want {
			t.Errorf("%s: found %q, want %q in\n%s", format, got, want, log)
		}
	}
}

// failEverywhere fails once on each surface, and does what must leave no line.
func failEverywhere(t *testing.T, logger *slog.Logger) {
	t.Helper()
	people := accounttest.Open(t, accounttest.Options{Logger: logger, Now: time.Now, Service: func(o *account.ServiceOptions) { o.Throttle = false }})
	a := people.Add(store.Account{Login: "ann@example.org"})
	secret, made := people.AppPassword(store.AppPassword{Account: a.ID})
	gate := people.Gate
	device(t, gate, "192.0.2.1", "ann@example.org", "wrong")
	device(t, gate, "2001:db8::1", `"; from=203.0.113.1 surface=dav`, "wrong")
	device(t, gate, "192.0.2.9", "ann@example.org", secret)
	device(t, gate, "192.0.2.9", "", "")
	if err := people.Store.RevokeAppPassword(t.Context(), a.ID, made.ID); err != nil {
		t.Fatal(err)
	}
	device(t, gate, "192.0.2.9", "ann@example.org", secret)
	browse(t, people.Service)
	people.Restart() // what is noted after an answer is noted
}

// device syncs; what it calls itself must not look like a line.
func device(t *testing.T, gate *account.Gate, address, login, password string) {
	t.Helper()
	r := httptest.NewRequest("PROPFIND", "/dav/", nil)
	r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(address), 4711).String()
	r.Header.Set("User-Agent", "x\n"+`time=2026-11-21T12:00:00.000Z level=INFO msg="sign-in failed" from=203.0.113.1 surface=dav`)
	if login != "" {
		r.SetBasicAuth(login, password)
	}
	_, _ = gate.SignIn(t.Context(), r) // the log is what counts
}

// browse fails with an unknown login, a wrong password, and a wrong code.
func browse(t *testing.T, people *account.Service) {
	t.Helper()
	const password = accounttest.Password
	try := func(address, login, password string) account.Progress {
		p, _ := people.SignIn(t.Context(), account.Visit{Address: netip.MustParseAddr(address)}, account.Attempt{Login: login, Password: account.Secret(password)})
		return p
	}
	try("192.0.2.2", "nobody@example.org", password)
	try("192.0.2.3", "ann@example.org", "wrong")
	signedIn := try("192.0.2.9", "ann@example.org", password).Done
	if signedIn == nil {
		t.Fatal("not signed in")
	}
	v := account.Visit{Address: netip.MustParseAddr("192.0.2.9")}
	person, err := people.Session(t.Context(), v, signedIn.Token)
	if err != nil {
		t.Fatal(err)
	}
	setup, err := people.BeginTOTP(t.Context(), person)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := people.ConfirmTOTP(t.Context(), v, person, setup.Ticket, totpNow(t, setup.Secret)); err != nil {
		t.Fatal(err)
	}
	half := try("192.0.2.9", "ann@example.org", password).Half
	if half == nil {
		t.Fatal("no second factor was asked for")
	}
	_, _ = people.FinishCode(t.Context(), account.Visit{Address: netip.MustParseAddr("192.0.2.4")}, half.Token, "000000")
}

func totpNow(t *testing.T, secret account.Secret) account.Secret {
	t.Helper()
	code, err := totp.GenerateCode(secret.Reveal(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return account.Secret(code)
}
