package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ksync/store"
	"ksync/store/storetest"
)

// What comes out has every row of what went in.
func TestWrite_HoldsEveryRow(t *testing.T) {
	t.Parallel()
	dir, w := server(t, storetest.Seeds{Cards: 300, Events: 20})
	for n := range 10 {
		if err := w.Store.DeleteObject(t.Context(), store.Delete{Account: w.Account.ID, Collection: w.Book.ID, URI: storetest.CardURI(n)}); err != nil {
			t.Fatal(err)
		}
	}
	out := t.TempDir()
	m, err := Extract(t.Context(), bytes.NewReader(backupOf(t, dir)), out)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{secretsName, databaseName}, m.Files); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(rows(t, filepath.Join(dir, databaseName)), rows(t, filepath.Join(out, databaseName))); diff != "" {
		t.Error(diff)
	}
	if info, err := os.Stat(filepath.Join(out, secretsName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// Two objects change in one transaction, again and again, while backups are
// made: each backup has both as they were at one moment.
func TestWrite_IsOneMoment(t *testing.T) {
	t.Parallel()
	dir, w := server(t, storetest.Seeds{Cards: 500})
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			if err := putBoth(ctx, w, n); err != nil && ctx.Err() == nil {
				t.Error(err)
				return
			}
		}
	})
	for range 5 {
		out := t.TempDir()
		if _, err := Extract(t.Context(), bytes.NewReader(backupOf(t, dir)), out); err != nil {
			t.Fatal(err)
		}
		st := open(t, filepath.Join(out, databaseName))
		listed, err := st.Changes(t.Context(), w.Account.ID, w.Book.ID, 0, 1000, true)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, o := range listed.Objects {
			got[o.URI] = string(o.Bytes)
		}
		if len(got) < 500 || got["one"] != got["two"] {
			t.Errorf("%d objects, one %q, two %q", len(got), got["one"], got["two"])
		}
	}
}

func putBoth(ctx context.Context, w *storetest.World, n int) error {
	return w.Store.Write(ctx, func(tx *store.Tx) error {
		for _, uri := range []string{"one", "two"} {
			if _, err := tx.PutObject(ctx, store.Put{Account: w.Account.ID, Collection: w.Book.ID, URI: uri, Bytes: fmt.Appendf(nil, "%d", n)}); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestWrite_NoDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := Write(t.Context(), &bytes.Buffer{}, source(dir)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if exists(t, filepath.Join(dir, databaseName)) {
		t.Error("a backup made a database")
	}
}

// A backup that was cut off or changed is known as such, or tells the same.
func TestCheck_FindsDamage(t *testing.T) {
	t.Parallel()
	dir, _ := server(t, storetest.Seeds{Cards: 5})
	whole := backupOf(t, dir)
	want := extracted(t, whole)
	rapid.Check(t, func(rt *rapid.T) {
		damaged := bytes.Clone(whole)
		at := rapid.IntRange(0, len(whole)-1).Draw(rt, "at")
		if rapid.Bool().Draw(rt, "cut") {
			damaged = damaged[:at]
		} else {
			damaged[at] ^= 1 << rapid.IntRange(0, 7).Draw(rt, "bit")
		}
		if _, err := Check(t.Context(), bytes.NewReader(damaged)); err != nil {
			return
		}
		if diff := cmp.Diff(want, extracted(rt, damaged)); diff != "" {
			rt.Error(diff)
		}
	})
}

func extracted(t rapid.TB, archive []byte) map[string]string {
	dir, err := os.MkdirTemp("", "backup")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	m, err := Extract(context.Background(), bytes.NewReader(archive), dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, name := range m.Files {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(data)
	}
	return files
}

// What calls itself a backup and is none is refused without harm.
func FuzzCheck(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x28\xb5\x2f\xfd"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if m, err := Check(t.Context(), bytes.NewReader(data)); err == nil && len(m.Files) == 0 {
			t.Errorf("%+v", m)
		}
	})
}

func TestCheck_NamesStayInside(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", ".", "..", "../keys", "/etc/passwd", "a/b", `a\b`, "c:x", ".hidden", manifestName, sumsName} {
		if plain(name) {
			t.Errorf("%q is a name", name)
		}
	}
	if !plain(databaseName) || !plain(secretsName) {
		t.Error("its own names are none")
	}
}
