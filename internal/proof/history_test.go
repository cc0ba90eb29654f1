package proof_test

import (
	"context"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"ksync/internal/proof"
)

var histories = flag.Int("histories", 4, "histories of concurrent clients to check, of each kind")

// What clients do in a history: few names, so that they meet.
const (
	historyNames   = 3
	historyClients = 5
	historySteps   = 30 // of each client
)

// TestHistory_IsThatOfOneServer has concurrent clients put and delete with and
// without ETags, read, list and sync by token, and asks a checker whether there
// is one order of all that, in keeping with the clock, in which one simple
// server would have given the same answers. A sync counts as reading
// everything: what the client has afterwards must be all there is.
func TestHistory_IsThatOfOneServer(t *testing.T) {
	t.Parallel()
	seed := firstSeed()
	for _, test := range []struct {
		name  string
		kills int
	}{{"undisturbed", 0}, {"while it is killed", 2}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			rig := startRig(t)
			ops, unknown := 0, 0
			for n := range *histories {
				h := newHistory(t, rig, n, seed+uint64(n))
				h.run(test.kills)
				h.check()
				ops += len(h.operations)
				unknown += h.unknown
			}
			t.Logf("seed %d: %d histories of %d operations, %d of unknown outcome", seed, *histories, ops, unknown)
		})
	}
}

// view is the ETags of all names; "" for what is not there.
type view [historyNames]string

// act is what a client asks.
type act struct {
	kind   string // put, delete, get, all
	name   int
	etag   string // what a put makes
	match  string // If-Match; "" for none
	absent bool   // If-None-Match: *
}

// reply is what it heard; unknown when it heard nothing, and the change may
// have been made or not.
type reply struct {
	unknown bool
	status  int
	etag    string // of a get
	view    view   // of a listing or a sync
}

// server is the model.
func server() porcupine.Model {
	model := porcupine.NondeterministicModel{
		Init: func() []any { return []any{view{}} },
		Step: func(state, input, output any) []any {
			return following(state.(view), input.(act), output.(reply))
		},
		DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v -> %+v", input, output) },
	}
	return model.ToModel()
}

// following is what may be after an act with that reply; nothing when it cannot be.
func following(now view, a act, r reply) []any {
	if a.kind == "get" || a.kind == "all" {
		if read(now, a, r) {
			return []any{now}
		}
		return nil
	}
	status, after := change(now, a)
	switch {
	case r.unknown:
		return []any{now, after}
	case r.status != status:
		return nil
	}
	return []any{after}
}

func read(now view, a act, r reply) bool {
	if a.kind == "all" {
		return r.view == now
	}
	return r.etag == now[a.name]
}

// change is RFC 9110 §13.1 for one object: the status as a class, and what is there then.
func change(now view, a act) (status int, after view) {
	etag, after := now[a.name], now
	switch {
	case a.kind == "delete" && etag == "":
		return http.StatusNotFound, now
	case a.match != "" && a.match != etag, a.absent && etag != "":
		return http.StatusPreconditionFailed, now
	case a.kind == "delete":
		after[a.name] = ""
	default:
		after[a.name] = a.etag
	}
	return http.StatusOK, after
}

// rig is a server that can be killed under its clients.
type rig struct {
	t      *testing.T
	data   string
	mu     sync.RWMutex // held for writing while it is down
	server *proof.Server
	client *proof.Client

	bodies map[string][]byte      // by ETag, which the server gives to bytes whatever their name
	etags  [historyNames][]string // what each name may have
}

