package store

import (
	"context"
	"database/sql"
	"errors"
)

// readers is a pool of sessions that are opened when first needed: when all that
// are open are in use.
type readers struct {
	db     *sql.DB
	idle   chan *session // those that are open
	closed chan struct{} // one for each that is not
	stop   chan struct{}
	wrap   func(doing string, err error) error
}

func newReaders(db *sql.DB, size int, wrap func(string, error) error) *readers {
	r := &readers{db: db, idle: make(chan *session, size), closed: make(chan struct{}, size), stop: make(chan struct{}), wrap: wrap}
	for range size {
		r.closed <- struct{}{}
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
	default:
	}
	select {
	case s := <-r.idle:
		return s, nil
	default:
	}
	select {
	case <-r.stop:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	case s := <-r.idle:
		return s, nil
	case <-r.closed:
		return r.open(ctx)
	}
}

func (r *readers) open(ctx context.Context) (*session, error) {
	s, err := openSession(context.WithoutCancel(ctx), r.db)
	if err != nil {
		r.closed <- struct{}{}
		return nil, r.wrap("open", err)
	}
	return s, nil
}

// give takes a session back. One in an unknown state is replaced when next needed.
func (r *readers) give(s *session, healthy bool) {
	if !healthy {
		s.discard()
		r.closed <- struct{}{}
		return
	}
	r.idle <- s
}

// close refuses new readers, waits for those at work and closes all.
func (r *readers) close() error {
	close(r.stop)
	var errs []error
	for range cap(r.idle) {
		select {
		case s := <-r.idle:
			errs = append(errs, s.close())
		case <-r.closed:
		}
	}
	return errors.Join(append(errs, r.db.Close())...)
}
