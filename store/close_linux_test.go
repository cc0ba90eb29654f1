package store

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestClose_KeepsTheLocksOfAWriteThatHasBegun: were they gone, another process would write into the same log at the
// same time.
func TestClose_KeepsTheLocksOfAWriteThatHasBegun(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ksyncd.db")
	s, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	index, err := os.Open(path + "-shm")
	if err != nil {
		t.Fatal(err)
	}
	begun, finish := make(chan struct{}), make(chan struct{})
	written, closed := make(chan error, 1), make(chan error, 1)
	go func() {
		written <- s.Write(t.Context(), func(*Tx) error {
			close(begun)
			<-finish
			return nil
		})
	}()
	<-begun
	if !writeLocked(t, index) {
		t.Error("a write that has begun has no lock")
	}
	go func() { closed <- s.Close() }()
	<-s.writer.stop
	if !writeLocked(t, index) {
		t.Error("a write that has begun has no lock once the store is being closed")
	}
	close(finish)
	for _, done := range []chan error{written, closed} {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if err := index.Close(); err != nil {
		t.Error(err)
	}
}

// writeLocked asks as another process would: a lock of an open file conflicts with those of this process, too.
func writeLocked(t *testing.T, index *os.File) bool {
	t.Helper()
	const ofdGetLock = 36 // F_OFD_GETLK
	const writeLock = 120 // WAL_WRITE_LOCK: https://sqlite.org/walformat.html §2.3
	l := syscall.Flock_t{Type: syscall.F_RDLCK, Whence: io.SeekStart, Start: writeLock, Len: 1}
	if err := syscall.FcntlFlock(index.Fd(), ofdGetLock, &l); err != nil {
		t.Fatal(err)
	}
	return l.Type != syscall.F_UNLCK
}
