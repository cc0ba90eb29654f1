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
// deleted; with since 0 only the objects there are. Its cost depends on what
// changed. With bytes a page ends at [Limits.PageBytes]. The caller checks
// [Page.Valid]. RFC 6578 §3.5.
func (s *Store) Changes(ctx context.Context, account, collection, since int64, limit int, withBytes bool) (Page, error) {
	return Page{}, errUnwritten
}
