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
}

// CreateAccount stores a new account and returns it with its ID and time.
// Its login and its e-mail address must not be the login or the address of
// any account, whatever the case: [ErrExists].
func (s *Store) CreateAccount(ctx context.Context, a Account) (Account, error) {
	err := s.Write(ctx, func(tx *Tx) error {
		id, err := tx.newID(ctx, "select 1 from account where id = $1")
		if err != nil {
			return err
		}
		a.ID, a.Created = id, tx.now
		if err := tx.nameAccount(ctx, a); err != nil {
			return err
		}
		return tx.insertAccount(ctx, a)
	})
	if err != nil {
		return Account{}, err
	}
	return a, nil
}

// nameAccount makes the login and the address of an account its own.
func (tx *Tx) nameAccount(ctx context.Context, a Account) error {
	if err := checkName(a.Login); err != nil {
		return err
	}
	names := []string{strings.ToLower(a.Login), strings.ToLower(a.Email)}
	for _, name := range slices.Compact(names) {
		if name == "" {
			continue
		}
		if err := checkName(name); err != nil {
			return err
		}
		n, err := tx.exec(ctx, `
			insert into account_name (name, account_id) values ($1, $2)
			on conflict do nothing`, name, a.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrExists
		}
	}
	return nil
}

func (tx *Tx) insertAccount(ctx context.Context, a Account) error {
	_, err := tx.exec(ctx, `
		insert into account (id, login, email, name, locale, time_zone, password_hash, disabled, quota, created, deleted_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0)`,
		a.ID, a.Login, a.Email, cleanText(a.Name), cleanText(a.Locale), cleanText(a.TimeZone),
		a.PasswordHash, flag(a.Disabled), a.Quota, a.Created)
	return err
}

const accountColumns = `a.id, a.login, a.email, a.name, a.locale, a.time_zone, a.password_hash, a.disabled, a.quota, a.created`

func scanAccount(scan scanner) (Account, error) {
	var a Account
	err := scan(a.columns()...)
	return a, err
}

// columns are where accountColumns go.
func (a *Account) columns() []any {
	return []any{&a.ID, &a.Login, &a.Email, &a.Name, &a.Locale, &a.TimeZone, &a.PasswordHash, &a.Disabled, &a.Quota, &a.Created}
}

// Account returns an account by ID.
func (s *Store) Account(ctx context.Context, id int64) (a Account, err error) {
	err = s.Read(ctx, func(tx *Tx) error {
		a, err = tx.account(ctx, id)
		return err
	})
	return a, err
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
// the caller has lower-cased. Disabled accounts are returned too.
func (s *Store) AccountByLogin(ctx context.Context, login string) (a Account, err error) {
	if checkName(login) != nil {
		return a, ErrNotFound
	}
	err = s.Read(ctx, func(tx *Tx) error {
		return tx.one(ctx, `
			select `+accountColumns+`
			from account_name n join account a on a.id = n.account_id
			where n.name = $1 and a.deleted_at = 0`, []any{login}, a.columns()...)
	})
	return a, err
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

// UpdateAccount lets edit change any field but ID and Created, in one
// transaction. An error of edit is returned as it is and nothing is stored.
func (s *Store) UpdateAccount(ctx context.Context, id int64, edit func(*Account) error) error {
	return s.Write(ctx, func(tx *Tx) error {
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
	})
}

func (tx *Tx) renameAccount(ctx context.Context, old, a Account) error {
	if old.Login == a.Login && old.Email == a.Email {
		return nil
	}
	if _, err := tx.exec(ctx, `delete from account_name where account_id = $1`, a.ID); err != nil {
		return err
	}
	return tx.nameAccount(ctx, a)
}

func (tx *Tx) updateAccount(ctx context.Context, a Account) error {
	_, err := tx.exec(ctx, `
		update account
		set login = $2, email = $3, name = $4, locale = $5, time_zone = $6, password_hash = $7, disabled = $8, quota = $9
		where id = $1 and deleted_at = 0`,
		a.ID, a.Login, a.Email, cleanText(a.Name), cleanText(a.Locale), cleanText(a.TimeZone),
		a.PasswordHash, flag(a.Disabled), a.Quota)
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
	return errors.Join(err1, err2, err3)
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
