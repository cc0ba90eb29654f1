package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ksync/store"
)

func mergeTests() []contract {
	return []contract{
		{"Records", mergeRecords},
		{"InOrder", mergesInOrder},
		{"TakenBackOnce", mergeEnds},
		{"TokenOnce", mergeToken},
		{"Bound", mergeBound},
		{"BoundOfMany", mergeBoundOfMany},
		{"Expire", mergeExpire},
		{"HiddenPairs", hiddenPairs},
		{"GoWithTheAccount", mergeAccount},
	}
}

// read runs assertions on one snapshot; in a write they would end the writer's goroutine.
func (w *World) read(t testing.TB, f func(ctx context.Context, tx *store.Tx)) {
	t.Helper()
	check(t, w.Store.Read(t.Context(), func(tx *store.Tx) error {
		f(t.Context(), tx)
		return nil
	}))
}

func (w *World) merge(t testing.TB, m store.Merge, cards ...store.MergeCard) store.Merge {
	t.Helper()
	m.Account, m.Until = w.Account.ID, 1<<60
	w.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
		m, err = tx.AddMerge(t.Context(), m, cards)
		return err
	})
	return m
}

func mergeRecords(t *testing.T, open Opener) {
	clock := NewClock()
	s := open(t, store.Options{Now: clock.Now})
	w, other := Seed(t, s, Seeds{}), Seed(t, s, Seeds{Login: "bob"})
	cards := []store.MergeCard{
		{Collection: w.Book.ID, URI: "a", Data: []byte("r"), Before: []byte("1"), After: []byte("2")},
		{Collection: w.Book.ID, URI: "b", Data: []byte("d"), After: []byte("3")},
	}
	first := w.merge(t, store.Merge{Kind: "merge", Data: []byte("x")}, cards...)
	clock.Advance(time.Second)
	second := w.merge(t, store.Merge{Kind: "job"})
	part := w.merge(t, store.Merge{Kind: "merge", Parent: second.ID})
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.SetMerge(ctx, w.Account.ID, second.ID, []byte("y"))
	})
	for _, call := range []func(ctx context.Context, tx *store.Tx) error{
		func(ctx context.Context, tx *store.Tx) error {
			return tx.SetMerge(ctx, other.Account.ID, first.ID, nil)
		},
		func(ctx context.Context, tx *store.Tx) error { return tx.EndMerge(ctx, other.Account.ID, first.ID) },
	} {
		if err := w.Store.Write(t.Context(), func(tx *store.Tx) error { return call(t.Context(), tx) }); err == nil {
			t.Error("another account changes a merge")
		}
	}
	w.read(t, func(ctx context.Context, tx *store.Tx) {
		equal(t, must(tx.Merge(ctx, w.Account.ID, first.ID))(t), first)
		equal(t, must(tx.MergeCards(ctx, w.Account.ID, first.ID))(t), cards)
		listed := must(tx.Merges(ctx, w.Account.ID, store.Merge{}, 10))(t)
		equal(t, []int64{listed[0].ID, listed[1].ID, int64(len(listed))}, []int64{second.ID, first.ID, 2})
		next := must(tx.Merges(ctx, w.Account.ID, listed[0], 10))(t)
		equal(t, []int64{next[0].ID, int64(len(next))}, []int64{first.ID, 1})
		equal(t, must(tx.MergesOf(ctx, w.Account.ID, second.ID))(t)[0].ID, part.ID)
		equal(t, string(must(tx.Merge(ctx, w.Account.ID, second.ID))(t).Data), "y")

		_, err := tx.Merge(ctx, other.Account.ID, first.ID)
		want(t, err, store.ErrNotFound)
		equal(t, len(must(tx.MergeCards(ctx, other.Account.ID, first.ID))(t)), 0)
		equal(t, len(must(tx.Merges(ctx, other.Account.ID, store.Merge{}, 10))(t)), 0)
	})
}

// Records of one millisecond are listed in the order they were made, the latest first, over pages; a clock that was set
// back by an hour does not keep the ones made after it behind for ever.
func mergesInOrder(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	var made []int64
	for range 6 {
		made = append([]int64{w.merge(t, store.Merge{}).ID}, made...)
	}
	var listed []int64
	w.read(t, func(ctx context.Context, tx *store.Tx) {
		var last store.Merge
		for {
			page := must(tx.Merges(ctx, w.Account.ID, last, 4))(t)
			for _, m := range page {
				listed, last = append(listed, m.ID), m
			}
			if len(page) == 0 {
				return
			}
		}
	})
	equal(t, listed, made)
	clock.Advance(-time.Hour)
	equal(t, w.merge(t, store.Merge{}).At, clock.Now().UnixMilli())
}

func mergeEnds(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	m := w.merge(t, store.Merge{})
	w.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.EndMerge(ctx, w.Account.ID, m.ID) })
	want(t, w.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.EndMerge(t.Context(), w.Account.ID, m.ID) }), store.ErrPrecondition)
}

func mergeToken(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	m := w.merge(t, store.Merge{Token: "t"})
	want(t, w.Store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.AddMerge(t.Context(), store.Merge{Account: w.Account.ID, Token: "t"}, nil)
		return err
	}), store.ErrExists)
	w.merge(t, store.Merge{})
	w.merge(t, store.Merge{}) // without a token as often as one likes
	w.read(t, func(ctx context.Context, tx *store.Tx) {
		equal(t, must(tx.MergeByToken(ctx, w.Account.ID, "t"))(t).ID, m.ID)
		_, err := tx.MergeByToken(ctx, w.Account.ID, "")
		want(t, err, store.ErrNotFound)
	})
}

