package store

import "context"

// Version is what an object was before a change: the source of history and of undo.
type Version struct {
	URI     string
	Change  int64 // the change that replaced or removed it
	ETag    string
	Size    int64
	Written int64 // when these bytes had been stored, ms UTC
	At      int64 // when they were replaced or removed
	By      Author
	Reason  string // put, delete, move, copy, or what the caller said
	Bytes   []byte // nil in listings
}

// Versions returns the versions kept of one URI, the latest first, without bytes.
func (s *Store) Versions(ctx context.Context, account, collection int64, uri string) ([]Version, error) {
	return nil, errUnwritten
}

// Version returns one with its bytes, by the number of the change that replaced it.
func (s *Store) Version(ctx context.Context, account, collection, change int64) (Version, error) {
	return Version{}, errUnwritten
}
