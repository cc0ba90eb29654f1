//go:build unix

package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A service manager hands over an open socket, learns when it is served, and
// stops it with SIGTERM (sd_listen_fds(3), sd_notify(3)), and not with SIGHUP.
func TestServe_UnderAServiceManager(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	notify, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer notify.Close() //nolint:errcheck // the test's end
	socket := filepath.Join(dir, "web")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	file, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	// LISTEN_PID must name the process, which only a shell before exec knows.
	cmd := exec.Command("sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec ksyncd serve --data "$0"`, filepath.Join(dir, "data"))
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+filepath.Join(dir, "notify"))
	cmd.ExtraFiles = []*os.File{file}
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // it has ended, unless the test failed

	expect(t, notify, "READY=1")
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}
	if err := waitReady(client, "http://server/readyz"); err != nil {
		t.Error(err)
	}
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil { // a reload, as other servers have it
		t.Fatal(err)
	}
	if err := waitReady(client, "http://server/readyz"); err != nil {
		t.Error(err)
	}
	client.CloseIdleConnections()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	expect(t, notify, "STOPPING=1")
	if err := cmd.Wait(); err != nil {
		t.Errorf("ended with %v", err)
	}
}

func expect(t *testing.T, notify *net.UnixConn, want string) {
	t.Helper()
	if err := notify.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1000)
	n, err := notify.Read(buf)
	if err != nil || string(buf[:n]) != want {
		t.Errorf("notified %q, %v, want %s", buf[:n], err, want)
	}
}
