package store

import "context"

// AppPassword is a credential of one device. The secret itself is not here.
type AppPassword struct {
	ID       int64
	Account  int64
	Name     string
	Hash     []byte // keyed hash of the secret; unique
	KeyID    string // which server key made Hash
	Scope    Scope
	Created  int64 // ms UTC, as all times
	Expires  int64 // 0: never
	LastUsed int64 // 0: never
	Revoked  int64 // 0: not

	LastPlace string
	LastAgent string

	Replaces   int64  // the one that ends when this one is first used; 0: none
	MadePlace  string // network of who made it
	UnlessUsed int64  // ends then when it was not used before; 0: does not, or was used
}

// Active reports whether the password signs in at that time (ms UTC).
func (p AppPassword) Active(now int64) bool {
	return p.Revoked == 0 && (p.Expires == 0 || p.Expires > now) && (p.UnlessUsed == 0 || p.UnlessUsed > now)
}

// CreateAppPassword stores a new app password and returns it with its ID and
// time. [ErrLimit] when the account has [Limits.AppPasswords] active ones,
// [ErrExists] when the hash is known.
func (s *Store) CreateAppPassword(ctx context.Context, p AppPassword) (AppPassword, error) {
	err := s.Write(ctx, func(tx *Tx) (err error) {
		p, err = tx.CreateAppPassword(ctx, p)
		return err
	})
	if err != nil {
		return AppPassword{}, err
	}
	return p, nil
}

// replacedTime is how long an app password lives at most that another
// replaces, when that one is never used.
const replacedTime = day

// CreateAppPassword is [Store.CreateAppPassword] in a transaction. When it
// replaces another, that one ends in a day. [ErrNotFound] when there is none.
func (tx *Tx) CreateAppPassword(ctx context.Context, p AppPassword) (AppPassword, error) {
	if p.Replaces != 0 {
		n, err := tx.exec(ctx, `
			update app_password
			set expires = case when expires = 0 or expires > $3 then $3 else expires end
			where account_id = $1 and id = $2 and revoked = 0`, p.Account, p.Replaces, tx.now+replacedTime.Milliseconds())
		if err := found(n, err); err != nil {
			return AppPassword{}, err
		}
	}
	if err := tx.checkAppPasswords(ctx, p.Account); err != nil {
		return AppPassword{}, err
	}
	id, err := tx.newID(ctx, `select 1 from app_password where account_id = $1 and id = $2`, p.Account)
	if err != nil {
		return AppPassword{}, err
	}
	p.ID, p.Created = id, tx.now
	return p, tx.insertAppPassword(ctx, p)
}

// checkAppPasswords makes sure that the account is there and may have one more.
func (tx *Tx) checkAppPasswords(ctx context.Context, account int64) error {
	if _, err := tx.lockAccount(ctx, account); err != nil {
		return err
	}
	var active int
	err := tx.one(ctx, `
		select count(*) from app_password
		where account_id = $1 and revoked = 0 and (expires = 0 or expires > $2) and (unless_used = 0 or unless_used > $2)`,
		[]any{account, tx.now}, &active)
	if err == nil && active >= tx.store.options.Limits.AppPasswords {
		return ErrLimit
	}
	return err
}

func (tx *Tx) insertAppPassword(ctx context.Context, p AppPassword) error {
	n, err := tx.exec(ctx, `
		insert into app_password (account_id, id, name, hash, key_id, scope,
			created, expires, revoked, last_used, last_place, last_agent, replaces, made_place, unless_used)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		on conflict do nothing`,
		p.Account, p.ID, cleanText(p.Name), p.Hash, p.KeyID, int64(p.Scope),
		p.Created, p.Expires, p.Revoked, p.LastUsed, cleanText(p.LastPlace), cleanText(p.LastAgent),
		p.Replaces, cleanText(p.MadePlace), p.UnlessUsed)
	if err == nil && n == 0 {
		return ErrExists
	}
	return err
}

const appPasswordColumns = `p.account_id, p.id, p.name, p.hash, p.key_id, p.scope,
	p.created, p.expires, p.revoked, p.last_used, p.last_place, p.last_agent, p.replaces, p.made_place, p.unless_used`

// columns are where appPasswordColumns go.
func (p *AppPassword) columns() []any {
	return []any{&p.Account, &p.ID, &p.Name, &p.Hash, &p.KeyID, &p.Scope,
		&p.Created, &p.Expires, &p.Revoked, &p.LastUsed, &p.LastPlace, &p.LastAgent, &p.Replaces, &p.MadePlace, &p.UnlessUsed}
}

