package proof_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ksync/internal/proof"
)

var (
	rounds    = flag.Int("rounds", 1, "crashes to survive")
	crashSeed = flag.Uint64("crash-seed", 0, "seed of the first round; 0 takes one from the clock")
)

// TestCrash_AcknowledgedWritesSurvive holds design.md §5.2: kill -9 in the
// middle of 1,000 concurrent PUTs loses nothing that was acknowledged, tears
// nothing, and leaves sync tokens from before good.
func TestCrash_AcknowledgedWritesSurvive(t *testing.T) {
	t.Parallel()
	seed := firstSeed()
	for round := range uint64(*rounds) {
		t.Run(fmt.Sprintf("seed %d", seed+round), func(t *testing.T) { crash(t, seed+round) })
	}
}

// firstSeed is what the rounds of a test begin with; each prints its own.
func firstSeed() uint64 {
	if *crashSeed != 0 {
		return *crashSeed
	}
	return uint64(time.Now().UnixNano())
}

const (
	crashPuts    = 1000
	crashWriters = 32
	crashOld     = 100 // of the PUTs change an object that is there
)

// upload is one PUT and what became of it.
type upload struct {
	path   string
	before []byte // nil when the object is new
	after  []byte
	acked  bool
	etag   string
}

func crash(t *testing.T, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 0))
	data := t.TempDir()
	s := startOn(t, data)
	c, err := s.Account(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	book := c.AddressBooks + "contacts/"
	uploads := prepare(t, c, book)
	replicas := []*proof.Replica{proof.NewReplica(c, book), proof.NewReplica(c, book)}
	sync1(t, replicas[0])
	sync1(t, replicas[1])
	random.Shuffle(len(uploads), func(i, j int) { uploads[i], uploads[j] = uploads[j], uploads[i] })

	killAfter, pause := random.IntN(crashPuts-crashWriters), time.Duration(random.IntN(3000))*time.Microsecond
	killMidway(t.Context(), s, replicas[1], uploads, killAfter, pause)
	t.Logf("killed after %d of %d were acknowledged", acknowledged(uploads), crashPuts)

	c = c.At(startOn(t, data).URL)
	for i := range uploads {
		checkUpload(t, c, &uploads[i])
	}
	for i, r := range replicas {
		r.Client = c
		sync1(t, r)
		checkReplica(t, r, fmt.Sprintf("replica %d", i))
	}
}

// prepare stores the objects that will change, and says what will be sent.
func prepare(t *testing.T, c *proof.Client, book string) []upload {
	uploads := make([]upload, crashPuts)
	for i := range uploads {
		uid := fmt.Sprintf("crash-%d", i)
		u := upload{path: book + uid + ".vcf", after: proof.Card(uid, i, 1)}
		if i < crashOld {
			u.before = proof.Card(uid, i, 0)
			if _, err := c.Put(t.Context(), u.path, u.before); err != nil {
				t.Fatal(err)
			}
		}
		uploads[i] = u
	}
	return uploads
}

// killMidway sends the uploads from many clients, while one more client syncs,
// and kills the server once enough have been acknowledged.
func killMidway(ctx context.Context, s *proof.Server, watcher *proof.Replica, uploads []upload, killAfter int, pause time.Duration) {
	var next, acked atomic.Int64
	var once sync.Once
	var wg sync.WaitGroup
	for range crashWriters {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(uploads)); i = next.Add(1) - 1 {
				u := &uploads[i]
				etag, err := watcher.Client.Put(ctx, u.path, u.after)
				if err != nil {
					continue
				}
				u.acked, u.etag = true, etag
				if acked.Add(1) > int64(killAfter) {
					once.Do(func() { time.Sleep(pause); s.Kill() })
				}
			}
		})
	}
	wg.Go(func() {
		for {
			if _, err := watcher.Sync(ctx, 0); err != nil {
				return
			}
		}
	})
	wg.Wait()
}

func acknowledged(uploads []upload) (n int) {
	for _, u := range uploads {
		if u.acked {
			n++
		}
	}
	return n
}

func checkUpload(t *testing.T, c *proof.Client, u *upload) {
	t.Helper()
	resp, err := c.Do(t.Context(), http.MethodGet, u.path, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := string(resp.Body)
	switch {
	case u.acked && (resp.Status != http.StatusOK || got != string(u.after) || resp.Header.Get("ETag") != u.etag):
		t.Errorf("%s: was acknowledged, now status %d, ETag %s (was %s)\n%s", u.path, resp.Status, resp.Header.Get("ETag"), u.etag, cmp.Diff(string(u.after), got))
	case u.acked:
	case resp.Status == http.StatusNotFound && u.before == nil:
	case resp.Status == http.StatusOK && (got == string(u.after) || u.before != nil && got == string(u.before)):
	default:
		t.Errorf("%s: was not acknowledged, and is neither whole nor absent: status %d\n%s", u.path, resp.Status, got)
	}
}

func sync1(t *testing.T, r *proof.Replica) {
	t.Helper()
	if _, err := r.Sync(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
}

// checkReplica compares what a client knows with what the server lists.
func checkReplica(t rapid.TB, r *proof.Replica, name string) {
	t.Helper()
	listed, err := r.Client.Listing(context.Background(), r.Collection)
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(listed, r.ETags) {
		t.Errorf("%s, %d objects, server %d (-server +client):\n%s", name, len(r.ETags), len(listed), cmp.Diff(sorted(listed), sorted(r.ETags)))
	}
}

func sorted(m map[string]string) (out []string) {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, k+" "+m[k])
	}
	return out
}
