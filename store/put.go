package store

import (
	"cmp"
	"context"
	"errors"
)

// Put is one object to be stored.
type Put struct {
	Account    int64
	Collection int64
	URI        string
	Bytes      []byte // kept by the store until PutObject returns
	Index      Index
	Cond       Precondition
	By         Author
	Reason     string // why the earlier bytes went away; "put" by default
}

// PutResult says what became of a [Put].
type PutResult struct {
	ETag      string
	Created   bool
	Unchanged bool  // the same bytes were there: no number taken, nobody told
	Change    int64 // number of the object's latest change
}

// PutObject stores an object. [ErrNotFound] without the collection,
// [ErrPrecondition], [*UIDConflict], [ErrQuota], [ErrInvalid] for the URI.
func (s *Store) PutObject(ctx context.Context, p Put) (result PutResult, err error) {
	err = s.Write(ctx, func(tx *Tx) error {
		result, err = tx.PutObject(ctx, p)
		return err
	})
	if err != nil {
		return PutResult{}, err
	}
	return result, nil
}

// PutObject is [Store.PutObject] as a part of a larger write. After one of
// the sentinels about data nothing was stored and the write can go on.
func (tx *Tx) PutObject(ctx context.Context, p Put) (PutResult, error) {
	if err := checkName(p.URI); err != nil {
		return PutResult{}, err
	}
	col, err := tx.lockCollection(ctx, p.Account, p.Collection)
	if err != nil {
		return PutResult{}, err
	}
	old, err := tx.head(ctx, col, p.URI)
	if err != nil {
		return PutResult{}, err
	}
	if !p.Cond.holds(old.etag, old.present) {
		return PutResult{}, ErrPrecondition
	}
	etag := etagOf(p.Bytes)
	if old.present && old.etag == etag {
		return PutResult{ETag: etag, Unchanged: true, Change: old.change}, nil
	}
	p.clean()
	if err := tx.checkUID(ctx, col, p.Index.UID, p.URI, p.URI); err != nil {
		return PutResult{}, err
	}
	if err := tx.checkQuota(ctx, col.account, col.quota, int64(len(p.Bytes))-old.size); err != nil {
		return PutResult{}, err
	}
	change, err := tx.replace(ctx, col, p, old, etag)
	return PutResult{ETag: etag, Created: !old.present, Change: change}, err
}

// clean makes every text one that any database keeps; the bytes stay.
func (p *Put) clean() {
	p.Index.clean()
	if p.Bytes == nil {
		p.Bytes = []byte{} // nil would be null
	}
}

// replace does what PutObject has found to be right.
func (tx *Tx) replace(ctx context.Context, col *ledger, p Put, old head, etag string) (change int64, err error) {
	change = col.next()
	if old.present {
		if err := tx.keepVersion(ctx, col, replaced{old, change, p.By, cmp.Or(p.Reason, "put")}); err != nil {
			return 0, err
		}
		if err := tx.dropKeys(ctx, col, old.change); err != nil {
			return 0, err
		}
		err = tx.updateObject(ctx, col, p, old, etag)
	} else {
		err = tx.insertObject(ctx, col, p, etag)
	}
	if err != nil {
		return 0, err
	}
	if err := tx.setKeys(ctx, col, change, p.Index.Keys); err != nil {
		return 0, err
	}
	col.bytes += int64(len(p.Bytes)) - old.size
	return change, tx.saveCollection(ctx, col)
}

func (tx *Tx) insertObject(ctx context.Context, col *ledger, p Put, etag string) error {
	n, err := tx.exec(ctx, `
		insert into object (account_id, collection_id, uri, etag, size, change, created, modified,
			uid, component, first_start, last_end, recurring, exact, bytes)
		values ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11, $12, $13, $14)
		on conflict (account_id, collection_id, uri) do nothing`,
		col.account, col.id, p.URI, etag, len(p.Bytes), col.change, tx.now,
		p.Index.UID, p.Index.Component, p.Index.First, p.Index.Last, flag(p.Index.Recurring), flag(p.Index.Exact), p.Bytes)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrPrecondition
	}
	col.count++
	return tx.clearTombstone(ctx, col, p.URI)
}

func (tx *Tx) updateObject(ctx context.Context, col *ledger, p Put, old head, etag string) error {
	n, err := tx.exec(ctx, `
		update object
		set etag = $5, size = $6, change = $7, modified = $8,
			uid = $9, component = $10, first_start = $11, last_end = $12, recurring = $13, exact = $14, bytes = $15
		where account_id = $1 and collection_id = $2 and uri = $3 and etag = $4`,
		col.account, col.id, p.URI, old.etag, etag, len(p.Bytes), col.change, tx.now,
		p.Index.UID, p.Index.Component, p.Index.First, p.Index.Last, flag(p.Index.Recurring), flag(p.Index.Exact), p.Bytes)
	if err == nil && n == 0 {
		return ErrPrecondition
	}
	return err
}

// checkUID refuses a UID that another object of the collection has; the two
// named ones may have it: they are about to be replaced or moved away.
func (tx *Tx) checkUID(ctx context.Context, col *ledger, uid, replaced, moved string) error {
	if uid == "" {
		return nil
	}
	var holder string
	err := tx.one(ctx, `
		select uri from object
		where account_id = $1 and collection_id = $2 and uid = $3 and uid <> '' and uri <> $4 and uri <> $5`,
		[]any{col.account, col.id, uid, replaced, moved}, &holder)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	default:
		return &UIDConflict{URI: holder}
	}
}

// checkQuota refuses growth past the account's quota; what does not grow is
// accepted, so that an account over its quota can still tidy up.
func (tx *Tx) checkQuota(ctx context.Context, account, quota, growth int64) error {
	if quota == 0 || growth <= 0 {
		return nil
	}
	if _, err := tx.lockAccount(ctx, account); err != nil {
		return err
	}
	used, err := tx.usage(ctx, account)
	if err == nil && used+growth > quota {
		return ErrQuota
	}
	return err
}
