package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
)

// filled makes a store with one object and returns the file's path.
func filled(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ksync.db")
	s := opened(t, Options{Path: path})
	c := seeded(t, s)
	if _, err := s.PutObject(t.Context(), Put{Account: c.Account, Collection: c.ID, URI: "a", Bytes: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func opened(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// seeded makes an account with one address book.
func seeded(t testing.TB, s *Store) Collection {
	t.Helper()
	a, err := s.CreateAccount(t.Context(), Account{Login: "anna"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.CreateCollection(t.Context(), Collection{Account: a.ID, Kind: AddressBook, URI: "contacts"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// later is the migrations of a release to come.
func later(t *testing.T, sql string) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	names, err := fs.Glob(embedded, "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(embedded, name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = &fstest.MapFile{Data: data}
	}
	files["9001_later.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + sql)}
	return files
}

// released is the number of the last migration that this release has.
func released(t *testing.T) int64 {
	t.Helper()
	files, err := fs.Sub(embedded, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	n, err := latestMigration(files)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What the first schema held is there after all that came later.
func TestMigrate_FromTheFirstSchema(t *testing.T) {
	t.Parallel()
	first, err := fs.ReadFile(embedded, "migrations/0001_init.sql")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ksync.db")
	s, err := open(t.Context(), Options{Path: path}, fstest.MapFS{"0001_init.sql": {Data: first}})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Write(t.Context(), func(tx *Tx) error {
		for _, statement := range []string{
			`insert into account (id, login, email, name, locale, time_zone, password_hash, disabled, quota, created, deleted_at)
			values (7, 'anna', 'anna@example.org', 'Anna', 'de', '', '', 0, 0, 1, 0)`,
			`insert into account (id, login, email, name, locale, time_zone, password_hash, disabled, quota, created, deleted_at)
			values (6, 'bob', '', '', '', '', '', 0, 0, 2, 0), (5, 'gone', '', '', '', '', '', 0, 0, 0, 3)`,
			`insert into account_name (name, account_id) values ('anna', 7), ('anna@example.org', 7), ('bob', 6)`,
			`insert into app_password (account_id, id, name, hash, key_id, scope, created, expires, revoked, last_used, last_place, last_agent)
			values (7, 8, 'phone', x'01', 'k', 63, 1, 0, 0, 0, '', '')`,
		} {
			if _, err := tx.exec(t.Context(), statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	s = opened(t, Options{Path: path})
	a, err := s.AccountByLogin(t.Context(), "anna")
	if want := (Account{ID: 7, Login: "anna", Email: "anna@example.org", Name: "Anna", Locale: "de", Created: 1, Admin: true}); err != nil || a != want {
		t.Errorf("got %+v, %v", a, err)
	}
	if bob, err := s.AccountByLogin(t.Context(), "bob"); err != nil || bob.Admin {
		t.Errorf("only the oldest account invites others: %+v, %v", bob, err)
	}
	if p, _, err := s.AppPasswordByHash(t.Context(), []byte{1}); err != nil || p.ID != 8 || !p.Active(2) {
		t.Errorf("got %+v, %v", p, err)
	}
	if err := s.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

func count(t *testing.T, path, query string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestMigrate_UpgradeKeepsDataAndACopy(t *testing.T) {
	t.Parallel()
	path := filled(t)
	s, err := open(t.Context(), Options{Path: path}, later(t, "alter table object add column extra bigint not null default 7;"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if n := count(t, path, "select sum(extra) from object"); n != 7 {
		t.Errorf("the migration made %d of 7", n)
	}
	// what is named after a migration can be opened by the release before it
	latest, err := latestMigration(later(t, ""))
	if err != nil || latest != 9001 {
		t.Fatal(latest, err)
	}
	snapshot := fmt.Sprintf("%s.before-%04d", path, released(t)+1)
	if info, err := os.Stat(snapshot); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("copy: %v, %v", info, err)
	}
	before := opened(t, Options{Path: snapshot})
	if err := before.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if n := count(t, snapshot, "select count(*) from object"); n != 1 {
		t.Errorf("the copy has %d objects", n)
	}
}

// What a killed migration had copied goes once one is done; other files stay.
func TestMigrate_DropsCopiesThatWereNotFinished(t *testing.T) {
	t.Parallel()
	path := filled(t)
	left, other := path+".before-9001.partial-77", path+".before-0002"
	for _, name := range []string{left, other} {
		if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := open(t.Context(), Options{Path: path}, later(t, "create table later (id bigint);"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
	if _, err := os.Stat(other); err != nil {
		t.Error(err)
	}
}

// A process that comes late copies what another has migrated already: that
// copy is no way back and must not replace the one that is.
func TestMigrate_ALateCopyReplacesNothing(t *testing.T) {
	t.Parallel()
	path := filled(t)
	s := opened(t, Options{Path: path})
	version := released(t)
	name := fmt.Sprintf("%s.before-%04d", path, version)
	if err := os.WriteFile(name, []byte("the way back"), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := openPool(path, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := s.dialect.snapshot(t.Context(), db, s.options, version); err == nil {
		t.Error("no error")
	}
	files, err := filepath.Glob(path + ".before-*")
	if data, err := os.ReadFile(name); err != nil || string(data) != "the way back" {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	if err != nil || len(files) != 1 {
		t.Errorf("%v, %v", files, err)
	}
}

func TestMigrate_NewDatabaseNeedsNoCopy(t *testing.T) {
	t.Parallel()
	path := filled(t)
	opened(t, Options{Path: path})
	copies, err := filepath.Glob(path + ".before-*")
	if err != nil || len(copies) != 0 {
		t.Errorf("%v, %v", copies, err)
	}
}

func TestMigrate_NewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	path := filled(t)
	s, err := open(t.Context(), Options{Path: path}, later(t, "create table later (id bigint);"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{Path: path}); !errors.Is(err, ErrNewerSchema) {
		t.Errorf("got %v", err)
	}
}

func TestMigrate_FailureChangesNothing(t *testing.T) {
	t.Parallel()
	path := filled(t)
	bad := later(t, "create table half (id bigint); insert into nowhere values (1);")
	if _, err := open(t.Context(), Options{Path: path}, bad); err == nil {
		t.Fatal("a broken migration passed")
	}
	s := opened(t, Options{Path: path}) // by the release that is there
	if err := s.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if n := count(t, path, "select count(*) from sqlite_master where name = 'half'"); n != 0 {
		t.Error("half a migration stayed")
	}
}

func TestMigrate_TwoProcessesAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ksync.db")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s, err := Open(context.Background(), Options{Path: path})
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestOpen_FileIsPrivateAndAnyNameIsAName(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a b?c#d%20é&_pragma=x.db")
	s := opened(t, Options{Path: path})
	seeded(t, s)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%q: %v, %v", suffix, info, err)
		}
	}
}
