package storetest

import (
	"context"
	"fmt"
	"testing"

	"ksync/store"
)

func keyTests() []contract {
	return []contract{
		{"FollowEveryWrite", keysFollow},
		{"Transfers", keysTransfer},
		{"OtherAccounts", keysIsolated},
		{"Limit", keysLimit},
		{"MadeAnew", keysAnew},
		{"OfAnotherVersion", keysMixed},
		{"MovedMeanwhile", keysMovedMeanwhile},
		{"GoWithTheCollection", keysPurged},
	}
}

// keyed is a put of an object with keys.
func (w *World) keyed(uri, text string, keys ...int64) store.Put {
	p := w.text(uri, text)
	p.Index.Keys = keys
	return p
}

// found names the objects that have one of the keys.
func (w *World) found(t testing.TB, account int64, keys ...int64) (names []string) {
	t.Helper()
	check(t, w.Store.Read(t.Context(), func(tx *store.Tx) error {
		all, err := tx.ObjectsByKey(t.Context(), store.KeyQuery{Account: account, Keys: keys, Limit: 100, MaxBytes: 1 << 20})
		for _, f := range all {
			names = append(names, fmt.Sprintf("%s=%s", f.URI, f.Bytes))
		}
		return err
	}))
	return names
}

func keysFollow(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	w.put(t, w.keyed("a", "1", 1, 2, 3, 4, 5, 6, 2))
	w.put(t, w.keyed("b", "1", 2, -7))
	equal(t, w.found(t, w.Account.ID, 2), []string{"a=1", "b=1"})
	equal(t, w.found(t, w.Account.ID, 6, -7, 8), []string{"a=1", "b=1"})
	w.put(t, w.keyed("a", "2", 9))
	equal(t, w.found(t, w.Account.ID, 2), []string{"b=1"})
	equal(t, w.found(t, w.Account.ID, 9), []string{"a=2"})
	w.delete(t, "a")
	equal(t, w.found(t, w.Account.ID, 9), []string(nil))
}

func keysTransfer(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	other := must(w.Store.CreateCollection(t.Context(), store.Collection{Account: w.Account.ID, Kind: store.AddressBook, URI: "other"}, nil))(t)
	w.put(t, w.keyed("a", "1", 1))
	w.put(t, w.keyed("b", "2", 2))
	at := func(collection int64, uri string) store.Place {
		return store.Place{Account: w.Account.ID, Collection: collection, URI: uri}
	}
	_, err := w.Store.CopyObject(t.Context(), store.Transfer{Account: w.Account.ID, From: at(w.Book.ID, "a"), To: at(other.ID, "a")})
	check(t, err)
	equal(t, w.found(t, w.Account.ID, 1), []string{"a=1", "a=1"})
	_, err = w.Store.MoveObject(t.Context(), store.Transfer{Account: w.Account.ID, From: at(w.Book.ID, "b"), To: at(other.ID, "a"), Overwrite: true})
	check(t, err)
	equal(t, w.found(t, w.Account.ID, 1), []string{"a=1"})
	equal(t, w.found(t, w.Account.ID, 2), []string{"a=2"})
	_, err = w.Store.MoveObject(t.Context(), store.Transfer{Account: w.Account.ID, From: at(other.ID, "a"), To: at(other.ID, "c")})
	check(t, err)
	equal(t, w.found(t, w.Account.ID, 2), []string{"c=2"})
}

func keysIsolated(t *testing.T, open Opener) {
	s := open(t, store.Options{})
	w, other := Seed(t, s, Seeds{}), Seed(t, s, Seeds{Login: "bob"})
	w.put(t, w.keyed("a", "1", 1))
	equal(t, w.found(t, other.Account.ID, 1), []string(nil))
	check(t, s.DeleteCollection(t.Context(), w.Account.ID, w.Book.ID, store.Precondition{}))
	equal(t, w.found(t, w.Account.ID, 1), []string(nil))
}

func keysLimit(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	for n := range 3 {
		w.put(t, w.keyed(CardURI(n), "x", 1))
	}
	size := must(w.Store.Object(t.Context(), w.Account.ID, w.Book.ID, CardURI(0)))(t).Size
	for _, tt := range []struct {
		limit    int
		maxBytes int64
		want     error
	}{{3, 3 * size, nil}, {2, 3 * size, store.ErrLimit}, {3, 3*size - 1, store.ErrLimit}} {
		w.read(t, func(ctx context.Context, tx *store.Tx) {
			_, err := tx.ObjectsByKey(ctx, store.KeyQuery{Account: w.Account.ID, Keys: []int64{1}, Limit: tt.limit, MaxBytes: tt.maxBytes})
			want(t, err, tt.want)
		})
	}
}

// inspect returns what is wrong with the keys.
func (w *World) inspect(t testing.TB, k store.Keying) []string {
	t.Helper()
	return must(w.Store.Inspect(t.Context(), nil, k))(t).Findings
}

