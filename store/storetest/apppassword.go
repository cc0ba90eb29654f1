package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"ksync/store"
)

func appPasswordTests() []contract {
	return []contract{
		{"Fields", appPasswordFields},
		{"Revoke", appPasswordRevoke},
		{"Limit", appPasswordLimit},
		{"Replace", appPasswordReplace},
		{"EndedAreForgotten", appPasswordForgotten},
	}
}

func (w *World) appPassword(t testing.TB, hash string) store.AppPassword {
	t.Helper()
	return must(w.Store.CreateAppPassword(t.Context(), store.AppPassword{Account: w.Account.ID, Hash: []byte(hash), Scope: store.FullScope}))(t)
}

func appPasswordFields(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	p := store.AppPassword{Account: w.Account.ID, Name: "Phone", Hash: []byte{0, 1, 255}, KeyID: "k1",
		Scope: store.ContactsRead | store.TasksWrite | store.TasksRead, Expires: 99, MadePlace: "192.0.2.0/24"}
	made := must(w.Store.CreateAppPassword(t.Context(), p))(t)
	p.ID, p.Created = made.ID, clock.Now().UnixMilli()
	equal(t, made, p)
	check(t, w.Store.TouchAppPassword(t.Context(), w.Account.ID, p.ID, 77, "192.0.2.1", "DAVx5/4"))
	p.LastUsed, p.LastPlace, p.LastAgent = 77, "192.0.2.1", "DAVx5/4"
	got, account, err := w.Store.AppPasswordByHash(t.Context(), p.Hash)
	check(t, err)
	equal(t, got, p)
	equal(t, account, w.Account)
	equal(t, must(w.Store.AppPasswords(t.Context(), w.Account.ID))(t), []store.AppPassword{p})
	_, _, err = w.Store.AppPasswordByHash(t.Context(), []byte{0, 1})
	want(t, err, store.ErrNotFound)
	_, err = w.Store.CreateAppPassword(t.Context(), store.AppPassword{Account: w.Account.ID, Hash: p.Hash})
	want(t, err, store.ErrExists)
}

func appPasswordRevoke(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	p := w.appPassword(t, "h")
	first := clock.Now().UnixMilli()
	check(t, w.Store.RevokeAppPassword(t.Context(), w.Account.ID, p.ID))
	clock.Advance(time.Hour)
	check(t, w.Store.RevokeAppPassword(t.Context(), w.Account.ID, p.ID))
	got, _, err := w.Store.AppPasswordByHash(t.Context(), []byte("h"))
	check(t, err)
	equal(t, got.Revoked, first)
	equal(t, got.Active(first), false)
	want(t, w.Store.RevokeAppPassword(t.Context(), w.Account.ID, p.ID+1), store.ErrNotFound)
}

func appPasswordLimit(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now, Limits: store.Limits{AppPasswords: 2}}), Seeds{})
	create := func(n int, expires int64) error {
		_, err := w.Store.CreateAppPassword(t.Context(), store.AppPassword{Account: w.Account.ID, Hash: fmt.Append(nil, n), Expires: expires})
		return err
	}
	check(t, create(1, 0))
	check(t, create(2, clock.Now().UnixMilli()+1000))
	want(t, create(3, 0), store.ErrLimit)
	clock.Advance(time.Second)
	check(t, create(4, 0))
	want(t, create(5, 0), store.ErrLimit)
	all := must(w.Store.AppPasswords(t.Context(), w.Account.ID))(t)
	check(t, w.Store.RevokeAppPassword(t.Context(), w.Account.ID, all[0].ID))
	check(t, create(6, 0))
}

func appPasswordReplace(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	state := func(id int64) (p store.AppPassword) {
		check(t, w.Store.Read(t.Context(), func(tx *store.Tx) (err error) {
			p, err = tx.AppPassword(t.Context(), w.Account.ID, id)
			return err
		}))
		return p
	}
	old := w.appPassword(t, "old")
	replace := store.AppPassword{Account: w.Account.ID, Hash: []byte("new"), Replaces: old.ID}
	young := must(w.Store.CreateAppPassword(t.Context(), replace))(t)
	equal(t, state(old.ID).Expires, clock.Now().Add(24*time.Hour).UnixMilli())
	equal(t, state(old.ID).Active(clock.Now().UnixMilli()), true)
	check(t, w.Store.TouchAppPassword(t.Context(), w.Account.ID, young.ID, 1, "", ""))
	equal(t, state(old.ID).Revoked, clock.Now().UnixMilli())
	equal(t, state(young.ID).Revoked, int64(0))
	replace.Hash = []byte("again")
	_, err := w.Store.CreateAppPassword(t.Context(), replace)
	want(t, err, store.ErrNotFound) // it ended
	stranger := Seed(t, w.Store, Seeds{Login: "mallory"})
	replace = store.AppPassword{Account: stranger.Account.ID, Hash: []byte("x"), Replaces: young.ID}
	_, err = w.Store.CreateAppPassword(t.Context(), replace)
	want(t, err, store.ErrNotFound)
	equal(t, state(young.ID).Expires, int64(0))
}

// Ninety days after its end, or after a device last tried it, nothing is known
// of an app password any more. What signs in stays, however long it rests, and
// what a device that is still listed has.
func appPasswordForgotten(t *testing.T, open Opener) {
	const memory = 90 * 24 * time.Hour
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	names := func() (all []string) {
		t.Helper()
		check(t, w.Store.Maintain(t.Context(), store.Retention{}))
		for _, p := range must(w.Store.AppPasswords(t.Context(), w.Account.ID))(t) {
			all = append(all, p.Name)
		}
		slices.Sort(all)
		return all
	}
	end := clock.Now().UnixMilli()
	create := func(p store.AppPassword) int64 {
		t.Helper()
		p.Account, p.Hash = w.Account.ID, []byte(p.Name)
		return must(w.Store.CreateAppPassword(t.Context(), p))(t).ID
	}
	create(store.AppPassword{Name: "active"})
	create(store.AppPassword{Name: "expired", Expires: end})
	create(store.AppPassword{Name: "unused", UnlessUsed: end})
	revoked, tried := create(store.AppPassword{Name: "revoked"}), create(store.AppPassword{Name: "tried"})
	late := create(store.AppPassword{Name: "tried late", Expires: end})
	check(t, w.Store.RevokeAppPassword(t.Context(), w.Account.ID, revoked))
	check(t, w.Store.RevokeAppPassword(t.Context(), w.Account.ID, tried))
	listed := create(store.AppPassword{Name: "of a listed device"})
	check(t, w.Store.RevokeAppPassword(t.Context(), w.Account.ID, listed))
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.CreateDevice(ctx, store.Device{Account: w.Account.ID, AppPassword: listed})
		return err
	})
	try := func(id int64) {
		t.Helper()
		check(t, w.Store.TouchAppPassword(t.Context(), w.Account.ID, id, clock.Now().UnixMilli(), "", ""))
	}

	clock.Advance(memory - time.Minute)
	equal(t, names(), []string{"active", "expired", "of a listed device", "revoked", "tried", "tried late", "unused"})
	try(tried)
	try(late)
	clock.Advance(time.Minute)
	equal(t, names(), []string{"active", "of a listed device", "tried", "tried late"})
	_, _, err := w.Store.AppPasswordByHash(t.Context(), []byte("revoked"))
	want(t, err, store.ErrNotFound)
	clock.Advance(memory - time.Minute)
	equal(t, names(), []string{"active", "of a listed device"})
	check(t, w.Store.Verify(t.Context()))
}
