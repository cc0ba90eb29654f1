package store

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Object returns one object with its bytes.
func (s *Store) Object(ctx context.Context, account, collection int64, uri string) (o Object, err error) {
	err = s.Read(ctx, func(tx *Tx) error {
		o, err = tx.Object(ctx, account, collection, uri)
		return err
	})
	return o, err
}

// Object is [Store.Object] as a part of a larger transaction.
func (tx *Tx) Object(ctx context.Context, account, collection int64, uri string) (Object, error) {
	var o Object
	if checkName(uri) != nil {
		return o, ErrNotFound
	}
	err := tx.one(ctx, `
		select `+objectColumns+`, o.bytes
		from object o join collection c on c.account_id = o.account_id and c.id = o.collection_id
		where o.account_id = $1 and o.collection_id = $2 and o.uri = $3 and c.deleted_at = 0`,
		[]any{account, collection, uri}, append(o.columns(), &o.Bytes)...)
	return o, err
}

// ObjectURI returns the URI of the object of a collection that has a UID, exactly as its index says it.
func (tx *Tx) ObjectURI(ctx context.Context, account, collection int64, uid string) (uri string, err error) {
	err = tx.one(ctx, `
		select uri from object
		where account_id = $1 and collection_id = $2 and uid = $3 and uid <> ''`, []any{account, collection, cleanText(uid)}, &uri)
	return uri, err
}

const objectColumns = `o.uri, o.etag, o.size, o.change, o.created, o.modified,
	o.uid, o.component, o.first_start, o.last_end, o.recurring, o.exact`

// columns are where objectColumns go.
func (o *Object) columns() []any {
	return []any{&o.URI, &o.ETag, &o.Size, &o.Change, &o.Created, &o.Modified,
		&o.UID, &o.Component, &o.First, &o.Last, &o.Recurring, &o.Exact}
}

// shape is the columns of a listing, with or without the bytes.
type shape bool

func (withBytes shape) columns() string {
	if withBytes {
		return objectColumns + `, o.bytes`
	}
	return objectColumns
}

func (withBytes shape) scan(scan scanner, o *Object) error {
	if withBytes {
		return scan(append(o.columns(), &o.Bytes)...)
	}
	return scan(o.columns()...)
}

// ObjectsByURI returns those of the named objects that are there, each once,
// in no order and from one snapshot. All their bytes are in memory at once:
// callers ask for as many as they can hold.
func (s *Store) ObjectsByURI(ctx context.Context, account, collection int64, uris []string, withBytes bool) (all []Object, err error) {
	err = s.Read(ctx, func(tx *Tx) error {
		if err := tx.checkCollection(ctx, account, collection); err != nil {
			return err
		}
		all, err = tx.objectsByURI(ctx, named{account, collection, uris, shape(withBytes)})
		return err
	})
	return all, err
}

// named selects objects by name.
type named struct {
	account, collection int64
	uris                []string
	shape               shape
}

