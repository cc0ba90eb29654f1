package storetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ksync/store"
)

func syncTests() []contract {
	return []contract{
		{"FirstHasNoTombstones", syncFirst},
		{"Pages", syncPages},
		{"PageBytes", syncPageBytes},
		{"TokensOfEmptyCollection", syncEmpty},
		{"ClientSeesWhatServerHas", syncModel},
		{"ClientsStayAwayForYears", syncYears},
		{"ConcurrentClientsMissNothing", syncConcurrent},
	}
}

func (w *World) changes(t testing.TB, since int64) store.Page {
	t.Helper()
	return must(w.Store.Changes(t.Context(), w.Account.ID, w.Book.ID, since, 0, false))(t)
}

func syncEmpty(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	page := w.changes(t, 0)
	equal(t, page, store.Page{Now: 1, Oldest: 1, Epoch: w.Book.Epoch})
	equal(t, []bool{page.Valid(0), page.Valid(1), page.Valid(2), page.Valid(-1)}, []bool{true, true, false, false})
}

func syncFirst(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 3})
	w.delete(t, CardURI(1))
	page := w.changes(t, 0)
	equal(t, len(page.Objects), 2)
	equal(t, page.Objects[0].URI, CardURI(0))
	equal(t, page.Objects[1].URI, CardURI(2))
	equal(t, page.Now, int64(5))
	equal(t, len(w.changes(t, 4).Objects), 1)
	equal(t, len(w.changes(t, 5).Objects), 0)
}

func syncPages(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 10})
	for n := range 3 {
		w.delete(t, CardURI(n))
	}
	for _, limit := range []int{1, 3, 7, 9, 10, 11} {
		var numbers []int64
		since := int64(1)
		for more := true; more; {
			page := must(w.Store.Changes(t.Context(), w.Account.ID, w.Book.ID, since, limit, limit%2 == 0))(t)
			for _, c := range page.Objects {
				since = c.Change
				numbers = append(numbers, since)
				equal(t, c.Bytes != nil, limit%2 == 0 && !c.Deleted)
			}
			if more = page.More; more && len(page.Objects) != limit {
				t.Fatalf("limit %d: a page of %d", limit, len(page.Objects))
			}
		}
		equal(t, numbers, []int64{5, 6, 7, 8, 9, 10, 11, 12, 13, 14})
	}
}

func syncPageBytes(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{Limits: store.Limits{PageBytes: 1000}}), Seeds{})
	for n, size := range []int{400, 400, 400, 5000, 10} {
		w.put(t, w.text(fmt.Sprint(n), strings.Repeat("x", size)))
	}
	var pages []int
	since := int64(0)
	for more := true; more; {
		page := must(w.Store.Changes(t.Context(), w.Account.ID, w.Book.ID, since, 0, true))(t)
		pages = append(pages, len(page.Objects))
		more, since = page.More, page.Objects[len(page.Objects)-1].Change
	}
	equal(t, pages, []int{2, 1, 1, 1})
	equal(t, len(w.changes(t, 0).Objects), 5)
}

// client is a sync client: what it has, and how far it is.
type client struct {
	has   map[string]string // URI to ETag
	since int64
}

// sync does one request, and reports whether there is more.
func (c *client) sync(t fataler, w *World, collection int64, limit int) (more bool) {
	page, err := w.Store.Changes(w.ctx(), w.Account.ID, collection, c.since, limit, limit%2 == 0)
	if err != nil {
		t.Fatalf("changes: %v", err)
	}
	if !page.Valid(c.since) {
		t.Fatalf("token %d is not valid with %d..%d", c.since, page.Oldest, page.Now)
	}
	for _, o := range page.Objects {
		if o.Deleted {
			delete(c.has, o.URI)
		} else {
			c.has[o.URI] = o.ETag
		}
		if o.Change <= c.since {
			t.Fatalf("change %d after %d", o.Change, c.since)
		}
		c.since = o.Change
	}
	if !page.More {
		c.since = page.Now
	}
	return page.More
}

// fataler is what a test and a rapid check have in common.
type fataler interface{ Fatalf(string, ...any) }

