package storetest

import (
	"fmt"
	"testing"
	"time"

	"ksync/store"
)

func appPasswordTests() []contract {
	return []contract{
		{"Fields", appPasswordFields},
		{"Revoke", appPasswordRevoke},
		{"Limit", appPasswordLimit},
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
		Scope: store.ContactsRead | store.TasksWrite | store.TasksRead, Expires: 99}
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
