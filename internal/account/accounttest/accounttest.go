// Package accounttest opens the accounts of a server for tests: a store that is
// checked and closed at the end, keys, the service and the gate of devices, at a
// time that stands still until the test moves it.
package accounttest

import (
	"crypto/rand"
	"log/slog"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"ksync/internal/account"
	"ksync/internal/logtest"
	"ksync/store"
	"ksync/store/storetest"
)

// Password is that of the accounts that [Accounts.Add] makes.
const Password = "correct zebra battery"

// Options are what differs from the accounts of sync.example.org with mail,
// throttling and hashes that cost next to nothing.
type Options struct {
	Now     func() time.Time              // nil: that of the clock
	Limits  store.Limits                  // of the store
	Logger  *slog.Logger                  // nil: Logged has the lines
	Service func(*account.ServiceOptions) // changes what the service is made of; may be nil
}

// Accounts are those of a server. All of it is closed at the end of the test,
// after what the test has cleaned up itself.
type Accounts struct {
	*account.Service
	Gate   *account.Gate
	Store  *store.Store
	Keys   *account.Keys
	Clock  *storetest.Clock // at noon of 21 November 2026 in UTC
	Logged *logtest.Log
	Dir    string // of the database, "ksync.db", and the keys

	t testing.TB
	o account.ServiceOptions
}

// Open opens accounts that nobody has yet.
func Open(t testing.TB, o Options) *Accounts {
	t.Helper()
	a := &Accounts{t: t, Clock: storetest.ClockAt(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)), Logged: &logtest.Log{}, Dir: t.TempDir()}
	if o.Now == nil {
		o.Now = a.Clock.Now
	}
	if o.Logger == nil {
		o.Logger = a.Logged.Logger(slog.LevelInfo)
	}
	a.Store = storetest.OpenIn(t, a.Dir, store.Options{Now: o.Now, Limits: o.Limits})
	var err error
	a.Keys, _, err = account.OpenKeys(filepath.Join(a.Dir, "keys"), rand.Reader)
	a.must(err)
	a.o = account.ServiceOptions{
		Store: a.Store, Keys: a.Keys, Now: o.Now, Logger: o.Logger, Throttle: true, Mail: true,
		URL:  &url.URL{Scheme: "https", Host: "sync.example.org"},
		Cost: account.HashCost{Memory: 8, Passes: 1},
	}
	if o.Service != nil {
		o.Service(&a.o)
	}
	a.start()
	t.Cleanup(a.stop)
	return a
}

func (a *Accounts) start() {
	a.t.Helper()
	var err error
	a.Service, err = account.NewService(a.o)
	a.must(err)
	a.Gate = account.NewGate(account.Options{Store: a.Store, Keys: a.Keys, Now: a.o.Now, Logger: a.o.Logger, Throttle: a.o.Throttle, Service: a.Service})
}

func (a *Accounts) stop() {
	a.Gate.Close()
	a.Service.Close()
}

// Restart closes the service and the gate, which writes down what is still to
// be noted, and starts them anew on the same data.
func (a *Accounts) Restart() {
	a.t.Helper()
	a.stop()
	a.start()
}

// Add makes an account whose password is [Password].
func (a *Accounts) Add(want store.Account) store.Account {
	a.t.Helper()
	made, err := account.Create(a.t.Context(), a.Store, want)
	a.must(err)
	a.must(a.ImposePassword(a.t.Context(), made.ID, Password))
	return made
}

// AppPassword makes an app password, with a name and for everything unless
// want says otherwise.
func (a *Accounts) AppPassword(want store.AppPassword) (secret string, made store.AppPassword) {
	a.t.Helper()
	if want.Name == "" {
		want.Name = "phone"
	}
	if want.Scope == 0 {
		want.Scope = store.FullScope
	}
	s, made, err := account.Issuer{Store: a.Store, Keys: a.Keys, Rand: rand.Reader}.Issue(a.t.Context(), want)
	a.must(err)
	return s.Reveal(), made
}

func (a *Accounts) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}
