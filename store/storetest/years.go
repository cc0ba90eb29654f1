package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ksync/store"
)

// visitor is a sync client that may stay away for years, in the middle of a
// first sync, too. It begins anew when its token is void, as RFC 6578 §3.2 says.
type visitor struct {
	has   map[string]string // URI to ETag
	epoch string
	since int64
	began int64 // number of a first sync that is under way
}

// sync does one request, and reports whether there is more.
func (v *visitor) sync(t fataler, w *World, limit int) (more bool) {
	page, err := w.Store.Changes(w.ctx(), w.Account.ID, w.Book.ID, v.since, limit, limit%2 == 0)
	if err != nil {
		t.Fatalf("changes: %v", err)
	}
	known := v.since
	if v.began != 0 {
		known = v.began
	}
	if v.since != 0 && (page.Epoch != v.epoch || !page.Valid(known)) {
		*v = visitor{has: map[string]string{}}
		return true
	}
	if v.since == 0 {
		v.epoch, v.began = page.Epoch, page.Now
	}
	for _, o := range page.Objects {
		v.since = o.Change
		if o.Deleted {
			delete(v.has, o.URI)
		} else {
			v.has[o.URI] = o.ETag
		}
	}
	if !page.More {
		v.since, v.began = page.Now, 0
	}
	return page.More
}

// syncYears lets years pass between the requests of clients: tombstones expire,
// collections are deleted and come back, a backup is restored. Whoever has a
// token that is good misses nothing.
func syncYears(t *testing.T, open Opener) {
	clock := NewClock()
	s := open(t, store.Options{Now: clock.Now})
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		w := Seed(t, s, Seeds{Login: fmt.Sprint("years-", round)})
		n := func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "n") }
		visitors := []*visitor{{has: map[string]string{}}, {has: map[string]string{}}, {has: map[string]string{}}}
		for range rapid.IntRange(0, 50).Draw(rt, "steps") {
			if err := w.pass(clock, n); err != nil {
				rt.Fatalf("%v", err)
			}
			for _, v := range visitors {
				if n(6) == 0 {
					v.sync(rt, w, 1+n(4))
				}
			}
		}
		for _, v := range visitors {
			for v.sync(rt, w, 1+n(4)) {
			}
			if diff := cmp.Diff(w.state(rt, w.Book.ID), v.has); diff != "" {
				rt.Fatalf("the client does not have what the server has (-server +client):\n%s", diff)
			}
		}
	})
}

// pass is what happens in a while.
func (w *World) pass(clock *Clock, n func(int) int) error {
	switch n(8) {
	case 0:
		clock.Advance(time.Duration(n(600)-20) * day)
		return nil
	case 1:
		clock.Advance(time.Duration(n(600)-20) * day)
		return w.Store.Maintain(w.ctx(), store.Retention{})
	case 2:
		err := w.Store.DeleteCollection(w.ctx(), w.Account.ID, w.Book.ID, store.Precondition{})
		_, err2 := w.Store.RestoreCollection(w.ctx(), w.Account.ID, w.Book.ID)
		return errors.Join(err, err2)
	case 3:
		if n(4) == 0 {
			return w.Store.Restored(w.ctx())
		}
		return nil
	default:
		return w.disturb(n)
	}
}
