package remote

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ksync/internal/need"
	"ksync/internal/transfer"
)

// radicale starts an independent server with a user ann.
func radicale(t *testing.T) *url.URL {
	t.Helper()
	program := need.Program(t, "radicale", "that import and check work with another server")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	config := fmt.Sprintf("[server]\nhosts = %s\n[auth]\ntype = htpasswd\nhtpasswd_filename = %s/users\nhtpasswd_encryption = plain\ndelay = 0\n[storage]\nfilesystem_folder = %[2]s/data\n", address, dir)
	for name, text := range map[string]string{"config": config, "users": "ann:" + password + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program, "--config", filepath.Join(dir, "config"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()         // its end was asked for
	})
	for deadline := time.Now().Add(time.Minute); ; {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close() // nothing was sent
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return &url.URL{Scheme: "http", Host: address, Path: "/"}
}

// upload puts a whole collection, which Radicale takes as one file.
func upload(t *testing.T, u *url.URL, mediaType, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, u.String(), strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", mediaType)
	r.SetBasicAuth("ann", password)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close() // its status is all that counts
	if resp.StatusCode != http.StatusCreated {
		t.Fatal(resp.Status)
	}
}

func TestPull_FromRadicale(t *testing.T) {
	t.Parallel()
	u := radicale(t)
	client := NewClient(Options{URL: u, User: "ann", Password: password})
	a, err := client.ask(t.Context(), query{method: "MKCOL", url: u.JoinPath("ann/")})
	if err != nil {
		t.Fatal(err)
	}
	t.Log("home:", a.status) // exists already in some releases
	upload(t, u.JoinPath("ann/cal/"), "text/calendar", crlf("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nX-WR-CALNAME:Club\n"+
		"BEGIN:VEVENT\nUID:r\nDTSTAMP:20260101T000000Z\nDTSTART:20260102T100000Z\nRRULE:FREQ=DAILY;COUNT=3\nSUMMARY:Daily\nEND:VEVENT\n"+
		"BEGIN:VEVENT\nUID:r\nDTSTAMP:20260101T000000Z\nDTSTART:20260103T110000Z\nRECURRENCE-ID:20260103T100000Z\nSUMMARY:Later\nEND:VEVENT\n"+
		"BEGIN:VTODO\nUID:t\nDTSTAMP:20260101T000000Z\nSUMMARY:Task\nEND:VTODO\nEND:VCALENDAR\n"))
	upload(t, u.JoinPath("ann/book/"), "text/vcard", card("a")+card("b"))

	here, bob := newAccount(t, "")
	r, err := client.Pull(t.Context(), options(here, bob))
	if err != nil {
		t.Fatal(err)
	}
	if r.Total[transfer.Created] != 4 || r.Total[transfer.Failed] != 0 {
		t.Errorf("%+v", r)
	}
	diff(t, r.Made, []string{"ann/book", "Club"})
	got := objects(t, here, bob)
	for name, want := range map[string]string{"Club": "RECURRENCE-ID", "ann/book": "Ann <&> \u00fc"} {
		if !slices.ContainsFunc(slices.Collect(below(got, name+"/")), func(text string) bool { return strings.Contains(text, want) }) {
			t.Errorf("%s: no %s in %v", name, want, got)
		}
	}
	r, err = client.Pull(t.Context(), options(here, bob))
	if err != nil {
		t.Fatal(err)
	}
	diff(t, r.Total[transfer.Unchanged], 4)
}

func below(all map[string]string, prefix string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for name, text := range all {
			if strings.HasPrefix(name, prefix) && !yield(text) {
				return
			}
		}
	}
}

func TestCheck_Radicale(t *testing.T) {
	t.Parallel()
	steps := check(t, radicale(t), password, nil)
	got := statuses(steps)
	for _, want := range []string{"ok /.well-known/carddav", "ok contacts: principal", "ok contacts: round trip", "problem calendars: e-mail address"} {
		if !slices.Contains(got, want) {
			t.Errorf("no %q in %+v", want, steps)
		}
	}
}
