package storetest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"ksync/store"
)

// Prepare writes an empty database to a path, for [store.Open] to find:
// making one anew takes longer than most tests do.
func Prepare(t testing.TB, path string) {
	t.Helper()
	data, err := empty()
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// empty is made once for all tests of a package.
var empty = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "storetest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a file too many in a directory for such
	path := filepath.Join(dir, "empty.db")
	st, err := store.Open(context.Background(), store.Options{Path: path})
	if err != nil {
		return nil, fmt.Errorf("make empty database: %w", err)
	}
	if err := st.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})
