package store

import "context"

// DeletedCollection is a collection that was deleted and can still come back.
type DeletedCollection struct {
	Collection
	DeletedAt int64 // ms UTC
}

// DeletedCollections returns those of an account, the latest deleted first.
func (s *Store) DeletedCollections(ctx context.Context, account int64) (all []DeletedCollection, err error) {
	err = s.Read(ctx, func(tx *Tx) error {
		all, err = tx.deletedCollections(ctx, ``, account, condemned)
		return err
	})
	return all, err
}

func (tx *Tx) deletedCollections(ctx context.Context, condition string, args ...any) ([]DeletedCollection, error) {
	return list(ctx, tx, `
		select c.deleted_at, `+collectionColumns+` from collection c
		where c.account_id = $1 and c.deleted_at > $2 `+condition+`
		order by c.deleted_at desc, c.id`, args, func(scan scanner) (d DeletedCollection, err error) {
		d.Collection, err = scanCollection(func(dest ...any) error { return scan(append([]any{&d.DeletedAt}, dest...)...) })
		return d, err
	})
}

// RestoreCollection brings a deleted collection back as it was, with its epoch
// and its numbers: who had synced it goes on from there. [ErrNotFound] when it
// is not deleted or [Store.Maintain] has begun to remove it, [ErrExists] when
// its URI was given to another meanwhile, [ErrLimit] past [Limits], [ErrQuota]
// when its objects do not fit any more.
func (s *Store) RestoreCollection(ctx context.Context, account, id int64) (c Collection, err error) {
	err = s.Write(ctx, func(tx *Tx) error {
		found, err := tx.deletedCollections(ctx, `and c.id = $3`, account, condemned, id)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return ErrNotFound
		}
		c = found[0].Collection
		return tx.undelete(ctx, c)
	})
	return c, err
}

func (tx *Tx) undelete(ctx context.Context, c Collection) error {
	if err := tx.checkNewCollection(ctx, c); err != nil {
		return err
	}
	a, err := tx.account(ctx, c.Account)
	if err != nil {
		return err
	}
	if err := tx.checkQuota(ctx, a.ID, a.Quota, c.Bytes); err != nil {
		return err
	}
	n, err := tx.exec(ctx, `
		update collection set deleted_at = 0
		where account_id = $1 and id = $2 and not exists (
			select 1 from collection o
			where o.account_id = $1 and o.kind = $3 and o.uri = $4 and o.deleted_at = 0)`,
		c.Account, c.ID, string(c.Kind), c.URI)
	if err == nil && n == 0 {
		return ErrExists
	}
	tx.changed = append(tx.changed, place{c.Account, c.ID})
	return err
}
