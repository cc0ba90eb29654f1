package storetest

import (
	"strings"
	"testing"

	"ksync/store"
)

func versionTests() []contract {
	return []contract{
		{"KeepsWhatWasReplaced", versionHistory},
		{"Bound", versionBound},
	}
}

func versionHistory(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	written := clock.Now().UnixMilli()
	first := w.put(t, w.text("a", "one"))
	clock.Advance(5e9)
	p := w.text("a", "two!")
	p.By, p.Reason = store.Author{AppPassword: 3, Agent: "phone\x00"}, "merge"
	second := w.put(t, p)
	w.delete(t, "a")

	got := must(w.Store.Versions(t.Context(), w.Account.ID, w.Book.ID, "a"))(t)
	now := clock.Now().UnixMilli()
	equal(t, got, []store.Version{
		{URI: "a", Change: second.Change + 1, ETag: second.ETag, Size: 4, Written: now, At: now, Reason: "delete"},
		{URI: "a", Change: second.Change, ETag: first.ETag, Size: 3, Written: written, At: now,
			By: store.Author{AppPassword: 3, Agent: "phone\ufffd"}, Reason: "merge"},
	})
	v := must(w.Store.Version(t.Context(), w.Account.ID, w.Book.ID, got[1].Change))(t)
	equal(t, string(v.Bytes), "one")
	_, err := w.Store.Version(t.Context(), w.Account.ID, w.Book.ID, 1)
	want(t, err, store.ErrNotFound)
}

func versionBound(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{Limits: store.Limits{VersionBytes: 1000}}), Seeds{})
	for n := range 10 {
		w.put(t, w.text("a", strings.Repeat("x", 300+n)))
	}
	got := must(w.Store.Versions(t.Context(), w.Account.ID, w.Book.ID, "a"))(t)
	equal(t, len(got), 3)
	equal(t, got[0].Size, int64(308))
	w.put(t, w.text("a", strings.Repeat("x", 2000)))
	w.put(t, w.text("a", "small"))
	equal(t, len(must(w.Store.Versions(t.Context(), w.Account.ID, w.Book.ID, "a"))(t)), 0)
}
