package httpd_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ksync/internal/httpd"
)

func TestListen_UnixSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	// What a server that was killed leaves: a socket nobody answers on.
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
	if err := left.Close(); err != nil {
		t.Fatal(err)
	}
	listeners, err := httpd.Listen(t.Context(), []string{"unix:" + path})
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	accepted := make(chan struct{})
	go func() {
		defer close(accepted)
		if conn, err := listeners[0].Accept(); err == nil {
			_ = conn.Close() // only a probe
		}
	}()
	if _, err := httpd.Listen(t.Context(), []string{"unix:" + path}); err == nil || !strings.Contains(err.Error(), "another server answers") {
		t.Errorf("a second server: %v", err)
	}
	<-accepted
	if err := listeners[0].Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the socket was left behind")
	}
}

func TestListen_FileInTheWayIsKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := httpd.Listen(t.Context(), []string{"unix:" + path}); err == nil {
		t.Error("listening over a file")
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "mine" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestListen_AllOrNothing(t *testing.T) {
	t.Parallel()
	first, err := httpd.Listen(t.Context(), []string{"127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer first[0].Close() //nolint:errcheck // the test's end
	path := filepath.Join(t.TempDir(), "s")
	if _, err := httpd.Listen(t.Context(), []string{"unix:" + path, first[0].Addr().String()}); err == nil || !strings.Contains(err.Error(), "--listen") {
		t.Errorf("a port in use: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the first listener stayed open")
	}
}
