package store

import (
	"context"
	"fmt"
	"strings"
)

// Tx is a transaction with one time for all it does. It must not be used
// outside the function it was given to, nor by other goroutines.
type Tx struct {
	store   *Store
	session *session
	now     int64 // ms UTC
	writing bool
	failed  error // the first statement that failed; none runs after it
	changed []place
	effect  effect
	after   []func()
}

// place names a collection whose change number moved.
type place struct{ account, collection int64 }

// Read runs f on one snapshot, taken by its first statement.
func (s *Store) Read(ctx context.Context, f func(*Tx) error) error {
	session, err := s.readers.take(ctx)
	if err != nil {
		return err
	}
	healthy := false
	defer func() { s.readers.give(session, healthy) }()
	plain := context.WithoutCancel(ctx)
	if _, err := session.exec(plain, s.dialect.beginRead); err != nil {
		return s.fault("begin", err)
	}
	defer func() {
		_, err := session.exec(plain, "rollback")
		healthy = err == nil
	}()
	return f(&Tx{store: s, session: session, now: s.now()})
}

// Write runs f in a transaction and returns once it is on the disk. When f
// returns an error, or panics, nothing of it is kept. A write whose ctx is
// done before its turn is dropped; one that has begun is finished. f runs on
// the goroutine that all writes wait for: it must not call the store, only
// the transaction, and must not wait for anything.
func (s *Store) Write(ctx context.Context, f func(*Tx) error) error {
	return s.writer.do(ctx, f)
}

// AfterCommit has f called once all of the transaction is on the disk, before
// [Store.Write] returns; never when nothing of it is kept. Like the transaction
// itself f must not wait, nor call the store. A panic of f is logged.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }

// exec runs a statement and returns the number of rows it touched.
func (tx *Tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	if tx.failed != nil {
		return 0, tx.failed
	}
	n, err := tx.session.exec(context.WithoutCancel(ctx), query, args...)
	if err != nil {
		return 0, tx.fail(err)
	}
	tx.effect.note(query, n)
	return n, nil
}

// each calls row for every row of a query; row may return errStop.
func (tx *Tx) each(ctx context.Context, query string, args []any, row func(scanner) error) error {
	if tx.failed != nil {
		return tx.failed
	}
	if tx.writing && !strings.HasPrefix(strings.TrimSpace(query), "select") { // insert … returning and its like
		tx.effect = effect{wrote: true, other: true}
	}
	var own error // row's, as against the database's
	err := tx.session.each(context.WithoutCancel(ctx), query, args, func(scan scanner) error {
		if own = tx.abandoned(ctx); own == nil {
			own = row(func(dest ...any) error { return tx.scan(scan, dest) })
		}
		return own
	})
	switch {
	case err == nil || own != nil && own != errStop:
		return err
	default:
		return tx.fail(err)
	}
}

// abandoned stops a reader that nobody waits for; a write is always finished.
func (tx *Tx) abandoned(ctx context.Context) error {
	if tx.writing {
		return nil
	}
	return ctx.Err()
}

func (tx *Tx) scan(scan scanner, dest []any) error {
	if err := scan(dest...); err != nil {
		return tx.fail(err)
	}
	return nil
}

// one copies the columns of the only row, or returns [ErrNotFound].
func (tx *Tx) one(ctx context.Context, query string, args []any, dest ...any) error {
	found := false
	err := tx.each(ctx, query, args, func(scan scanner) error {
		found = true
		return scan(dest...)
	})
	if err == nil && !found {
		return ErrNotFound
	}
	return err
}

// list collects the rows of a query.
func list[T any](ctx context.Context, tx *Tx, query string, args []any, row func(scanner) (T, error)) ([]T, error) {
	var all []T
	err := tx.each(ctx, query, args, func(scan scanner) error {
		v, err := row(scan)
		all = append(all, v)
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// fail notes a fault: the transaction may have been rolled back under it, so
// that a further statement would commit by itself.
func (tx *Tx) fail(err error) error {
	tx.failed = tx.store.fault("statement", err)
	return tx.failed
}

// fault wraps an error of the driver, with the sentinel it means if any.
func (s *Store) fault(doing string, err error) error {
	if sentinel := s.dialect.sentinel(err); sentinel != nil {
		return fmt.Errorf("database: %s: %w: %w", doing, sentinel, err)
	}
	return fmt.Errorf("database: %s: %w", doing, err)
}
