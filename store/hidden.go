package store

import (
	"context"
	"errors"
)

// Hidden is a pair that a person said are two.
type Hidden struct {
	ID      int64
	Account int64
	At      int64  // ms UTC
	Pair    string // names the two; unique in the account
	Data    []byte
}

// Hide keeps a pair, made now, in place of an earlier one of that name. [ErrLimit] past
// [Limits.Hidden].
func (tx *Tx) Hide(ctx context.Context, h Hidden) (Hidden, error) {
	if _, err := tx.lockAccount(ctx, h.Account); err != nil {
		return Hidden{}, err
	}
	_, err := tx.exec(ctx, `delete from duplicate_hidden where account_id = $1 and pair = $2`, h.Account, cleanText(h.Pair))
	var n int
	err2 := tx.one(ctx, `select count(*) from duplicate_hidden where account_id = $1`, []any{h.Account}, &n)
	if err := errors.Join(err, err2); err != nil {
		return Hidden{}, err
	}
	if n >= tx.store.options.Limits.Hidden {
		return Hidden{}, ErrLimit
	}
	h.At = tx.now
	if h.ID, err = tx.newID(ctx, `select 1 from duplicate_hidden where account_id = $1 and id = $2`, h.Account); err != nil {
		return Hidden{}, err
	}
	_, err = tx.exec(ctx, `
		insert into duplicate_hidden (account_id, id, at, pair, data) values ($1, $2, $3, $4, $5)`,
		h.Account, h.ID, h.At, cleanText(h.Pair), notNull(h.Data))
	return h, err
}

// Unhide forgets a pair.
func (tx *Tx) Unhide(ctx context.Context, account, id int64) error {
	return found(tx.exec(ctx, `delete from duplicate_hidden where account_id = $1 and id = $2`, account, id))
}

// Hidden returns all pairs of an account, the latest first.
func (tx *Tx) Hidden(ctx context.Context, account int64) ([]Hidden, error) {
	return list(ctx, tx, `
		select id, account_id, at, pair, data from duplicate_hidden
		where account_id = $1
		order by at desc, id desc`, []any{account}, func(scan scanner) (h Hidden, err error) {
		err = scan(&h.ID, &h.Account, &h.At, &h.Pair, &h.Data)
		return h, err
	})
}
