package account

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"ksync/store"
)

// NewAppPassword is what a person wants for a device.
type NewAppPassword struct {
	Name     string
	Scope    store.Scope
	Expires  time.Time // zero: never
	Replaces int64     // "set up again": that one ends at the first use of the new one, or after 24 hours
}

// CreateAppPassword makes one; the secret is returned this once. [ErrStepUp],
// [ErrText], [store.ErrLimit], [store.ErrNotFound] for what it replaces, [ErrRepeated].
func (s *Service) CreateAppPassword(ctx context.Context, v Visit, p Person, n NewAppPassword) (secret Secret, made store.AppPassword, err error) {
	name, err := CleanName(n.Name)
	if err != nil {
		return "", store.AppPassword{}, err
	}
	want := store.AppPassword{Account: p.Account.ID, Name: name, Scope: n.Scope, Replaces: n.Replaces}
	if !n.Expires.IsZero() {
		want.Expires = n.Expires.UnixMilli()
	}
	if n.Scope == 0 || n.Scope&^store.FullScope != 0 || want.Expires != 0 && !n.Expires.After(s.now()) {
		return "", store.AppPassword{}, ErrText
	}
	err = s.ActFresh(ctx, p, func(tx *store.Tx, p Person) error {
		if err := s.SentOnce(ctx, tx, v, p); err != nil {
			return err
		}
		if secret, made, err = s.issue(ctx, tx, v, p, want); err != nil {
			return err
		}
		return s.keepMade(ctx, tx, v, p, Made{Name: made.Name, Secrets: []Secret{secret}})
	})
	if err != nil {
		return "", store.AppPassword{}, err
	}
	return secret, made, nil
}

// issue makes an app password and tells its owner.
func (s *Service) issue(ctx context.Context, tx *store.Tx, v Visit, p Person, want store.AppPassword) (Secret, store.AppPassword, error) {
	secret, err := s.DrawAppPassword()
	if err != nil {
		return "", store.AppPassword{}, err
	}
	made, err := s.AddAppPassword(ctx, tx, v, p, secret, want)
	return secret, made, err
}

// AppPasswords lists them, revoked and expired ones too, the newest first. The
// last use of one that is over is when a device last tried it.
func (s *Service) AppPasswords(ctx context.Context, p Person) ([]store.AppPassword, error) {
	return s.store.AppPasswords(ctx, p.Account.ID)
}

// SetUpAgain is what takes the place of an app password that signs in: for the
// same device, the same data and until the same day. [store.ErrNotFound].
func (s *Service) SetUpAgain(ctx context.Context, p Person, id int64) (NewAppPassword, error) {
	all, err := s.store.AppPasswords(ctx, p.Account.ID)
	if err != nil {
		return NewAppPassword{}, err
	}
	i := slices.IndexFunc(all, func(a store.AppPassword) bool { return a.ID == id && a.Active(s.now().UnixMilli()) })
	if i < 0 {
		return NewAppPassword{}, store.ErrNotFound
	}
	n := NewAppPassword{Name: all[i].Name, Scope: all[i].Scope, Replaces: id}
	expires := all[i].Expires
	// One that is being replaced ends in a day, which is not what was wished for the device.
	if next := slices.IndexFunc(all, func(a store.AppPassword) bool { return a.Replaces == id }); next >= 0 {
		expires = all[next].Expires
	}
	if expires != 0 {
		n.Expires = time.UnixMilli(expires)
	}
	return n, nil
}

// RevokeAppPassword ends one with its next request. [store.ErrNotFound].
func (s *Service) RevokeAppPassword(ctx context.Context, v Visit, p Person, id int64) error {
	return s.Act(ctx, p, func(tx *store.Tx, p Person) error { return s.EndAppPassword(ctx, tx, v, p, id) })
}

// RevokeAppPasswords ends all, and what would become one: who presses that does
// not trust what was agreed to a minute ago, either.
func (s *Service) RevokeAppPasswords(ctx context.Context, v Visit, p Person) error {
	return s.Act(ctx, p, func(tx *store.Tx, p Person) error { return s.revokeAll(ctx, tx, v, p) })
}

func (s *Service) revokeAll(ctx context.Context, tx *store.Tx, v Visit, p Person) error {
	for _, kind := range becoming() {
		if err := tx.DeleteTickets(ctx, p.Account.ID, kind); err != nil {
			return err
		}
	}
	n, err := tx.RevokeAppPasswords(ctx, p.Account.ID)
	if err != nil || n == 0 {
		return err
	}
	_, err = s.note(ctx, tx, v, p, AppPasswordsRevoked, strconv.FormatInt(n, 10))
	return err
}

