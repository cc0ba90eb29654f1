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

	Replaces  int64  // the one that ends when this one is first used; 0: none
	MadePlace string // network of who made it
}

// Active reports whether the password signs in at that time (ms UTC).
func (p AppPassword) Active(now int64) bool {
	return p.Revoked == 0 && (p.Expires == 0 || p.Expires > now)
}

// CreateAppPassword stores a new app password and returns it with its ID and
// time. [ErrLimit] when the account has [Limits.AppPasswords] active ones,
// [ErrExists] when the hash is known.
func (s *Store) CreateAppPassword(ctx context.Context, p AppPassword) (AppPassword, error) {
	err := s.Write(ctx, func(tx *Tx) error {
		if err := tx.checkAppPasswords(ctx, p.Account); err != nil {
			return err
		}
		id, err := tx.newID(ctx, `select 1 from app_password where account_id = $1 and id = $2`, p.Account)
		if err != nil {
			return err
		}
		p.ID, p.Created = id, tx.now
		return tx.insertAppPassword(ctx, p)
	})
	if err != nil {
		return AppPassword{}, err
	}
	return p, nil
}

// checkAppPasswords makes sure that the account is there and may have one more.
func (tx *Tx) checkAppPasswords(ctx context.Context, account int64) error {
	if _, err := tx.lockAccount(ctx, account); err != nil {
		return err
	}
	var active int
	err := tx.one(ctx, `
		select count(*) from app_password
		where account_id = $1 and revoked = 0 and (expires = 0 or expires > $2)`,
		[]any{account, tx.now}, &active)
	if err == nil && active >= tx.store.options.Limits.AppPasswords {
		return ErrLimit
	}
	return err
}

func (tx *Tx) insertAppPassword(ctx context.Context, p AppPassword) error {
	n, err := tx.exec(ctx, `
		insert into app_password (account_id, id, name, hash, key_id, scope,
			created, expires, revoked, last_used, last_place, last_agent)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		on conflict do nothing`,
		p.Account, p.ID, cleanText(p.Name), p.Hash, p.KeyID, int64(p.Scope),
		p.Created, p.Expires, p.Revoked, p.LastUsed, cleanText(p.LastPlace), cleanText(p.LastAgent))
	if err == nil && n == 0 {
		return ErrExists
	}
	return err
}

const appPasswordColumns = `p.account_id, p.id, p.name, p.hash, p.key_id, p.scope,
	p.created, p.expires, p.revoked, p.last_used, p.last_place, p.last_agent`

// columns are where appPasswordColumns go.
func (p *AppPassword) columns() []any {
	return []any{&p.Account, &p.ID, &p.Name, &p.Hash, &p.KeyID, &p.Scope,
		&p.Created, &p.Expires, &p.Revoked, &p.LastUsed, &p.LastPlace, &p.LastAgent}
}

func scanAppPassword(scan scanner) (AppPassword, error) {
	var p AppPassword
	err := scan(p.columns()...)
	return p, err
}

// AppPasswords returns those of an account, revoked and expired ones too, the newest first.
func (s *Store) AppPasswords(ctx context.Context, account int64) (all []AppPassword, err error) {
	err = s.Read(ctx, func(tx *Tx) error {
		all, err = list(ctx, tx, `
			select `+appPasswordColumns+` from app_password p
			where p.account_id = $1 order by p.created desc, p.id`, []any{account}, scanAppPassword)
		return err
	})
	return all, err
}

// RevokeAppPassword ends an app password; revoking it again changes nothing.
func (s *Store) RevokeAppPassword(ctx context.Context, account, id int64) error {
	return s.Write(ctx, func(tx *Tx) error {
		n, err := tx.exec(ctx, `
			update app_password set revoked = case when revoked = 0 then $3 else revoked end
			where account_id = $1 and id = $2`, account, id, tx.now)
		return found(n, err)
	})
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
func (s *Store) AppPasswordByHash(ctx context.Context, hash []byte) (p AppPassword, a Account, err error) {
	err = s.Read(ctx, func(tx *Tx) error {
		return tx.one(ctx, `
			select `+appPasswordColumns+`, `+accountColumns+`
			from app_password p join account a on a.id = p.account_id
			where p.hash = $1 and a.deleted_at = 0`, []any{hash}, append(p.columns(), a.columns()...)...)
	})
	return p, a, err
}

// TouchAppPassword notes the latest use of an app password. Callers do so
// every few minutes, not with every request.
func (s *Store) TouchAppPassword(ctx context.Context, account, id, at int64, place, agent string) error {
	return s.Write(ctx, func(tx *Tx) error {
		n, err := tx.exec(ctx, `
			update app_password set last_used = $3, last_place = $4, last_agent = $5
			where account_id = $1 and id = $2`, account, id, at, cleanText(place), cleanText(agent))
		return found(n, err)
	})
}
