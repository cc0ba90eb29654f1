package account

import (
	"context"
	"slices"

	"ksync/store"
)

// NotMe is for an activity that was somebody else: all other sessions end, all
// app passwords are revoked, the invitations that the account made end, it needs
// a new password, and what would let that somebody in again is undone
// ([Service.ChangedSince]), which [ErrStepUp] comes before.
// [store.ErrNotFound] for an unknown activity.
func (s *Service) NotMe(ctx context.Context, v Visit, p Person, activity int64) error {
	return s.Act(ctx, p, func(tx *store.Tx, p Person) error {
		changed, err := s.changedSince(ctx, tx, p, activity)
		if err != nil {
			return err
		}
		if changed.Any() && !s.Fresh(p) {
			return ErrStepUp // else a session alone would do to take second factors away
		}
		if err := s.undo(ctx, tx, v, p, changed); err != nil {
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
		err = tx.UpdateAccount(ctx, p.Account.ID, func(a *store.Account) error { a.NewPassword = true; return nil })
		if err != nil {
			return err
		}
		_, err = s.note(ctx, tx, v, p, ReportedNotMe, Reference(activity))
		return err
	})
}

// Changed is what was changed of how one gets into an account.
type Changed struct {
	TOTP        bool            // an authenticator app was set up, or moved to another phone
	BackupCodes bool            // new ones were made
	Passkeys    []store.Passkey // that were added
	Email       string          // that the account had before: a link for a new password goes to another now; "": the same
}

// Any reports whether there was anything.
func (c Changed) Any() bool { return c.TOTP || c.BackupCodes || len(c.Passkeys) > 0 || c.Email != "" }

// ChangedSince is what was changed since an activity: if that was somebody
// else, so may this have been. [store.ErrNotFound].
func (s *Service) ChangedSince(ctx context.Context, p Person, activity int64) (c Changed, err error) {
	err = s.store.Read(ctx, func(tx *store.Tx) error {
		c, err = s.changedSince(ctx, tx, p, activity)
		return err
	})
	return c, err
}

func (s *Service) changedSince(ctx context.Context, tx *store.Tx, p Person, activity int64) (c Changed, err error) {
	was, err := tx.Activity(ctx, p.Account.ID, activity)
	if err != nil {
		return Changed{}, err
	}
	f, err := s.factors(ctx, tx, p.Account.ID)
	if err != nil {
		return Changed{}, err
	}
	c.TOTP, c.BackupCodes = f.TOTP && f.TOTPSince >= was.Since, f.BackupCodes.Created >= was.Since
	c.Passkeys = slices.DeleteFunc(f.Passkeys, func(k store.Passkey) bool { return k.Created < was.Since })
	names, err := tx.FormerNames(ctx, p.Account.ID, was.Since)
	if i := slices.IndexFunc(names, validAddress); i >= 0 && p.Account.Email != "" {
		c.Email = names[i]
	}
	return c, err
}

func (s *Service) undo(ctx context.Context, tx *store.Tx, v Visit, p Person, c Changed) error {
	if c.BackupCodes { // somebody else has seen them
		if err := tx.SetBackupCodes(ctx, p.Account.ID, nil); err != nil {
			return err
		}
	}
	if c.TOTP {
		if err := tx.DeleteTOTP(ctx, p.Account.ID); err != nil {
			return err
		}
		if err := s.removed(ctx, tx, v, p, TOTPRemoved, ""); err != nil {
			return err
		}
	}
	for _, k := range c.Passkeys {
		if err := tx.DeletePasskey(ctx, p.Account.ID, k.ID); err != nil {
			return err
		}
		if err := s.removed(ctx, tx, v, p, PasskeyRemoved, k.Name); err != nil {
			return err
		}
	}
	if c.Email == "" {
		return nil
	}
	_, err := s.changeEmail(ctx, tx, v, p, c.Email)
	return err
}
