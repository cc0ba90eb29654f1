package account

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"

	"ksync/store"
)

// ErrDenied is the one answer to credentials that are missing or not good.
var ErrDenied = errors.New("sign-in denied")

// Throttled is the answer to another failure from an address with too many:
// 429 and no 401, on which iOS would ask for a new password (clients.md 6.6).
type Throttled struct {
	RetryAfter time.Duration
}

func (e *Throttled) Error() string {
	return fmt.Sprintf("too many failed sign-ins, wait %v", e.RetryAfter)
}

// Identity is who a request comes from and what it may touch.
type Identity struct {
	Account     store.Account
	AppPassword store.AppPassword
	Scope       store.Scope // of the app password
	Agent       string      // the client's User-Agent, bounded and printable
}

// Options configure a [Gate]. Store and Keys are required.
type Options struct {
	Store    *store.Store
	Keys     *Keys
	Now      func() time.Time // time.Now by default
	Logger   *slog.Logger     // discarded by default
	Throttle bool             // slow down addresses that fail
	Service  *Service         // writes down failures and uses of note; nil: only the last use is
	Counted  Counted          // nil: nobody counts
}

// Gate signs requests in. Its methods may be called from any number of goroutines.
type Gate struct {
	find     func(ctx context.Context, hash []byte) (store.AppPassword, store.Account, error)
	keys     *Keys
	now      func() time.Time
	throttle *throttle // nil: off
	uses     *uses
	byLogin  func(ctx context.Context, login string) (store.Account, error)
	denied   func(Visit, credentials)
	counted  Counted
	logger   *slog.Logger
}

// NewGate starts a gate; the caller closes it.
func NewGate(o Options) *Gate {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	g := &Gate{find: o.Store.AppPasswordByHash, byLogin: o.Store.AccountByLogin, keys: o.Keys, now: o.Now, logger: o.Logger, counted: o.Counted, denied: func(Visit, credentials) {}}
	if o.Throttle {
		g.throttle = newThrottle(pace{failureBurst, failureInterval})
	}
	touch := func(ctx context.Context, u use) error {
		return o.Store.TouchAppPassword(ctx, u.account, u.id, u.at, u.place, u.agent)
	}
	if o.Service != nil {
		touch, g.denied = o.Service.noteDevice, o.Service.deviceDenied
	}
	g.uses = newUses(touch, o.Logger)
	return g
}

// Close writes what is known about the use of app passwords and ends the gate.
func (g *Gate) Close() { g.uses.close() }

// SignIn returns who sent r. The error is [ErrDenied], a [*Throttled], or a
// fault of the store. r.RemoteAddr must be the client's own address.
func (g *Gate) SignIn(ctx context.Context, r *http.Request) (Identity, error) {
	given, err := readBasic(r.Header)
	if errors.Is(err, errNoCredentials) {
		return Identity{}, ErrDenied
	}
	visit := VisitOf(r)
	if err != nil {
		return Identity{}, g.failed(visit, credentials{})
	}
	password, owner, err := g.identify(ctx, given)
	if errors.Is(err, store.ErrNotFound) {
		return Identity{}, g.failed(visit, given)
	}
	if err != nil {
		return Identity{}, fmt.Errorf("sign in: %w", err)
	}
	return g.admit(ctx, visit, password, owner)
}

// identify finds the app password, and checks that the login sent with it is
// its owner's. [store.ErrNotFound]; with an owner when it is another's.
func (g *Gate) identify(ctx context.Context, given credentials) (store.AppPassword, store.Account, error) {
	password, owner, err := g.look(ctx, given)
	if err == nil && !given.names(owner) {
		err = g.formerName(ctx, given, owner)
	}
	return password, owner, err
}

// byApp is this way in, for the counts of sign-ins. No session has it.
const byApp = "app-password"

// admitted reports whether a password signs in at that time.
func admitted(password store.AppPassword, owner store.Account, now int64) bool {
	return password.Active(now) && !owner.Disabled && owner.DeleteAfter == 0
}

