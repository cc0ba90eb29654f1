package account

import (
	"context"
	"errors"

	"ksync/store"
)

// PasswordChange says what else ends with the old password.
type PasswordChange struct {
	New                Secret
	KeepOtherSessions  bool
	RevokeAppPasswords bool
}

// SetPassword changes the account password. Half sign-ins, links and, unless
// kept, the other sessions end. [ErrStepUp], [*WeakPassword].
func (s *Service) SetPassword(ctx context.Context, v Visit, p Person, c PasswordChange) error {
	if !s.Fresh(p) {
		return ErrStepUp // before work is spent on it
	}
	factors, err := s.Factors(ctx, p)
	if err != nil {
		return err
	}
	encoded, err := s.another(ctx, c.New, p.Account, factors.Any())
	if err != nil {
		return err
	}
	return s.store.Write(ctx, func(tx *store.Tx) error {
		p, err := s.again(ctx, tx, p) // not Act: NewPassword is no hindrance here
		if err != nil {
			return err
		}
		if !s.Fresh(p) {
			return ErrStepUp
		}
		keep := p.Session.ID
		if !c.KeepOtherSessions {
			err = s.endAll(ctx, tx, p.Account.ID, keep)
		} else {
			err = tx.DeleteAllTickets(ctx, p.Account.ID)
		}
		if err != nil {
			return err
		}
		return s.replacePassword(ctx, tx, v, p, passwordEdit{encoded, PasswordChanged, c.RevokeAppPasswords})
	})
}

// encode checks and hashes a new password. secondFactor: the account has one,
// so that the password may be shorter.
func (s *Service) encode(ctx context.Context, password Secret, a store.Account, secondFactor bool) (string, error) {
	if err := s.common.check(password, a, secondFactor); err != nil {
		return "", err
	}
	return s.hasher.hash(ctx, password)
}

// another is encode for whom the old one will not do: somebody else may know it.
// Other accounts are not told whether they guessed the one they have.
func (s *Service) another(ctx context.Context, password Secret, a store.Account, secondFactor bool) (string, error) {
	now, err := s.store.Account(ctx, a.ID)
	if err != nil {
		return "", err
	}
	if now.NewPassword {
		same, _, err := s.hasher.check(ctx, now.PasswordHash, password)
		if err != nil {
			return "", err
		}
		if same {
			return "", &WeakPassword{Reason: Unchanged}
		}
	}
	return s.encode(ctx, password, a, secondFactor)
}

type passwordEdit struct {
	encoded string
	what    ActivityKind
	revoke  bool
}

func (s *Service) replacePassword(ctx context.Context, tx *store.Tx, v Visit, p Person, e passwordEdit) error {
	err := tx.UpdateAccount(ctx, p.Account.ID, func(a *store.Account) error {
		a.PasswordHash, a.PasswordSet, a.NewPassword, a.Failures = e.encoded, s.now().UnixMilli(), false, 0
		return nil
	})
	if err != nil {
		return err
	}
	if e.revoke {
		if err := s.revokeAll(ctx, tx, v, p); err != nil {
			return err
		}
	}
	return s.noteAndTell(ctx, tx, v, p, e.what, "", notice{kind: NoticePassword, data: NoticeData{Change: e.what}})
}

// ImposePassword sets a password from the command line. All sessions end.
// [*WeakPassword], [store.ErrNotFound].
func (s *Service) ImposePassword(ctx context.Context, account int64, password Secret) error {
	owner, err := s.store.Account(ctx, account)
	if err != nil {
		return err
	}
	p := Person{Account: owner}
	factors, err := s.Factors(ctx, p)
	if err != nil {
		return err
	}
	encoded, err := s.encode(ctx, password, owner, factors.Any())
	if err != nil {
		return err
	}
	return s.store.Write(ctx, func(tx *store.Tx) error {
		if err := s.endAll(ctx, tx, account, 0); err != nil {
			return err
		}
		return s.replacePassword(ctx, tx, Visit{}, p, passwordEdit{encoded, PasswordChanged, false})
	})
}

// resetData is what a reset link remembers.
type resetData struct {
	Set int64 `json:"set"` // of the password that it replaces: another change ends the link
}

// maxResets is how many letters with a link an account gets in the time that a
// link is good. More would be a way to annoy; and whoever is refused one has
// one in the mailbox that is still good, so that nobody can keep the owner out
// by asking.
const maxResets = 2

