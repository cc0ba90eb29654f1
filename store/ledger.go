package store

import "context"

// ledger is the row of a collection that a write has locked: every write takes
// it first, gives out numbers from it, and saves it last. The numbers of a
// collection are thereby visible in the order in which they were given out.
type ledger struct {
	account, id        int64
	change             int64
	bytes, count, kept int64
	quota              int64
}

// next gives out the next change number.
func (l *ledger) next() int64 {
	l.change++
	return l.change
}

func (tx *Tx) lockCollection(ctx context.Context, account, id int64) (*ledger, error) {
	l := &ledger{account: account, id: id}
	err := tx.one(ctx, `
		select c.change, c.bytes, c.count, c.kept_bytes, a.quota
		from collection c join account a on a.id = c.account_id
		where c.account_id = $1 and c.id = $2 and c.deleted_at = 0`+tx.store.dialect.lock("c"),
		[]any{account, id}, &l.change, &l.bytes, &l.count, &l.kept, &l.quota)
	return l, err
}

const saveCollection = `
	update collection
	set change = $3, bytes = $4, count = $5, kept_bytes = $6, modified = $7
	where account_id = $1 and id = $2`

func (tx *Tx) saveCollection(ctx context.Context, l *ledger) error {
	_, err := tx.exec(ctx, saveCollection,
		l.account, l.id, l.change, l.bytes, l.count, l.kept, tx.now)
	tx.changed = append(tx.changed, place{l.account, l.id})
	return err
}

// head is what a write must know of the object that it finds.
type head struct {
	present        bool
	uri, etag, uid string
	size, change   int64
}

// head reads an object under its collection's lock; absence is no error.
func (tx *Tx) head(ctx context.Context, l *ledger, uri string) (head, error) {
	h := head{uri: uri}
	if checkName(uri) != nil {
		return h, nil
	}
	err := tx.each(ctx, `
		select etag, uid, size, change from object
		where account_id = $1 and collection_id = $2 and uri = $3`,
		[]any{l.account, l.id, uri}, func(scan scanner) error {
			h.present = true
			return scan(&h.etag, &h.uid, &h.size, &h.change)
		})
	return h, err
}
