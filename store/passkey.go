package store

import "context"

// maxPasskeys of one account.
const maxPasskeys = 20

// Passkey is one WebAuthn credential.
type Passkey struct {
	ID         int64
	Account    int64
	Hash       []byte // of the credential's id; unique
	Name       string
	Counter    int64
	Created    int64
	LastUsed   int64  // 0: never
	Credential []byte // as the account package encodes it
}

const passkeyColumns = `k.account_id, k.id, k.hash, k.name, k.counter, k.created, k.last_used, k.credential`

func scanPasskey(scan scanner) (Passkey, error) {
	var k Passkey
	err := scan(&k.Account, &k.ID, &k.Hash, &k.Name, &k.Counter, &k.Created, &k.LastUsed, &k.Credential)
	return k, err
}

// CreatePasskey stores a new one. [ErrExists] when an account has it,
// [ErrLimit] when this one has too many.
func (tx *Tx) CreatePasskey(ctx context.Context, k Passkey) (Passkey, error) {
	if _, err := tx.lockAccount(ctx, k.Account); err != nil {
		return Passkey{}, err
	}
	present, err := tx.Passkeys(ctx, k.Account)
	if err != nil {
		return Passkey{}, err
	}
	if len(present) >= maxPasskeys {
		return Passkey{}, ErrLimit
	}
	id, err := tx.newID(ctx, `select 1 from passkey where account_id = $1 and id = $2`, k.Account)
	if err != nil {
		return Passkey{}, err
	}
	k.ID, k.Created = id, tx.now
	n, err := tx.exec(ctx, `
		insert into passkey (account_id, id, hash, name, counter, created, last_used, credential)
		values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict do nothing`,
		k.Account, k.ID, k.Hash, cleanText(k.Name), k.Counter, k.Created, k.LastUsed, k.Credential)
	if err == nil && n == 0 {
		return Passkey{}, ErrExists
	}
	return k, err
}

// Passkeys returns those of an account in the order of their making.
func (tx *Tx) Passkeys(ctx context.Context, account int64) ([]Passkey, error) {
	return list(ctx, tx, `
		select `+passkeyColumns+` from passkey k
		where k.account_id = $1 order by k.created, k.id`, []any{account}, scanPasskey)
}

// UsePasskey notes a use with the counter that the passkey told. WebAuthn
// §6.1.1: a counter that does not grow means a copy, unless there is none;
// [ErrPrecondition] then.
func (tx *Tx) UsePasskey(ctx context.Context, k Passkey) error {
	n, err := tx.exec(ctx, `
		update passkey set counter = $3, last_used = $4, credential = $5
		where account_id = $1 and id = $2 and (counter < $3 or counter = 0 and $3 = 0)`,
		k.Account, k.ID, k.Counter, tx.now, k.Credential)
	if err == nil && n == 0 {
		return ErrPrecondition
	}
	return err
}

// RenamePasskey gives one another name.
func (tx *Tx) RenamePasskey(ctx context.Context, account, id int64, name string) error {
	n, err := tx.exec(ctx, `update passkey set name = $3 where account_id = $1 and id = $2`, account, id, cleanText(name))
	return found(n, err)
}

// DeletePasskey removes one.
func (tx *Tx) DeletePasskey(ctx context.Context, account, id int64) error {
	n, err := tx.exec(ctx, `delete from passkey where account_id = $1 and id = $2`, account, id)
	return found(n, err)
}

// DeletePasskeys removes all of an account.
func (tx *Tx) DeletePasskeys(ctx context.Context, account int64) error {
	_, err := tx.exec(ctx, `delete from passkey where account_id = $1`, account)
	return err
}
