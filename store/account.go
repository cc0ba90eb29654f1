package store

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// Account is one person, or one thing that signs in.
type Account struct {
	ID           int64 // random in 1..2^31-1, never reused while rows of it exist
	Login        string
	Email        string
	Name         string
	Locale       string
	TimeZone     string // IANA name
	PasswordHash string // as the account package encodes it; "" means no password signs in
	Disabled     bool
	Quota        int64 // bytes of all objects; 0 means none
	Created      int64 // ms UTC
	PasswordSet  int64 // when PasswordHash was; 0: never by a person
	NewPassword  bool  // a new one must be chosen before anything else
	Failures     int64 // wrong passwords in a row, in the browser
	DeleteAfter  int64 // its person asked for its end; 0: not
	Admin        bool  // may invite others
}

// CreateAccount stores a new account and returns it with its ID and time.
// Its login and its e-mail address must not be the login or the address of
// any account, whatever the case: [ErrExists].
func (s *Store) CreateAccount(ctx context.Context, a Account) (Account, error) {
	err := s.Write(ctx, func(tx *Tx) (err error) {
		a, err = tx.CreateAccount(ctx, a)
		return err
	})
	if err != nil {
		return Account{}, err
	}
	return a, nil
}

// CreateAccount is [Store.CreateAccount] in a transaction.
func (tx *Tx) CreateAccount(ctx context.Context, a Account) (Account, error) {
	id, err := tx.newID(ctx, "select 1 from account where id = $1")
	if err != nil {
		return Account{}, err
	}
	a.ID, a.Created = id, tx.now
	if err := tx.nameAccount(ctx, a); err != nil {
		return Account{}, err
	}
	return a, tx.insertAccount(ctx, a)
}

// nameAccount makes the login and the address of an account its own. A name
// that is only an earlier one of an account can be taken by that account, and
// by any once its time is over.
func (tx *Tx) nameAccount(ctx context.Context, a Account) error {
	if err := checkName(a.Login); err != nil {
		return err
	}
	for _, name := range a.names() {
		if err := checkName(name); err != nil {
			return err
		}
		n, err := tx.exec(ctx, `
			insert into account_name (name, account_id, until) values ($1, $2, 0)
			on conflict (name) do update set account_id = excluded.account_id, until = 0
			where account_name.until <> 0 and (account_name.account_id = excluded.account_id or account_name.until <= $3)`,
			name, a.ID, tx.now)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrExists
		}
	}
	return nil
}

// names are what leads to an account: its login and its address, if it has any.
func (a Account) names() []string {
	names := []string{strings.ToLower(a.Login), strings.ToLower(a.Email)}
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "" })
}

func (tx *Tx) insertAccount(ctx context.Context, a Account) error {
	_, err := tx.exec(ctx, `
		insert into account (id, login, email, name, locale, time_zone, password_hash, disabled, quota, created, deleted_at,
			password_set, new_password, failures, delete_after, admin)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12, $13, $14, $15)`,
		a.ID, a.Login, a.Email, cleanText(a.Name), cleanText(a.Locale), cleanText(a.TimeZone),
		a.PasswordHash, flag(a.Disabled), a.Quota, a.Created,
		a.PasswordSet, flag(a.NewPassword), a.Failures, a.DeleteAfter, flag(a.Admin))
	return err
}

const accountColumns = `a.id, a.login, a.email, a.name, a.locale, a.time_zone, a.password_hash, a.disabled, a.quota, a.created,
	a.password_set, a.new_password, a.failures, a.delete_after, a.admin`

func scanAccount(scan scanner) (Account, error) {
	var a Account
	err := scan(a.columns()...)
	return a, err
}

// columns are where accountColumns go.
func (a *Account) columns() []any {
	return []any{&a.ID, &a.Login, &a.Email, &a.Name, &a.Locale, &a.TimeZone, &a.PasswordHash, &a.Disabled, &a.Quota, &a.Created,
		&a.PasswordSet, &a.NewPassword, &a.Failures, &a.DeleteAfter, &a.Admin}
}

// Account returns an account by ID.
func (s *Store) Account(ctx context.Context, id int64) (a Account, err error) {
	err = s.Read(ctx, func(tx *Tx) error {
		a, err = tx.account(ctx, id)
		return err
	})
	return a, err
}

