package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ksync/store"
)

// Intent is what a sign-in is for.
type Intent string

// The intents. A grant is good for one [Service.Authorize] or
// [Service.ApproveFlow] and opens no page: pages without cookies carry it in
// a form.
const (
	IntentSession Intent = ""
	IntentGrant   Intent = "grant"
)

// Attempt is what the first page of a sign-in sends.
type Attempt struct {
	Login    string
	Password Secret
	Intent   Intent
	Stay     bool // "stay signed in": the session lives longer
}

// Progress is where a sign-in stands: one of both is set.
type Progress struct {
	Half *Half   // the second factor is missing
	Done *Opened // signed in
}

// Half is a sign-in that waits for its second factor. Its token opens nothing
// else, and lives ten minutes.
type Half struct {
	Token   Secret
	Intent  Intent
	Factors Factors // what to offer
	Expires time.Time
}

// halfData is what half a sign-in remembers.
type halfData struct {
	Intent  Intent `json:"intent,omitempty"`
	Stay    bool   `json:"stay,omitempty"`
	First   string `json:"first"`              // the factor that was shown
	Set     int64  `json:"set"`                // when the password was set as of then: another since ends the sign-in
	NewHash string `json:"new_hash,omitempty"` // of the password that a reset sets when the rest is shown, too
	Revoke  bool   `json:"revoke,omitempty"`   // and whether it ends the app passwords
}

// The factors, as [store.Session].Factor and activity name them.
const (
	byPassword = "password"
	byTOTP     = "totp"
	byBackup   = "backup-code"
	byPasskey  = "passkey"
	byReset    = "reset-link"
	byLink     = "link" // of the set-up or an invitation
)

// SignIn checks login and password. [ErrDenied] for all that is wrong, after
// the same work; [*Throttled] when it comes too soon after wrong ones.
func (s *Service) SignIn(ctx context.Context, v Visit, a Attempt) (Progress, error) {
	login := NormalizeLogin(a.Login[:min(len(a.Login), 4*maxLogin)])
	if err := s.limits.begin(login, v.Address); err != nil {
		return Progress{}, err
	}
	owner, stale, err := s.checkPassword(ctx, v, login, a.Password)
	if err != nil {
		return Progress{}, err
	}
	p, err := s.afterFirst(ctx, v, owner.ID, halfData{Intent: a.Intent, Stay: a.Stay, First: byPassword, Set: owner.PasswordSet})
	if errors.Is(err, ErrDenied) {
		s.refuse(v, owner)
	}
	if err != nil {
		return Progress{}, err // a password that is spent is waited for like a wrong one
	}
	s.limits.succeed(login, v.Address)
	if stale {
		s.rehash(owner, a.Password)
	}
	return p, nil
}

// spent reports whether the password opens nothing any more: somebody else may
// know it ([Service.NotMe]), and its owner has another way back, by mail.
func (s *Service) spent(owner store.Account) bool {
	return owner.NewPassword && s.o.Mail && owner.Email != ""
}

// checkPassword costs the same whether there is such an account or not; what
// is to be noted of a failure is written later, as that would take longer.
func (s *Service) checkPassword(ctx context.Context, v Visit, login string, password Secret) (store.Account, bool, error) {
	owner, err := s.store.AccountByLogin(ctx, login)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return store.Account{}, false, fmt.Errorf("sign in: %w", err)
	}
	ok, stale, err := s.hasher.check(ctx, owner.PasswordHash, password)
	if err != nil {
		return store.Account{}, false, fmt.Errorf("sign in: %w", err)
	}
	switch {
	case ok && !owner.Disabled && !s.limits.stopped(owner.Failures):
		return owner, stale, nil
	case ok:
		owner.ID = 0 // it was the right one
	}
	s.refuse(v, owner)
	return store.Account{}, false, ErrDenied
}

// refuse notes a failed sign-in, at the account when there is one.
func (s *Service) refuse(v Visit, owner store.Account) {
	if owner.ID != 0 {
		s.later.count("note failed sign-in", func(ctx context.Context) error { return s.noteFailure(ctx, v, owner.ID, SignInFailed) })
	}
	s.o.Counted.tell(byPassword, false)
	s.o.Logger.Info("sign-in failed", "from", v.Address, "surface", "web") // fail2ban reads this line
}

// rehash stores the password at the present cost.
func (s *Service) rehash(owner store.Account, password Secret) {
	s.later.add("rehash", func(ctx context.Context) error {
		encoded, err := s.hasher.hash(ctx, password)
		if err != nil {
			return err
		}
		return s.store.UpdateAccount(ctx, owner.ID, func(a *store.Account) error {
			if a.PasswordHash == owner.PasswordHash { // not changed meanwhile
				a.PasswordHash = encoded
			}
			return nil
		})
	})
}

