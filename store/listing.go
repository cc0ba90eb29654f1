package store

import (
	"context"
	"hash/maphash"
)

// Listing tells all objects of a collection that a query selects, a page at a
// time. Each page is a snapshot of its own, and nothing of the database is held
// between them. Together they leave nothing out: what is there, and selected,
// from before the first page until the end is told, although it gets another
// name meanwhile, since behind the last page comes what has changed since the
// beginning. No name is told twice: where another object has taken one that was
// told, the listing fails with [ErrRestless]. It serves one goroutine.
type Listing struct {
	store  *Store
	query  Query
	keep   func(bytes string) bool
	change int64 // what has changed up to it need not be looked at again
	told   Names
	uids   Names // of what was told
	pages  int
	walked bool // the last page by name was read
	again  bool // there is a reason to look at changes, were there one page only
	late   int  // pages of changes
	ended  bool
}

// List begins a listing of the collection that was c at a moment before;
// account, collection and After of the query do not count. keep, if there is
// one, decides by the bytes what is selected, in place of From and To; it is
// called by one goroutine at a time and must not call the store.
func (s *Store) List(c Collection, q Query, keep func(bytes string) bool) *Listing {
	q.Account, q.Collection, q.After = c.Account, c.ID, ""
	return &Listing{store: s, query: q, keep: keep, change: c.Change}
}

// Next returns the next page, an empty one at the end. Pages by name come in
// order, those of what has changed meanwhile in the order of the changes.
func (l *Listing) Next(ctx context.Context) (page []Object, err error) {
	for len(page) == 0 && !l.ended && err == nil {
		if l.walked {
			page, err = l.changed(ctx)
		} else {
			page, err = l.walk(ctx)
		}
	}
	for i := range page {
		l.told.Add(page[i].URI)
		l.uids.Add(page[i].UID)
	}
	return page, err
}

// Missed tells the listing that an object of the last page is there no more: it
// may be under another name, and is looked for.
func (l *Listing) Missed() { l.again, l.ended = true, false }

// walk reads a page by name.
func (l *Listing) walk(ctx context.Context) (page []Object, err error) {
	if l.keep != nil {
		page, l.query.After, err = l.store.Search(ctx, l.query, l.keep)
	} else {
		page, l.query.After, err = l.store.objects(ctx, l.query)
	}
	l.pages++
	l.walked = l.query.After == ""
	return page, err
}

// maxLate bounds the pages of changes: who writes without end must not keep a
// reader for ever.
const maxLate = 200

// changed reads a page of what has changed since the listing began. One page by
// name is of one moment: then there is nothing to be looked at again.
func (l *Listing) changed(ctx context.Context) (page []Object, err error) {
	if l.pages == 1 && !l.again {
		l.ended = true
		return nil, nil
	}
	if l.late++; l.late > maxLate {
		return nil, ErrRestless
	}
	changes, err := l.store.Changes(ctx, l.query.Account, l.query.Collection, l.change, l.query.Limit, l.query.WithBytes || l.keep != nil)
	if err != nil {
		return nil, err
	}
	for i := range changes.Objects {
		c := &changes.Objects[i]
		l.change = c.Change
		if c.Deleted || !l.selects(&c.Object) {
			continue
		}
		switch {
		case !l.told.Has(c.URI):
			page = append(page, c.Object)
		case c.UID != "" && !l.uids.Has(c.UID):
			return nil, ErrRestless
		}
	}
	l.ended = !changes.More
	return page, nil
}

// selects judges an object that a page by name would have had.
func (l *Listing) selects(o *Object) bool {
	if !l.query.selects(o) || l.keep != nil && !l.keep(string(o.Bytes)) {
		return false
	}
	if !l.query.WithBytes {
		o.Bytes = nil
	}
	return true
}

// Names is a set of names that keeps only eight bytes of each: of a million
// names, two are taken for one once in thirty million times. The zero value is empty.
type Names struct {
	seed maphash.Seed
	list []uint64
	set  map[uint64]struct{} // made when first asked
}

// Add puts a name in.
func (n *Names) Add(name string) {
	if n.list == nil {
		n.seed = maphash.MakeSeed()
	}
	sum := maphash.String(n.seed, name)
	n.list = append(n.list, sum)
	if n.set != nil {
		n.set[sum] = struct{}{}
	}
}

// Has reports whether a name was put in.
func (n *Names) Has(name string) bool {
	if n.list == nil {
		return false
	}
	if n.set == nil {
		n.set = make(map[uint64]struct{}, len(n.list))
		for _, sum := range n.list {
			n.set[sum] = struct{}{}
		}
	}
	_, found := n.set[maphash.String(n.seed, name)]
	return found
}
