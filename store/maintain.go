package store

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// Retention says how long what was deleted is kept. Zero fields mean the default.
type Retention struct {
	Tombstones         time.Duration // 400 days at least: a client that is away for a year still syncs by difference
	Versions           time.Duration // 90 days by default
	DeletedCollections time.Duration // 30 days by default
	Activity           time.Duration // 90 days by default
}

const day = 24 * time.Hour

func (r Retention) withDefaults() Retention {
	return Retention{
		Tombstones:         max(r.Tombstones, 400*day),
		Versions:           cmp.Or(r.Versions, 90*day),
		DeletedCollections: cmp.Or(r.DeletedCollections, 30*day),
		Activity:           cmp.Or(r.Activity, 90*day),
	}
}

// purgeBatch is how many rows one transaction removes.
const purgeBatch = 200

// Maintain removes what is older than r says, in small transactions between
// which other writers take their turn, accounts whose time has come, and what
// an interrupted [Store.DeleteAccount] left.
func (s *Store) Maintain(ctx context.Context, r Retention) error {
	r = r.withDefaults()
	if err := s.deleteDue(ctx); err != nil {
		return err
	}
	if err := s.purgeAccounts(ctx); err != nil {
		return err
	}
	if err := s.expireSignIn(ctx, r); err != nil {
		return err
	}
	if err := s.expireMerges(ctx); err != nil {
		return err
	}
	return s.eachCollection(ctx, func(c collectionState) error {
		if c.deletedAt != 0 {
			if c.deletedAt > s.now()-r.DeletedCollections.Milliseconds() {
				return nil
			}
			return s.purgeCollection(ctx, c)
		}
		if err := s.expireVersions(ctx, c.place, s.now()-r.Versions.Milliseconds()); err != nil {
			return err
		}
		return s.expireTombstones(ctx, c.place, s.now()-r.Tombstones.Milliseconds())
	})
}

// collectionState is a collection as maintenance sees it, deleted or not.
type collectionState struct {
	place
	deletedAt  int64
	kind       Kind
	change     int64
	keyVersion int64
}

// eachCollection visits those of all accounts, a page at a time, so that no
// snapshot stays open while visit writes.
func (s *Store) eachCollection(ctx context.Context, visit func(collectionState) error) error {
	var last place
	for {
		page, err := s.collectionsAfter(ctx, last)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, c := range page {
			if err := visit(c); err != nil {
				return err
			}
		}
		last = page[len(page)-1].place
	}
}

func (s *Store) collectionsAfter(ctx context.Context, after place) (page []collectionState, err error) {
	err = s.Read(ctx, func(tx *Tx) error {
		page, err = list(ctx, tx, `
			select account_id, id, deleted_at, kind, change, key_version from collection
			where (account_id, id) > ($1, $2)
			order by account_id, id limit 100`, []any{after.account, after.collection},
			func(scan scanner) (c collectionState, err error) {
				return c, scan(&c.account, &c.collection, &c.deletedAt, &c.kind, &c.change, &c.keyVersion)
			})
		return err
	})
	return page, err
}

// expired returns the last change number, of a batch of the oldest rows, up to
// which all are older than cutoff, and how many rows that are. Rows come in
// the order of their change numbers, whatever the clock did meanwhile.
func (tx *Tx) expired(ctx context.Context, query string, at place, cutoff int64) (last int64, n int, err error) {
	err = tx.each(ctx, query, []any{at.account, at.collection, purgeBatch}, func(scan scanner) error {
		var change, when int64
		if err := scan(&change, &when); err != nil {
			return err
		}
		if when >= cutoff {
			return errStop
		}
		last = change
		n++
		return nil
	})
	return last, n, err
}

