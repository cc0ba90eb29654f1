package store

import (
	"cmp"
	"context"
)

// Delete is one object to be deleted.
type Delete struct {
	Account    int64
	Collection int64
	URI        string
	Cond       Precondition
	By         Author
	Reason     string // "delete" by default
}

// DeleteObject deletes an object with its dead properties and leaves a
// tombstone. [ErrNotFound] when it is not there, [ErrPrecondition].
func (s *Store) DeleteObject(ctx context.Context, d Delete) error {
	return s.Write(ctx, func(tx *Tx) error { return tx.DeleteObject(ctx, d) })
}

// DeleteObject is [Store.DeleteObject] as a part of a larger write. After one
// of the sentinels about data nothing was deleted and the write can go on.
func (tx *Tx) DeleteObject(ctx context.Context, d Delete) error {
	col, err := tx.lockCollection(ctx, d.Account, d.Collection)
	if err != nil {
		return err
	}
	old, err := tx.head(ctx, col, d.URI)
	switch {
	case err != nil:
		return err
	case !old.present: // RFC 9110 §13.2.1: before any precondition
		return ErrNotFound
	case !d.Cond.holds(old.etag, true):
		return ErrPrecondition
	}
	change := col.next()
	if err := tx.displace(ctx, col, replaced{old, change, d.By, cmp.Or(d.Reason, "delete")}); err != nil {
		return err
	}
	if err := tx.leaveTombstone(ctx, col, d.URI, change); err != nil {
		return err
	}
	return tx.saveCollection(ctx, col)
}

// displace takes an object away, with its properties, and keeps its bytes.
func (tx *Tx) displace(ctx context.Context, col *ledger, r replaced) error {
	if err := tx.keepVersion(ctx, col, r); err != nil {
		return err
	}
	n, err := tx.exec(ctx, `
		delete from object
		where account_id = $1 and collection_id = $2 and uri = $3 and etag = $4`,
		col.account, col.id, r.old.uri, r.old.etag)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrPrecondition
	}
	if err := tx.dropKeys(ctx, col, r.old.change); err != nil {
		return err
	}
	col.bytes -= r.old.size
	col.count--
	return tx.dropProperties(ctx, col.account, Place{Collection: col.id, URI: r.old.uri})
}

func (tx *Tx) leaveTombstone(ctx context.Context, col *ledger, uri string, change int64) error {
	_, err := tx.exec(ctx, `
		insert into tombstone (account_id, collection_id, uri, change, deleted_at)
		values ($1, $2, $3, $4, $5)`,
		col.account, col.id, uri, change, tx.now)
	return err
}

// clearTombstone forgets that there was an object before, now that one is there again.
func (tx *Tx) clearTombstone(ctx context.Context, col *ledger, uri string) error {
	_, err := tx.exec(ctx, `
		delete from tombstone
		where account_id = $1 and collection_id = $2 and uri = $3`, col.account, col.id, uri)
	return err
}