// However many small ones: they are not counted at each, and never more than the bound.
func mergeBoundOfMany(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{Limits: store.Limits{MergeBytes: 64_000}}), Seeds{})
	for range 3 {
		w.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
			for range 100 {
				_, err1 := tx.AddMerge(ctx, store.Merge{Account: w.Account.ID, Until: 1 << 60}, []store.MergeCard{{URI: "a", Before: make([]byte, 300)}})
				err = errors.Join(err, err1)
			}
			return err
		})
		w.read(t, func(ctx context.Context, tx *store.Tx) {
			if n := len(must(tx.Merges(ctx, w.Account.ID, store.Merge{}, 1000))(t)); n < 100 || n*300 > 64_000 {
				t.Errorf("%d records of 300 bytes are kept", n)
			}
		})
	}
}

// The oldest give way, the latest stays even if it alone is too much.
func mergeBound(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now, Limits: store.Limits{MergeBytes: 1000}}), Seeds{})
	var ids []int64
	for range 4 {
		clock.Advance(time.Second)
		ids = append(ids, w.merge(t, store.Merge{}, store.MergeCard{URI: "a", Before: []byte(strings.Repeat("x", 400))}).ID)
	}
	left := func() (ids []int64) {
		w.read(t, func(ctx context.Context, tx *store.Tx) {
			for _, m := range must(tx.Merges(ctx, w.Account.ID, store.Merge{}, 10))(t) {
				ids = append(ids, m.ID)
			}
		})
		return ids
	}
	equal(t, left(), []int64{ids[3], ids[2]})
	clock.Advance(time.Second)
	huge := w.merge(t, store.Merge{}, store.MergeCard{URI: "a", After: []byte(strings.Repeat("x", 4000))})
	equal(t, left(), []int64{huge.ID})
}

func mergeExpire(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	until := clock.Now().Add(time.Hour).UnixMilli()
	var m store.Merge
	w.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
		for n := range 250 { // more than a batch
			var err1 error
			m, err1 = tx.AddMerge(ctx, store.Merge{Account: w.Account.ID, Until: until}, []store.MergeCard{{URI: fmt.Sprint(n)}})
			err = errors.Join(err, err1, tx.RememberUID(ctx, store.MergedUID{Account: w.Account.ID, UID: fmt.Sprint(n), Until: until}))
		}
		return err
	})
	known := func() (merges, uids int, err error) {
		w.read(t, func(ctx context.Context, tx *store.Tx) {
			_, err = tx.Merge(ctx, w.Account.ID, m.ID)
			merges = len(must(tx.MergeCards(ctx, w.Account.ID, m.ID))(t))
			uids = len(must(tx.MergedUIDs(ctx, w.Account.ID))(t))
		})
		return merges, uids, err
	}
	check(t, w.Store.Maintain(t.Context(), store.Retention{}))
	merges, uids, err := known()
	equal(t, []any{merges, uids, err}, []any{1, 250, nil})
	clock.Advance(time.Hour)
	_, uids, err = known() // over before it is removed
	equal(t, uids, 0)
	want(t, err, store.ErrNotFound)
	check(t, w.Store.Maintain(t.Context(), store.Retention{}))
	merges, _, _ = known()
	equal(t, merges, 0)
}

func hiddenPairs(t *testing.T, open Opener) {
	clock := NewClock()
	s := open(t, store.Options{Now: clock.Now, Limits: store.Limits{Hidden: 2}})
	w, other := Seed(t, s, Seeds{}), Seed(t, s, Seeds{Login: "bob"})
	hide := func(pair, data string) (h store.Hidden, err error) {
		clock.Advance(time.Second)
		err = s.Write(t.Context(), func(tx *store.Tx) (err error) {
			h, err = tx.Hide(t.Context(), store.Hidden{Account: w.Account.ID, Pair: pair, Data: []byte(data)})
			return err
		})
		return h, err
	}
	first := must(hide("a b", "1"))(t)
	second := must(hide("a c", "2"))(t)
	_, err := hide("b c", "3")
	want(t, err, store.ErrLimit)
	again := must(hide("a b", "4"))(t)
	unhide := func(account, id int64) error {
		return s.Write(t.Context(), func(tx *store.Tx) error { return tx.Unhide(t.Context(), account, id) })
	}
	listed := func(account int64) (all []store.Hidden) {
		w.read(t, func(ctx context.Context, tx *store.Tx) { all = must(tx.Hidden(ctx, account))(t) })
		return all
	}
	equal(t, listed(w.Account.ID), []store.Hidden{again, second})
	equal(t, len(listed(other.Account.ID)), 0)
	want(t, unhide(w.Account.ID, first.ID), store.ErrNotFound)
	want(t, unhide(other.Account.ID, again.ID), store.ErrNotFound)
	check(t, unhide(w.Account.ID, again.ID))
	equal(t, listed(w.Account.ID), []store.Hidden{second})
}

func mergeAccount(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	w.merge(t, store.Merge{}, store.MergeCard{URI: "a"})
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Hide(ctx, store.Hidden{Account: w.Account.ID, Pair: "p"})
		return errors.Join(err, tx.RememberUID(ctx, store.MergedUID{Account: w.Account.ID, UID: "u", Until: 1 << 60}))
	})
	check(t, w.Store.DeleteAccount(t.Context(), w.Account.ID))
	Verify(t, w.Store)
}
