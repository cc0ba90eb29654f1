package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// session is one connection with the statements prepared on it. The texts are
// those of this package, so their number is bounded. A session serves one
// goroutine at a time.
type session struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

func openSession(ctx context.Context, db *sql.DB) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &session{conn: conn, stmts: make(map[string]*sql.Stmt)}, nil
}

// close gives the connection back to its pool.
func (s *session) close() error {
	return errors.Join(s.closeStatements(), s.conn.Close())
}

func (s *session) closeStatements() error {
	var errs []error
	for _, stmt := range s.stmts {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(errs...)
}

// discard closes a connection in an unknown state, rather than giving it back.
// Its errors say nothing more than the one that led here.
func (s *session) discard() {
	_ = s.closeStatements() // first: the driver cannot, once the connection is gone
	_ = s.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = s.conn.Close()
}

func (s *session) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := s.stmts[query]; ok {
		return stmt, nil
	}
	stmt, err := s.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s.stmts[query] = stmt
	return stmt, nil
}

func (s *session) exec(ctx context.Context, query string, args ...any) (affected int64, err error) {
	stmt, err := s.prepare(ctx, query)
	if err != nil {
		return 0, err
	}
	res, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// scanner copies the columns of the present row.
type scanner func(dest ...any) error

// errStop ends a loop over rows early, without an error.
var errStop = errors.New("stop")

func (s *session) each(ctx context.Context, query string, args []any, row func(scanner) error) (err error) {
	stmt, err := s.prepare(ctx, query)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer func() {
		if e := rows.Close(); err == nil {
			err = e
		}
	}()
	for rows.Next() {
		if err := row(rows.Scan); err == errStop {
			return nil
		} else if err != nil {
			return err
		}
	}
	return rows.Err()
}
