package proof_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"ksync/internal/proof"
)

var backupObjects = flag.Int("backup-objects", 300, "objects in the address book that is backed up")

// What was acknowledged before a backup began is in it; a client with a token
// from before the restore is told to list anew, and has then what the server has.
func TestBackup_ClientsListAnewAfterARestore(t *testing.T) {
	t.Parallel()
	data, folder := t.TempDir(), filepath.Join(t.TempDir(), "backups")
	s := startOn(t, data)
	c, err := s.Account(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	book := c.AddressBooks + "contacts/"
	want := map[string]string{}
	for n := range *backupObjects {
		want[put(t, c, book, n, 0)] = string(proof.Card(fmt.Sprintf("backup-%d", n), n, 0))
	}
	atBackup := proof.NewReplica(c, book)
	sync1(t, atBackup)
	command(t, data, "backup", folder)

	path := put(t, c, book, 0, 1) // one changes, one goes, one comes after the backup
	put(t, c, book, *backupObjects, 0)
	remove(t, c, put(t, c, book, 1, 0))
	later := proof.NewReplica(c, book)
	sync1(t, later)
	s.Stop()
	command(t, data, "restore", folder, "--force")

	c = c.At(startOn(t, data).URL)
	for _, r := range []*proof.Replica{atBackup, later} {
		r.Client = c
		mustListAnew(t, c, r)
		sync1(t, r)
		checkReplica(t, r, "after the restore")
		if len(r.ETags) != *backupObjects {
			t.Errorf("%d objects, the backup has %d", len(r.ETags), *backupObjects)
		}
	}
	for path, text := range want {
		resp, err := c.Want(t.Context(), []int{http.StatusOK}, http.MethodGet, path, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if string(resp.Body) != text {
			t.Errorf("%s:\n%s", path, resp.Body)
		}
	}
	if etag, err := c.Put(t.Context(), path, proof.Card("backup-0", 0, 2)); err != nil || etag == "" {
		t.Error(etag, err)
	}
	command(t, data, "verify")
}

func put(t *testing.T, c *proof.Client, book string, n, revision int) (path string) {
	t.Helper()
	path = fmt.Sprintf("%sbackup-%d.vcf", book, n)
	if _, err := c.Put(t.Context(), path, proof.Card(fmt.Sprintf("backup-%d", n), n, revision)); err != nil {
		t.Fatal(err)
	}
	return path
}

func remove(t *testing.T, c *proof.Client, path string) {
	t.Helper()
	if _, err := c.Want(t.Context(), []int{http.StatusNoContent}, http.MethodDelete, path, nil, nil); err != nil {
		t.Fatal(err)
	}
}

// mustListAnew asks with the token from before and begins again, as RFC 6578
// §3.2 has it: the precondition DAV:valid-sync-token does not hold.
func mustListAnew(t *testing.T, c *proof.Client, r *proof.Replica) {
	t.Helper()
	resp, err := c.Do(t.Context(), "REPORT", r.Collection, proof.Header{"Content-Type", "application/xml", "Depth", "0"}, []byte(proof.SyncBody(r.Token, 0)))
	if err != nil {
		t.Fatal(err)
	}
	if got := proof.Condition(resp.Body); resp.Status != http.StatusForbidden || got != "DAV: valid-sync-token" {
		t.Errorf("a token from before the restore: status %d, %s", resp.Status, got)
	}
	r.Token, r.ETags = "", map[string]string{}
}

// command runs a command of the server, which must succeed.
func command(t testing.TB, data string, args ...string) []byte {
	t.Helper()
	out, err := proof.Command(t.Context(), binary, data, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestBackup_ServerGoesOn holds a backup of another process in its middle, by
// not taking what it writes, for as long as clients write and the server does
// its maintenance: none of them waits for it, and it has what was there before.
func TestBackup_ServerGoesOn(t *testing.T) {
	t.Parallel()
	data, archive := t.TempDir(), filepath.Join(t.TempDir(), "piped")
	c, err := startOn(t, data).Account(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	book := c.AddressBooks + "contacts/"
	const before = 30
	for n := range before { // more than a pipe and all buffers before it hold
		if _, err := c.Put(t.Context(), fmt.Sprintf("%sbefore-%d.vcf", book, n), photograph(n)); err != nil {
			t.Fatal(err)
		}
	}
	var had contents
	if err := json.Unmarshal(command(t, data, "verify"), &had); err != nil || had.Objects != before {
		t.Fatal(had, err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "backup", "-", "--data", data)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	begin := make([]byte, 1)
	if _, err := io.ReadFull(pipe, begin); err != nil {
		t.Fatal(err)
	}
	for n := range 20 {
		put(t, c, book, n, 0)
	}
	remove(t, c, book+"before-0.vcf")
	command(t, data, "user", "add", "bob")
	rest, err := io.ReadAll(pipe)
	if err := errors.Join(err, cmd.Wait(), os.WriteFile(archive, append(begin, rest...), 0o600)); err != nil {
		t.Fatal(err)
	}
	var restored struct{ Report contents }
	if err := json.Unmarshal(command(t, t.TempDir(), "restore", archive), &restored); err != nil {
		t.Fatal(err)
	}
	if restored.Report != had {
		t.Errorf("the backup has %+v, when it began there was %+v", restored.Report, had)
	}
}

// contents is how much a server has.
type contents struct{ Accounts, Objects, Versions int }

// photograph is a card that cannot be compressed.
func photograph(n int) []byte {
	bytes := make([]byte, 48<<10)
	for i := range bytes {
		bytes[i] = byte(rand.Uint32())
	}
	return fmt.Appendf(nil, "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:before-%d\r\nFN:Before %d\r\nPHOTO;ENCODING=b;TYPE=JPEG:%s\r\nEND:VCARD\r\n",
		n, n, base64.StdEncoding.EncodeToString(bytes))
}
