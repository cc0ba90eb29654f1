package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ksync/store"
)

// How long sessions live. NIST's 24 h and 1 h are for offices; people at home
// who ask to stay signed in mean it (config-assistant.md 5.4).
const (
	sessionIdle  = 12 * time.Hour
	sessionLife  = 24 * time.Hour
	stayIdle     = 14 * day
	stayLife     = 90 * day
	freshFor     = 10 * time.Minute // after a full sign-in, for what changes security
	seenInterval = 5 * time.Minute  // between notes of the last use
	sessionKind  = "session"
)

// Person is who a session belongs to, as of one request.
type Person struct {
	Account store.Account // NewPassword: only [Service.SetPassword] and [Service.SignOut] work
	Session store.Session
}

// openSession stores a new session; its token is returned this once.
func (s *Service) openSession(ctx context.Context, tx *store.Tx, v Visit, want store.Session) (Secret, store.Session, error) {
	token, err := newToken(s.o.Rand)
	if err != nil {
		return "", store.Session{}, err
	}
	idle, life := sessionIdle, sessionLife
	if want.Stay {
		idle, life = stayIdle, stayLife
	}
	want.Hash, want.Idle, want.Expires = tokenHash(sessionKind, token), idle.Milliseconds(), s.now().Add(life).UnixMilli()
	want.Place, want.Agent = v.place(), v.Agent
	made, err := tx.CreateSession(ctx, want)
	if err != nil {
		return "", store.Session{}, fmt.Errorf("open session: %w", err)
	}
	return token, made, nil
}

// Session returns whose session a token opens, and notes its use now and
// then. [ErrDenied] when it is unknown, ended, or its account is disabled.
func (s *Service) Session(ctx context.Context, v Visit, token Secret) (p Person, err error) {
	err = s.store.Read(ctx, func(tx *store.Tx) error {
		p.Session, p.Account, err = tx.SessionByHash(ctx, tokenHash(sessionKind, token))
		return err
	})
	now := s.now().UnixMilli()
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && (p.Account.Disabled || !p.Session.Active(now)):
		return Person{}, ErrDenied
	case err != nil:
		return Person{}, fmt.Errorf("session: %w", err)
	}
	if now-p.Session.LastSeen >= seenInterval.Milliseconds() {
		s.later.add("note use of session", func(ctx context.Context) error {
			err := s.store.Write(ctx, func(tx *store.Tx) error {
				return tx.TouchSession(ctx, p.Account.ID, p.Session.ID, v.place(), v.Agent)
			})
			if errors.Is(err, store.ErrNotFound) { // ended meanwhile
				return nil
			}
			return err
		})
	}
	return p, nil
}

// Fresh reports whether the person proved who they are in the last ten
// minutes: what changes security asks for it and fails with [ErrStepUp].
func (s *Service) Fresh(p Person) bool {
	age := s.now().Sub(time.UnixMilli(p.Session.Fresh))
	return age >= 0 && age <= freshFor
}

// Act runs what a person does in a transaction that looks again whether the
// session and the account are still good: they may have ended since the
// request began. [ErrDenied], [ErrNewPassword].
func (s *Service) Act(ctx context.Context, p Person, do func(*store.Tx, Person) error) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		now, err := s.again(ctx, tx, p)
		if err != nil {
			return err
		}
		if now.Account.NewPassword {
			return ErrNewPassword
		}
		return do(tx, now)
	})
}

// again reads person and session anew.
func (s *Service) again(ctx context.Context, tx *store.Tx, p Person) (Person, error) {
	account, err1 := tx.Account(ctx, p.Account.ID)
	session, err2 := tx.Session(ctx, p.Account.ID, p.Session.ID)
	switch err := errors.Join(err1, err2); {
	case errors.Is(err, store.ErrNotFound), err == nil && (account.Disabled || !session.Active(s.now().UnixMilli())):
		return Person{}, ErrDenied
	case err != nil:
		return Person{}, err
	}
	return Person{Account: account, Session: session}, nil
}

// ActFresh is [Service.Act] for what changes security: [ErrStepUp].
func (s *Service) ActFresh(ctx context.Context, p Person, do func(*store.Tx, Person) error) error {
	return s.Act(ctx, p, func(tx *store.Tx, p Person) error {
		if !s.Fresh(p) {
			return ErrStepUp
		}
		return do(tx, p)
	})
}

