package backup

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ksync/store"
	"ksync/store/storetest"
)

const (
	databaseName = "ksyncd.db"
	secretsName  = "keys"
)

// server is a data directory with all that belongs to it, and an open store.
func server(t *testing.T, seeds storetest.Seeds) (dir string, w *storetest.World) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, secretsName), "secret")
	st := open(t, filepath.Join(dir, databaseName))
	return dir, storetest.Seed(t, st, seeds)
}

// open opens a store that is checked and closed at the end.
func open(t *testing.T, path string) *store.Store {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { storetest.Close(t, st) })
	return st
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func source(dir string) Source {
	return Source{
		Database: filepath.Join(dir, databaseName), Program: "test",
		Beside: []string{filepath.Join(dir, secretsName), filepath.Join(dir, "ksyncd.conf")},
		Now:    func() time.Time { return time.Date(2026, 11, 21, 23, 0, 0, 0, time.UTC) },
	}
}

func backupOf(t *testing.T, dir string) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := Write(t.Context(), &b, source(dir)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func restoration(dir string) Restoration {
	return Restoration{Data: dir, Database: databaseName, Secrets: secretsName, Settings: "ksyncd.conf", Logger: slog.New(slog.DiscardHandler)}
}

// rows are those of every table, without what a restore changes.
func rows(t *testing.T, path string) []string {
	t.Helper()
	return storetest.Rows(t, path, path, "epoch")
}

func exists(t *testing.T, path string) bool {
	t.Helper()
	_, err := os.Lstat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}