// Account is [Store.Account] in a transaction; in one that writes, others that
// change the account wait.
func (tx *Tx) Account(ctx context.Context, id int64) (Account, error) {
	if tx.writing {
		return tx.lockAccount(ctx, id)
	}
	return tx.account(ctx, id)
}

func (tx *Tx) account(ctx context.Context, id int64) (Account, error) {
	return tx.accountAnd(ctx, id, "")
}

// lockAccount makes others that lock the account wait: for limits on the sum
// of what it has. Who locks collections too locks them first.
func (tx *Tx) lockAccount(ctx context.Context, id int64) (Account, error) {
	return tx.accountAnd(ctx, id, tx.store.dialect.lock("a"))
}

func (tx *Tx) accountAnd(ctx context.Context, id int64, lock string) (Account, error) {
	var a Account
	err := tx.one(ctx, `select `+accountColumns+` from account a where a.id = $1 and a.deleted_at = 0`+lock,
		[]any{id}, a.columns()...)
	return a, err
}

// AccountByLogin returns the account with that login or e-mail address, which
// the caller has lower-cased, or with one that it had not long ago. Disabled
// accounts are returned too.
func (s *Store) AccountByLogin(ctx context.Context, login string) (a Account, err error) {
	err = s.Read(ctx, func(tx *Tx) error {
		a, err = tx.AccountByLogin(ctx, login)
		return err
	})
	return a, err
}

// AccountByLogin is [Store.AccountByLogin] in a transaction.
func (tx *Tx) AccountByLogin(ctx context.Context, login string) (a Account, err error) {
	if checkName(login) != nil {
		return a, ErrNotFound
	}
	err = tx.one(ctx, `
		select `+accountColumns+`
		from account_name n join account a on a.id = n.account_id
		where n.name = $1 and (n.until = 0 or n.until > $2) and a.deleted_at = 0`, []any{login, tx.now}, a.columns()...)
	return a, err
}

// FormerNames are the logins and addresses that an account gave up since a time
// and that still lead to it, the first given up first.
func (tx *Tx) FormerNames(ctx context.Context, account, since int64) ([]string, error) {
	return list(ctx, tx, `
		select name from account_name
		where account_id = $1 and until > $2 and until >= $3 order by until, name`, []any{account, tx.now, since + aliasTime.Milliseconds()},
		func(scan scanner) (name string, err error) { return name, scan(&name) })
}

// Accounts returns all accounts, in the order of their making.
func (s *Store) Accounts(ctx context.Context) (all []Account, err error) {
	err = s.Read(ctx, func(tx *Tx) error {
		all, err = list(ctx, tx, `
			select `+accountColumns+` from account a
			where a.deleted_at = 0 order by a.created, a.id`, nil, scanAccount)
		return err
	})
	return all, err
}

