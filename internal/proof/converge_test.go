package proof_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"ksync/internal/caldav"
	"ksync/internal/carddav"
	"ksync/internal/dav"
	"ksync/internal/proof"
	"ksync/store"
)

// TestConverge_EveryReplicaEqualsTheServer is the promise of RFC 6578 under
// fire: writers put, delete and move at random in two address books while
// clients sync by token with page limits of their own; in the end every client
// has what the server has.
func TestConverge_EveryReplicaEqualsTheServer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		plan := drawPlan(rt)
		c, done := engine(rt, t.TempDir())
		defer done()
		plan.run(rt, c)
	})
}

// plan is who does what; the order among them is the machine's.
type plan struct {
	writers [][]step
	readers []reader
}

// step is one write: to one of few names, so that writers meet.
type step struct {
	kind     string
	from, to int // names
	revision int
}

// reader syncs a book so many times, with a page limit, while writers write.
type reader struct{ book, limit, times int }

const names = 12 // six in each of two books

func drawPlan(rt *rapid.T) plan {
	steps := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) step {
		return step{
			kind: rapid.SampledFrom([]string{"put", "put", "put", "delete", "move"}).Draw(rt, "kind"),
			from: rapid.IntRange(0, names-1).Draw(rt, "from"), to: rapid.IntRange(0, names-1).Draw(rt, "to"),
			revision: rapid.IntRange(0, 3).Draw(rt, "revision"),
		}
	}), 1, 20)
	readers := rapid.Custom(func(rt *rapid.T) reader {
		return reader{rapid.IntRange(0, 1).Draw(rt, "book"), rapid.IntRange(0, 4).Draw(rt, "limit"), rapid.IntRange(0, 8).Draw(rt, "times")}
	})
	return plan{
		writers: rapid.SliceOfN(steps, 1, 6).Draw(rt, "writers"),
		readers: rapid.SliceOfN(readers, 1, 4).Draw(rt, "readers"),
	}
}

func (p plan) run(t rapid.TB, c *proof.Client) {
	books := [2]string{c.AddressBooks + "one/", c.AddressBooks + "two/"}
	for _, b := range books {
		if err := c.MakeAddressBook(context.Background(), b); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for _, steps := range p.writers {
		wg.Go(func() {
			for _, s := range steps {
				s.do(t, c, books)
			}
		})
	}
	replicas := make([]*proof.Replica, len(p.readers))
	for i, r := range p.readers {
		replicas[i] = proof.NewReplica(c, books[r.book])
		wg.Go(func() { r.follow(t, replicas[i]) })
	}
	wg.Wait()
	for i, r := range replicas {
		if _, err := r.Sync(context.Background(), p.readers[i].limit); err != nil {
			t.Error(err)
		}
		checkReplica(t, r, fmt.Sprintf("replica %d, limit %d", i, p.readers[i].limit))
		checkQuiet(t, r)
	}
}

// follow takes page by page, as a client does that is interrupted now and then.
func (r reader) follow(t rapid.TB, replica *proof.Replica) {
	for range r.times {
		if _, _, err := replica.Page(context.Background(), r.limit); err != nil {
			t.Error(err)
		}
	}
}

// checkQuiet: where nothing changed, nothing is told and the token stays.
func checkQuiet(t rapid.TB, r *proof.Replica) {
	t.Helper()
	token := r.Token
	if n, err := r.Sync(context.Background(), 0); err != nil || n != 0 || r.Token != token {
		t.Errorf("sync without a change: %d changes, token %s, was %s, error %v", n, r.Token, token, err)
	}
}

// do takes every refusal that another writer can be the reason of.
func (s step) do(t rapid.TB, c *proof.Client, books [2]string) {
	path := func(n int) string { return fmt.Sprintf("%sname-%d.vcf", books[n%2], n) }
	var resp *proof.Response
	var err error
	switch s.kind {
	case "put":
		resp, err = c.Do(context.Background(), http.MethodPut, path(s.from), proof.Header{"Content-Type", "text/vcard"}, proof.Card(fmt.Sprintf("uid-%d", s.from), s.from, s.revision))
	case "delete":
		resp, err = c.Do(context.Background(), http.MethodDelete, path(s.from), nil, nil)
	case "move":
		resp, err = c.Do(context.Background(), "MOVE", path(s.from), proof.Header{"Destination", "http://in.process" + path(s.to)}, nil)
	}
	if err != nil {
		t.Error(err)
		return
	}
	switch resp.Status {
	case 201, 204, 403, 404, 409, 412:
	default:
		t.Errorf("%s %s: status %d\n%s", s.kind, path(s.from), resp.Status, resp.Body)
	}
}

// engine is the DAV server in this process, where the race detector sees it.
func engine(t rapid.TB, dir string) (c *proof.Client, done func()) {
	_, c, done = engineOn(t, store.Options{Path: filepath.Join(dir, "proof.db")})
	return c, done
}

func engineOn(t rapid.TB, o store.Options) (st *store.Store, c *proof.Client, done func()) {
	st, err := store.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	account, err := st.CreateAccount(context.Background(), store.Account{Login: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	e := dav.New(dav.Options{
		Store: st, Kinds: []*dav.Kind{caldav.Kind(), carddav.Kind()},
		SignIn: func(*http.Request) (dav.Actor, error) {
			return dav.Actor{Account: account, Scope: store.FullScope}, nil
		},
	})
	c = proof.NewClientOver(inProcess{e}, "http://in.process", "ann", "")
	c.AddressBooks = fmt.Sprintf("/dav/addressbooks/%d/", account.ID)
	return st, c, func() {
		if err := st.Verify(context.Background()); err != nil {
			t.Error(err)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}
}

// inProcess hands requests to a handler without a network between.
type inProcess struct{ http.Handler }

// RoundTrip implements http.RoundTripper.
func (h inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	in := r.Clone(r.Context())
	in.RequestURI, in.Host = r.URL.RequestURI(), r.URL.Host
	h.ServeHTTP(w, in)
	return w.Result(), nil
}
