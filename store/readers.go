package store

import (
	"context"
	"database/sql"
	"errors"
)

// readers is a pool of sessions that are opened when first needed.
type readers struct {
	db   *sql.DB
	idle chan *session // as many as the pool has; nil for one that is not open
	stop chan struct{}
	wrap func(doing string, err error) error
}

func newReaders(db *sql.DB, size int, wrap func(string, error) error) *readers {
	r := &readers{db: db, idle: make(chan *session, size), stop: make(chan struct{}), wrap: wrap}
	for range size {
		r.idle <- nil
	}
	return r
}

// take returns a session, waiting for one; each is given back.
func (r *readers) take(ctx context.Context) (*session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-r.stop:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	case s := <-r.idle:
		return r.opened(ctx, s)
	}
}

func (r *readers) opened(ctx context.Context, s *session) (*session, error) {
	if s != nil {
		return s, nil
	}
	s, err := openSession(context.WithoutCancel(ctx), r.db)
	if err != nil {
		r.idle <- nil
		return nil, r.wrap("open", err)
	}
	return s, nil
}

// give takes a session back. One in an unknown state is replaced when next needed.
func (r *readers) give(s *session, healthy bool) {
	if !healthy {
		s.discard()
		s = nil
	}
	r.idle <- s
}

// close refuses new readers, waits for those at work and closes all.
func (r *readers) close() error {
	close(r.stop)
	var errs []error
	for range cap(r.idle) {
		if s := <-r.idle; s != nil {
			errs = append(errs, s.close())
		}
	}
	return errors.Join(append(errs, r.db.Close())...)
}
