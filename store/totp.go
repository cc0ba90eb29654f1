package store

import "context"

// TOTP is the enrolled authenticator app of an account.
type TOTP struct {
	Account  int64
	Secret   []byte // sealed by the account package
	Created  int64
	LastStep int64 // the last step whose code was used
}

// SetTOTP enrols a secret, in place of the one that was there.
func (tx *Tx) SetTOTP(ctx context.Context, t TOTP) error {
	if _, err := tx.lockAccount(ctx, t.Account); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `
		insert into totp (account_id, secret, created, last_step, tries, tries_since)
		values ($1, $2, $3, $4, 0, 0)
		on conflict (account_id) do update set secret = excluded.secret, created = excluded.created, last_step = excluded.last_step, failed = 0`,
		t.Account, t.Secret, tx.now, t.LastStep)
	return err
}

// TOTP returns what is enrolled, or [ErrNotFound].
func (tx *Tx) TOTP(ctx context.Context, account int64) (t TOTP, err error) {
	err = tx.one(ctx, `select account_id, secret, created, last_step from totp where account_id = $1`,
		[]any{account}, &t.Account, &t.Secret, &t.Created, &t.LastStep)
	return t, err
}

// Tries is how many there may be.
type Tries struct {
	Since  int64 // Most from then on
	Most   int
	InARow int // without a right one, whenever
}

// TryTOTP counts a try before its code is looked at, so that tries at the same
// time do not pass a limit together. [ErrLimit] for too many in the time,
// [ErrPrecondition] for too many in a row.
func (tx *Tx) TryTOTP(ctx context.Context, account int64, limit Tries) error {
	n, err := tx.exec(ctx, `
		update totp
		set tries = case when tries_since <= $2 then 1 else tries + 1 end,
			tries_since = case when tries_since <= $2 then $3 else tries_since end,
			failed = failed + 1
		where account_id = $1 and (tries_since <= $2 or tries < $4) and failed < $5`, account, limit.Since, tx.now, limit.Most, limit.InARow)
	if err != nil || n > 0 {
		return err
	}
	var failed int
	if err := tx.one(ctx, `select failed from totp where account_id = $1`, []any{account}, &failed); err != nil {
		return err
	}
	if failed >= limit.InARow {
		return ErrPrecondition
	}
	return ErrLimit
}

// ForgiveTOTP ends the row of wrong codes: their owner was let in.
func (tx *Tx) ForgiveTOTP(ctx context.Context, account int64) error {
	_, err := tx.exec(ctx, `update totp set failed = 0 where account_id = $1 and failed <> 0`, account)
	return err
}

// UseTOTP spends the code of a step and takes its try back. RFC 6238 §5.2: a
// code is accepted once; so is none before it. [ErrPrecondition].
func (tx *Tx) UseTOTP(ctx context.Context, account, step int64) error {
	n, err := tx.exec(ctx, `
		update totp set last_step = $2, tries = case when tries > 0 then tries - 1 else 0 end, failed = 0
		where account_id = $1 and last_step < $2`, account, step)
	if err == nil && n == 0 {
		return ErrPrecondition
	}
	return err
}

// DeleteTOTP removes it.
func (tx *Tx) DeleteTOTP(ctx context.Context, account int64) error {
	n, err := tx.exec(ctx, `delete from totp where account_id = $1`, account)
	return found(n, err)
}

// BackupCodes is what there is of them in an account.
type BackupCodes struct {
	Created int64 // 0: there are none
	Left    int
	Used    int
}

// SetBackupCodes replaces all codes of an account; none removes them.
func (tx *Tx) SetBackupCodes(ctx context.Context, account int64, hashes [][]byte) error {
	if _, err := tx.lockAccount(ctx, account); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `delete from backup_code where account_id = $1`, account); err != nil {
		return err
	}
	for _, hash := range hashes {
		_, err := tx.exec(ctx, `insert into backup_code (account_id, hash, created, used) values ($1, $2, $3, 0)`, account, hash, tx.now)
		if err != nil {
			return err
		}
	}
	return nil
}

// BackupCodes counts them.
func (tx *Tx) BackupCodes(ctx context.Context, account int64) (c BackupCodes, err error) {
	err = tx.one(ctx, `
		select coalesce(max(created), 0), coalesce(sum(case when used = 0 then 1 else 0 end), 0),
			coalesce(sum(case when used = 0 then 0 else 1 end), 0)
		from backup_code where account_id = $1`, []any{account}, &c.Created, &c.Left, &c.Used)
	return c, err
}

// UseBackupCode spends one. [ErrNotFound] when it is unknown or was used.
func (tx *Tx) UseBackupCode(ctx context.Context, account int64, hash []byte) error {
	n, err := tx.exec(ctx, `
		update backup_code set used = $3
		where account_id = $1 and hash = $2 and used = 0`, account, hash, tx.now)
	return found(n, err)
}