// RequestReset mails a link to whoever has that login or address. It says
// nothing about whether there is such an account, and takes no longer when
// there is. [*Throttled].
func (s *Service) RequestReset(ctx context.Context, v Visit, login string) error {
	if err := s.limits.demand(v.Address); err != nil {
		return err
	}
	login = NormalizeLogin(login[:min(len(login), 4*maxLogin)])
	s.later.add("reset", func(ctx context.Context) error {
		return s.store.Write(ctx, func(tx *store.Tx) error {
			owner, err := tx.AccountByLogin(ctx, login)
			if errors.Is(err, store.ErrNotFound) || err == nil && (owner.Disabled || owner.Email == "" || !s.o.Mail) {
				return nil
			}
			if err != nil {
				return err
			}
			return s.mailReset(ctx, tx, v, owner)
		})
	})
	return nil
}

func (s *Service) mailReset(ctx context.Context, tx *store.Tx, v Visit, owner store.Account) error {
	a, err := s.count(ctx, tx, v, owner.ID, ResetRequested)
	if err != nil {
		return err
	}
	before, err := tx.Notices(ctx, owner.ID, string(NoticeReset)+" ", s.now().Add(-resetTicket.life).UnixMilli())
	if err != nil {
		return err
	}
	good, err := tx.Tickets(ctx, owner.ID, resetTicket.name) // none: all that was sent ended with a change since
	if err != nil || len(before) >= maxResets && len(good) > 0 {
		return err
	}
	link, err := s.resetLink(ctx, tx, owner)
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, owner, a, notice{kind: NoticeReset, data: NoticeData{Link: link.URL.Reveal(), Until: link.Expires.UnixMilli()}})
}

func (s *Service) resetLink(ctx context.Context, tx *store.Tx, owner store.Account) (Link, error) {
	token, err := s.newTicket(ctx, tx, resetTicket, owner.ID, resetData{owner.PasswordSet})
	return s.link(PathReset, token, resetTicket.life), err
}

// ResetLink makes such a link without mail, for the command line.
func (s *Service) ResetLink(ctx context.Context, account int64) (link Link, err error) {
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		owner, err := tx.Account(ctx, account)
		if err != nil {
			return err
		}
		link, err = s.resetLink(ctx, tx, owner)
		return err
	})
	return link, err
}

// CheckReset returns the account of a reset link, or [ErrLink].
func (s *Service) CheckReset(ctx context.Context, token Secret) (owner store.Account, err error) {
	err = s.store.Read(ctx, func(tx *store.Tx) error {
		owner, err = s.resetOwner(ctx, tx, token, look)
		return err
	})
	return owner, err
}

type ticketReader func(context.Context, *store.Tx, ticketKind, Secret, any) (store.Ticket, error)

func (s *Service) resetOwner(ctx context.Context, tx *store.Tx, token Secret, get ticketReader) (store.Account, error) {
	var data resetData
	t, err := get(ctx, tx, resetTicket, token, &data)
	if err != nil {
		return store.Account{}, err
	}
	owner, err := tx.Account(ctx, t.Account)
	if errors.Is(err, store.ErrNotFound) || err == nil && (owner.Disabled || owner.PasswordSet != data.Set) {
		return store.Account{}, ErrLink
	}
	return owner, err
}

// Reset sets a new password by a link. An account with a second factor gets
// the password only when the sign-in that this returns is finished with it
// (ASVS 6.4.3). All sessions end. [ErrLink], [*WeakPassword].
func (s *Service) Reset(ctx context.Context, v Visit, token Secret, c PasswordChange) (Progress, error) {
	owner, err := s.CheckReset(ctx, token)
	if err != nil {
		return Progress{}, err
	}
	factors, err := s.Factors(ctx, Person{Account: owner})
	if err != nil {
		return Progress{}, err
	}
	encoded, err := s.another(ctx, c.New, owner, factors.Any())
	if err != nil {
		return Progress{}, err
	}
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		_, err := s.resetOwner(ctx, tx, token, take)
		return err
	})
	if err != nil {
		return Progress{}, err
	}
	p, err := s.afterFirst(ctx, v, owner.ID, halfData{First: byReset, Set: owner.PasswordSet, NewHash: encoded, Revoke: c.RevokeAppPasswords})
	if errors.Is(err, ErrDenied) { // changed by another link meanwhile
		err = ErrLink
	}
	return p, err
}

// applyReset ends everything that was open and sets the password.
func (s *Service) applyReset(ctx context.Context, tx *store.Tx, v Visit, owner store.Account, data halfData) (store.Account, error) {
	if err := s.endAll(ctx, tx, owner.ID, 0); err != nil {
		return store.Account{}, err
	}
	err := s.replacePassword(ctx, tx, v, Person{Account: owner}, passwordEdit{data.NewHash, PasswordReset, data.Revoke})
	if err != nil {
		return store.Account{}, err
	}
	return tx.Account(ctx, owner.ID)
}
