package store

import "context"

// Tx is a transaction with one time for all it does. It must not be used
// outside the function it was given to, nor by other goroutines.
type Tx struct{}

// Read runs f on one snapshot.
func (s *Store) Read(ctx context.Context, f func(*Tx) error) error { return errUnwritten }

// Write runs f in a transaction and returns once it is on the disk. When f
// returns an error, or panics, nothing of it is kept. A write whose ctx is
// done before its turn is dropped; one that has begun is finished.
func (s *Store) Write(ctx context.Context, f func(*Tx) error) error { return errUnwritten }

// PutObject is [Store.PutObject] as a part of a larger write. After one of the
// sentinels the write can go on: nothing was stored.
func (tx *Tx) PutObject(ctx context.Context, p Put) (PutResult, error) {
	return PutResult{}, errUnwritten
}

// DeleteObject is [Store.DeleteObject] as a part of a larger write.
func (tx *Tx) DeleteObject(ctx context.Context, d Delete) error { return errUnwritten }
