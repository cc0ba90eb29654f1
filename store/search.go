package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"
)

// Search is a page of the objects whose bytes pass keep, with the bytes if the
// query asks for them, ordered by URI. q has no From and no To; q.MaxBytes
// bounds what is read, and q.Limit what is looked at, for one page. next is the
// query's After for the page behind it, "" at the end; a page with a next may be
// empty. keep is called by one goroutine, which is not the caller's; it must not call the store.
func (s *Store) Search(ctx context.Context, q Query, keep func(bytes string) bool) (page []Object, next string, err error) {
	if len(q.Components) > maxComponents {
		return nil, "", ErrLimit
	}
	q.Limit = pageSize(q.Limit)
	q.MaxBytes = cmp.Or(q.MaxBytes, s.options.Limits.PageBytes)
	err = s.Read(ctx, func(tx *Tx) error {
		if err := tx.checkCollection(ctx, q.Account, q.Collection); err != nil {
			return err
		}
		page, next, err = tx.search(ctx, q, keep)
		return err
	})
	return page, next, err
}

// search reads nothing but names and bytes until an object is to be kept: a row
// costs by its columns, and most are not.
func (tx *Tx) search(ctx context.Context, q Query, keep func(string) bool) (page []Object, next string, err error) {
	var uri, bytes sql.RawBytes
	args := []any{q.Account, q.Collection, q.After, q.Limit}
	condition, args := q.components(args)
	left, rows, sieve := budget{q.MaxBytes}, 0, newSieve(keep)
	err = tx.each(ctx, `
		select o.uri, o.bytes from object o
		where o.account_id = $1 and o.collection_id = $2 and o.uri > $3`+condition+`
		order by o.uri limit $4`, args, func(scan scanner) error {
		if err := scan(&uri, &bytes); err != nil {
			return err
		}
		if !left.spend(int64(len(bytes)), rows == 0) {
			return errStop
		}
		rows++
		next = string(uri)
		sieve.add(next, bytes)
		return nil
	})
	kept := sieve.rest()
	if err != nil {
		return nil, "", err
	}
	if rows < q.Limit && left.left >= 0 {
		next = ""
	}
	page, err = tx.objectsByURI(ctx, named{q.Account, q.Collection, kept, shape(q.WithBytes)})
	slices.SortFunc(page, func(a, b Object) int { return strings.Compare(a.URI, b.URI) })
	return page, next, err
}
