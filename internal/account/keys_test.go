package account

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestOpenKeys_MadeOnceForTheOwnerOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys")
	first, created, err := OpenKeys(path, rand.Reader)
	if err != nil || !created {
		t.Fatal(created, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	again, created, err := OpenKeys(path, rand.Reader)
	if err != nil || created || !bytes.Equal(first.keys[0].bytes, again.keys[0].bytes) || again.keys[0].id != first.keys[0].id {
		t.Errorf("opened again: created %v, %v", created, err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("left over: %v, %v", entries, err)
	}
}

func TestOpenKeys_AtTheSameTime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys")
	var wg sync.WaitGroup
	keys := make([]*Keys, 8)
	for i := range keys {
		wg.Go(func() {
			var err error
			if keys[i], _, err = OpenKeys(path, rand.Reader); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, k := range keys[1:] {
		if k == nil || !bytes.Equal(k.keys[0].bytes, keys[0].keys[0].bytes) {
			t.Fatal("two processes have different keys")
		}
	}
}

func TestOpenKeys_SeveralKeys(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys")
	line := func(id string, b byte) string {
		return id + " " + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, keyBytes)) + "\n"
	}
	if err := os.WriteFile(path, []byte("# rotated\n"+line("new", 2)+"\n"+line("old", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	k, _, err := OpenKeys(path, rand.Reader)
	if err != nil || len(k.keys) != 2 || k.keys[0].id != "new" || k.keys[1].id != "old" {
		t.Errorf("%v, %v", k, err)
	}
	if bytes.Equal(k.keys[0].hash("x"), k.keys[1].hash("x")) {
		t.Error("the key does not matter")
	}
}

func TestOpenKeys_DamagedFileIsNotReplaced(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"empty": "", "cut": "ab AAAA\n", "no base64": "# x\nab !!!\n", "comments": "# x\n"} {
		path := filepath.Join(t.TempDir(), "keys")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := OpenKeys(path, rand.Reader); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%s: the file was changed", name)
		}
	}
}
