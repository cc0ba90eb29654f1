package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"ksync/store"
)

func activityTests() []contract {
	return []contract{
		{"Pages", activityPages},
		{"Counts", activityCounts},
		{"Expires", activityExpires},
		{"KnownPlaces", knownPlaces},
	}
}

func (w *World) activity(t testing.TB, a store.Activity) store.Activity {
	t.Helper()
	a.Account = w.Account.ID
	w.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
		a, err = tx.AddActivity(ctx, a)
		return err
	})
	return a
}

func (w *World) activities(t testing.TB, q store.ActivityQuery) (all []store.Activity) {
	t.Helper()
	q.Account = w.Account.ID
	check(t, w.Store.Read(t.Context(), func(tx *store.Tx) (err error) {
		all, err = tx.Activities(t.Context(), q)
		return err
	}))
	return all
}

func activityPages(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	var made []store.Activity // the latest first
	for n := range 10 {
		a := w.activity(t, store.Activity{Kind: fmt.Sprint("k", n%3), Place: "p", Client: "c", Agent: "a", Session: 1, AppPassword: 2, Detail: "d"})
		made = append([]store.Activity{a}, made...)
		if n%2 == 1 { // two at the same time, whose order is that of their ids
			clock.Advance(time.Second)
			if made[0].ID < made[1].ID {
				made[0], made[1] = made[1], made[0]
			}
		}
	}
	var seen []store.Activity
	for q := (store.ActivityQuery{Limit: 3}); ; q.Before = seen[len(seen)-1] {
		page := w.activities(t, q)
		if len(page) == 0 {
			break
		}
		seen = append(seen, page...)
	}
	equal(t, seen, made)
	equal(t, len(w.activities(t, store.ActivityQuery{Kinds: []string{"k0", "k2", "x"}})), 7)
	equal(t, w.activities(t, store.ActivityQuery{From: made[7].At, To: made[3].At}), made[4:8])
	equal(t, w.activities(t, store.ActivityQuery{Before: made[5], To: made[0].At}), made[6:])
}

func activityCounts(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	begin := clock.Now().UnixMilli()
	count := func(place string) {
		w.write(t, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.CountActivity(ctx, store.Activity{Account: w.Account.ID, Kind: "failed", Place: place, Client: "c"}, begin)
			return err
		})
	}
	for range 3 {
		count("here")
		clock.Advance(time.Second)
	}
	all := w.activities(t, store.ActivityQuery{})
	equal(t, len(all), 1)
	equal(t, []int64{all[0].Count, all[0].Since, all[0].At}, []int64{3, begin, begin + 2000})
	for n := range 200 {
		count(fmt.Sprint("place", n))
	}
	all = w.activities(t, store.ActivityQuery{Limit: 500})
	equal(t, len(all), 51)
	total := int64(0)
	for _, a := range all {
		total += a.Count
	}
	equal(t, total, int64(203))
	clock.Advance(-time.Hour) // a clock that was set back
	count("here")
}

func activityExpires(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	w.activity(t, store.Activity{Kind: "old"})
	see := func() (known, others bool) {
		w.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
			known, others, err = tx.SeePlace(ctx, store.KnownPlace{Account: w.Account.ID, Place: "p"})
			return err
		})
		return known, others
	}
	see()
	clock.Advance(90*24*time.Hour - time.Second)
	w.activity(t, store.Activity{Kind: "young"})
	check(t, w.Store.Maintain(t.Context(), store.Retention{}))
	equal(t, len(w.activities(t, store.ActivityQuery{})), 2)
	clock.Advance(time.Second)
	check(t, w.Store.Maintain(t.Context(), store.Retention{}))
	equal(t, len(w.activities(t, store.ActivityQuery{})), 1)
	known, _ := see()
	equal(t, known, false)
}

func knownPlaces(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	other := Seed(t, w.Store, Seeds{Login: "bob"})
	see := func(account, password int64, place string) (known, others bool) {
		w.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
			known, others, err = tx.SeePlace(ctx, store.KnownPlace{Account: account, AppPassword: password, Place: place, Client: "c"})
			return err
		})
		return known, others
	}
	for _, tt := range []struct {
		account, password int64
		place             string
		known, others     bool
	}{
		{w.Account.ID, 0, "home", false, false},
		{w.Account.ID, 0, "home", true, true},
		{w.Account.ID, 0, "away", false, true},
		{w.Account.ID, 7, "home", false, false},
		{other.Account.ID, 0, "home", false, false},
	} {
		known, others := see(tt.account, tt.password, tt.place)
		equal(t, []bool{known, others}, []bool{tt.known, tt.others})
	}
}

func noticeTests() []contract {
	return []contract{
		{"ClaimedByOneAtATime", noticeClaims},
		{"TopicIsRemembered", noticeTopic},
	}
}

func (w *World) notice(t testing.TB, n store.Notice) store.Notice {
	t.Helper()
	w.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
		n, err = tx.AddNotice(ctx, n)
		return err
	})
	return n
}

func (w *World) claim(t testing.TB, again int64) (all []store.Notice) {
	t.Helper()
	w.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
		all, err = tx.ClaimNotices(ctx, 10, again)
		return err
	})
	return all
}

func noticeClaims(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	now := clock.Now().UnixMilli()
	mine := w.notice(t, store.Notice{Account: w.Account.ID, Kind: "k", Topic: "t", Address: "a@example.org", Locale: "de", Activity: 4, Due: now, Data: []byte{1}})
	w.notice(t, store.Notice{Kind: "invitation", Due: now + 5000, Data: []byte{2}})
	equal(t, w.claim(t, now+1000), []store.Notice{mine})
	equal(t, len(w.claim(t, now+1000)), 0)
	clock.Advance(time.Second)
	again := w.claim(t, now+2000)
	equal(t, len(again), 1)
	equal(t, again[0].Attempts, int64(1))
	w.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.FinishNotice(ctx, w.Account.ID, mine.ID) })
	clock.Advance(time.Hour)
	equal(t, len(w.claim(t, 1<<60)), 1)
	want(t, w.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.FinishNotice(t.Context(), w.Account.ID, mine.ID) }), store.ErrNotFound)
}

func noticeTopic(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	before := clock.Now().UnixMilli() - 1
	n := w.notice(t, store.Notice{Account: w.Account.ID, Topic: "t", Address: "a@example.org", Data: []byte{1}})
	told := func(topic string) (all []store.Notice) {
		w.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
			all, err = tx.Notices(ctx, w.Account.ID, topic, before)
			return err
		})
		return all
	}
	equal(t, len(told("u")), 0)
	n.Data = []byte{2}
	w.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.RewriteNotice(ctx, n) })
	equal(t, told("t")[0].Data, []byte{2})
	w.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.FinishNotice(ctx, w.Account.ID, n.ID) })
	equal(t, told("t")[0].Address, "")
	equal(t, len(told("t")[0].Data), 0)
	want(t, w.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.RewriteNotice(t.Context(), n) }), store.ErrNotFound)
	clock.Advance(8 * 24 * time.Hour)
	check(t, w.Store.Maintain(t.Context(), store.Retention{}))
	equal(t, len(told("t")), 0)
}
