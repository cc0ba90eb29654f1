package storetest

import (
	"testing"
	"time"

	"ksync/store"
)

func maintainTests() []contract {
	return []contract{
		{"Tombstones", maintainTombstones},
		{"FirstSyncAcrossPurge", maintainFirstSync},
		{"Versions", maintainVersions},
		{"DeletedCollections", maintainCollections},
		{"ClockBackwards", maintainClock},
	}
}

const day = 24 * time.Hour

func maintainTombstones(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{Cards: 450})
	for n := range 420 { // more than a batch
		w.delete(t, CardURI(n))
	}
	old := w.book(t).Change
	clock.Advance(399 * day)
	w.delete(t, CardURI(430))
	check(t, w.Store.Maintain(t.Context(), store.Retention{Tombstones: time.Second}))
	equal(t, w.book(t).Oldest, int64(1))

	clock.Advance(2 * day)
	check(t, w.Store.Maintain(t.Context(), store.Retention{}))
	equal(t, w.book(t).Oldest, old)
	page := w.changes(t, old)
	equal(t, []bool{page.Valid(old - 1), page.Valid(old)}, []bool{false, true})
	equal(t, len(page.Objects), 1)
	equal(t, w.changes(t, 1).Objects[0].URI, CardURI(420))
	Verify(t, w.Store)
}

// A first sync that is under way passes positions older than what was purged.
func maintainFirstSync(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{Cards: 3})
	w.delete(t, CardURI(2))
	clock.Advance(500 * day)
	check(t, w.Store.Maintain(t.Context(), store.Retention{}))
	first := must(w.Store.Changes(t.Context(), w.Account.ID, w.Book.ID, 0, 1, false))(t)
	at := first.Objects[0].Change
	w.delete(t, CardURI(0))
	second := must(w.Store.Changes(t.Context(), w.Account.ID, w.Book.ID, at, 10, false))(t)
	equal(t, second.Valid(at), false)
	equal(t, second.Valid(first.Now), true)
	equal(t, len(second.Objects), 2)
	equal(t, second.Objects[1].Deleted, true)
}

func maintainVersions(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	w.put(t, w.text("a", "1"))
	w.put(t, w.text("a", "22"))
	clock.Advance(80 * day)
	w.put(t, w.text("a", "333"))
	check(t, w.Store.Maintain(t.Context(), store.Retention{}))
	equal(t, len(must(w.Store.Versions(t.Context(), w.Account.ID, w.Book.ID, "a"))(t)), 2)
	clock.Advance(20 * day)
	check(t, w.Store.Maintain(t.Context(), store.Retention{}))
	left := must(w.Store.Versions(t.Context(), w.Account.ID, w.Book.ID, "a"))(t)
	equal(t, len(left), 1)
	equal(t, left[0].Size, int64(2))
	clock.Advance(10 * time.Second)
	check(t, w.Store.Maintain(t.Context(), store.Retention{Versions: time.Second}))
	equal(t, len(must(w.Store.Versions(t.Context(), w.Account.ID, w.Book.ID, "a"))(t)), 0)
}

func maintainCollections(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{Cards: 450, Events: 2})
	w.mark(t, w.Book.ID, CardURI(3), "<x/>")
	w.put(t, w.text(CardURI(3), "changed"))
	w.delete(t, CardURI(4))
	check(t, w.Store.DeleteCollection(t.Context(), w.Account.ID, w.Book.ID, store.Precondition{}))
	check(t, w.Store.Maintain(t.Context(), store.Retention{}))
	Verify(t, w.Store)
	clock.Advance(31 * day)
	check(t, w.Store.Maintain(t.Context(), store.Retention{}))
	check(t, w.Store.Maintain(t.Context(), store.Retention{}))
	equal(t, len(w.state(t, w.Calendar.ID)), 2)
}

func maintainClock(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{Cards: 3})
	w.delete(t, CardURI(0))
	clock.Advance(-1000 * day)
	w.delete(t, CardURI(1))
	clock.Advance(1000 * day)
	check(t, w.Store.Maintain(t.Context(), store.Retention{}))
	page := w.changes(t, 1) // the later number waits for the earlier one
	equal(t, page.Valid(1), true)
	equal(t, len(page.Objects), 3)
}
