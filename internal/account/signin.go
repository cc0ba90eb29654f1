// Package account decides who a request comes from.
//
// # Model
//
// Devices sign in with app passwords, sent in Basic with every request. An app
// password is 130 random bits that the server draws; it keeps only an HMAC of
// them under a key that is not in the database, and finds the row by it. The
// account's own password is never accepted here and never compared: it will
// belong to the web sign-in, hashed with argon2id in [store.Account].PasswordHash.
//
// # Invariants
//
//   - Unknown login, wrong password, disabled account, revoked or expired app
//     password: one answer, [ErrDenied], after the same work for each login.
//   - A right app password passes, also while its address is throttled: it is
//     checked first. So nobody locks an owner's devices out by guessing.
//   - What cannot be an app password is refused without asking the database.
//   - Missing credentials and credentials that were good once do not count as
//     failures: phones go on polling with them.
//   - Revocation holds from the next request on; nothing is cached.
//   - A database that does not answer is an error of its own, never a denial:
//     clients ask their user for a new password on 401.
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
}

// Gate signs requests in. Its methods may be called from any number of goroutines.
type Gate struct {
	find     func(ctx context.Context, hash []byte) (store.AppPassword, store.Account, error)
	keys     *Keys
	now      func() time.Time
	throttle *throttle // nil: off
	uses     *uses
}

// NewGate starts a gate; the caller closes it.
func NewGate(o Options) *Gate {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	g := &Gate{find: o.Store.AppPasswordByHash, keys: o.Keys, now: o.Now}
	if o.Throttle {
		g.throttle = newThrottle()
	}
	g.uses = newUses(func(ctx context.Context, u use) error {
		return o.Store.TouchAppPassword(ctx, u.account, u.id, u.at, u.place, u.agent)
	}, o.Logger)
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
	from := remote(r)
	if err != nil {
		return Identity{}, g.failed(from)
	}
	password, owner, err := g.look(ctx, given)
	switch now := g.now().UnixMilli(); {
	case errors.Is(err, store.ErrNotFound):
		return Identity{}, g.failed(from)
	case err != nil:
		return Identity{}, fmt.Errorf("sign in: %w", err)
	case !given.names(owner):
		return Identity{}, g.failed(from)
	case !password.Active(now), owner.Disabled:
		return Identity{}, ErrDenied // a good password once: no guess
	default:
		id := Identity{Account: owner, AppPassword: password, Scope: password.Scope, Agent: printable(r.UserAgent())}
		g.uses.note(password, use{owner.ID, password.ID, now, place(from), id.Agent})
		trace(ctx, id)
		return id, nil
	}
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

func (g *Gate) failed(from netip.Addr) error {
	if g.throttle == nil {
		return ErrDenied
	}
	if wait := g.throttle.fail(network(from), g.now()); wait > 0 {
		return &Throttled{RetryAfter: wait}
	}
	return ErrDenied
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

const maxAgent = 200

// printable bounds a text of the client for the database and for pages.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
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
