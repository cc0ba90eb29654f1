package account_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ksync/internal/account"
	"ksync/internal/account/accounttest"
	"ksync/internal/logtest"
	"ksync/store"
)

// fixture is one account and a gate that is alone in front of it, at a time
// that tests move.
type fixture struct {
	*accounttest.Accounts
	t      *testing.T
	store  *store.Store
	issuer account.Issuer
	gate   *account.Gate
	ann    store.Account
	logged *logtest.Log
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	a := accounttest.Open(t, accounttest.Options{})
	f := &fixture{Accounts: a, t: t, store: a.Store, issuer: account.Issuer{Store: a.Store, Keys: a.Keys, Rand: rand.Reader}, logged: a.Logged}
	f.gate = account.NewGate(account.Options{Store: a.Store, Keys: a.Keys, Now: f.time, Throttle: true, Logger: a.Logged.Logger(slog.LevelInfo)})
	t.Cleanup(f.gate.Close)
	f.ann = a.Add(store.Account{Login: "Ann", Email: "ann@example.org"})
	return f
}

func (f *fixture) time() time.Time { return f.Clock.Now() }

func (f *fixture) pass(by time.Duration) { f.Clock.Advance(by) }

func (f *fixture) issue(want store.AppPassword) (string, store.AppPassword) {
	f.t.Helper()
	want.Account = f.ann.ID
	return f.AppPassword(want)
}

func request(from, login, password string) *http.Request {
	r := httptest.NewRequest("PROPFIND", "/dav/", nil)
	r.RemoteAddr = from
	r.Header.Set("User-Agent", "DAVx5/4.5\x00 (\x1b[31m) "+strings.Repeat("x", 5000))
	if login != "" {
		r.SetBasicAuth(login, password)
	}
	return r
}

func (f *fixture) signIn(from, login, password string) (account.Identity, error) {
	return f.gate.SignIn(f.t.Context(), request(from, login, password))
}

const home = "192.0.2.1:4000"

func TestSignIn_ByLoginAddressOrNumber(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	password, made := f.issue(store.AppPassword{Scope: store.ContactsRead})
	for _, login := range []string{"ann", "ANN", "ann@example.org", "Ann@Example.Org", "ann%40example.org", fmt.Sprint(f.ann.ID)} {
		id, err := f.signIn(home, login, password)
		if err != nil {
			t.Errorf("%s: %v", login, err)
			continue
		}
		if id.Account.ID != f.ann.ID || id.AppPassword.ID != made.ID || id.Scope != store.ContactsRead {
			t.Errorf("%s: %+v", login, id)
		}
		if len(id.Agent) > 200 || strings.ContainsAny(id.Agent, "\x00\x1b") || !strings.HasPrefix(id.Agent, "DAVx5/4.5") {
			t.Errorf("agent %q", id.Agent)
		}
	}
	typed := strings.ToUpper(strings.ReplaceAll(password, "-", " "))
	if _, err := f.signIn(home, "ann", typed); err != nil {
		t.Errorf("typed as %q: %v", typed, err)
	}
}