func startRig(t *testing.T) *rig {
	r := &rig{t: t, data: t.TempDir(), bodies: map[string][]byte{}}
	r.server = startOn(t, r.data)
	c, err := r.server.Account(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	r.client = c
	for name := range historyNames {
		for revision := range 12 {
			r.learn(name, proof.Card(fmt.Sprintf("name-%d", name), name, revision))
		}
	}
	return r
}

// learn finds out the ETag of some bytes, so that it is known also of a PUT
// whose answer never came.
func (r *rig) learn(name int, body []byte) {
	r.t.Helper()
	etag, err := r.client.Put(r.t.Context(), fmt.Sprintf("%scontacts/%d.vcf", r.client.AddressBooks, name), body)
	if err != nil {
		r.t.Fatal(err)
	}
	r.bodies[etag] = body
	r.etags[name] = append(r.etags[name], etag)
}

// at is a client of the server that runs now.
func (r *rig) at() *proof.Client {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.client
}

// kill ends the server in the middle of what it does, calls dead, and starts it again.
func (r *rig) kill(dead func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.server.Kill()
	dead()
	s, err := proof.Start(context.Background(), binary, r.data)
	if err != nil {
		r.t.Error(err)
		return
	}
	r.t.Cleanup(s.Stop)
	r.server, r.client = s, r.client.At(s.URL)
}

// history is what clients did in one address book.
type history struct {
	*testing.T
	rig   *rig
	seed  uint64
	book  string
	began time.Time

	mu         sync.Mutex
	operations []porcupine.Operation
	open       []int // operations of unknown outcome since the server last died
	unknown    int
	tokens     map[string]view
}

func newHistory(t *testing.T, r *rig, n int, seed uint64) *history {
	t.Helper()
	h := &history{T: t, rig: r, seed: seed, book: fmt.Sprintf("%shistory-%d/", r.at().AddressBooks, n), tokens: map[string]view{}}
	if err := r.at().MakeAddressBook(t.Context(), h.book); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *history) now() int64 { return time.Since(h.began).Nanoseconds() }

// run has all clients at work, and the server killed a few times meanwhile.
func (h *history) run(kills int) {
	h.began = time.Now()
	var wg, killer sync.WaitGroup
	ctx, over := context.WithCancel(context.Background())
	for id := range historyClients {
		wg.Go(func() { h.client(id) })
	}
	random := rand.New(rand.NewPCG(h.seed, 1<<32))
	killer.Go(func() {
		for range kills {
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Duration(random.IntN(60)) * time.Millisecond):
				h.rig.kill(h.died)
			}
		}
	})
	wg.Wait()
	over()
	killer.Wait()
}

// died ends what was under way: it has come to pass by now, or never will.
func (h *history) died() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, i := range h.open {
		h.operations[i].Return = h.now()
	}
	h.open = nil
}

// client does random things; what it saw last decides what it expects.
func (h *history) client(id int) {
	random := rand.New(rand.NewPCG(h.seed, uint64(id)))
	replica := proof.NewReplica(h.rig.at(), h.book)
	var seen view
	for range historySteps {
		name := random.IntN(historyNames)
		a := act{name: name, etag: h.rig.etags[name][random.IntN(len(h.rig.etags[name]))]}
		switch random.IntN(12) {
		case 0, 1:
			a.kind = "put"
		case 2:
			a.kind, a.absent = "put", true
		case 3:
			a.kind, a.match = "put", seen[name]
		case 4, 5:
			a.kind = "delete"
		case 6:
			a.kind, a.match = "delete", seen[name]
		case 7:
			a.kind = "get"
		default:
			a.kind = "all"
		}
		h.do(id, a, replica, &seen, random.IntN(4) > 0)
	}
	h.do(id, act{kind: "all"}, replica, &seen, true)
}