// afterFirst opens what was asked for, or half a sign-in when there is a
// second factor. The account is read anew: comparing a password takes so long
// that its owner may have changed it, or called it known to somebody else.
func (s *Service) afterFirst(ctx context.Context, v Visit, account int64, data halfData) (p Progress, err error) {
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		owner, err := sameStill(ctx, tx, account, data.Set)
		if err != nil {
			return err
		}
		factors, err := s.factors(ctx, tx, owner.ID)
		if err != nil {
			return err
		}
		if !factors.Any() && data.First == byPassword && s.spent(owner) {
			return ErrDenied
		}
		if !factors.Any() {
			p.Done, err = s.finish(ctx, tx, v, owner.ID, data)
			return err
		}
		token, err := s.newTicket(ctx, tx, halfTicket, owner.ID, data)
		p.Half = &Half{Token: token, Intent: data.Intent, Factors: factors, Expires: s.now().Add(halfTicket.life)}
		return err
	})
	if err != nil {
		return Progress{}, err
	}
	return p, nil
}

// HalfSignIn returns what a token from [Progress] waits for, or [ErrLink].
func (s *Service) HalfSignIn(ctx context.Context, token Secret) (h Half, err error) {
	err = s.store.Read(ctx, func(tx *store.Tx) error {
		var data halfData
		t, err := look(ctx, tx, halfTicket, token, &data)
		if err != nil {
			return err
		}
		h = Half{Token: token, Intent: data.Intent, Expires: time.UnixMilli(t.Expires)}
		h.Factors, err = s.factors(ctx, tx, t.Account)
		return err
	})
	return h, err
}

// FinishCode ends half a sign-in with a code of an authenticator app or a
// backup code, which it tells apart. [ErrCode], [ErrLink], [*Throttled].
func (s *Service) FinishCode(ctx context.Context, v Visit, half Secret, code Secret) (Opened, error) {
	var t store.Ticket
	err := s.store.Read(ctx, func(tx *store.Tx) (err error) {
		t, err = look(ctx, tx, halfTicket, half, nil)
		return err
	})
	if err != nil {
		return Opened{}, err
	}
	use, err := s.readCode(ctx, v, t.Account, code)
	if err != nil {
		return Opened{}, err
	}
	return s.finishHalf(ctx, v, half, use)
}

// factorUse spends a second factor inside the transaction that it is for.
type factorUse struct {
	factor string
	spend  func(context.Context, *store.Tx) error
}

// finishHalf spends half a sign-in and the factor together: both or none.
func (s *Service) finishHalf(ctx context.Context, v Visit, half Secret, use factorUse) (o Opened, err error) {
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		var data halfData
		t, err := take(ctx, tx, halfTicket, half, &data)
		if err != nil {
			return err
		}
		if err := use.spend(ctx, tx); err != nil {
			return err
		}
		data.First += "+" + use.factor
		done, err := s.finish(ctx, tx, v, t.Account, data)
		if err == nil {
			o = *done
		}
		return err
	})
	return o, err
}

// Opened is a finished sign-in.
type Opened struct {
	Token   Secret        // for the cookie; "" with IntentGrant
	Session store.Session // its Expires and Stay decide the cookie's life
	Grant   Secret        // "" without IntentGrant
	Account store.Account // NewPassword: the next page must be that of the new password
}

// finish opens what all factors were shown for. data.First names them all.
func (s *Service) finish(ctx context.Context, tx *store.Tx, v Visit, account int64, data halfData) (*Opened, error) {
	owner, err := sameStill(ctx, tx, account, data.Set)
	if err != nil {
		return nil, err
	}
	if data.NewHash != "" {
		if owner, err = s.applyReset(ctx, tx, v, owner, data); err != nil {
			return nil, err
		}
	}
	if err := forgetFailures(ctx, tx, &owner); err != nil {
		return nil, err
	}
	o := &Opened{Account: owner}
	if data.Intent == IntentGrant {
		o.Grant, err = s.newTicket(ctx, tx, grantTicket, account, nil)
	} else {
		o.Token, o.Session, err = s.openSession(ctx, tx, v, store.Session{Account: account, Stay: data.Stay, Factor: data.First})
	}
	if err != nil {
		return nil, err
	}
	return o, s.noteSignIn(ctx, tx, v, Person{Account: owner, Session: o.Session}, data.First)
}

// forgetFailures ends the rows of failures of somebody who was let in.
func forgetFailures(ctx context.Context, tx *store.Tx, owner *store.Account) error {
	if err := tx.ForgiveTOTP(ctx, owner.ID); err != nil || owner.Failures == 0 {
		return err
	}
	owner.Failures = 0
	return tx.UpdateAccount(ctx, owner.ID, func(a *store.Account) error { a.Failures = 0; return nil })
}

// sameStill reads an account with the password that it had. [ErrDenied].
func sameStill(ctx context.Context, tx *store.Tx, account, set int64) (store.Account, error) {
	owner, err := tx.Account(ctx, account)
	if errors.Is(err, store.ErrNotFound) || err == nil && (owner.Disabled || owner.PasswordSet != set) {
		return store.Account{}, ErrDenied
	}
	return owner, err
}