// state is what the server has.
func (w *World) state(t fataler, collection int64) map[string]string {
	has := make(map[string]string)
	list := w.Store.List(store.Collection{Account: w.Account.ID, ID: collection}, store.Query{Limit: 7}, nil)
	for {
		page, err := list.Next(w.ctx())
		if err != nil {
			t.Fatalf("list: %v", err)
		}
		if len(page) == 0 {
			return has
		}
		for _, o := range page {
			has[o.URI] = o.ETag
		}
	}
}

// agree finishes a client's sync and compares it with the server.
func (w *World) agree(t fataler, c *client, collection int64) {
	for c.sync(t, w, collection, 3) {
	}
	if diff := cmp.Diff(w.state(t, collection), c.has); diff != "" {
		t.Fatalf("the client does not have what the server has (-server +client):\n%s", diff)
	}
}

// disturb does something to one of a few objects; that it may be refused is
// part of the game, that it fails in another way is not.
func (w *World) disturb(n func(int) int) error {
	name := func() string { return fmt.Sprintf("o%d", n(8)) }
	collections := []int64{w.Book.ID, w.Calendar.ID}
	at := collections[n(2)]
	var err error
	switch n(5) {
	case 0, 1:
		uid := ""
		if n(2) == 0 {
			uid = name()
		}
		_, err = w.Store.PutObject(w.ctx(), store.Put{Account: w.Account.ID, Collection: at, URI: name(),
			Bytes: fmt.Append(nil, n(4)), Index: store.Index{UID: uid}})
	case 2:
		err = w.Store.DeleteObject(w.ctx(), store.Delete{Account: w.Account.ID, Collection: at, URI: name()})
	case 3:
		_, err = w.Store.MoveObject(w.ctx(), w.randomTransfer(n, name))
	case 4:
		_, err = w.Store.CopyObject(w.ctx(), w.randomTransfer(n, name))
	}
	if refused(err) {
		return nil
	}
	return err
}

func (w *World) randomTransfer(n func(int) int, name func() string) store.Transfer {
	collections := []int64{w.Book.ID, w.Calendar.ID}
	return store.Transfer{
		Account: w.Account.ID, Overwrite: n(2) == 0,
		From: store.Place{Collection: collections[n(2)], URI: name()},
		To:   store.Place{Collection: collections[n(2)], URI: name()},
	}
}

func syncModel(t *testing.T, open Opener) {
	s := open(t, store.Options{})
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		w := Seed(t, s, Seeds{Login: fmt.Sprint("model-", round)})
		clients := []*client{{has: map[string]string{}}, {has: map[string]string{}}}
		for range rapid.IntRange(0, 25).Draw(rt, "steps") {
			if err := w.disturb(func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "n") }); err != nil {
				rt.Fatalf("%v", err)
			}
			for _, c := range clients {
				if rapid.IntRange(0, 3).Draw(rt, "sync") == 0 {
					c.sync(rt, w, w.Book.ID, rapid.IntRange(1, 4).Draw(rt, "limit"))
				}
			}
		}
		for _, c := range clients {
			w.agree(rt, c, w.Book.ID)
		}
	})
}

func syncConcurrent(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	var writers, clients sync.WaitGroup
	stop := make(chan struct{})
	for n := range 4 {
		writers.Go(func() {
			random := rand.New(rand.NewPCG(uint64(n), 1))
			for range 100 {
				if err := w.disturb(random.IntN); err != nil {
					t.Errorf("writer %d: %v", n, err)
				}
			}
		})
	}
	for n := range 3 {
		clients.Go(func() {
			c := &client{has: map[string]string{}}
			for alive := true; alive; {
				select {
				case <-stop:
					alive = false
				default:
					c.sync(errorer{t}, w, w.Book.ID, n+1)
				}
			}
			w.agree(errorer{t}, c, w.Book.ID)
		})
	}
	writers.Wait()
	close(stop)
	clients.Wait()
}

// errorer reports from a goroutine that must not end the test.
type errorer struct{ t *testing.T }

func (e errorer) Fatalf(format string, args ...any) { e.t.Errorf(format, args...) }
