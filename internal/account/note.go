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

// activity is something that a visitor did, or tried, with an account.
func (v Visit) activity(account int64, what ActivityKind) store.Activity {
	return store.Activity{Account: account, Kind: string(what), Place: v.place(), Client: v.client(), Agent: v.Agent}
}

// did is what a person did in a session, with an app password or (0) without.
func (v Visit) did(p Person, what ActivityKind, appPassword int64, detail string) store.Activity {
	a := v.activity(p.Account.ID, what)
	a.Session, a.AppPassword, a.Detail = p.Session.ID, appPassword, detail
	return a
}

// note writes down what a person did, in the transaction that does it.
func (s *Service) note(ctx context.Context, tx *store.Tx, v Visit, p Person, what ActivityKind, detail string) (store.Activity, error) {
	return tx.AddActivity(ctx, v.did(p, what, 0, detail))
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
func (s *Service) noteSignIn(ctx context.Context, tx *store.Tx, v Visit, p Person, factors string) error {
	tx.AfterCommit(func() { s.o.Counted.tell(factors, true) })
	a, err := s.note(ctx, tx, v, p, SignedIn, factors)
	if err != nil {
		return err
	}
	known, others, err := tx.SeePlace(ctx, store.KnownPlace{Account: a.Account, Place: a.Place, Client: a.Client})
	if err != nil || known || !others {
		return err
	}
	return s.tell(ctx, tx, p.Account, a, notice{kind: NoticeNewPlace, topic: a.Place + " " + a.Client, window: day, most: 1})
}

// noteFailure counts what failed in the browser, and tells after several from
// one place: a wrong password, or a wrong code after a right one, which
// somebody may have.
func (s *Service) noteFailure(ctx context.Context, v Visit, account int64, what ActivityKind) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		owner, err := tx.Account(ctx, account)
		if err != nil {
			return err
		}
		if what == SignInFailed {
			err = tx.UpdateAccount(ctx, account, func(a *store.Account) error { a.Failures++; return nil })
			if err != nil {
				return err
			}
		}
		a, err := s.count(ctx, tx, v, account, what)
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
	return tx.CountActivity(ctx, v.activity(account, what), s.now().Add(-countWindow).UnixMilli())
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
