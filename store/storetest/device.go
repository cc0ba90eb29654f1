package storetest

import (
	"context"
	"testing"
	"time"

	"ksync/store"
)

func deviceTests() []contract {
	return []contract{
		{"Fields", deviceFields},
		{"See", deviceSee},
		{"Limit", deviceLimit},
		{"UnlessUsed", appPasswordUnlessUsed},
	}
}

func deviceFields(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	d := store.Device{Account: w.Account.ID, Name: "Anna’s iPhone 🎉", Platform: "iphone", Services: []string{"calendars", "contacts"}, AppPassword: 5}
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		made, err := tx.CreateDevice(ctx, d)
		d.ID, d.Created = made.ID, clock.Now().UnixMilli()
		d.Seen = []string{}
		made.Seen = []string{}
		equal(t, made, d)
		return err
	})
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		for _, get := range []func() (store.Device, error){
			func() (store.Device, error) { return tx.Device(ctx, d.Account, d.ID) },
			func() (store.Device, error) { return tx.DeviceByAppPassword(ctx, d.Account, 5) },
		} {
			equal(t, must(get())(t), d)
		}
		equal(t, must(tx.Devices(ctx, d.Account))(t), []store.Device{d})
		_, err := tx.DeviceByAppPassword(ctx, d.Account, 6)
		want(t, err, store.ErrNotFound)
		check(t, tx.DeleteDevice(ctx, d.Account, d.ID))
		want(t, tx.DeleteDevice(ctx, d.Account, d.ID), store.ErrNotFound)
		return nil
	})
}

func deviceSee(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	password := must(w.Store.CreateAppPassword(t.Context(), store.AppPassword{Account: w.Account.ID, Hash: []byte("phone")}))(t)
	var d store.Device
	w.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
		d, err = tx.CreateDevice(ctx, store.Device{Account: w.Account.ID, AppPassword: password.ID})
		return err
	})
	first := clock.Now().UnixMilli()
	for _, service := range []string{"", "contacts", "contacts", "calendars", ""} {
		w.write(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.SeeDevice(ctx, w.Account.ID, password.ID, service)
		})
		clock.Advance(time.Second)
	}
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		got := must(tx.Device(ctx, w.Account.ID, d.ID))(t)
		equal(t, got.Connected, first)
		equal(t, got.Seen, []string{"calendars", "contacts"})
		return tx.SeeDevice(ctx, w.Account.ID, password.ID+1, "contacts") // of no device
	})
}

func deviceLimit(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{Limits: store.Limits{Devices: 1}}), Seeds{})
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.CreateDevice(ctx, store.Device{Account: w.Account.ID})
		check(t, err)
		_, err = tx.CreateDevice(ctx, store.Device{Account: w.Account.ID})
		want(t, err, store.ErrLimit)
		_, err = tx.CreateDevice(ctx, store.Device{Account: w.Account.ID + 1})
		want(t, err, store.ErrNotFound)
		return nil
	})
}

// What nobody used in time has ended, and trying it afterwards does not wake it.
func appPasswordUnlessUsed(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now, Limits: store.Limits{AppPasswords: 2}}), Seeds{})
	end := clock.Now().Add(time.Hour).UnixMilli()
	create := func(hash string) store.AppPassword {
		t.Helper()
		return must(w.Store.CreateAppPassword(t.Context(), store.AppPassword{Account: w.Account.ID, Hash: []byte(hash), UnlessUsed: end}))(t)
	}
	get := func(p store.AppPassword) store.AppPassword {
		t.Helper()
		got, _, err := w.Store.AppPasswordByHash(t.Context(), p.Hash)
		check(t, err)
		return got
	}
	used, unused := create("used"), create("unused")
	check(t, w.Store.TouchAppPassword(t.Context(), w.Account.ID, used.ID, end-1, "", ""))
	clock.Advance(time.Hour)
	now := clock.Now().UnixMilli()
	equal(t, get(used).Active(now), true)
	equal(t, get(unused).Active(now-1), true)
	equal(t, get(unused).Active(now), false)
	check(t, w.Store.TouchAppPassword(t.Context(), w.Account.ID, unused.ID, now, "", ""))
	equal(t, get(unused).Active(now), false)
	create("another") // the unused one does not count any more
	check(t, w.Store.Maintain(t.Context(), store.Retention{}))
	equal(t, get(unused).Revoked, end)
	equal(t, get(used).Revoked, int64(0))
}
