package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ksync/store"
	"ksync/store/storetest"
)

// A restore brings back every row, and no client can take its old token for a
// place in the new history.
func TestRestore_BringsBackEverythingUnderNewEpochs(t *testing.T) {
	t.Parallel()
	dir, w := server(t, storetest.Seeds{Cards: 50, Events: 5})
	archive := backupOf(t, dir)
	target := filepath.Join(t.TempDir(), "new")
	done, err := restoration(target).Restore(t.Context(), bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	if !done.Report.Sound() || done.Report.Objects != 55 || done.Aside != "" {
		t.Errorf("%+v", done)
	}
	if diff := cmp.Diff(rows(t, filepath.Join(dir, databaseName)), rows(t, filepath.Join(target, databaseName))); diff != "" {
		t.Error(diff)
	}
	st := open(t, filepath.Join(target, databaseName))
	for _, kind := range []store.Kind{store.Calendar, store.AddressBook} {
		before, err1 := w.Store.Collections(t.Context(), w.Account.ID, kind)
		after, err2 := st.Collections(t.Context(), w.Account.ID, kind)
		if err := errors.Join(err1, err2); err != nil || len(before) != 1 || len(after) != 1 {
			t.Fatal(err, before, after)
		}
		if before[0].Epoch == after[0].Epoch || after[0].Epoch == "" {
			t.Errorf("%s: epoch %q, then %q", kind, before[0].Epoch, after[0].Epoch)
		}
	}
	if files, err := filepath.Glob(filepath.Join(target, ".*")); err != nil || len(files) != 0 {
		t.Errorf("left: %v, %v", files, err)
	}
}

func TestRestore_PutsAsideOnlyWhenTold(t *testing.T) {
	t.Parallel()
	dir, w := server(t, storetest.Seeds{Cards: 3})
	archive := backupOf(t, dir)
	target, other := server(t, storetest.Seeds{Login: "bob", Cards: 9})
	write(t, filepath.Join(target, "ksyncd.conf"), "log-level = warn\n")
	before := rows(t, filepath.Join(target, databaseName))
	if _, err := restoration(target).Restore(t.Context(), bytes.NewReader(archive)); !errors.Is(err, ErrOccupied) {
		t.Errorf("got %v", err)
	}
	forced := restoration(target)
	forced.Force = true
	if _, err := forced.Restore(t.Context(), bytes.NewReader(archive)); !errors.Is(err, store.ErrBusy) {
		t.Errorf("while it is open: %v", err)
	}
	if diff := cmp.Diff(before, rows(t, filepath.Join(target, databaseName))); diff != "" {
		t.Errorf("refusing changed something: %s", diff)
	}
	if err := Unfinished(target); err != nil {
		t.Error(err)
	}
	if err := other.Store.Close(); err != nil {
		t.Fatal(err)
	}
	done, err := forced.Restore(t.Context(), bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, rows(t, filepath.Join(done.Aside, databaseName))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string(nil), done.Kept); diff != "" { // the backup has no settings
		t.Error(diff)
	}
	st := open(t, filepath.Join(target, databaseName))
	if _, err := st.AccountByLogin(t.Context(), w.Account.Login); err != nil {
		t.Error(err)
	}
}

// Settings that are there are those of this machine; keys that the backup does
// not have stay, too.
func TestRestore_KeepsSettingsAndKeysThatItDoesNotBring(t *testing.T) {
	t.Parallel()
	dir, _ := server(t, storetest.Seeds{Cards: 3})
	write(t, filepath.Join(dir, "ksyncd.conf"), "log-level = info\n")
	s := source(dir)
	s.Beside = s.Beside[1:] // without keys
	var archive bytes.Buffer
	if _, err := Write(t.Context(), &archive, s); err != nil {
		t.Fatal(err)
	}
	target := t.TempDir()
	write(t, filepath.Join(target, "ksyncd.conf"), "log-level = warn\n")
	write(t, filepath.Join(target, secretsName), "old")
	r := restoration(target)
	r.Force = true
	done, err := r.Restore(t.Context(), &archive)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"ksyncd.conf"}, done.Kept); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string]string{"ksyncd.conf": "log-level = warn\n", secretsName: "old"} {
		if got, err := os.ReadFile(filepath.Join(target, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// A backup whose bytes are whole but whose rows are wrong does not take the
// place of anything.
func TestRestore_ChecksBeforeItSwitchesOver(t *testing.T) {
	t.Parallel()
	dir, w := server(t, storetest.Seeds{Cards: 3})
	archive := backupOf(t, dir)
	target, old := server(t, storetest.Seeds{Login: "bob", Cards: 2})
	if err := old.Store.Close(); err != nil {
		t.Fatal(err)
	}
	before := rows(t, filepath.Join(target, databaseName))
	r := restoration(target)
	r.Force = true
	r.Derive = store.Derive{store.AddressBook: func([]byte) (store.Index, error) { return store.Index{UID: "other"}, nil }}
	done, err := r.Restore(t.Context(), bytes.NewReader(archive))
	if !errors.Is(err, ErrUnsound) || len(done.Report.Findings) != 3 {
		t.Errorf("%v, %+v", err, done)
	}
	if _, err := r.Restore(t.Context(), bytes.NewReader(archive[:len(archive)-10])); !errors.Is(err, ErrDamaged) {
		t.Errorf("cut off: %v", err)
	}
	if diff := cmp.Diff(before, rows(t, filepath.Join(target, databaseName))); diff != "" {
		t.Error(diff)
	}
	if files, err := filepath.Glob(filepath.Join(target, ".restore*")); err != nil || len(files) != 0 {
		t.Errorf("left: %v, %v", files, err)
	}
	r.Accept = true
	if _, err := r.Restore(t.Context(), bytes.NewReader(archive)); err != nil {
		t.Fatal(err)
	}
	st := open(t, filepath.Join(target, databaseName))
	if _, err := st.AccountByLogin(t.Context(), w.Account.Login); err != nil {
		t.Error(err)
	}
}

// What a crash in the middle of changing files leaves is not opened, and the
// next restore finishes it.
func TestRestore_AfterOneThatWasInterrupted(t *testing.T) {
	t.Parallel()
	dir, _ := server(t, storetest.Seeds{Cards: 3})
	archive := backupOf(t, dir)
	target := t.TempDir()
	r := restoration(target)
	if err := r.mark(filepath.Join(target, unfinished)); err != nil {
		t.Fatal(err)
	}
	if err := Unfinished(target); !errors.Is(err, ErrUnfinished) {
		t.Errorf("got %v", err)
	}
	if _, err := r.Restore(t.Context(), bytes.NewReader(archive)); !errors.Is(err, ErrUnfinished) {
		t.Errorf("got %v", err)
	}
	left := filepath.Join(target, workPrefix+"1")
	if err := os.Mkdir(left, 0o700); err != nil {
		t.Fatal(err)
	}
	r.Force = true
	if _, err := r.Restore(t.Context(), bytes.NewReader(archive)); err != nil {
		t.Fatal(err)
	}
	if err := Unfinished(target); err != nil || exists(t, left) {
		t.Errorf("%v, or what the first one unpacked is still there", err)
	}
	open(t, filepath.Join(target, databaseName))
}

// The folder of a restore that was killed goes with the next one, or when the
// server starts; that of one at work stays, and so does everything while what
// is to be moved may be in it.
func TestSweep_WhatAKilledRestoreLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	left, other := filepath.Join(dir, workPrefix+"1"), filepath.Join(dir, "before-restore-1")
	for _, d := range []string{left, other} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(d, databaseName), "x")
	}
	work, err := newWorkplace(dir)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(work.dir, databaseName), "x")
	marker := filepath.Join(dir, unfinished)
	write(t, marker, "")
	if err := Sweep(dir); err != nil || !exists(t, left) {
		t.Errorf("while a restore is unfinished: %v", err)
	}
	if err := os.Remove(marker); err != nil {
		t.Fatal(err)
	}
	if err := Sweep(dir); err != nil || exists(t, left) {
		t.Errorf("it is still there: %v", err)
	}
	if !exists(t, filepath.Join(work.dir, databaseName)) || !exists(t, other) {
		t.Error("swept what is somebody's")
	}
	if err := work.remove(); err != nil || exists(t, work.dir) {
		t.Errorf("its own end: %v", err)
	}
}

