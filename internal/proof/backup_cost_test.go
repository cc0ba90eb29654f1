package proof_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"ksync/internal/proof"
)

// BenchmarkBackup_Beside measures how long PUTs take while backups are made
// beside them, and while none is. `make backup-cost` runs it on 50,000 objects.
// That nobody waits is for [TestBackup_ServerGoesOn] to show.
func BenchmarkBackup_Beside(t *testing.B) {
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
func fill(t testing.TB, c *proof.Client, book string, n int) {
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
func putUntil(t testing.TB, c *proof.Client, first int, do func()) (took []time.Duration) {
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
