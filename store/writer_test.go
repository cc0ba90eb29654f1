package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"modernc.org/sqlite"
)

// other is another process's connection to the same file.
func other(t *testing.T, path string) *sql.Conn {
	t.Helper()
	db, err := openPool(path, 1, "busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(conn.Close(), db.Close()) })
	return conn
}

func run(t testing.TB, conn *sql.Conn, query string) {
	t.Helper()
	if _, err := conn.ExecContext(t.Context(), query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func verified(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Verify(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

func (c Collection) text(uri, text string) Put {
	return Put{Account: c.Account, Collection: c.ID, URI: uri, Bytes: []byte(text)}
}

func TestWrite_BusyWhileAnotherProcessWrites(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ksync.db")
	s := opened(t, Options{Path: path, BusyTimeout: 50 * time.Millisecond})
	c := seeded(t, s)
	them := other(t, path)
	run(t, them, "begin immediate")
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			if _, err := s.PutObject(t.Context(), c.text(fmt.Sprint(n), "x")); !errors.Is(err, ErrBusy) {
				t.Errorf("got %v, want ErrBusy", err)
			}
		})
	}
	wg.Wait()
	if _, err := s.Objects(t.Context(), Query{Account: c.Account, Collection: c.ID}); err != nil {
		t.Errorf("readers must not wait: %v", err)
	}
	run(t, them, "rollback")
	if _, err := s.PutObject(t.Context(), c.text("a", "x")); err != nil {
		t.Error(err)
	}
	verified(t, s)
}

func TestWrite_TwoStoresOnOneFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ksync.db")
	stores := []*Store{opened(t, Options{Path: path}), opened(t, Options{Path: path})}
	c := seeded(t, stores[0])
	var wg sync.WaitGroup
	const each = 30
	for i, s := range stores {
		wg.Go(func() {
			for n := range each {
				if _, err := s.PutObject(t.Context(), c.text(fmt.Sprintf("%d-%d", i, n), "x")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	verified(t, stores[0])
	now, err := stores[1].Collection(t.Context(), c.Account, c.Kind, c.URI)
	if err != nil || now.Count != 2*each || now.Change != 2*each+1 {
		t.Errorf("%+v, %v", now, err)
	}
}

// fill makes the disk full for the connection that a transaction runs on.
func fill(ctx context.Context, tx *Tx) error {
	_, err := tx.session.exec(ctx, "pragma max_page_count = 1")
	return err
}

func TestWrite_FullDisk(t *testing.T) {
	t.Parallel()
	s := opened(t, Options{Path: filepath.Join(t.TempDir(), "ksync.db")})
	c := seeded(t, s)
	large := c.text("large", string(make([]byte, 1<<20)))
	err := s.Write(t.Context(), func(tx *Tx) error {
		if err := fill(t.Context(), tx); err != nil {
			return err
		}
		_, err := tx.PutObject(t.Context(), large)
		if !errors.Is(err, ErrFull) {
			t.Errorf("put: %v", err)
		}
		// What comes after a fault must not be committed by itself.
		_, err = tx.PutObject(t.Context(), c.text("small", "x"))
		if !errors.Is(err, ErrFull) {
			t.Errorf("second put: %v", err)
		}
		return nil
	})
	if !errors.Is(err, ErrFull) {
		t.Fatalf("write: %v", err)
	}
	page, err := s.Objects(t.Context(), Query{Account: c.Account, Collection: c.ID})
	if err != nil || len(page) != 0 {
		t.Errorf("%d objects, %v", len(page), err)
	}
	verified(t, s)
	if _, err := s.PutObject(t.Context(), large); err != nil {
		t.Errorf("once there is room: %v", err)
	}
	verified(t, s)
}

// Whatever an answer says, it is what the disk has: also for those who shared
// a commit with one that broke.
func TestWrite_FaultAmongMany(t *testing.T) {
	t.Parallel()
	s := opened(t, Options{Path: filepath.Join(t.TempDir(), "ksync.db")})
	c := seeded(t, s)
	const n = 40
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			errs[i] = s.Write(t.Context(), func(tx *Tx) error {
				if _, err := tx.PutObject(t.Context(), c.text(fmt.Sprint(i), "x")); err != nil {
					return err
				}
				if i%7 == 0 { // pulls the transaction away under all
					_, err := tx.session.exec(t.Context(), "rollback")
					return errors.Join(err, errors.New("broken"))
				}
				return nil
			})
		})
	}
	wg.Wait()
	for i, err := range errs {
		_, lost := s.Object(t.Context(), c.Account, c.ID, fmt.Sprint(i))
		if (err == nil) != (lost == nil) {
			t.Errorf("write %d answered %v; reading it: %v", i, err, lost)
		}
	}
	verified(t, s)
}

// A database that fails must never look like one with less in it.
func TestRead_FaultIsNeverAnAnswer(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ksync.db")
	s := opened(t, Options{Path: path})
	c := seeded(t, s)
	a, id, ctx := c.Account, c.ID, t.Context()
	calls := map[string]func() error{
		"Account":        func() error { _, err := s.Account(ctx, a); return err },
		"AccountByLogin": func() error { _, err := s.AccountByLogin(ctx, "anna"); return err },
		"Accounts":       func() error { _, err := s.Accounts(ctx); return err },
		"AppPasswords":   func() error { _, err := s.AppPasswords(ctx, a); return err },
		"ByHash":         func() error { _, _, err := s.AppPasswordByHash(ctx, []byte("h")); return err },
		"Usage":          func() error { _, err := s.Usage(ctx, a); return err },
		"Collections":    func() error { _, err := s.Collections(ctx, a, c.Kind); return err },
		"Collection":     func() error { _, err := s.Collection(ctx, a, c.Kind, c.URI); return err },
		"Object":         func() error { _, err := s.Object(ctx, a, id, "a"); return err },
		"ObjectsByURI":   func() error { _, err := s.ObjectsByURI(ctx, a, id, []string{"a"}, false); return err },
		"Objects":        func() error { _, err := s.Objects(ctx, Query{Account: a, Collection: id}); return err },
		"Changes":        func() error { _, err := s.Changes(ctx, a, id, 0, 0, false); return err },
		"Versions":       func() error { _, err := s.Versions(ctx, a, id, "a"); return err },
		"Version":        func() error { _, err := s.Version(ctx, a, id, 2); return err },
		"Properties":     func() error { _, err := s.Properties(ctx, Place{a, id, ""}); return err },
		"AllProperties":  func() error { _, err := s.AllProperties(ctx, a, id); return err },
		"PutObject":      func() error { _, err := s.PutObject(ctx, c.text("b", "x")); return err },
		"DeleteObject":   func() error { return s.DeleteObject(ctx, Delete{Account: a, Collection: id, URI: "a"}) },
		"CreateAccount":  func() error { _, err := s.CreateAccount(ctx, Account{Login: "b"}); return err },
		"Verify":         func() error { return s.Verify(ctx) },
		"Maintain":       func() error { return s.Maintain(ctx, Retention{}) },
	}
	them := other(t, path)
	for _, table := range []string{"account", "app_password", "collection", "object", "version", "property"} {
		run(t, them, "drop table "+table)
	}
	for name, call := range calls {
		err := call()
		for _, answer := range []error{nil, ErrNotFound, ErrExists, ErrPrecondition, ErrQuota, ErrLimit, ErrInvalid} {
			if errors.Is(err, answer) {
				t.Errorf("%s answers %v", name, err)
			}
		}
	}
}

func TestRead_StopsWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	s := opened(t, Options{Path: filepath.Join(t.TempDir(), "ksync.db"), Readers: 1})
	c := seeded(t, s)
	for n := range 3 {
		if _, err := s.PutObject(t.Context(), c.text(fmt.Sprint(n), "x")); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	rows := 0
	err := s.Read(ctx, func(tx *Tx) error {
		return tx.each(ctx, "select uri from object", nil, func(scanner) error {
			rows++
			cancel()
			return nil
		})
	})
	if !errors.Is(err, context.Canceled) || rows != 1 {
		t.Errorf("%d rows, %v", rows, err)
	}
	if err := s.Ping(t.Context()); err != nil { // the only reader is free again
		t.Error(err)
	}
}

func TestRead_IsOneSnapshot(t *testing.T) {
	t.Parallel()
	s := opened(t, Options{Path: filepath.Join(t.TempDir(), "ksync.db")})
	c := seeded(t, s)
	counted := func(tx *Tx) (n int64) {
		if err := tx.one(t.Context(), "select count(*) from object", nil, &n); err != nil {
			t.Error(err)
		}
		return n
	}
	err := s.Read(t.Context(), func(tx *Tx) error {
		before := counted(tx)
		if _, err := s.PutObject(t.Context(), c.text("a", "x")); err != nil {
			return err
		}
		if after := counted(tx); after != before {
			t.Errorf("%d, then %d objects", before, after)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestStore_ReopensWithAllItHad(t *testing.T) {
	t.Parallel()
	path := filled(t)
	s := opened(t, Options{Path: path})
	a, err := s.AccountByLogin(t.Context(), "anna")
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Collection(t.Context(), a.ID, AddressBook, "contacts")
	if err != nil {
		t.Fatal(err)
	}
	o, err := s.Object(t.Context(), a.ID, c.ID, "a")
	if err != nil || string(o.Bytes) != "x" {
		t.Errorf("%q, %v", o.Bytes, err)
	}
	verified(t, s)
}

func TestWrite_FailedCommitFailsAllThatShareIt(t *testing.T) {
	t.Parallel()
	s := opened(t, Options{Path: filepath.Join(t.TempDir(), "ksync.db")})
	c := seeded(t, s)
	refuse := func(driver any) error {
		driver.(sqlite.HookRegisterer).RegisterCommitHook(func() int32 { return 1 })
		return nil
	}
	const n = 40
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			errs[i] = s.Write(t.Context(), func(tx *Tx) error {
				if i%10 == 0 {
					if err := tx.session.conn.Raw(refuse); err != nil {
						return err
					}
				}
				_, err := tx.PutObject(t.Context(), c.text(fmt.Sprint(i), "x"))
				return err
			})
		})
	}
	wg.Wait()
	for i, err := range errs {
		_, lost := s.Object(t.Context(), c.Account, c.ID, fmt.Sprint(i))
		if (err == nil) != (lost == nil) || i%10 == 0 && err == nil {
			t.Errorf("write %d answered %v; reading it: %v", i, err, lost)
		}
	}
	verified(t, s)
}

func TestDeleteAccount_InterruptedIsFinishedByMaintain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ksync.db")
	s := opened(t, Options{Path: path})
	c := seeded(t, s)
	if _, err := s.PutObject(t.Context(), c.text("a", "x")); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), func(tx *Tx) error { return tx.closeAccount(t.Context(), c.Account) }); err != nil {
		t.Fatal(err)
	}
	verified(t, s)
	if err := s.Maintain(t.Context(), Retention{}); err != nil {
		t.Fatal(err)
	}
	verified(t, s)
	for _, table := range []string{"account", "account_name", "collection", "object"} {
		if n := count(t, path, "select count(*) from "+table); n != 0 {
			t.Errorf("%d rows in %s", n, table)
		}
	}
}

// What Verify finds: each row of the table breaks one invariant.
func TestVerify_FindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, breaking := range map[string]string{
		"bytes":             "update object set bytes = 'y'",
		"size":              "update object set size = 9",
		"etag":              "update object set etag = 'x'",
		"collection bytes":  "update collection set bytes = 9",
		"collection count":  "update collection set count = 9",
		"kept bytes":        "update collection set kept_bytes = 9",
		"version bytes":     "update version set bytes = 'zzz'",
		"change ahead":      "update object set change = 99",
		"change of two":     "update tombstone set change = (select change from object)",
		"object, tombstone": "update tombstone set uri = 'a'",
		"oldest":            "update collection set oldest = 99",
		"no collection":     "update object set collection_id = 1",
		"key of nothing":    "insert into object_key (account_id, collection_id, change, key) values (1, 1, 99, 5)",
		"card of no merge":  "insert into merge_card (account_id, merge_id, position, collection_id, uri, data) values (1, 1, 0, 1, 'a', x'00')",
		"no account":        "delete from account",
		"no name":           "delete from account_name",
		"lost property":     "update property set uri = 'gone'",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "ksync.db")
			s := opened(t, Options{Path: path})
			history(t, s)
			verified(t, s)
			run(t, other(t, path), breaking)
			if err := s.Verify(t.Context()); err == nil {
				t.Error("nothing found")
			}
		})
	}
}

