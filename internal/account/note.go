package account

import (
	"context"
	"strconv"
	"time"

	"ksync/store"
)

// Counting of what strangers can make happen (config-assistant.md 5.5).
const (
	countWindow   = day              // failures of one place in that time are one activity, told once
	tellAfter     = 3                // wrong passwords from one place, in the browser
	tellAfterDAV  = 10               // things that look like no app password, on DAV
	tellDelay     = 10 * time.Minute // so that the letter can say how many
	maxWarnings   = 3                // letters about failures per day, from all places together
	maxFactorNote = 20               // letters of one kind and day about what only the person can do
)

// note writes down what a person did, in the transaction that does it.
func (s *Service) note(ctx context.Context, tx *store.Tx, v Visit, p Person, what ActivityKind, detail string) (store.Activity, error) {
	return tx.AddActivity(ctx, store.Activity{
		Account: p.Account.ID, Session: p.Session.ID, Kind: string(what), Detail: detail,
		Place: v.place(), Client: v.client(), Agent: v.Agent,
	})
}

// noteAndTell is note with a letter.
func (s *Service) noteAndTell(ctx context.Context, tx *store.Tx, v Visit, p Person, what ActivityKind, detail string, n notice) error {
	a, err := s.note(ctx, tx, v, p, what, detail)
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, p.Account, a, n)
}

// noteSignIn notes a sign-in, and tells of a place or program not seen for
// long. The first sign-in of an account is from a new place for nobody. That
// no cookie came is no sign: kSync wipes them (clients.md 1.4).
func (s *Service) noteSignIn(ctx context.Context, tx *store.Tx, v Visit, owner store.Account, a store.Activity) error {
	tx.AfterCommit(func() { s.o.Counted.tell(a.Detail, true) })
	a.Account, a.Kind, a.Place, a.Client, a.Agent = owner.ID, string(SignedIn), v.place(), v.client(), v.Agent
	a, err := tx.AddActivity(ctx, a)
	if err != nil {
		return err
	}
	known, others, err := tx.SeePlace(ctx, store.KnownPlace{Account: owner.ID, Place: a.Place, Client: a.Client})
	if err != nil || known || !others {
		return err
	}
	return s.tell(ctx, tx, owner, a, notice{kind: NoticeNewPlace, topic: a.Place + " " + a.Client, window: day, most: 1})
}

// noteWrongPassword counts a wrong account password, and tells after several
// from one place.
func (s *Service) noteWrongPassword(ctx context.Context, v Visit, account int64) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		owner, err := tx.Account(ctx, account)
		if err != nil {
			return err
		}
		err = tx.UpdateAccount(ctx, account, func(a *store.Account) error { a.Failures++; return nil })
		if err != nil {
			return err
		}
		a, err := s.count(ctx, tx, v, account, SignInFailed)
		if err != nil || a.Count < tellAfter {
			return err
		}
		return s.tellFailures(ctx, tx, owner, a)
	})
}

// noteWrongCode counts a wrong code after a right password: somebody may have it.
func (s *Service) noteWrongCode(ctx context.Context, v Visit, account int64) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		owner, err := tx.Account(ctx, account)
		if err != nil {
			return err
		}
		a, err := s.count(ctx, tx, v, account, SecondFactorFailed)
		if err != nil || a.Count < tellAfter {
			return err
		}
		return s.tellFailures(ctx, tx, owner, a)
	})
}

// noteCopy tells that a passkey was refused because its counter went back.
func (s *Service) noteCopy(ctx context.Context, v Visit, account int64, k store.Passkey) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		owner, err := tx.Account(ctx, account)
		if err != nil {
			return err
		}
		return s.noteAndTell(ctx, tx, v, Person{Account: owner}, PasskeyRefused, k.Name,
			notice{kind: NoticeFactors, topic: strconv.FormatInt(k.ID, 10), window: day, most: 1, data: NoticeData{Change: PasskeyRefused, Name: k.Name}})
	})
}

func (s *Service) count(ctx context.Context, tx *store.Tx, v Visit, account int64, what ActivityKind) (store.Activity, error) {
	return tx.CountActivity(ctx, store.Activity{
		Account: account, Kind: string(what), Place: v.place(), Client: v.client(), Agent: v.Agent,
	}, s.now().Add(-countWindow).UnixMilli())
}

// tellFailures writes one letter per place and day, with the number as of when
// it is sent.
func (s *Service) tellFailures(ctx context.Context, tx *store.Tx, owner store.Account, a store.Activity) error {
	return s.tell(ctx, tx, owner, a, notice{
		kind: NoticeWrongPassword, window: countWindow, most: maxWarnings, delay: tellDelay, perActivity: true,
		data: NoticeData{Change: ActivityKind(a.Kind), Count: a.Count, Since: a.Since},
	})
}

// Activity lists what happened to the person's account, the latest first.
// query.Account is theirs whatever it says. [store.ErrLimit] for too many kinds.
func (s *Service) Activity(ctx context.Context, p Person, query store.ActivityQuery) (all []store.Activity, err error) {
	query.Account = p.Account.ID
	err = s.store.Read(ctx, func(tx *store.Tx) error {
		all, err = tx.Activities(ctx, query)
		return err
	})
	return all, err
}

// Reference is how an activity is named in letters and pages: short enough to
// be read aloud.
func Reference(activity int64) string {
	if activity <= 0 {
		return ""
	}
	raw := []byte{byte(activity >> 27), byte(activity >> 19), byte(activity >> 11), byte(activity >> 3), byte(activity << 5)}
	digits := base32Digits(raw, 7) // 35 bits
	return digits[:3] + "-" + digits[3:]
}

// NotMe is for an activity that was somebody else: all other sessions end, all
// app passwords are revoked, the invitations that the account made end, and it
// needs a new password.
// [store.ErrNotFound] for an unknown activity.
func (s *Service) NotMe(ctx context.Context, v Visit, p Person, activity int64) error {
	return s.act(ctx, p, func(tx *store.Tx, p Person) error {
		if _, err := tx.Activity(ctx, p.Account.ID, activity); err != nil {
			return err
		}
		if err := s.endAll(ctx, tx, p.Account.ID, p.Session.ID); err != nil {
			return err
		}
		if _, err := tx.RevokeAppPasswords(ctx, p.Account.ID); err != nil {
			return err
		}
		if err := endInvitations(ctx, tx, p.Account); err != nil {
			return err
		}
		err := tx.UpdateAccount(ctx, p.Account.ID, func(a *store.Account) error { a.NewPassword = true; return nil })
		if err != nil {
			return err
		}
		_, err = s.note(ctx, tx, v, p, ReportedNotMe, Reference(activity))
		return err
	})
}
