package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
)

// Finding is a page of a search.
type Finding struct {
	Objects []Object // in the order of their changes
	At      int64    // number of the last change that was looked at, if there is more
	More    bool     // there are objects behind it
}

// Search looks through the objects that changed after since, in the order of
// their changes, for those whose bytes pass keep. q has no From, To and After;
// q.MaxBytes bounds what is read, and q.Limit what is looked at, for one page,
// which may be empty although there is more. keep is called by one goroutine,
// which is not the caller's; it must not call the store.
func (s *Store) Search(ctx context.Context, q Query, since int64, keep func(bytes string) bool) (found Finding, err error) {
	if len(q.Components) > maxComponents {
		return Finding{}, ErrLimit
	}
	q.Limit = pageSize(cmp.Or(q.Limit, maxPage))
	q.MaxBytes = cmp.Or(q.MaxBytes, s.options.Limits.PageBytes)
	err = s.Read(ctx, func(tx *Tx) error {
		if err := tx.checkCollection(ctx, q.Account, q.Collection); err != nil {
			return err
		}
		found, err = tx.search(ctx, q, since, keep)
		return err
	})
	return found, err
}

// search reads little beside the bytes, not even the number of a change: a row
// costs by its columns, and most are not kept. The order of changes is about that of the rows on the disk.
func (tx *Tx) search(ctx context.Context, q Query, since int64, keep func(string) bool) (found Finding, err error) {
	var uri, uid, bytes sql.RawBytes
	var last string
	args := []any{q.Account, q.Collection, since, q.Limit + 1}
	condition, args := q.components(args)
	left, rows, sieve := budget{q.MaxBytes}, 0, newSieve(keep, q.WithBytes)
	err = tx.each(ctx, `
		select o.uri, o.uid, o.bytes from object o
		where o.account_id = $1 and o.collection_id = $2 and o.change > $3`+condition+`
		order by o.change limit $4`, args, func(scan scanner) error {
		if err := scan(&uri, &uid, &bytes); err != nil {
			return err
		}
		if rows == q.Limit || !left.spend(int64(len(bytes)), rows == 0) {
			found.More = true
			return errStop
		}
		rows++
		sieve.add(uri, uid, bytes)
		return nil
	})
	found.Objects, last, err = sieve.rest(err)
	if err == nil && found.More {
		err = tx.one(ctx, `select change from object where account_id = $1 and collection_id = $2 and uri = $3`,
			[]any{q.Account, q.Collection, last}, &found.At)
	}
	if err != nil || q.Light {
		return found, err
	}
	found.Objects, err = tx.whole(ctx, q, found.Objects)
	return found, err
}

// whole reads the rows of objects of which little is known.
func (tx *Tx) whole(ctx context.Context, q Query, light []Object) ([]Object, error) {
	uris := make([]string, len(light))
	for i := range light {
		uris[i] = light[i].URI
	}
	all, err := tx.objectsByURI(ctx, named{q.Account, q.Collection, uris, shape(q.WithBytes)})
	slices.SortFunc(all, func(a, b Object) int { return cmp.Compare(a.Change, b.Change) })
	return all, err
}
