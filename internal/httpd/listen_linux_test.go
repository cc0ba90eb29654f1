package httpd_test

import (
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"ksync/internal/httpd"
)

// A server that has no time to answer whoever knocks lost its socket to the
// next one that was started.
func TestListen_BusyServerKeepsItsSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd) //nolint:errcheck // the test's end
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	waiting, err := net.Dial("unix", path) // all that may wait
	if err != nil {
		t.Fatal(err)
	}
	defer waiting.Close() //nolint:errcheck // the test's end
	if l, err := httpd.Listen(t.Context(), []string{"unix:" + path}); err == nil {
		t.Error("another server took its place")
		_ = l[0].Close()
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("its socket is gone: %v", err)
	}
}