// noteDevice writes down the use of an app password, and tells of what its
// owner may not expect. Phones roam, so that another network alone is nothing;
// another program is, and a first use long after and far from the making.
func (s *Service) noteDevice(ctx context.Context, u use) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		before, err := tx.AppPassword(ctx, u.account, u.id)
		if err != nil {
			return err
		}
		if err := tx.TouchAppPassword(ctx, u.account, u.id, u.at, u.place, u.agent); err != nil || u.denied {
			return err
		}
		client := Client(u.agent)
		known, others, err := tx.SeePlace(ctx, store.KnownPlace{Account: u.account, AppPassword: u.id, Client: client})
		if err != nil || known {
			return err
		}
		a := store.Activity{Account: u.account, AppPassword: u.id, Kind: string(AppPasswordNewClient), Detail: before.Name, Place: u.place, Client: client, Agent: u.agent}
		unexpected := others
		if before.LastUsed == 0 {
			a.Kind = string(AppPasswordFirstUsed)
			unexpected = u.at-before.Created > time.Hour.Milliseconds() && u.place != before.MadePlace && before.MadePlace != ""
		}
		return s.noteUse(ctx, tx, a, unexpected)
	})
}

func (s *Service) noteUse(ctx context.Context, tx *store.Tx, a store.Activity, unexpected bool) error {
	a, err := tx.AddActivity(ctx, a)
	if err != nil || !unexpected {
		return err
	}
	owner, err := tx.Account(ctx, a.Account)
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, owner, a, notice{
		kind: NoticeAppPasswordUse, topic: strconv.FormatInt(a.AppPassword, 10), window: day, most: 1, data: NoticeData{Name: a.Detail, Change: ActivityKind(a.Kind)},
	})
}

// How often the account password is recognised among what DAV refused.
const (
	checkInterval = 10 * time.Minute // per account
	maxChecked    = 1000
)

// accountChecks remembers when that was last tried.
type accountChecks struct {
	mu   sync.Mutex
	last *recent[int64, time.Time]
}

func newAccountChecks() *accountChecks {
	return &accountChecks{last: newRecent[int64, time.Time](maxChecked)}
}

func (c *accountChecks) due(account int64, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := c.last.at(account, time.Time{})
	if d := now.Sub(*last); d >= 0 && d < checkInterval {
		return false
	}
	*last = now
	return true
}

// deviceDenied is called by the gate for a wrong password on DAV. It returns
// at once; whether there is such an account is looked up later.
func (s *Service) deviceDenied(v Visit, given credentials) {
	s.later.add("note refused device", func(ctx context.Context) error {
		owner, err := s.store.AccountByLogin(ctx, given.decoded)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.noteDenied(ctx, v, owner, given.password)
	})
}

// noteDenied counts it. The account password among what is refused is the
// owner's mistake, so it is told in activity; it is looked for rarely, never
// on the request's own time, and the answer to the device is the same.
func (s *Service) noteDenied(ctx context.Context, v Visit, owner store.Account, password Secret) error {
	what := DeviceDenied
	_, shaped := normalize(password)
	if !shaped && owner.PasswordHash != "" && s.checked.due(owner.ID, s.now()) {
		ok, _, err := s.hasher.check(ctx, owner.PasswordHash, password)
		if _, busy := errors.AsType[*Throttled](err); err != nil && !busy {
			return err
		}
		if ok {
			what = AccountPasswordOnDAV
		}
	}
	return s.store.Write(ctx, func(tx *store.Tx) error {
		a, err := s.count(ctx, tx, v, owner.ID, what)
		if err != nil || what != DeviceDenied || !shaped && a.Count < tellAfterDAV {
			return err
		}
		mistake, err := s.mistaken(ctx, tx, v, owner.ID)
		if err != nil || mistake {
			return err
		}
		return s.tellFailures(ctx, tx, owner, a)
	})
}

// mistaken reports whether the place lately sent the account password itself.
func (s *Service) mistaken(ctx context.Context, tx *store.Tx, v Visit, account int64) (bool, error) {
	lately, err := tx.Activities(ctx, store.ActivityQuery{
		Account: account, Kinds: []string{string(AccountPasswordOnDAV)}, From: s.now().Add(-countWindow).UnixMilli(),
	})
	for _, a := range lately {
		if a.Place == v.place() {
			return true, err
		}
	}
	return false, err
}

// shortened makes a name of what an app sends, rather than refusing it: kSync
// has no way to send another (clients.md 1.5).
func shortened(name, otherwise string) string {
	name = strings.TrimSpace(printable(name))
	for len(name) > maxName {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	if name = strings.TrimSpace(name); name == "" {
		return otherwise
	}
	return name
}
