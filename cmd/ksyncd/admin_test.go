//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The admin listener has what the public one must not have, and outlives it:
// who watches sees that the server stops.
func TestServe_AdminListener(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("a-token-of-the-test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd := exec.Command("ksyncd", "serve", "--data", filepath.Join(dir, "data"), "--listen", "unix:"+filepath.Join(dir, "web"),
		"--admin-listen", "unix:"+filepath.Join(dir, "admin"), "--metrics-token-file", token, "--timeout-body=20s", "--timeout-stop=20s")
	cmd.Env = slices.DeleteFunc(cmd.Environ(), func(v string) bool { return strings.HasPrefix(v, "GOMEMLIMIT=") })
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // it has ended, unless the test failed
	public, admin := socketClient(filepath.Join(dir, "web")), socketClient(filepath.Join(dir, "admin"))
	if err := waitReady(public, "http://server/readyz"); err != nil {
		t.Fatalf("%v\n%s", err, &log)
	}
	for _, tt := range []struct {
		client              *http.Client
		method, path, token string
		want                int
	}{
		{public, "GET", "/metrics", "", 401},
		{public, "GET", "/metrics", "a-token-of-the-test", 200},
		{public, "GET", "/debug/pprof/", "a-token-of-the-test", 404},
		{public, "GET", "/trace", "a-token-of-the-test", 404},
		{admin, "GET", "/metrics", "", 200},
		{admin, "GET", "/debug/pprof/heap", "", 200},
		{admin, "POST", "/trace?login=nobody", "", 400},
		{admin, "POST", "/trace?login=me", "", 200},
		{admin, "POST", "/trace?login=me", "", 400},
		{admin, "GET", "/trace", "", 200},
		{admin, "DELETE", "/trace?login=me", "", 200},
		{admin, "DELETE", "/trace?login=me", "", 404},
		{admin, "GET", "/readyz", "", 200},
		{admin, "GET", "/healthz", "", 200},
		{admin, "PROPFIND", "/dav/", "", 404},
	} {
		if code, body := askAt(t, tt.client, tt.method, tt.path, tt.token); code != tt.want {
			t.Errorf("%s %s: %d %.200s, want %d", tt.method, tt.path, code, body, tt.want)
		}
	}
	limited(t, admin)
	// A proxy, which is in our group, has no business with the administrator's side.
	for name, want := range map[string]os.FileMode{"web": 0o660, "admin": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("socket %s: %v, %v", name, info.Mode(), err)
		}
	}
	stopsInSight(t, cmd, filepath.Join(dir, "web"), admin)
	if err := cmd.Wait(); err != nil {
		t.Errorf("ended with %v\n%s", err, &log)
	}
}

// limited: the collector was told how much memory there is. Without a limit the
// runtime tells the largest number.
func limited(t *testing.T, admin *http.Client) {
	t.Helper()
	_, text := askAt(t, admin, "GET", "/metrics", "")
	found := regexp.MustCompile(`(?m)^go_gc_gomemlimit_bytes (\S+)$`).FindStringSubmatch(text)
	if found == nil {
		t.Fatal("no go_gc_gomemlimit_bytes")
	}
	want := memoryLimit(os.DirFS("/"))
	if got, err := strconv.ParseFloat(found[1], 64); err != nil || want > 0 && got != float64(want) {
		t.Errorf("the limit is %v, want %v; %v", got, want, err)
	}
}

// stopsInSight holds a request open while the server is told to stop, and asks
// the administrator's side meanwhile.
func stopsInSight(t *testing.T, cmd *exec.Cmd, socket string, admin *http.Client) {
	t.Helper()
	held, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close() //nolint:errcheck // the test's end
	// A body that is on its way keeps the request open.
	fmt.Fprint(held, "POST /sign-in HTTP/1.1\r\nHost: server\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n\r\nlogin")
	waitFor(t, "the request is being answered", func() bool {
		_, text := askAt(t, admin, "GET", "/metrics", "")
		return strings.Contains(text, "\nksyncd_http_requests_active 1\n")
	})
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "it says that it is not ready", func() bool {
		code, _ := askAt(t, admin, "GET", "/readyz", "")
		return code == http.StatusServiceUnavailable
	})
	if code, _ := askAt(t, admin, "GET", "/healthz", ""); code != http.StatusOK {
		t.Errorf("alive while stopping: %d", code)
	}
	fmt.Fprint(held, "=anna")
	if answer, err := io.ReadAll(held); err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 ")) {
		t.Errorf("the request that had begun was answered %.100q, %v", answer, err)
	}
}

func socketClient(path string) *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
}

func askAt(t *testing.T, client *http.Client, method, path, token string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://server"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// waitFor asks again until it is so, or for 20 seconds.
func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(20 * time.Second); !is(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("not in time: %s", what)
		}
	}
}