// do asks, and notes what was asked and heard, and when.
func (h *history) do(id int, a act, replica *proof.Replica, seen *view, bySync bool) {
	called := h.now()
	c := h.rig.at()
	var r reply
	var err error
	switch {
	case a.kind == "all" && bySync:
		r.view, err = h.sync(c, replica)
		*seen = r.view
	case a.kind == "all":
		r.view, err = h.list(c)
		*seen = r.view
	default:
		r, err = h.one(c, a)
		seen[a.name] = r.etag
	}
	returned := h.now()
	if err != nil && (a.kind == "get" || a.kind == "all") {
		return // nothing was heard, nothing was changed
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.unknown = err != nil; r.unknown {
		h.unknown++
		h.open = append(h.open, len(h.operations))
		returned = math.MaxInt64
	}
	h.operations = append(h.operations, porcupine.Operation{ClientId: id, Input: a, Call: called, Output: r, Return: returned})
}

func (h *history) path(name int) string { return fmt.Sprintf("%s%d.vcf", h.book, name) }

// one asks about one object. Its error means that nothing is known.
func (h *history) one(c *proof.Client, a act) (reply, error) {
	header := proof.Header{"Content-Type", "text/vcard"}
	if a.match != "" {
		header = append(header, "If-Match", a.match)
	}
	if a.absent {
		header = append(header, "If-None-Match", "*")
	}
	var body []byte
	if a.kind == "put" {
		body = h.rig.bodies[a.etag]
	}
	resp, err := c.Do(context.Background(), strings.ToUpper(a.kind), h.path(a.name), header, body)
	if err != nil {
		return reply{}, err
	}
	switch resp.Status {
	case http.StatusOK, http.StatusCreated, http.StatusNoContent:
		return reply{status: http.StatusOK, etag: resp.Header.Get("ETag")}, nil
	case http.StatusNotFound, http.StatusPreconditionFailed:
		return reply{status: resp.Status}, nil
	}
	h.Errorf("seed %d: %+v: status %d\n%s", h.seed, a, resp.Status, resp.Body)
	return reply{}, fmt.Errorf("status %d", resp.Status)
}

func (h *history) list(c *proof.Client) (view, error) {
	listed, err := c.Listing(context.Background(), h.book)
	return h.viewOf(listed), err
}

// sync also holds every client to the others: who has the same token has the same.
func (h *history) sync(c *proof.Client, r *proof.Replica) (view, error) {
	r.Client = c
	if _, err := r.Sync(context.Background(), 0); err != nil {
		return view{}, err
	}
	v := h.viewOf(r.ETags)
	h.mu.Lock()
	defer h.mu.Unlock()
	if other, known := h.tokens[r.Token]; known && other != v {
		h.Errorf("seed %d: token %s stands for %v and for %v", h.seed, r.Token, other, v)
	}
	h.tokens[r.Token] = v
	return v, nil
}

func (h *history) viewOf(etags map[string]string) (v view) {
	for name := range historyNames {
		v[name] = etags[h.path(name)]
	}
	return v
}

// check decides. What is left of unknown outcome was never answered, and the
// server that had it is the one that was killed last, or runs still.
func (h *history) check() {
	h.Helper()
	result := porcupine.CheckOperationsTimeout(server(), h.operations, time.Minute)
	if result == porcupine.Ok {
		return
	}
	h.Errorf("seed %d: %s: no server could have answered like this:\n%s", h.seed, result, h.print())
}

func (h *history) print() string {
	all := slices.Clone(h.operations)
	slices.SortFunc(all, func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
	var b strings.Builder
	for _, o := range all {
		fmt.Fprintf(&b, "%9d–%9d client %d: %+v -> %+v\n", o.Call, o.Return, o.ClientId, o.Input, o.Output)
	}
	return b.String()
}

// The checker itself tells right from wrong.
func TestHistory_CheckerFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	op := func(client int, call, end int64, a act, r reply) porcupine.Operation {
		return porcupine.Operation{ClientId: client, Call: call, Return: end, Input: a, Output: r}
	}
	put := func(client int, call, end int64, etag, match string) porcupine.Operation {
		return op(client, call, end, act{kind: "put", etag: etag, match: match}, reply{status: 200, etag: etag})
	}
	all := func(client int, call, end int64, etag string) porcupine.Operation {
		return op(client, call, end, act{kind: "all"}, reply{view: view{etag}})
	}
	lost := op(1, 10, math.MaxInt64, act{kind: "put", etag: "b"}, reply{unknown: true})
	for name, test := range map[string]struct {
		history []porcupine.Operation
		want    bool
	}{
		"a sync that misses a change":      {[]porcupine.Operation{put(1, 0, 1, "a", ""), all(2, 2, 3, "")}, false},
		"a sync at the same time may":      {[]porcupine.Operation{put(1, 0, 5, "a", ""), all(2, 2, 3, "")}, true},
		"both of two with the same ETag":   {[]porcupine.Operation{put(1, 0, 1, "a", ""), put(1, 2, 9, "b", "a"), put(2, 2, 9, "c", "a")}, false},
		"one after the other":              {[]porcupine.Operation{put(1, 0, 1, "a", ""), put(1, 2, 9, "b", "a"), put(2, 2, 9, "c", "b")}, true},
		"an unknown change that came":      {[]porcupine.Operation{put(1, 0, 1, "a", ""), lost, all(2, 20, 21, "b")}, true},
		"an unknown change that did not":   {[]porcupine.Operation{put(1, 0, 1, "a", ""), lost, all(2, 20, 21, "a")}, true},
		"one that came and went":           {[]porcupine.Operation{put(1, 0, 1, "a", ""), lost, all(2, 20, 21, "b"), all(2, 22, 23, "a")}, false},
		"a change that nobody asked for":   {[]porcupine.Operation{put(1, 0, 1, "a", ""), all(2, 2, 3, "z")}, false},
		"deleted, and it was never there":  {[]porcupine.Operation{op(1, 0, 1, act{kind: "delete"}, reply{status: 200})}, false},
		"created twice with If-None-Match": {[]porcupine.Operation{put(1, 0, 1, "a", ""), op(2, 2, 3, act{kind: "put", etag: "b", absent: true}, reply{status: 200})}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := porcupine.CheckOperations(server(), test.history); got != test.want {
				t.Errorf("checked %v, want %v", got, test.want)
			}
		})
	}
}