// HasAccounts reports whether there is any account.
func (tx *Tx) HasAccounts(ctx context.Context) (bool, error) {
	var one int64
	err := tx.one(ctx, `select 1 from account where deleted_at = 0 limit 1`, nil, &one)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// UpdateAccount lets edit change any field but ID and Created, in one
// transaction. An error of edit is returned as it is and nothing is stored.
func (s *Store) UpdateAccount(ctx context.Context, id int64, edit func(*Account) error) error {
	return s.Write(ctx, func(tx *Tx) error { return tx.UpdateAccount(ctx, id, edit) })
}

// UpdateAccount is [Store.UpdateAccount] in a transaction.
func (tx *Tx) UpdateAccount(ctx context.Context, id int64, edit func(*Account) error) error {
	old, err := tx.lockAccount(ctx, id)
	if err != nil {
		return err
	}
	a := old
	if err := edit(&a); err != nil {
		return err
	}
	a.ID, a.Created = old.ID, old.Created
	if err := tx.renameAccount(ctx, old, a); err != nil {
		return err
	}
	return tx.updateAccount(ctx, a)
}

// aliasTime is how long an earlier login or address still leads to its
// account: devices that were set up with it go on.
const aliasTime = 30 * day

func (tx *Tx) renameAccount(ctx context.Context, old, a Account) error {
	if old.Login == a.Login && old.Email == a.Email {
		return nil
	}
	_, err := tx.exec(ctx, `update account_name set until = $2 where account_id = $1 and until = 0`,
		a.ID, tx.now+aliasTime.Milliseconds())
	if err != nil {
		return err
	}
	return tx.nameAccount(ctx, a)
}

func (tx *Tx) updateAccount(ctx context.Context, a Account) error {
	_, err := tx.exec(ctx, `
		update account
		set login = $2, email = $3, name = $4, locale = $5, time_zone = $6, password_hash = $7, disabled = $8, quota = $9,
			password_set = $10, new_password = $11, failures = $12, delete_after = $13, admin = $14
		where id = $1 and deleted_at = 0`,
		a.ID, a.Login, a.Email, cleanText(a.Name), cleanText(a.Locale), cleanText(a.TimeZone),
		a.PasswordHash, flag(a.Disabled), a.Quota,
		a.PasswordSet, flag(a.NewPassword), a.Failures, a.DeleteAfter, flag(a.Admin))
	return err
}

// SetDisabled disables an account or enables it again.
func (s *Store) SetDisabled(ctx context.Context, id int64, disabled bool) error {
	return s.UpdateAccount(ctx, id, func(a *Account) error {
		a.Disabled = disabled
		return nil
	})
}

// DeleteAccount removes an account with all that belongs to it, for good. The
// account and its credentials are gone at once, its data in small steps; what
// an interruption leaves, [Store.Maintain] removes.
func (s *Store) DeleteAccount(ctx context.Context, id int64) error {
	err := s.Write(ctx, func(tx *Tx) error { return tx.closeAccount(ctx, id) })
	if err != nil {
		return err
	}
	return s.purgeAccount(ctx, id)
}

// closeAccount takes away all by which an account can be reached.
func (tx *Tx) closeAccount(ctx context.Context, id int64) error {
	n, err := tx.exec(ctx, `update account set deleted_at = $2, disabled = 1 where id = $1 and deleted_at = 0`, id, tx.now)
	if err := found(n, err); err != nil {
		return err
	}
	_, err1 := tx.exec(ctx, `delete from account_name where account_id = $1`, id)
	_, err2 := tx.exec(ctx, `delete from app_password where account_id = $1`, id)
	_, err3 := tx.exec(ctx, `update collection set deleted_at = $2 where account_id = $1 and deleted_at = 0`, id, tx.now)
	return errors.Join(err1, err2, err3, tx.closeSignIn(ctx, id), tx.closeMerges(ctx, id))
}

// closeSignIn removes what an account signs in with and what is noted of it.
func (tx *Tx) closeSignIn(ctx context.Context, id int64) error {
	_, err1 := tx.exec(ctx, `delete from session where account_id = $1`, id)
	_, err2 := tx.exec(ctx, `delete from totp where account_id = $1`, id)
	_, err3 := tx.exec(ctx, `delete from backup_code where account_id = $1`, id)
	_, err4 := tx.exec(ctx, `delete from passkey where account_id = $1`, id)
	_, err5 := tx.exec(ctx, `delete from ticket where account_id = $1`, id)
	_, err6 := tx.exec(ctx, `delete from activity where account_id = $1`, id)
	_, err7 := tx.exec(ctx, `delete from known_place where account_id = $1`, id)
	_, err8 := tx.exec(ctx, `delete from notice where account_id = $1`, id)
	_, err9 := tx.exec(ctx, `delete from device where account_id = $1`, id)
	return errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9)
}

// Usage returns the bytes of all objects of an account, as the quota counts them.
func (s *Store) Usage(ctx context.Context, account int64) (bytes int64, err error) {
	err = s.Read(ctx, func(tx *Tx) error {
		if _, err := tx.account(ctx, account); err != nil {
			return err
		}
		bytes, err = tx.usage(ctx, account)
		return err
	})
	return bytes, err
}

func (tx *Tx) usage(ctx context.Context, account int64) (bytes int64, err error) {
	err = tx.one(ctx, `
		select cast(coalesce(sum(bytes), 0) as bigint) from collection
		where account_id = $1 and deleted_at = 0`, []any{account}, &bytes)
	return bytes, err
}
