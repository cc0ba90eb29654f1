package proof_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
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

// TestCrash_NothingIsLost holds design.md §5.2: kill -9 at a random moment,
// whatever the server and its commands are at, loses nothing that was
// acknowledged, tears nothing, leaves sync tokens from before good, and leaves
// nothing that `ksyncd verify` would find.
func TestCrash_NothingIsLost(t *testing.T) {
	t.Parallel()
	seed := firstSeed()
	for _, w := range workloads() {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			var all tally
			for round := range uint64(*rounds) {
				t.Run(fmt.Sprintf("seed %d", seed+round), func(t *testing.T) {
					all = append(all, w.round(t, rand.New(rand.NewPCG(seed+round, 0))))
				})
			}
			t.Logf("%d rounds: %v", len(all), all)
		})
	}
}

// workload is what is killed. One round tells in a word where that was.
type workload struct {
	name  string
	round func(t *testing.T, random *rand.Rand) string
}

// workloads are all of them; what else changes much at once is one more row.
func workloads() []workload {
	return []workload{
		{"puts", crashPuts},
		{"import", (&window{250 * time.Millisecond}).crashImport},
		{"migration", (&window{300 * time.Millisecond}).crashMigration},
		{"backup", (&window{80 * time.Millisecond}).crashBackup},
		{"restore", (&window{200 * time.Millisecond}).crashRestore},
		{"merges", crashMerges},
	}
}

// window is the time in which something is killed. It follows how fast the
// machine is, so that most kills strike in the middle.
type window struct{ length time.Duration }

// moment is a random time in it.
func (w *window) moment(random *rand.Rand) time.Duration {
	return time.Duration(random.Int64N(int64(w.length)))
}

// learn is told whether the last kill came too late.
func (w *window) learn(late bool) {
	if late {
		w.length = w.length * 3 / 4
	} else {
		w.length = w.length * 11 / 10
	}
}

// tally prints how often each thing was.
type tally []string

// String implements fmt.Stringer.
func (t tally) String() string {
	counts := map[string]int{}
	for _, what := range t {
		counts[what]++
	}
	var out []string
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, fmt.Sprintf("%d× %s", counts[what], what))
	}
	return strings.Join(out, ", ")
}

// firstSeed is what the rounds of a test begin with; each prints its own.
func firstSeed() uint64 {
	if *crashSeed != 0 {
		return *crashSeed
	}
	return uint64(time.Now().UnixNano())
}

const (
	crashUploads = 1000
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

// crashPuts kills the server in the middle of 1,000 concurrent PUTs.
func crashPuts(t *testing.T, random *rand.Rand) string {
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

	k := &striker{server: s, pause: time.Duration(random.IntN(3000)) * time.Microsecond}
	k.left.Store(random.Int64N(crashUploads - crashWriters))
	killMidway(t, k, replicas[1], uploads)
	t.Logf("killed after %d of %d were acknowledged", acknowledged(uploads), crashUploads)

	c = c.At(startOn(t, data).URL)
	for i := range uploads {
		checkUpload(t, c, &uploads[i])
	}
	for i, r := range replicas {
		r.Client = c
		sync1(t, r)
		checkReplica(t, r, fmt.Sprintf("replica %d", i))
	}
	command(t, data, "verify")
	return "killed in the middle"
}

// prepare stores the objects that will change, and says what will be sent.
func prepare(t *testing.T, c *proof.Client, book string) []upload {
	uploads := make([]upload, crashUploads)
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
// and the server is killed once enough have been acknowledged.
func killMidway(t *testing.T, k *striker, watcher *proof.Replica, uploads []upload) {
	t.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range crashWriters {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(uploads)); i = next.Add(1) - 1 {
				u := &uploads[i]
				etag, err := watcher.Client.Put(t.Context(), u.path, u.after)
				if err != nil {
					k.failed(t, err)
					return
				}
				u.acked, u.etag = true, etag
				k.acknowledged()
			}
		})
	}
	wg.Go(func() {
		for {
			if _, err := watcher.Sync(t.Context(), 0); err != nil {
				k.failed(t, err)
				return
			}
		}
	})
	wg.Wait()
}

// striker kills a server a moment after so many changes were acknowledged.
type striker struct {
	server *proof.Server
	pause  time.Duration
	left   atomic.Int64
	struck atomic.Bool // from here on nobody need be answered
}

func (k *striker) acknowledged() {
	if k.left.Add(-1) < 0 {
		time.Sleep(k.pause)
		k.strike()
	}
}

func (k *striker) strike() {
	if k.struck.CompareAndSwap(false, true) {
		k.server.Kill()
	}
}

// failed is for who was not answered: before the kill that must not be, and
// ends what would else wait for it.
func (k *striker) failed(t *testing.T, err error) {
	if !k.struck.Load() {
		t.Errorf("before the kill: %v", err)
		k.strike()
	}
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
