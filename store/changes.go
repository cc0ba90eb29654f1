package store

import "context"

// Change is the latest state of an object that changed. Of a deleted one only
// URI and Change are set.
type Change struct {
	Object
	Deleted bool
}

// Page is a part of a collection's changes, with the collection's numbers in
// the same snapshot.
type Page struct {
	Objects []Change // by change number
	Now     int64    // number of the latest change
	Oldest  int64
	Epoch   string
	More    bool // the next page is after the Change of the last row; else the client is at Now
}

// Valid reports whether changes after since can be told completely. While a
// first sync is paged, the number to ask about is the Now of its first page,
// not its position: objects older than Oldest are still to come, but no
// deletion that the client must hear of is older than that Now.
func (p Page) Valid(since int64) bool {
	return since == 0 || since >= p.Oldest && since <= p.Now
}

// Changes returns the objects that changed after since, and tombstones of the
// deleted; with since 0 only the objects there are. A limit of 0 means 500. Its cost depends on what
// changed. With bytes a page ends at [Limits.PageBytes]. The caller checks
// [Page.Valid]. RFC 6578 §3.5.
func (s *Store) Changes(ctx context.Context, account, collection, since int64, limit int, withBytes bool) (page Page, err error) {
	err = s.Read(ctx, func(tx *Tx) error {
		err := tx.one(ctx, `
			select change, oldest, epoch from collection
			where account_id = $1 and id = $2 and deleted_at = 0`,
			[]any{account, collection}, &page.Now, &page.Oldest, &page.Epoch)
		if err != nil {
			return err
		}
		return tx.changes(ctx, &page, changesQuery{account, collection, since, pageSize(limit), shape(withBytes)})
	})
	if err != nil {
		return Page{}, err
	}
	return page, nil
}

type changesQuery struct {
	account, collection int64
	since               int64
	limit               int
	shape               shape
}

// changes reads one row more than asked, to know whether there are more.
func (tx *Tx) changes(ctx context.Context, page *Page, q changesQuery) error {
	left := budget{tx.store.options.Limits.PageBytes}
	args := []any{q.account, q.collection, q.since, q.limit + 1}
	return tx.each(ctx, q.sql(), args, func(scan scanner) error {
		var c Change
		err := q.shape.scan(func(dest ...any) error { return scan(append(dest, &c.Deleted)...) }, &c.Object)
		if err != nil {
			return err
		}
		n := len(page.Objects)
		if n == q.limit || bool(q.shape) && !left.spend(c.Size, n == 0) {
			page.More = true
			return errStop
		}
		page.Objects = append(page.Objects, c)
		return nil
	})
}

// sql merges two indexes, both in the order of change numbers.
func (q changesQuery) sql() string {
	objects := `
		select ` + q.shape.columns() + `, 0 as deleted
		from object o
		where o.account_id = $1 and o.collection_id = $2 and o.change > $3`
	if q.since == 0 {
		return objects + ` order by o.change limit $4`
	}
	noBytes := ""
	if q.shape {
		noBytes = `, null`
	}
	return objects + `
		union all
		select t.uri, '', 0, t.change, 0, 0, '', '', 0, 0, 0, 0` + noBytes + `, 1
		from tombstone t
		where t.account_id = $1 and t.collection_id = $2 and t.change > $3
		order by change limit $4`
}
