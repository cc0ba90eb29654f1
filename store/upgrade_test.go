package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ksync/store"
	"ksync/store/storetest"
)

// Whatever release filled a database, this one brings it up to date, loses no
// row of it, and leaves a copy beside it that the old release could go on with.
func TestUpgrade_FromEverySchema(t *testing.T) {
	t.Parallel()
	all := storetest.Schemas(t)
	latest := all[len(all)-1]
	for _, version := range all {
		t.Run(fmt.Sprintf("schema %d", version), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "ksyncd.db")
			storetest.Old(t, path, version)
			before := path + ".kept"
			copyFile(t, path, before)
			st, err := store.Open(t.Context(), store.Options{Path: path})
			if err != nil {
				t.Fatal(err)
			}
			storetest.Close(t, st)
			want := storetest.Rows(t, before, before)
			if diff := cmp.Diff(want, storetest.Rows(t, path, before)); diff != "" || len(want) < 10 {
				t.Errorf("of %d rows: %s", len(want), diff)
			}
			snapshot := fmt.Sprintf("%s.before-%04d", path, version+1)
			if version == latest {
				if _, err := os.Stat(snapshot); !errors.Is(err, os.ErrNotExist) {
					t.Errorf("a copy without need: %v", err)
				}
				return
			}
			if diff := cmp.Diff(want, storetest.Rows(t, snapshot, before)); diff != "" {
				t.Error(diff)
			}
			st, err = store.Open(t.Context(), store.Options{Path: snapshot})
			if err != nil {
				t.Fatal(err)
			}
			storetest.Close(t, st)
		})
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