// admit decides about a password that is, or once was, a good one: no guess.
func (g *Gate) admit(ctx context.Context, v Visit, password store.AppPassword, owner store.Account) (Identity, error) {
	now := g.now().UnixMilli()
	good := admitted(password, owner, now)
	if noteworthy(password, now) {
		g.uses.note(use{account: owner.ID, id: password.ID, at: now, place: v.place(), agent: v.Agent, denied: !good})
	}
	g.counted.tell(byApp, good)
	if !good {
		return Identity{}, ErrDenied
	}
	id := Identity{Account: owner, AppPassword: password, Scope: password.Scope, Agent: v.Agent}
	trace(ctx, id)
	return id, nil
}

// formerName is for devices that still send a login or an address that the
// account had until lately. [store.ErrNotFound] when it is another's.
func (g *Gate) formerName(ctx context.Context, given credentials, owner store.Account) error {
	for _, name := range []string{given.login, given.decoded} {
		a, err := g.byLogin(ctx, name)
		if err == nil && a.ID == owner.ID {
			return nil
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return store.ErrNotFound
}

// look finds the app password by its hash under each key.
func (g *Gate) look(ctx context.Context, given credentials) (store.AppPassword, store.Account, error) {
	digits, ok := normalize(given.password)
	if !ok {
		return store.AppPassword{}, store.Account{}, store.ErrNotFound
	}
	for _, k := range g.keys.keys {
		password, owner, err := g.find(ctx, k.hash(digits))
		if !errors.Is(err, store.ErrNotFound) {
			return password, owner, err
		}
	}
	return store.AppPassword{}, store.Account{}, store.ErrNotFound
}

// names reports whether the login sent is one of the account: its login, its
// e-mail address or its number.
func (c credentials) names(a store.Account) bool {
	found := 0
	for _, name := range []string{NormalizeLogin(a.Login), NormalizeLogin(a.Email), strconv.FormatInt(a.ID, 10)} {
		if name != "" {
			found |= subtle.ConstantTimeCompare([]byte(name), []byte(c.login)) | subtle.ConstantTimeCompare([]byte(name), []byte(c.decoded))
		}
	}
	return found == 1
}

// failed counts a failure of the address. What a throttled one sends is not
// looked at any further.
func (g *Gate) failed(v Visit, given credentials) error {
	g.counted.tell(byApp, false)
	g.logger.Info("sign-in failed", "from", v.Address, "surface", "dav") // fail2ban reads this line
	if err := g.slowDown(v); err != nil {
		return err
	}
	if given.login != "" {
		g.denied(v, given)
	}
	return ErrDenied
}

// slowDown counts a failure of an address. [*Throttled] when there were too many.
func (g *Gate) slowDown(v Visit) error {
	if g.throttle != nil {
		if wait := g.throttle.fail(network(v.Address), g.now()); wait > 0 {
			return &Throttled{RetryAfter: wait}
		}
	}
	return nil
}

// remote is the client's address; invalid when the peer has none.
func remote(r *http.Request) netip.Addr {
	if ap, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return ap.Addr()
	}
	a, _ := netip.ParseAddr(r.RemoteAddr) // httpd may leave the port off
	return a
}

// place is where a use came from, as far as the owner needs to recognise it.
func place(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	a = a.Unmap().WithZone("")
	bits := 24
	if a.Is6() {
		bits = 48
	}
	p, _ := a.Prefix(bits) // never fails: the length suits the address
	return p.String()
}

const (
	maxAgent           = 200
	zeroWidthNonJoiner = '\u200c'
	zeroWidthJoiner    = '\u200d'
)

// printable bounds a text of the client for the database and for pages. The
// joiners stay, which Persian names and composed emoji need; what turns the
// direction of other text goes.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == zeroWidthNonJoiner || r == zeroWidthJoiner {
			return r
		}
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, s[:min(len(s), 4*maxAgent)])
	if len(s) <= maxAgent {
		return s
	}
	return strings.ToValidUTF8(s[:maxAgent], "")
}
