package proof_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

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
func command(t *testing.T, data string, args ...string) []byte {
	t.Helper()
	out, err := proof.Command(t.Context(), binary, data, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestBackup_NobodyWaits measures how long PUTs take while backups are made
// beside them, and while none is. `make backup-cost` runs it on 50,000 objects.
func TestBackup_NobodyWaits(t *testing.T) {
	data := t.TempDir()
	s := startOn(t, data)
	c, err := s.Account(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	fill(t, c, c.AddressBooks+"contacts/", *backupObjects)
	var quiet, busy []time.Duration
	var made []time.Duration
	for range 3 { // in turns, so that what else the machine does meets both
		quiet = append(quiet, putUntil(t, c, len(quiet), func() { time.Sleep(time.Second / 4) })...)
		busy = append(busy, putUntil(t, c, 1<<20+len(busy), func() {
			began := time.Now()
			command(t, data, "backup", filepath.Join(data, "backups"))
			made = append(made, time.Since(began))
		})...)
	}
	var report struct {
		Bytes   int64
		Objects int64
	}
	if err := json.Unmarshal(command(t, data, "verify"), &report); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d objects, %d bytes of them; backups took %v", report.Objects, report.Bytes, made)
	t.Logf("PUT without a backup: %s", percentiles(quiet))
	t.Logf("PUT during a backup:  %s", percentiles(busy))
}

// fill stores many objects, by several clients.
func fill(t *testing.T, c *proof.Client, book string, n int) {
	t.Helper()
	var wg sync.WaitGroup
	const clients = 16
	for first := range clients {
		wg.Go(func() {
			for i := first; i < n; i += clients {
				uid := fmt.Sprintf("fill-%d", i)
				if _, err := c.Put(context.WithoutCancel(t.Context()), book+uid+".vcf", proof.Card(uid, i, 0)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// putUntil puts objects from four clients while something is done, and returns
// how long each took.
func putUntil(t *testing.T, c *proof.Client, first int, do func()) (took []time.Duration) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var mu sync.Mutex
	var wg sync.WaitGroup
	for client := range 4 {
		wg.Go(func() {
			for n := first + client; ctx.Err() == nil; n += 4 {
				uid := fmt.Sprintf("during-%d", n)
				began := time.Now()
				if _, err := c.Put(context.WithoutCancel(ctx), c.AddressBooks+"contacts/"+uid+".vcf", proof.Card(uid, n, 0)); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				took = append(took, time.Since(began))
				mu.Unlock()
			}
		})
	}
	do()
	stop()
	wg.Wait()
	return took
}

func percentiles(all []time.Duration) string {
	if len(all) == 0 {
		return "none"
	}
	slices.Sort(all)
	at := func(p int) time.Duration { return all[min(len(all)-1, len(all)*p/100)].Round(10 * time.Microsecond) }
	return fmt.Sprintf("n %d, p50 %v, p95 %v, p99 %v, longest %v", len(all), at(50), at(95), at(99), all[len(all)-1].Round(10*time.Microsecond))
}
