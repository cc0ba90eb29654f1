package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Snapshot is a database as it was at one moment. Others go on reading and
// writing meanwhile, in this process and in others; the write-ahead log grows
// until the snapshot is closed. It serves one goroutine.
type Snapshot struct {
	Schema int64 // number of its last migration
	Size   int64 // bytes of the database file

	ctx     context.Context // io.WriterTo has no place for it; a snapshot is open within one call
	db      *sql.DB
	session *session
}

// OpenSnapshot takes a snapshot of the database at path, whatever its schema:
// nothing is migrated, nothing is written. [fs.ErrNotExist] when there is none.
func OpenSnapshot(ctx context.Context, path string) (*Snapshot, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	o := Options{Path: path}.withDefaults()
	db, err := openPool(path, 1, fmt.Sprintf("busy_timeout(%d)", o.BusyTimeout.Milliseconds()), "query_only(1)", "cache_size(-512)")
	if err != nil {
		return nil, err
	}
	s := &Snapshot{ctx: ctx, db: db}
	if err := s.begin(); err != nil {
		return nil, errors.Join(fmt.Errorf("snapshot of %s: %w", path, err), s.Close())
	}
	return s, nil
}

// begin opens the transaction; its first statement fixes the moment.
func (s *Snapshot) begin() (err error) {
	if s.session, err = openSession(s.ctx, s.db); err != nil {
		return err
	}
	if _, err := s.session.exec(s.ctx, "begin"); err != nil {
		return err
	}
	return s.session.each(s.ctx, `
		select (select max(version_id) from goose_db_version),
			(select page_count from pragma_page_count) * (select page_size from pragma_page_size)`, nil,
		func(scan scanner) error { return scan(&s.Schema, &s.Size) })
}

// WriteTo writes the file, [Snapshot.Size] bytes: what SQLite would have left
// had everybody closed it at that moment.
func (s *Snapshot) WriteTo(w io.Writer) (written int64, err error) {
	err = s.session.each(s.ctx, "select data from sqlite_dbpage order by pgno", nil, func(scan scanner) error {
		var page sql.RawBytes
		if err := scan(&page); err != nil {
			return err
		}
		n, err := w.Write(page)
		written += int64(n)
		return err
	})
	if err == nil && written != s.Size {
		err = fmt.Errorf("snapshot has %d bytes, %d were announced", written, s.Size)
	}
	return written, err
}

// Damage says what is wrong with the pages of the file and how they hang
// together, "" when nothing is. It reads all of it, not what it means: that is
// for [Store.Inspect].
func (s *Snapshot) Damage() (text string, err error) {
	err = s.session.each(s.ctx, "pragma quick_check(1)", nil, func(scan scanner) error { return scan(&text) })
	if text == "ok" {
		return "", err
	}
	return strings.Join(strings.Fields(text), " "), err
}

// Close lets the moment go.
func (s *Snapshot) Close() error {
	if s.session != nil {
		s.session.discard() // which ends the transaction
	}
	return s.db.Close()
}
