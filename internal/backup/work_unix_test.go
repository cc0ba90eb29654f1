//go:build unix

package backup

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"ksync/store/storetest"
)

// Root restores what another user serves: all that is there afterwards is that user's.
func TestRestore_ByRootForAnother(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	const other = 12345
	dir, _ := server(t, storetest.Seeds{Cards: 3})
	archive := backupOf(t, dir)
	target := t.TempDir()
	r := restoration(target)
	r.Force = true
	write(t, filepath.Join(target, secretsName), "old")
	if err := os.Chown(target, other, other); err != nil {
		t.Fatal(err)
	}
	done, err := r.Restore(t.Context(), bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(target, databaseName), filepath.Join(target, secretsName), done.Aside} {
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		if owner := info.Sys().(*syscall.Stat_t); owner.Uid != other || owner.Gid != other {
			t.Errorf("%s belongs to %d:%d", path, owner.Uid, owner.Gid)
		}
	}
}
