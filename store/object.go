package store

import "context"

// Index is what the caller read out of an object's bytes, for finding it.
type Index struct {
	UID         string // "" when it has none; else unique in the collection
	Component   string // VEVENT, VTODO…; "VCARD" or "" for cards
	First, Last int64  // bounds of all its time, ms UTC; open ends are math.MinInt64, math.MaxInt64; zero for cards
	Recurring   bool
	Exact       bool // an overlap with First..Last decides; else it only may match
}

// Object is one calendar object or card.
type Object struct {
	URI               string
	ETag              string // hash of the bytes, without quotes
	Size              int64
	Change            int64 // number of its latest change
	Created, Modified int64 // ms UTC
	Index
	Bytes []byte // exactly as they came; nil in listings that did not ask
}

// Precondition is If-Match and If-None-Match, with ETags as in [Object].
// RFC 9110 §13.1.1, §13.1.2. The zero value always holds.
type Precondition struct {
	Match        []string // the object is there and has one of these
	MatchAny     bool     // the object is there
	NoneMatch    []string // the object has none of these, or is not there
	NoneMatchAny bool     // the object is not there
}

// Author says who made a change; it is kept with the bytes that the change replaced.
type Author struct {
	AppPassword int64  // 0: not by an app password
	Agent       string // User-Agent, or what in the server did it
}

// Put is one object to be stored.
type Put struct {
	Account    int64
	Collection int64
	URI        string
	Bytes      []byte // kept by the store until PutObject returns
	Index      Index
	Cond       Precondition
	By         Author
	Reason     string // why the earlier bytes went away; "put" by default
}

// PutResult says what became of a [Put].
type PutResult struct {
	ETag      string
	Created   bool
	Unchanged bool  // the same bytes were there: no number taken, nobody told
	Change    int64 // number of the object's latest change
}

// PutObject stores an object. [ErrNotFound] without the collection,
// [ErrPrecondition], [*UIDConflict], [ErrQuota], [ErrInvalid] for the URI.
func (s *Store) PutObject(ctx context.Context, p Put) (PutResult, error) {
	return PutResult{}, errUnwritten
}

// Delete is one object to be deleted.
type Delete struct {
	Account    int64
	Collection int64
	URI        string
	Cond       Precondition
	By         Author
	Reason     string // "delete" by default
}

// DeleteObject deletes an object with its dead properties and leaves a
// tombstone. [ErrNotFound] when it is not there, [ErrPrecondition].
func (s *Store) DeleteObject(ctx context.Context, d Delete) error { return errUnwritten }

// Transfer is a copy or a move within an account.
type Transfer struct {
	Account   int64
	From, To  Place
	Overwrite bool         // RFC 4918 §10.6
	Cond      Precondition // of the source
	By        Author
}

// CopyObject copies an object with its dead properties; created reports that
// nothing was at the destination. [ErrNotFound] without the source or either
// collection, [ErrPrecondition] for Cond and for a destination that must not
// be overwritten, [ErrExists] for a copy onto itself, [*UIDConflict], [ErrQuota].
func (s *Store) CopyObject(ctx context.Context, t Transfer) (created bool, err error) {
	return false, errUnwritten
}

// MoveObject is [Store.CopyObject] that leaves a tombstone at the source.
func (s *Store) MoveObject(ctx context.Context, t Transfer) (created bool, err error) {
	return false, errUnwritten
}

// Object returns one object with its bytes.
func (s *Store) Object(ctx context.Context, account, collection int64, uri string) (Object, error) {
	return Object{}, errUnwritten
}

// ObjectsByURI returns those of the named objects that are there, each once,
// in no order and from one snapshot. All their bytes are in memory at once:
// callers ask for as many as they can hold.
func (s *Store) ObjectsByURI(ctx context.Context, account, collection int64, uris []string, withBytes bool) ([]Object, error) {
	return nil, errUnwritten
}

// Query selects objects of a collection.
type Query struct {
	Account    int64
	Collection int64
	Components []string // none means all
	From, To   *int64   // objects whose First..Last may touch From..To; nil is an open end
	After      string   // URI of the last object of the page before
	Limit      int      // 500 by default
	WithBytes  bool
	MaxBytes   int64 // [Limits.PageBytes] by default; with bytes only
}

// Objects returns a page of objects ordered by URI. An empty page is the end;
// any other may have been cut short by MaxBytes and is followed by a query
// After its last URI. Objects that come or change between pages may be missed
// or seen in their new state; those that stay as they are come exactly once.
func (s *Store) Objects(ctx context.Context, q Query) ([]Object, error) { return nil, errUnwritten }