// Sessions lists those that are open, the latest used first.
func (s *Service) Sessions(ctx context.Context, p Person) (all []store.Session, err error) {
	err = s.store.Read(ctx, func(tx *store.Tx) error {
		all, err = tx.Sessions(ctx, p.Account.ID)
		return err
	})
	return all, err
}

// SignOut ends the person's own session. Signing out twice is no error.
func (s *Service) SignOut(ctx context.Context, v Visit, p Person) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		err := tx.DeleteSession(ctx, p.Account.ID, p.Session.ID)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		_, err = s.note(ctx, tx, v, p, SignedOut, "")
		return err
	})
}

// EndSession ends one session of the person. [store.ErrNotFound].
func (s *Service) EndSession(ctx context.Context, v Visit, p Person, id int64) error {
	return s.Act(ctx, p, func(tx *store.Tx, p Person) error {
		ended, err := tx.Session(ctx, p.Account.ID, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteSession(ctx, p.Account.ID, id); err != nil {
			return err
		}
		_, err = s.note(ctx, tx, v, p, SessionEnded, Client(ended.Agent))
		return err
	})
}

// EndOtherSessions ends all but the person's own.
func (s *Service) EndOtherSessions(ctx context.Context, v Visit, p Person) error {
	return s.Act(ctx, p, func(tx *store.Tx, p Person) error {
		if _, err := tx.DeleteSessions(ctx, p.Account.ID, p.Session.ID); err != nil {
			return err
		}
		_, err := s.note(ctx, tx, v, p, SessionsEnded, "")
		return err
	})
}

// Proof is what a person shows in a step-up without a passkey.
type Proof struct {
	Password Secret
	Code     Secret // of an authenticator app, or a backup code; "" when there is no second factor
}

// StepUp proves once more who the person is. The session gets a new token.
// [ErrDenied], [ErrCode], [*Throttled].
func (s *Service) StepUp(ctx context.Context, v Visit, p Person, proof Proof) (Opened, error) {
	name := NormalizeLogin(p.Account.Login)
	if err := s.limits.begin(name, v.Address); err != nil {
		return Opened{}, err
	}
	owner, _, err := s.checkPassword(ctx, v, name, proof.Password)
	if err != nil {
		return Opened{}, err
	}
	if owner.ID != p.Account.ID { // renamed meanwhile
		return Opened{}, ErrDenied
	}
	s.limits.succeed(name, v.Address)
	use := factorUse{spend: func(context.Context, *store.Tx) error { return nil }}
	factors, err := s.Factors(ctx, p)
	if err != nil {
		return Opened{}, err
	}
	if factors.Any() {
		if use, err = s.readCode(ctx, v, owner.ID, proof.Code); err != nil {
			return Opened{}, err
		}
	}
	return s.freshen(ctx, v, p, factorUse{use.factor, func(ctx context.Context, tx *store.Tx) error {
		if _, err := sameStill(ctx, tx, owner.ID, owner.PasswordSet); err != nil {
			return err
		}
		return use.spend(ctx, tx)
	}})
}

// freshen gives the session a new token (ASVS 7.2.4) and a new time.
func (s *Service) freshen(ctx context.Context, v Visit, p Person, use factorUse) (o Opened, err error) {
	token, err := newToken(s.o.Rand)
	if err != nil {
		return Opened{}, err
	}
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		p, err := s.again(ctx, tx, p)
		if err != nil {
			return err
		}
		if err := use.spend(ctx, tx); err != nil {
			return err
		}
		if err := tx.FreshenSession(ctx, p.Account.ID, p.Session.ID, tokenHash(sessionKind, token)); err != nil {
			return err
		}
		if err := forgetFailures(ctx, tx, &p.Account); err != nil {
			return err
		}
		if _, err := s.note(ctx, tx, v, p, SteppedUp, use.factor); err != nil {
			return err
		}
		o = Opened{Token: token, Account: p.Account}
		o.Session, err = tx.Session(ctx, p.Account.ID, p.Session.ID)
		return err
	})
	return o, err
}