// Invariant 9 of the design: one answer for all of them.
func TestSignIn_OneAnswerForAllThatIsWrong(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	password, _ := f.issue(store.AppPassword{})
	revoked, row := f.issue(store.AppPassword{})
	if err := f.store.RevokeAppPassword(t.Context(), f.ann.ID, row.ID); err != nil {
		t.Fatal(err)
	}
	expired, _ := f.issue(store.AppPassword{Expires: f.time().Add(time.Minute).UnixMilli()})
	f.pass(time.Minute)
	bob, err := account.Create(t.Context(), f.store, store.Account{Login: "bob"})
	if err != nil {
		t.Fatal(err)
	}
	bobs, _, err := f.issuer.Issue(t.Context(), store.AppPassword{Account: bob.ID, Name: "x", Scope: store.FullScope})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.store.SetDisabled(t.Context(), bob.ID, true); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, login, password string }{
		{"nothing sent", "", ""},
		{"unknown login", "nobody", "wrong"},
		{"unknown login, good password", "nobody", password},
		{"wrong password", "ann", "wrong"},
		{"wrong password of the right form", "ann", "0000-0000-0000-0000-0000-0000-0000"},
		{"another's password", "ann", bobs.Reveal()},
		{"revoked", "ann", revoked},
		{"expired", "ann", expired},
		{"disabled", "bob", bobs.Reveal()},
		{"metacharacters", ".*%_", "wrong"},
		{"NUL", "ann\x00", password},
		{"a megabyte", "ann", strings.Repeat("x", 1<<20)},
	} {
		_, err := f.signIn(home, tt.login, tt.password)
		if err != account.ErrDenied { //nolint:errorlint // nothing may be wrapped around it that tells more
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestSignIn_GoodPasswordPassesWhileItsAddressIsThrottled(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	password, _ := f.issue(store.AppPassword{})
	var throttled *account.Throttled
	for range 1000 {
		_, err := f.signIn(home, "ann", "wrong")
		if !errors.Is(err, account.ErrDenied) && !errors.As(err, &throttled) {
			t.Fatal(err)
		}
	}
	if throttled == nil || throttled.RetryAfter != 10*time.Second {
		t.Fatalf("1000 wrong ones: %v", throttled)
	}
	if _, err := f.signIn(home, "ann", password); err != nil {
		t.Errorf("the good one: %v", err)
	}
	if _, err := f.signIn("192.0.2.2:1", "ann", "wrong"); !errors.Is(err, account.ErrDenied) {
		t.Errorf("from elsewhere: %v", err)
	}
	f.pass(10 * time.Second)
	if _, err := f.signIn(home, "ann", "wrong"); !errors.Is(err, account.ErrDenied) {
		t.Errorf("after the wait: %v", err)
	}
}

// clients.md T80: phones poll with what they have; none of that may throttle.
func TestSignIn_AnonymousAndRevokedDoNotCount(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	revoked, row := f.issue(store.AppPassword{})
	if err := f.store.RevokeAppPassword(t.Context(), f.ann.ID, row.ID); err != nil {
		t.Fatal(err)
	}
	for range 500 {
		for _, password := range []string{"", revoked} {
			login := "ann"
			if password == "" {
				login = ""
			}
			if _, err := f.signIn(home, login, password); !errors.Is(err, account.ErrDenied) {
				t.Fatal(err)
			}
		}
	}
	if _, err := f.signIn(home, "ann", "wrong"); !errors.Is(err, account.ErrDenied) {
		t.Errorf("the first wrong one: %v", err)
	}
}

func TestSignIn_RevokedHoldsFromTheNextRequest(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	password, row := f.issue(store.AppPassword{})
	if _, err := f.signIn(home, "ann", password); err != nil {
		t.Fatal(err)
	}
	if err := f.store.RevokeAppPassword(t.Context(), f.ann.ID, row.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := f.signIn(home, "ann", password); !errors.Is(err, account.ErrDenied) {
		t.Errorf("after revoking: %v", err)
	}
}

func TestSignIn_FaultIsNoDenial(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	password, _ := f.issue(store.AppPassword{})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := f.gate.SignIn(gone, request(home, "ann", password))
	throttled, isThrottled := errors.AsType[*account.Throttled](err)
	if err == nil || errors.Is(err, account.ErrDenied) || isThrottled {
		t.Errorf("got %v, %v", err, throttled)
	}
}

func TestSignIn_NotesTheLastUse(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	password, row := f.issue(store.AppPassword{})
	trace := &account.Trace{}
	if _, err := f.gate.SignIn(account.WithTrace(t.Context(), trace), request("[2001:db8:1:2::3]:9", "ann", password)); err != nil {
		t.Fatal(err)
	}
	if trace.Account != f.ann.ID || trace.AppPassword != row.ID {
		t.Errorf("trace %+v", trace)
	}
	other := account.NewGate(account.Options{Store: f.store, Keys: f.issuer.Keys, Now: f.time})
	if _, err := other.SignIn(t.Context(), request("192.0.2.77:9", "ann", password)); err != nil {
		t.Fatal(err)
	}
	other.Close() // writes what waits
	all, err := f.store.AppPasswords(t.Context(), f.ann.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := all[0]; got.LastUsed != f.time().UnixMilli() || got.LastPlace != "192.0.2.0/24" || !strings.HasPrefix(got.LastAgent, "DAVx5") {
		t.Errorf("last use %+v", got)
	}
}

func TestSignIn_SecretsAreNotStoredOrLogged(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	password, made := f.issue(store.AppPassword{})
	for range 30 {
		_, _ = f.signIn(home, "ann", "correct horse battery")
	}
	if _, err := f.signIn(home, "ann", password); err != nil {
		t.Fatal(err)
	}
	digits := strings.ReplaceAll(password, "-", "")
	if s := f.logged.String() + fmt.Sprintf("%+v", made); strings.Contains(s, password) || strings.Contains(s, digits) || strings.Contains(s, "horse") {
		t.Errorf("a secret shows in %s", s)
	}
}

func BenchmarkSignIn(b *testing.B) {
	a := accounttest.Open(b, accounttest.Options{Now: time.Now})
	secret, _ := a.AppPassword(store.AppPassword{Account: a.Add(store.Account{Login: "ann"}).ID})
	gate := account.NewGate(account.Options{Store: a.Store, Keys: a.Keys, Throttle: true})
	defer gate.Close()
	for name, password := range map[string]string{"right": secret, "wrong": "not an app password"} {
		b.Run(name, func(b *testing.B) {
			r := request(home, "ann", password)
			for b.Loop() {
				_, _ = gate.SignIn(b.Context(), r)
			}
		})
	}
}