// expire removes the rows that query finds to be older than cutoff, looking
// before each write whether there are any.
func (s *Store) expire(ctx context.Context, at place, cutoff int64, query string, remove func(tx *Tx, upTo int64) error) error {
	for {
		var upTo int64
		var n int
		err := s.Read(ctx, func(tx *Tx) (err error) {
			upTo, n, err = tx.expired(ctx, query, at, cutoff)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
		err = s.Write(ctx, func(tx *Tx) error { return remove(tx, upTo) })
		if errors.Is(err, ErrNotFound) { // deleted meanwhile
			return nil
		}
		if err != nil || n < purgeBatch {
			return err
		}
	}
}

func (s *Store) expireVersions(ctx context.Context, at place, cutoff int64) error {
	const oldest = `
		select change, replaced_at from version
		where account_id = $1 and collection_id = $2
		order by change limit $3`
	return s.expire(ctx, at, cutoff, oldest, func(tx *Tx, upTo int64) error {
		var bytes int64
		err := tx.one(ctx, `
			select cast(coalesce(sum(size), 0) as bigint) from version
			where account_id = $1 and collection_id = $2 and change <= $3`,
			[]any{at.account, at.collection, upTo}, &bytes)
		if err != nil {
			return err
		}
		n, err := tx.exec(ctx, `
			update collection set kept_bytes = kept_bytes - $3
			where account_id = $1 and id = $2 and deleted_at = 0`, at.account, at.collection, bytes)
		if err := found(n, err); err != nil {
			return err
		}
		_, err = tx.exec(ctx, `
			delete from version
			where account_id = $1 and collection_id = $2 and change <= $3`, at.account, at.collection, upTo)
		return err
	})
}

// expireTombstones raises the oldest number that a token may have together
// with removing what such a token would need.
func (s *Store) expireTombstones(ctx context.Context, at place, cutoff int64) error {
	const oldest = `
		select change, deleted_at from tombstone
		where account_id = $1 and collection_id = $2
		order by change limit $3`
	return s.expire(ctx, at, cutoff, oldest, func(tx *Tx, upTo int64) error {
		n, err := tx.exec(ctx, `
			update collection set oldest = case when oldest < $3 then $3 else oldest end
			where account_id = $1 and id = $2 and deleted_at = 0`, at.account, at.collection, upTo)
		if err := found(n, err); err != nil {
			return err
		}
		_, err = tx.exec(ctx, `
			delete from tombstone
			where account_id = $1 and collection_id = $2 and change <= $3`, at.account, at.collection, upTo)
		return err
	})
}

// purgeCollection removes a deleted collection, its row last, so that what an
// interruption leaves is found again.
func (s *Store) purgeCollection(ctx context.Context, at collectionState) error {
	if gone, err := s.condemn(ctx, at); err != nil || !gone {
		return err
	}
	statements := []string{
		`delete from object_key where account_id = $1 and collection_id = $2 and change in (
			select change from object_key where account_id = $1 and collection_id = $2 order by change limit $3)`,
		`delete from object where account_id = $1 and collection_id = $2 and change in (
			select change from object where account_id = $1 and collection_id = $2 order by change limit $3)`,
		`delete from version where account_id = $1 and collection_id = $2 and change in (
			select change from version where account_id = $1 and collection_id = $2 order by change limit $3)`,
		`delete from tombstone where account_id = $1 and collection_id = $2 and change in (
			select change from tombstone where account_id = $1 and collection_id = $2 order by change limit $3)`,
		`delete from property where account_id = $1 and collection_id = $2 and uri in (
			select uri from property where account_id = $1 and collection_id = $2 order by uri limit $3)`,
	}
	for _, statement := range statements {
		if err := s.drain(ctx, statement, at.account, at.collection, purgeBatch); err != nil {
			return err
		}
	}
	return s.drain(ctx, `delete from collection where account_id = $1 and id = $2 and deleted_at <> 0`, at.account, at.collection)
}

// condemned is the time of deletion of a collection that is being purged.
const condemned = 1

// condemn makes sure that a collection of which parts are about to go does not
// come back; one that came back is left alone, and so is one that came back and
// was deleted once more: its time begins anew.
func (s *Store) condemn(ctx context.Context, at collectionState) (gone bool, err error) {
	err = s.Write(ctx, func(tx *Tx) error {
		n, err := tx.exec(ctx, `
			update collection set deleted_at = $3
			where account_id = $1 and id = $2 and deleted_at in ($3, $4) and deleted_at <> 0`,
			at.account, at.collection, condemned, at.deletedAt)
		gone = n > 0
		return err
	})
	return gone, err
}

// drain repeats a delete, a transaction each time, until it finds nothing.
func (s *Store) drain(ctx context.Context, statement string, args ...any) error {
	for {
		var n int64
		err := s.Write(ctx, func(tx *Tx) (err error) {
			n, err = tx.exec(ctx, statement, args...)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
}

// purgeAccounts finishes what DeleteAccount began.
func (s *Store) purgeAccounts(ctx context.Context) error {
	var ids []int64
	err := s.Read(ctx, func(tx *Tx) (err error) {
		ids, err = list(ctx, tx, `select id from account where deleted_at <> 0 order by id`, nil,
			func(scan scanner) (id int64, err error) { return id, scan(&id) })
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.purgeAccount(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// purgeAccount removes a closed account with all its collections, its row last.
func (s *Store) purgeAccount(ctx context.Context, id int64) error {
	var collections []collectionState
	err := s.Read(ctx, func(tx *Tx) (err error) {
		collections, err = list(ctx, tx, `select id, deleted_at from collection where account_id = $1`, []any{id},
			func(scan scanner) (c collectionState, err error) {
				c.account = id
				return c, scan(&c.collection, &c.deletedAt)
			})
		return err
	})
	if err != nil {
		return err
	}
	for _, c := range collections {
		if err := s.purgeCollection(ctx, c); err != nil {
			return err
		}
	}
	return s.Write(ctx, func(tx *Tx) error {
		_, err1 := tx.exec(ctx, `delete from property where account_id = $1`, id)
		_, err2 := tx.exec(ctx, `delete from account where id = $1 and deleted_at <> 0`, id)
		return errors.Join(err1, err2)
	})
}