func scanAppPassword(scan scanner) (AppPassword, error) {
	var p AppPassword
	err := scan(p.columns()...)
	return p, err
}

// AppPasswords returns those of an account, revoked and expired ones too, the newest first.
func (s *Store) AppPasswords(ctx context.Context, account int64) (all []AppPassword, err error) {
	err = s.Read(ctx, func(tx *Tx) error {
		all, err = tx.AppPasswords(ctx, account)
		return err
	})
	return all, err
}

// AppPasswords is [Store.AppPasswords] in a transaction.
func (tx *Tx) AppPasswords(ctx context.Context, account int64) ([]AppPassword, error) {
	return list(ctx, tx, `
		select `+appPasswordColumns+` from app_password p
		where p.account_id = $1 order by p.created desc, p.id`, []any{account}, scanAppPassword)
}

// AppPassword returns one of an account by ID.
func (tx *Tx) AppPassword(ctx context.Context, account, id int64) (p AppPassword, err error) {
	err = tx.one(ctx, `
		select `+appPasswordColumns+` from app_password p
		where p.account_id = $1 and p.id = $2`, []any{account, id}, p.columns()...)
	return p, err
}

// RevokeAppPassword ends an app password; revoking it again changes nothing.
func (s *Store) RevokeAppPassword(ctx context.Context, account, id int64) error {
	return s.Write(ctx, func(tx *Tx) error { return tx.RevokeAppPassword(ctx, account, id) })
}

// RevokeAppPassword is [Store.RevokeAppPassword] in a transaction.
func (tx *Tx) RevokeAppPassword(ctx context.Context, account, id int64) error {
	n, err := tx.exec(ctx, `
		update app_password set revoked = case when revoked = 0 then $3 else revoked end
		where account_id = $1 and id = $2`, account, id, tx.now)
	return found(n, err)
}

// RevokeAppPasswords ends all of an account and returns how many that were.
func (tx *Tx) RevokeAppPasswords(ctx context.Context, account int64) (int64, error) {
	return tx.exec(ctx, `update app_password set revoked = $2 where account_id = $1 and revoked = 0`, account, tx.now)
}

// found turns an update that touched nothing into [ErrNotFound].
func found(n int64, err error) error {
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

// AppPasswordByHash returns the app password with that hash and its account.
// Revoked and expired ones, and those of disabled accounts, are returned too:
// the caller decides, and can tell a revoked password from a guessed one.
func (s *Store) AppPasswordByHash(ctx context.Context, hash []byte) (AppPassword, Account, error) {
	c, err := s.passwords.get(s.stamps, string(hash), func() (c credential, err error) {
		err = s.Read(ctx, func(tx *Tx) error {
			return tx.one(ctx, `
				select `+appPasswordColumns+`, `+accountColumns+`
				from app_password p join account a on a.id = p.account_id
				where p.hash = $1 and a.deleted_at = 0`, []any{hash}, append(c.password.columns(), c.account.columns()...)...)
		})
		return c, err
	})
	return c.password, c.account, err
}

// credential is an app password with whose it is.
type credential struct {
	password AppPassword
	account  Account
}

// TouchAppPassword notes the latest use of an app password, and ends the one
// that it replaces. Callers do so every few minutes, not with every request.
func (s *Store) TouchAppPassword(ctx context.Context, account, id, at int64, place, agent string) error {
	return s.Write(ctx, func(tx *Tx) error { return tx.TouchAppPassword(ctx, account, id, at, place, agent) })
}

// TouchAppPassword is [Store.TouchAppPassword] in a transaction.
func (tx *Tx) TouchAppPassword(ctx context.Context, account, id, at int64, place, agent string) error {
	n, err := tx.exec(ctx, `
		update app_password set last_used = $3, last_place = $4, last_agent = $5,
			unless_used = case when unless_used > $3 then 0 else unless_used end
		where account_id = $1 and id = $2`, account, id, at, cleanText(place), cleanText(agent))
	if err := found(n, err); err != nil {
		return err
	}
	_, err = tx.exec(ctx, `
		update app_password set revoked = $3
		where account_id = $1 and revoked = 0 and id = (
			select replaces from app_password where account_id = $1 and id = $2 and replaces <> 0 and revoked = 0)`,
		account, id, tx.now)
	return err
}