// Another version of the algorithm: all keys are made anew, once, and what is written meanwhile keeps its own.
func keysAnew(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 450})
	calls := 0
	k := store.Keying{Kind: store.AddressBook, Version: 2, Keys: func(data []byte) []int64 {
		calls++
		return []int64{int64(len(data)), 77}
	}}
	check(t, w.Store.Rekey(t.Context(), w.Account.ID, k))
	equal(t, calls, 450)
	check(t, w.Store.Rekey(t.Context(), w.Account.ID, k))
	check(t, w.Store.Rekey(t.Context(), 0, k))
	equal(t, calls, 450)
	equal(t, len(w.found(t, w.Account.ID, int64(len(w.Card(3).Bytes)))) > 5, true)
	equal(t, w.inspect(t, k), []string{})

	w.put(t, w.keyed(CardURI(0), "other", 5, 77))
	equal(t, w.inspect(t, k), []string{})
	w.put(t, w.keyed(CardURI(0), "another", 5, 77))
	equal(t, len(w.inspect(t, k)) > 0, true)
	k.Version++
	equal(t, w.inspect(t, k), []string{}) // not up to date: nothing is promised
	check(t, w.Store.Rekey(t.Context(), 0, k))
	equal(t, w.inspect(t, k), []string{})
}

// What comes out of a collection with keys of another version has them made anew.
func keysMixed(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 2})
	k := store.Keying{Kind: store.AddressBook, Version: 2, Keys: func(data []byte) []int64 { return []int64{int64(len(data))} }}
	check(t, w.Store.Rekey(t.Context(), w.Account.ID, k))
	other := must(w.Store.CreateCollection(t.Context(), store.Collection{Account: w.Account.ID, Kind: store.AddressBook, URI: "other"}, nil))(t)
	for _, uri := range []string{"moved", "copied"} {
		p := w.keyed(uri, uri, 9) // as an earlier version made them
		p.Collection = other.ID
		w.put(t, p)
	}
	transfer := func(uri string) store.Transfer {
		return store.Transfer{Account: w.Account.ID,
			From: store.Place{Collection: other.ID, URI: uri}, To: store.Place{Collection: w.Book.ID, URI: uri}}
	}
	must(w.Store.MoveObject(t.Context(), transfer("moved")))(t)
	equal(t, w.inspect(t, k), []string{})
	check(t, w.Store.Rekey(t.Context(), w.Account.ID, k))
	must(w.Store.CopyObject(t.Context(), transfer("copied")))(t)
	check(t, w.Store.Rekey(t.Context(), w.Account.ID, k))
	equal(t, w.inspect(t, k), []string{})
	equal(t, w.found(t, w.Account.ID, int64(len("moved"))), []string{"moved=moved"})
}

// While keys are made anew objects get other names, and come from another
// collection: what has keys of before is found out sooner or later.
func keysMovedMeanwhile(t *testing.T, open Opener) {
	for name, do := range map[string]func(*World, store.Collection) error{
		"another name": func(w *World, other store.Collection) error {
			_, err := w.Store.MoveObject(w.ctx(), store.Transfer{Account: w.Account.ID,
				From: store.Place{Collection: w.Book.ID, URI: CardURI(0)}, To: store.Place{Collection: w.Book.ID, URI: "z"}})
			return err
		},
		"from another book": func(w *World, other store.Collection) error {
			_, err := w.Store.MoveObject(w.ctx(), store.Transfer{Account: w.Account.ID,
				From: store.Place{Collection: other.ID, URI: "b"}, To: store.Place{Collection: w.Book.ID, URI: "b"}})
			return err
		},
		"a copy from another book": func(w *World, other store.Collection) error {
			_, err := w.Store.CopyObject(w.ctx(), store.Transfer{Account: w.Account.ID,
				From: store.Place{Collection: other.ID, URI: "b"}, To: store.Place{Collection: w.Book.ID, URI: "b"}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := Seed(t, open(t, store.Options{}), Seeds{Cards: 3})
			other := must(w.Store.CreateCollection(t.Context(), store.Collection{Account: w.Account.ID, Kind: store.AddressBook, URI: "other"}, nil))(t)
			p := w.keyed("b", "b", 9) // as an earlier version made them
			p.Collection = other.ID
			w.put(t, p)
			calls := 0
			k := store.Keying{Kind: store.AddressBook, Version: 2, Keys: func(data []byte) []int64 {
				if calls++; calls == 2 {
					check(t, do(w, other))
				}
				return []int64{int64(len(data))}
			}}
			check(t, w.Store.Rekey(t.Context(), w.Account.ID, k))
			equal(t, w.inspect(t, k), []string{})
			check(t, w.Store.Rekey(t.Context(), w.Account.ID, k))
			equal(t, w.inspect(t, k), []string{})
			equal(t, len(w.found(t, w.Account.ID, 9)), 0)
		})
	}
}

func keysPurged(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	w.put(t, w.keyed("a", "1", 1, 2))
	check(t, w.Store.DeleteCollection(t.Context(), w.Account.ID, w.Book.ID, store.Precondition{}))
	clock.Advance(31 * day)
	check(t, w.Store.Maintain(context.WithoutCancel(t.Context()), store.Retention{}))
	Verify(t, w.Store)
}
