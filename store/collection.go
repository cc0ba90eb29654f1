package store

import (
	"context"
	"strconv"
)

// Kind says what a collection holds.
type Kind string

// The kinds.
const (
	Calendar    Kind = "calendar"
	AddressBook Kind = "addressbook"
)

// Collection is a calendar or an address book.
type Collection struct {
	ID      int64
	Account int64
	Kind    Kind
	URI     string // last segment of its path; unique per account and kind while it is not deleted
	Epoch   string // random; a sync token with another epoch is void
	Change  int64  // number of the latest change; 1 when new, so that 0 can mean "nothing seen"
	Oldest  int64  // changes after this number, and later ones, can still be told completely

	DisplayName string
	Description string
	Color       string
	Order       *int64
	TimeZone    string // an iCalendar object
	TimeZoneID  string
	Components  []string // what a calendar accepts; none means any
	Source      string   // URL of a subscription

	Bytes, Count      int64 // of its objects
	Created, Modified int64 // ms UTC; Modified also moves with properties
}

// ETag changes with every change of the collection's objects. [Store.DeleteCollection] compares it.
func (c Collection) ETag() string { return c.Epoch + "-" + strconv.FormatInt(c.Change, 10) }

// Collections returns an account's collections of one kind in the order of
// their making. An unknown account has none.
func (s *Store) Collections(ctx context.Context, account int64, kind Kind) ([]Collection, error) {
	return nil, errUnwritten
}

// Collection returns one by name.
func (s *Store) Collection(ctx context.Context, account int64, kind Kind, uri string) (Collection, error) {
	return Collection{}, errUnwritten
}

// CreateCollection stores a new collection with dead properties. ID, Epoch,
// numbers and times of c are ignored and returned as made. [ErrExists] when
// the URI is taken, [ErrNotFound] without the account, [ErrLimit] past [Limits].
func (s *Store) CreateCollection(ctx context.Context, c Collection, props []Property) (Collection, error) {
	return Collection{}, errUnwritten
}

// UpdateCollection changes properties, live ones through edit (DisplayName to
// Source; other fields are ignored; may be nil) and dead ones by set and
// remove, all or none. It takes no change number: names and colours are not
// part of what a sync token covers.
func (s *Store) UpdateCollection(ctx context.Context, account, id int64, edit func(*Collection) error, set []Property, remove []string) error {
	return errUnwritten
}

// DeleteCollection takes a collection away in one step, whatever its size.
// Its URI is free at once; its objects stay restorable until [Store.Maintain]
// removes them. cond is compared with [Collection.ETag].
func (s *Store) DeleteCollection(ctx context.Context, account, id int64, cond Precondition) error {
	return errUnwritten
}