// objectsByURI asks for a chunk at a time. Chunks have one of two sizes, the
// last name repeated, so that there are few statements to prepare.
func (tx *Tx) objectsByURI(ctx context.Context, n named) ([]Object, error) {
	const small, large = 16, 128
	var all []Object
	n.uris = slices.DeleteFunc(slices.Clone(n.uris), func(uri string) bool { return checkName(uri) != nil })
	seen := make(map[string]bool, len(n.uris))
	for chunk := range slices.Chunk(n.uris, large) {
		size := large
		if len(chunk) <= small {
			size = small
		}
		query := `
			select ` + n.shape.columns() + ` from object o
			where o.account_id = $1 and o.collection_id = $2 and o.uri in (` + parameters(3, size) + `)`
		err := tx.each(ctx, query, n.arguments(chunk, size), func(scan scanner) error {
			var o Object
			if err := n.shape.scan(scan, &o); err != nil || seen[o.URI] {
				return err
			}
			seen[o.URI] = true
			all = append(all, o)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (n named) arguments(chunk []string, size int) []any {
	args := append(make([]any, 0, size+2), n.account, n.collection)
	for i := range size {
		args = append(args, chunk[min(i, len(chunk)-1)])
	}
	return args
}

// parameters prints n of them, the first one numbered from.
func parameters(from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(from + i))
	}
	return b.String()
}

// Query selects objects of a collection.
type Query struct {
	Account    int64
	Collection int64
	Components []string // none means all; at most 16, else [ErrLimit]
	From, To   *int64   // objects whose First..Last may touch From..To; nil is an open end
	After      string   // URI of the last object of the page before
	Limit      int      // 500 by default, 5000 at most
	WithBytes  bool
	Light      bool  // of a search: nothing but URI, ETag, Size and UID is wanted, and bytes if asked
	MaxBytes   int64 // [Limits.PageBytes] by default; with bytes only
}

// selects reports whether the index of an object is one that the query asks for.
func (q Query) selects(o *Object) bool {
	return (len(q.Components) == 0 || slices.Contains(q.Components, o.Component)) &&
		(q.From == nil || o.Last >= *q.From) && (q.To == nil || o.First <= *q.To)
}

// Objects returns a page of objects ordered by URI. An empty page is the end;
// any other may have been cut short by MaxBytes and is followed by a query
// After its last URI. Pages are of different moments, and an object that gets
// another name between them may be on none: who wants all asks [Store.List].
func (s *Store) Objects(ctx context.Context, q Query) ([]Object, error) {
	page, _, err := s.objects(ctx, q)
	return page, err
}

// objects also returns the After of the page behind, "" when there is none.
func (s *Store) objects(ctx context.Context, q Query) (page []Object, next string, err error) {
	if len(q.Components) > maxComponents {
		return nil, "", ErrLimit
	}
	q.Limit = pageSize(q.Limit)
	q.MaxBytes = cmp.Or(q.MaxBytes, s.options.Limits.PageBytes)
	err = s.Read(ctx, func(tx *Tx) error {
		if err := tx.checkCollection(ctx, q.Account, q.Collection); err != nil {
			return err
		}
		if q.From == nil && q.To == nil {
			page, next, err = tx.objectsInOrder(ctx, q)
		} else {
			page, next, err = tx.objectsInSpan(ctx, q)
		}
		return err
	})
	return page, next, err
}

// Bounds of a page's rows, and of the components that a query names.
const (
	defaultPage   = 500
	maxPage       = 5000
	maxComponents = 16
)

func pageSize(limit int) int {
	if limit <= 0 {
		return defaultPage
	}
	return min(limit, maxPage)
}

// budget ends a page before its bytes exceed a bound, but not before its first object.
type budget struct{ left int64 }

func (b *budget) spend(size int64, first bool) bool {
	b.left -= size
	return first || b.left >= 0
}

// objectsInOrder walks the key.
func (tx *Tx) objectsInOrder(ctx context.Context, q Query) (page []Object, next string, err error) {
	left := budget{q.MaxBytes}
	args := []any{q.Account, q.Collection, q.After, q.Limit}
	condition, args := q.components(args)
	query := `
		select ` + shape(q.WithBytes).columns() + ` from object o
		where o.account_id = $1 and o.collection_id = $2 and o.uri > $3` + condition + `
		order by o.uri limit $4`
	err = tx.each(ctx, query, args, func(scan scanner) error {
		var o Object
		if err := shape(q.WithBytes).scan(scan, &o); err != nil {
			return err
		}
		if q.WithBytes && !left.spend(o.Size, len(page) == 0) {
			next = page[len(page)-1].URI
			return errStop
		}
		page = append(page, o)
		return nil
	})
	if len(page) == q.Limit {
		next = page[len(page)-1].URI
	}
	return page, next, err
}

// components returns the condition on components, with its arguments.
func (q Query) components(args []any) (string, []any) {
	if len(q.Components) == 0 {
		return "", args
	}
	condition := ` and component in (` + parameters(len(args)+1, len(q.Components)) + `)`
	for _, c := range q.Components {
		args = append(args, c)
	}
	return condition, args
}

// objectsInSpan finds names in the index of spans first, then reads the
// objects of one page. The index is what makes "all events from here on" cost
// what it finds; a walk of the key would read every object.
func (tx *Tx) objectsInSpan(ctx context.Context, q Query) (page []Object, next string, err error) {
	from, to := int64(math.MinInt64), int64(math.MaxInt64)
	if q.From != nil {
		from = *q.From
	}
	if q.To != nil {
		to = *q.To
	}
	args := []any{q.Account, q.Collection, q.After, q.Limit, from, to}
	condition, args := q.components(args)
	var uris []string
	left := budget{q.MaxBytes}
	err = tx.each(ctx, `
		with matching as materialized (
			select uri, size from object
			where account_id = $1 and collection_id = $2 and last_end >= $5 and first_start <= $6 and uri > $3`+condition+`)
		select uri, size from matching
		order by uri limit $4`, args, func(scan scanner) error {
		var uri string
		var size int64
		if err := scan(&uri, &size); err != nil {
			return err
		}
		if q.WithBytes && !left.spend(size, len(uris) == 0) {
			next = uris[len(uris)-1]
			return errStop
		}
		uris = append(uris, uri)
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	if len(uris) == q.Limit {
		next = uris[len(uris)-1]
	}
	page, err = tx.objectsByURI(ctx, named{q.Account, q.Collection, uris, shape(q.WithBytes)})
	slices.SortFunc(page, func(a, b Object) int { return strings.Compare(a.URI, b.URI) })
	return page, next, err
}
