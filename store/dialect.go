package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dialect is all that differs between databases.
type dialect struct {
	goose     goose.Dialect
	lock      func(table string) string // ends a select of a row, by its table's alias, that is about to be changed
	beginRead string
	begin     string                  // of a write
	askOften  string                  // has begin fail at once while another process writes: the writer asks again
	schema    string                  // reports whether the table of migrations is there
	integrity []string                // each returns a text for everything that is wrong with the file
	parts     string                  // returns a table and a text for each of its columns, indexes and triggers
	blank     func() (*sql.DB, error) // an empty database that goes when it is closed

	stamps      func(ctx context.Context, read *sql.DB, o Options) (*stamps, error)
	open        func(o Options) (write, read *sql.DB, err error)
	snapshot    func(ctx context.Context, db *sql.DB, o Options, version int64) error
	dropPartial func(o Options) error // what killed snapshots left

	// sentinel returns the sentinel that an error of the driver means, or nil.
	sentinel func(error) error
}

func sqliteDialect() dialect {
	return dialect{
		goose:     goose.DialectSQLite3,
		lock:      func(string) string { return "" }, // begin immediate has locked everything
		beginRead: "begin",
		begin:     "begin immediate",
		// SQLite itself asks less and less often, at last every tenth of a second: a
		// process that writes without pause would keep everybody else out for seconds.
		askOften: "pragma busy_timeout = 0",
		schema:   "select count(*) from sqlite_master where type = 'table' and name = 'goose_db_version'",
		integrity: []string{
			`select integrity_check from pragma_integrity_check where integrity_check <> 'ok'`,
			`select "table" || ': row ' || rowid || ' refers to nothing' from pragma_foreign_key_check`,
		},
		parts: `
			select m.tbl_name, case when c.name is null then m.type || ' ' || m.name || ': ' || coalesce(m.sql, '')
				else 'column ' || c.name || ' ' || c.type || ' ' || c."notnull" || ' ' || c.pk end
			from sqlite_master m left join pragma_table_info(m.name) c on m.type = 'table'
			where m.type in ('table', 'index', 'trigger') and m.tbl_name not like 'sqlite%' and m.tbl_name <> 'goose_db_version'`,
		blank:       blankSQLite,
		stamps:      sqliteStamps,
		open:        openSQLite,
		snapshot:    snapshotSQLite,
		dropPartial: dropPartialSQLite,
		sentinel:    sqliteSentinel,
	}
}

func openSQLite(o Options) (write, read *sql.DB, err error) {
	if err := makeFile(o.Path); err != nil {
		return nil, nil, err
	}
	busy := fmt.Sprintf("busy_timeout(%d)", o.BusyTimeout.Milliseconds())
	write, err = openPool(o.Path, 1, busy, "journal_mode(wal)", "synchronous(full)",
		"cache_size(-2048)", "journal_size_limit(67108864)")
	if err != nil {
		return nil, nil, err
	}
	read, err = openPool(o.Path, o.Readers+1, busy, "query_only(1)", "cache_size(-1024)")
	if err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	return write, read, nil
}

// makeFile makes sure that the database, and with it its journals, whose mode
// SQLite takes from it, can be read by the owner only.
func makeFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// blankSQLite is one connection: each would have a memory of its own.
func blankSQLite() (*sql.DB, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

func openPool(path string, size int, pragmas ...string) (*sql.DB, error) {
	name, err := fileURI(path, pragmas)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db, nil
}

// fileURI names the file so that no character of its path means anything else.
func fileURI(path string, pragmas []string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	u := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{"_pragma": pragmas}.Encode()}
	return u.String(), nil
}

// snapshotSQLite copies the database as it is, then gives the copy its name:
// a half-written copy never has it.
func snapshotSQLite(ctx context.Context, db *sql.DB, o Options, version int64) error {
	name := fmt.Sprintf("%s.before-%04d", o.Path, version)
	partial, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".partial-*")
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "vacuum into $1", partial.Name())
	if err == nil {
		err = partial.Sync() // which SQLite leaves out (https://sqlite.org/lang_vacuum.html), and the original is about to change
	}
	if err = errors.Join(err, partial.Close(), stillBefore(ctx, db, version)); err != nil {
		return errors.Join(err, os.Remove(partial.Name()))
	}
	if err := os.Rename(partial.Name(), name); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(name))
}

// stillBefore is an error when the migration of that number was applied
// meanwhile: a copy made after it must not take the place of one made before.
func stillBefore(ctx context.Context, db *sql.DB, version int64) error {
	var n int64
	err := db.QueryRowContext(ctx, "select count(*) from goose_db_version where version_id >= $1", version).Scan(&n)
	if err == nil && n > 0 {
		err = errors.New("another process has migrated it")
	}
	return err
}

// dropPartialSQLite removes copies that were not finished: each is as large as
// the database. Once its schema is up to date nobody needs them; a process that
// still makes one finds that another has gone on.
func dropPartialSQLite(o Options) error {
	dir, begin := filepath.Split(o.Path)
	entries, err := os.ReadDir(filepath.Clean(dir))
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), begin+".before-")
		if ours && e.Type().IsRegular() && strings.Contains(rest, ".partial-") {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

func sqliteSentinel(err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return nil
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return ErrBusy
	case sqlite3.SQLITE_FULL:
		return ErrFull
	default:
		return nil
	}
}
