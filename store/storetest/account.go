package storetest

import (
	"testing"
	"time"

	"ksync/store"
)

func accountTests() []contract {
	return []contract{
		{"Fields", accountFields},
		{"NamesAreUnique", accountNames},
		{"Update", accountUpdate},
		{"EarlierNameLeadsThereForAWhile", accountAlias},
		{"DeletedWhenDue", accountDue},
		{"Delete", accountDelete},
		{"Usage", accountUsage},
	}
}

func accountFields(t *testing.T, open Opener) {
	clock := NewClock()
	s := open(t, store.Options{Now: clock.Now})
	a := store.Account{Login: "Anna", Email: "Anna@Example.org", Name: "Anna Ålund", Locale: "sv", TimeZone: "Europe/Stockholm",
		PasswordHash: "$argon2id$x", Disabled: true, Quota: 5,
		PasswordSet: 6, NewPassword: true, Failures: 7, DeleteAfter: 8}
	made := must(s.CreateAccount(t.Context(), a))(t)
	a.ID, a.Created = made.ID, clock.Now().UnixMilli()
	equal(t, made, a)
	if a.ID < 1 || a.ID > 1<<31-1 {
		t.Errorf("id %d", a.ID)
	}
	equal(t, must(s.Account(t.Context(), a.ID))(t), a)
	equal(t, must(s.AccountByLogin(t.Context(), "anna"))(t), a)
	equal(t, must(s.AccountByLogin(t.Context(), "anna@example.org"))(t), a)
	equal(t, must(s.Accounts(t.Context()))(t), []store.Account{a})
	for _, name := range []string{"", "ann", "anna%", "_nna", ".*"} {
		_, err := s.AccountByLogin(t.Context(), name)
		want(t, err, store.ErrNotFound)
	}
}

func accountNames(t *testing.T, open Opener) {
	s := open(t, store.Options{})
	create := func(login, email string) error {
		_, err := s.CreateAccount(t.Context(), store.Account{Login: login, Email: email})
		return err
	}
	check(t, create("anna", "anna@example.org"))
	check(t, create("same@example.org", "same@example.org"))
	check(t, create("bob", ""))
	check(t, create("carol", ""))
	want(t, create("ANNA", ""), store.ErrExists)
	want(t, create("dora", "Anna@example.org"), store.ErrExists)
	want(t, create("anna@example.org", ""), store.ErrExists)
	want(t, create("dora", "bob"), store.ErrExists)
	want(t, create("", "x@example.org"), store.ErrInvalid)
	check(t, create("dora", "dora@example.org"))
	equal(t, len(must(s.Accounts(t.Context()))(t)), 5)
}

func accountUpdate(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	other := Seed(t, w.Store, Seeds{Login: "bob"})
	rename := func(login string) error {
		return w.Store.UpdateAccount(t.Context(), w.Account.ID, func(a *store.Account) error {
			a.Login, a.ID, a.Quota = login, 1, 9
			return nil
		})
	}
	want(t, rename("Bob"), store.ErrExists)
	equal(t, must(w.Store.Account(t.Context(), w.Account.ID))(t), w.Account)
	check(t, rename("annika"))
	got := must(w.Store.AccountByLogin(t.Context(), "annika"))(t)
	equal(t, got.ID, w.Account.ID)
	equal(t, got.Quota, int64(9))
	check(t, w.Store.SetDisabled(t.Context(), other.Account.ID, true))
	equal(t, must(w.Store.Account(t.Context(), other.Account.ID))(t).Disabled, true)
	want(t, w.Store.SetDisabled(t.Context(), 1, true), store.ErrNotFound)
}

func accountDelete(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 450, Events: 3})
	other := Seed(t, w.Store, Seeds{Login: "bob", Cards: 2})
	w.delete(t, CardURI(1))
	w.mark(t, w.Book.ID, CardURI(2), "<x/>")
	w.mark(t, 0, "principal", "<x/>")
	check(t, w.Store.DeleteAccount(t.Context(), w.Account.ID))
	want(t, w.Store.DeleteAccount(t.Context(), w.Account.ID), store.ErrNotFound)
	for name, err := range w.everyMethod(t, w.Account.ID) {
		if err == nil {
			t.Errorf("%s still works", name)
		}
	}
	equal(t, len(must(w.Store.Accounts(t.Context()))(t)), 1)
	equal(t, must(w.Store.Usage(t.Context(), other.Account.ID))(t) > 0, true)
	check(t, w.Store.Maintain(t.Context(), store.Retention{}))
	again := Seed(t, w.Store, Seeds{})
	equal(t, again.Account.Login, "anna")
}

func accountUsage(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	w.put(t, w.text("a", "123"))
	equal(t, must(w.Store.Usage(t.Context(), w.Account.ID))(t), int64(3))
	_, err := w.Store.Usage(t.Context(), 1)
	want(t, err, store.ErrNotFound)
}

func accountAlias(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	address := func(email string) error {
		return w.Store.UpdateAccount(t.Context(), w.Account.ID, func(a *store.Account) error { a.Email = email; return nil })
	}
	leads := func(name string) bool {
		a, err := w.Store.AccountByLogin(t.Context(), name)
		return err == nil && a.ID == w.Account.ID
	}
	check(t, address("new@example.org"))
	for _, name := range []string{"anna", "anna@example.org", "new@example.org"} {
		equal(t, leads(name), true)
	}
	_, err := w.Store.CreateAccount(t.Context(), store.Account{Login: "anna@example.org"})
	want(t, err, store.ErrExists)
	check(t, address("anna@example.org"))
	check(t, address("new@example.org"))
	clock.Advance(30 * 24 * time.Hour)
	equal(t, leads("anna@example.org"), false)
	equal(t, leads("new@example.org"), true)
	other := must(w.Store.CreateAccount(t.Context(), store.Account{Login: "anna@example.org"}))(t)
	want(t, address("anna@example.org"), store.ErrExists)
	check(t, w.Store.Maintain(t.Context(), store.Retention{}))
	equal(t, must(w.Store.AccountByLogin(t.Context(), "anna@example.org"))(t).ID, other.ID)
}

func accountDue(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{Cards: 1})
	other := Seed(t, w.Store, Seeds{Login: "bob"})
	check(t, w.Store.UpdateAccount(t.Context(), w.Account.ID, func(a *store.Account) error {
		a.DeleteAfter = clock.Now().Add(time.Hour).UnixMilli()
		return nil
	}))
	check(t, w.Store.Maintain(t.Context(), store.Retention{}))
	equal(t, len(must(w.Store.Accounts(t.Context()))(t)), 2)
	clock.Advance(time.Hour)
	check(t, w.Store.Maintain(t.Context(), store.Retention{}))
	equal(t, must(w.Store.Accounts(t.Context()))(t), []store.Account{other.Account})
}