// history leaves an object, a version, a tombstone and a property.
func history(t *testing.T, s *Store) {
	t.Helper()
	c := seeded(t, s)
	for _, p := range []Put{c.text("a", "1"), c.text("a", "22"), c.text("b", "x")} {
		if _, err := s.PutObject(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	err := s.DeleteObject(t.Context(), Delete{Account: c.Account, Collection: c.ID, URI: "b"})
	err2 := s.SetProperties(t.Context(), Place{c.Account, c.ID, "a"}, []Property{{"{x}a", "<a/>"}}, nil)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
}

// An acknowledged write survives power loss only with these.
func TestOpen_ConnectionsAreSetUp(t *testing.T) {
	t.Parallel()
	s := opened(t, Options{Path: filepath.Join(t.TempDir(), "ksync.db")})
	expect := func(tx *Tx, pragma, want string) {
		var got string
		if err := tx.one(t.Context(), "pragma "+pragma, nil, &got); err != nil || got != want {
			t.Errorf("%s is %q, want %q: %v", pragma, got, want, err)
		}
	}
	err := s.Write(t.Context(), func(tx *Tx) error {
		expect(tx, "journal_mode", "wal")
		expect(tx, "synchronous", "2")
		expect(tx, "busy_timeout", "0") // the writer asks again by itself
		return nil
	})
	err2 := s.Read(t.Context(), func(tx *Tx) error {
		expect(tx, "query_only", "1")
		return nil
	})
	if err := errors.Join(err, err2); err != nil {
		t.Error(err)
	}
}

func TestWrite_AfterCommitOnlyWhenKept(t *testing.T) {
	t.Parallel()
	s := opened(t, Options{Path: filepath.Join(t.TempDir(), "ksync.db")})
	called := 0
	want := errors.New("no")
	for _, err := range []error{nil, want} {
		got := s.Write(t.Context(), func(tx *Tx) error {
			tx.AfterCommit(func() { called++ })
			if called != 0 && err == nil {
				t.Error("called before the end")
			}
			return err
		})
		if !errors.Is(got, err) || called != 1 {
			t.Errorf("%v: got %v, called %d times", err, got, called)
		}
	}
}