// A database alone, as Litestream brings it back or a migration left it, gets
// new epochs, too; the keys that are there stay.
func TestRestore_FromADatabaseAlone(t *testing.T) {
	t.Parallel()
	dir, w := server(t, storetest.Seeds{Cards: 3})
	if err := w.Store.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	r := restoration(dir)
	r.Force = true
	done, err := r.Restore(t.Context(), bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rows(t, filepath.Join(done.Aside, databaseName)), rows(t, filepath.Join(dir, databaseName))); diff != "" {
		t.Error(diff)
	}
	st := open(t, filepath.Join(dir, databaseName))
	book, err := st.Collection(t.Context(), w.Account.ID, store.AddressBook, w.Book.URI)
	if err != nil || book.Epoch == w.Book.Epoch {
		t.Errorf("epoch %q, %v", book.Epoch, err)
	}
	if !exists(t, filepath.Join(dir, secretsName)) {
		t.Error("the keys are gone")
	}
	if _, err := r.Restore(t.Context(), bytes.NewReader(data[:len(data)/2])); err == nil {
		t.Error("half a database was restored")
	}
}

// Nothing but the server's own files comes out of a backup: what is named like
// a journal of the database, or would be one of many, least of all.
func TestRestore_OnlyItsOwnFiles(t *testing.T) {
	t.Parallel()
	dir, _ := server(t, storetest.Seeds{Cards: 3})
	many := make([]string, maxFiles)
	for i := range many {
		many[i] = fmt.Sprintf("file-%d", i)
	}
	for _, test := range []struct {
		name  string
		files []string
	}{
		{"a journal", []string{databaseName + "-journal"}},
		{"a log", []string{databaseName + "-wal"}},
		{"another's", []string{"authorized_keys"}},
		{"many", many},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := source(dir)
			beside := t.TempDir()
			for _, name := range test.files {
				write(t, filepath.Join(beside, name), "x")
				s.Beside = append(s.Beside, filepath.Join(beside, name))
			}
			var archive bytes.Buffer
			if _, err := Write(t.Context(), &archive, s); err != nil {
				t.Fatal(err)
			}
			target := t.TempDir()
			if _, err := restoration(target).Restore(t.Context(), &archive); !errors.Is(err, ErrDamaged) {
				t.Errorf("got %v", err)
			}
			if left, err := os.ReadDir(target); err != nil || len(left) != 0 {
				t.Errorf("left: %v, %v", left, err)
			}
		})
	}
}

// Who stops a restore while it reads is told that, and not that the backup is bad.
func TestRestore_Stopped(t *testing.T) {
	t.Parallel()
	dir, _ := server(t, storetest.Seeds{Cards: 3})
	archive := backupOf(t, dir)
	target := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	stops := readerFunc(func(p []byte) (int, error) {
		stop()
		return copy(p, archive), nil
	})
	if _, err := restoration(target).Restore(ctx, stops); !errors.Is(err, context.Canceled) || errors.Is(err, ErrDamaged) {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(target); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

type readerFunc func([]byte) (int, error)

// Read implements io.Reader.
func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
