package account

import (
	"context"
	"errors"

	"ksync/store"
)

// Factors are the second factors of an account.
type Factors struct {
	TOTP             bool
	TOTPSince        int64 // ms
	Passkeys         []store.Passkey
	BackupCodes      store.BackupCodes
	PasskeysPossible bool // the server has a public name
}

// Any reports whether there is a second factor. Backup codes alone are none.
func (f Factors) Any() bool { return f.TOTP || len(f.Passkeys) > 0 }

// PasskeysPossible reports whether this server can have passkeys at all.
func (s *Service) PasskeysPossible() bool { return s.party != nil }

// Factors lists the person's second factors.
func (s *Service) Factors(ctx context.Context, p Person) (f Factors, err error) {
	err = s.store.Read(ctx, func(tx *store.Tx) error {
		f, err = s.factors(ctx, tx, p.Account.ID)
		return err
	})
	return f, err
}

// factors fails when any of them cannot be read: what is not known to be
// absent must not be left out.
func (s *Service) factors(ctx context.Context, tx *store.Tx, account int64) (Factors, error) {
	f := Factors{PasskeysPossible: s.PasskeysPossible()}
	t, err := tx.TOTP(ctx, account)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Factors{}, err
	}
	f.TOTP, f.TOTPSince = err == nil, t.Created
	if f.Passkeys, err = tx.Passkeys(ctx, account); err != nil {
		return Factors{}, err
	}
	f.BackupCodes, err = tx.BackupCodes(ctx, account)
	return f, err
}

// added ends an enrolment: it tells, and makes backup codes when there are none.
func (s *Service) added(ctx context.Context, tx *store.Tx, v Visit, p Person, what ActivityKind, detail string) ([]Secret, error) {
	if err := s.noteAndTell(ctx, tx, v, p, what, detail, notice{kind: NoticeFactors, data: NoticeData{Change: what, Name: detail}}); err != nil {
		return nil, err
	}
	codes, err := tx.BackupCodes(ctx, p.Account.ID)
	if err != nil || codes.Left > 0 {
		return nil, err
	}
	made, err := s.replaceBackupCodes(ctx, tx, v, p)
	if err != nil {
		return nil, err
	}
	return made, s.keepMade(ctx, tx, v, p, Made{Secrets: made})
}

// removed tells that a factor is gone. With the last one go the backup codes,
// which are a way around a factor and not one themselves.
func (s *Service) removed(ctx context.Context, tx *store.Tx, v Visit, p Person, what ActivityKind, detail string) error {
	left, err := s.factors(ctx, tx, p.Account.ID)
	if err != nil {
		return err
	}
	if !left.Any() {
		if err := tx.SetBackupCodes(ctx, p.Account.ID, nil); err != nil {
			return err
		}
	}
	return s.noteAndTell(ctx, tx, v, p, what, detail, notice{kind: NoticeFactors, data: NoticeData{Change: what, Name: detail}})
}

// RemoveFactors takes all second factors off an account, for the command line:
// its person has lost them. Its sessions end.
func (s *Service) RemoveFactors(ctx context.Context, account int64) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		owner, err := tx.Account(ctx, account)
		if err != nil {
			return err
		}
		if err := tx.DeleteTOTP(ctx, account); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err := errors.Join(tx.DeletePasskeys(ctx, account), s.endAll(ctx, tx, account, 0)); err != nil {
			return err
		}
		return s.removed(ctx, tx, Visit{}, Person{Account: owner}, FactorsRemoved, "")
	})
}

// endAll ends the sessions of an account but one, and all tickets: half
// sign-ins, links and codes.
func (s *Service) endAll(ctx context.Context, tx *store.Tx, account, but int64) error {
	_, err := tx.DeleteSessions(ctx, account, but)
	return errors.Join(err, tx.DeleteAllTickets(ctx, account))
}
