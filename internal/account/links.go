package account

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"ksync/store"
)

// Where links lead; the token follows. Pages serve these paths.
const (
	PathSetUp      = "/set-up/"
	PathInvitation = "/invitation/"
	PathReset      = "/reset/"
	PathEmail      = "/confirm-email/"
	PathFlow       = "/login/v2/flow/"
)

// Link is a secret as part of an address people open.
type Link struct {
	Token   Secret
	URL     Secret // "" without a public URL
	Expires time.Time
}

// link is built from the configured address only: a forged Host must not
// reach a letter (CVE-2026-93453).
func (s *Service) link(path string, token Secret, life time.Duration) Link {
	l := Link{Token: token, Expires: s.now().Add(life)}
	if s.o.URL != nil {
		l.URL = Secret(s.o.URL.Scheme + "://" + s.o.URL.Host + path + token.Reveal())
	}
	return l
}

// NewAccount is what a person says who comes by a link.
type NewAccount struct {
	Login    string
	Email    string
	Name     string
	Locale   string
	TimeZone string
	Password Secret
}

// account checks what was said. [ErrLogin], [ErrText].
func (n NewAccount) account() (store.Account, error) {
	a := store.Account{Login: n.Login, Email: n.Email, Name: strings.TrimSpace(n.Name), Locale: n.Locale, TimeZone: n.TimeZone}
	if err := checkNames(&a); err != nil {
		return store.Account{}, err
	}
	if !validProfile(Profile{a.Name, a.Locale, a.TimeZone}) {
		return store.Account{}, ErrText
	}
	return a, nil
}

// validAddress takes what is one plain address, without a name, comments or a
// line end: it goes into the header of a letter.
func validAddress(address string) bool {
	parsed, err := mail.ParseAddress(address)
	return err == nil && parsed.Name == "" && parsed.Address == address && printable(address) == address &&
		!strings.ContainsAny(address, "\r\n\x00\"<> ,;:%/") && strings.Count(address, "@") == 1
}

// Profile is what a person may change without a step-up.
type Profile struct{ Name, Locale, TimeZone string }

func validProfile(p Profile) bool {
	if len(p.Name) > maxName || !utf8.ValidString(p.Name) || printable(p.Name) != p.Name || len(p.Locale) > 35 || printable(p.Locale) != p.Locale {
		return false
	}
	return ValidZone(p.TimeZone)
}

// ValidZone reports whether an account can have a time zone: a name of the IANA
// database, or "" for UTC.
func ValidZone(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && name != "Local"
}

// SetProfile changes it. [ErrText].
func (s *Service) SetProfile(ctx context.Context, p Person, profile Profile) error {
	profile.Name = strings.TrimSpace(profile.Name)
	if !validProfile(profile) {
		return ErrText
	}
	return s.Act(ctx, p, func(tx *store.Tx, p Person) error {
		return tx.UpdateAccount(ctx, p.Account.ID, func(a *store.Account) error {
			a.Name, a.Locale, a.TimeZone = profile.Name, profile.Locale, profile.TimeZone
			return nil
		})
	})
}

// SetUpLink makes the link for the first account, in place of an earlier one.
// [store.ErrExists] when an account can sign in already.
func (s *Service) SetUpLink(ctx context.Context) (link Link, err error) {
	first, err := s.unclaimed(ctx)
	if err != nil {
		return Link{}, err
	}
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		token, err := s.newTicket(ctx, tx, setUpTicket, first.ID, nil)
		link = s.link(PathSetUp, token, setUpTicket.life)
		return err
	})
	return link, err
}

// unclaimed returns the account that the set-up is for: the one that the
// server made at its start, or a zero one when there is none.
func (s *Service) unclaimed(ctx context.Context) (store.Account, error) {
	all, err := s.store.Accounts(ctx)
	switch {
	case err != nil:
		return store.Account{}, err
	case len(all) == 0:
		return store.Account{}, nil
	case len(all) > 1 || all[0].PasswordHash != "" || all[0].Disabled:
		return store.Account{}, store.ErrExists
	}
	return all[0], nil
}

// CheckSetUp tells whether a set-up link is good: nil or [ErrLink].
func (s *Service) CheckSetUp(ctx context.Context, token Secret) error {
	return s.store.Read(ctx, func(tx *store.Tx) error {
		_, err := look(ctx, tx, setUpTicket, token, nil)
		return err
	})
}

// SetUp makes the first account and signs it in. When the server made one at
// its start, that one gets the login and password. [ErrLink], [ErrLogin],
// [ErrText], [*WeakPassword], [store.ErrExists].
func (s *Service) SetUp(ctx context.Context, v Visit, token Secret, n NewAccount) (Opened, error) {
	if err := s.CheckSetUp(ctx, token); err != nil {
		return Opened{}, err
	}
	first, err := s.unclaimed(ctx)
	if err != nil {
		return Opened{}, err
	}
	if n.Login == "" {
		n.Login = first.Login
	}
	a, err := s.prepare(ctx, n)
	if err != nil {
		return Opened{}, err
	}
	return s.welcome(ctx, v, setUpTicket, token, func(tx *store.Tx, t store.Ticket) (store.Account, error) {
		if t.Account != first.ID { // made for another state of affairs
			return store.Account{}, ErrLink
		}
		if first.ID == 0 {
			if others, err := tx.HasAccounts(ctx); err != nil || others { // made since we looked
				return store.Account{}, errors.Join(err, ErrLink)
			}
			return create(ctx, tx, a)
		}
		return claim(ctx, tx, first.ID, a)
	})
}

// claim gives the account of the first start to a person.
func claim(ctx context.Context, tx *store.Tx, id int64, a store.Account) (store.Account, error) {
	err := tx.UpdateAccount(ctx, id, func(first *store.Account) error {
		if first.PasswordHash != "" {
			return store.ErrExists
		}
		first.Login, first.Email, first.Name, first.Locale, first.TimeZone = a.Login, a.Email, a.Name, a.Locale, a.TimeZone
		first.PasswordHash, first.PasswordSet = a.PasswordHash, a.PasswordSet
		return nil
	})
	if err != nil {
		return store.Account{}, err
	}
	return tx.Account(ctx, id)
}

// prepare checks all of a new account and hashes its password.
func (s *Service) prepare(ctx context.Context, n NewAccount) (store.Account, error) {
	a, err := n.account()
	if err != nil {
		return store.Account{}, err
	}
	if a.PasswordHash, err = s.encode(ctx, n.Password, a, false); err != nil {
		return store.Account{}, err
	}
	a.PasswordSet = s.now().UnixMilli()
	return a, nil
}

// welcome spends a link on an account and signs it in.
func (s *Service) welcome(ctx context.Context, v Visit, kind ticketKind, token Secret, make func(*store.Tx, store.Ticket) (store.Account, error)) (o Opened, err error) {
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		t, err := take(ctx, tx, kind, token, nil)
		if err != nil {
			return err
		}
		a, err := make(tx, t)
		if err != nil {
			return err
		}
		if _, err := s.note(ctx, tx, v, Person{Account: a}, AccountCreated, ""); err != nil {
			return err
		}
		done, err := s.finish(ctx, tx, v, a.ID, halfData{First: byLink, Set: a.PasswordSet})
		if err == nil {
			o = *done
		}
		return err
	})
	return o, err
}

// free reports [store.ErrExists] when a name leads to an account.
func free(ctx context.Context, tx *store.Tx, name string) error {
	if name == "" {
		return nil
	}
	_, err := tx.AccountByLogin(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err == nil {
		return fmt.Errorf("%q: %w", name, store.ErrExists)
	}
	return err
}
