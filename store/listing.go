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
// told, the listing fails with [ErrRestless]. One that has failed fails for good:
// it does not know what it has left out. It serves one goroutine.
type Listing struct {
	store  *Store
	query  Query
	start  int64 // number of the collection when it began
	at     int64 // change up to which was searched, if there is a keep
	keep   func(bytes string) bool
	change int64 // what has changed up to it need not be looked at again
	told   Names
	uids   Names // of what was told
	pages  int
	walked bool // all that was there when it began was read
	again  bool // there is a reason to look at changes, were there one page only
	late   int  // pages of changes
	ended  bool
	failed error
}

// List begins a listing of the collection that was c at a moment before;
// account, collection and After of the query do not count. keep, if there is
// one, decides by the bytes what is selected, in place of From and To; it is
// called by one goroutine at a time and must not call the store.
func (s *Store) List(c Collection, q Query, keep func(bytes string) bool) *Listing {
	q.Account, q.Collection, q.After = c.Account, c.ID, ""
	return &Listing{store: s, query: q, keep: keep, start: c.Change, change: c.Change}
}

// Next returns the next page, an empty one at the end. Without keep, pages come
// in the order of names, those of what has changed meanwhile behind them.
func (l *Listing) Next(ctx context.Context) (page []Object, err error) {
	for len(page) == 0 && !l.ended && l.failed == nil {
		if l.walked {
			page, l.failed = l.changed(ctx)
		} else {
			page, l.failed = l.walk(ctx)
		}
	}
	if l.failed != nil {
		return nil, l.failed
	}
	for i := range page {
		l.told.Add(page[i].URI)
		l.uids.Add(page[i].UID)
	}
	return page, nil
}

// Missed tells the listing that an object of the last pages has another name by
// now, or none, or that another one has its name: it is looked for. Those that the
// reader could not pass on under the names that they had count as not told, since
// they may get the same name back.
func (l *Listing) Missed(notPassed ...Object) {
	l.again, l.ended = true, false
	for i := range notPassed {
		l.told.remove(notPassed[i].URI)
		l.uids.remove(notPassed[i].UID)
	}
}

// Walking tells that pages of what was there when the listing began are to come.
func (l *Listing) Walking() bool { return !l.walked && !l.ended }

// walk reads a page of what was there when the listing began.
func (l *Listing) walk(ctx context.Context) (page []Object, err error) {
	l.pages++
	if l.keep != nil {
		return l.search(ctx)
	}
	page, l.query.After, err = l.store.objects(ctx, l.query)
	l.walked = l.query.After == ""
	return page, err
}

// search reads a page in the order of changes. What changes meanwhile is met
// again behind all that was there.
func (l *Listing) search(ctx context.Context) (page []Object, err error) {
	found, err := l.store.Search(ctx, l.query, l.at, l.keep)
	if err != nil {
		return nil, err
	}
	l.at, l.walked = found.At, !found.More || found.At >= l.start
	l.again = l.again || l.walked && found.More
	page = found.Objects[:0]
	for i := range found.Objects {
		fresh, err := l.fresh(&found.Objects[i])
		if err != nil {
			return nil, err
		}
		if fresh {
			page = append(page, found.Objects[i])
		}
	}
	return page, nil
}

// fresh tells whether an object was not told yet.
func (l *Listing) fresh(o *Object) (bool, error) {
	switch {
	case !l.told.Has(o.URI):
		return true, nil
	case o.UID != "" && !l.uids.Has(o.UID):
		return false, ErrRestless
	}
	return false, nil
}

// maxLate bounds the pages of changes: who writes without end must not keep a
// reader for ever.
const maxLate = 200

// changed reads a page of what has changed since the listing began. One page that
// holds all is of one moment: then there is nothing to be looked at again.
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
		fresh, err := l.fresh(&c.Object)
		if err != nil {
			return nil, err
		}
		if fresh {
			page = append(page, c.Object)
		}
	}
	l.ended = !changes.More
	return page, nil
}

// selects judges an object as a page of walk does.
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
	n.hash()
	_, found := n.set[maphash.String(n.seed, name)]
	return found
}

func (n *Names) remove(name string) {
	if n.list == nil {
		return
	}
	n.hash()
	delete(n.set, maphash.String(n.seed, name))
}

// hash makes the set, which most lists end without.
func (n *Names) hash() {
	if n.set != nil {
		return
	}
	n.set = make(map[uint64]struct{}, len(n.list))
	for _, sum := range n.list {
		n.set[sum] = struct{}{}
	}
}
