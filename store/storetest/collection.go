package storetest

import (
	"fmt"
	"testing"

	"ksync/store"
)

func collectionTests() []contract {
	return []contract{
		{"Fields", collectionFields},
		{"NamesAreUnique", collectionNames},
		{"Update", collectionUpdate},
		{"UpdateIsAtomic", collectionUpdateFails},
		{"Delete", collectionDelete},
		{"Restore", collectionRestore},
		{"RestoreRefused", collectionRestoreRefused},
		{"DeletePrecondition", collectionDeleteCond},
		{"Limit", collectionLimit},
	}
}

func collectionFields(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	order := int64(7)
	c := store.Collection{
		Account: w.Account.ID, Kind: store.Calendar, URI: "work", DisplayName: "Työ", Description: "d", Color: "#ff0000ff",
		Order: &order, TimeZone: "BEGIN:VTIMEZONE", TimeZoneID: "Europe/Helsinki", Components: []string{"VEVENT", "VTODO"}, Source: "https://example.org/x",
	}
	made := must(w.Store.CreateCollection(t.Context(), c, []store.Property{{Name: "{x}p", Value: "<p/>"}}))(t)
	now := clock.Now().UnixMilli()
	c.ID, c.Epoch, c.Change, c.Oldest, c.Created, c.Modified = made.ID, made.Epoch, 1, 1, now, now
	equal(t, made, c)
	equal(t, must(w.Store.Collection(t.Context(), w.Account.ID, store.Calendar, "work"))(t), c)
	if made.ID < 1 || made.ID > 1<<31-1 || len(made.Epoch) < 16 {
		t.Errorf("id %d, epoch %q", made.ID, made.Epoch)
	}
	equal(t, w.markOf(t, made.ID, ""), "<p/>")

	clock.Advance(1e9)
	third := must(w.Store.CreateCollection(t.Context(), store.Collection{Account: w.Account.ID, Kind: store.Calendar, URI: "a"}, nil))(t)
	all := must(w.Store.Collections(t.Context(), w.Account.ID, store.Calendar))(t)
	equal(t, len(all), 3)
	equal(t, all[2], third)
	equal(t, len(must(w.Store.Collections(t.Context(), w.Account.ID, store.AddressBook))(t)), 1)
}

func collectionNames(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	c := store.Collection{Account: w.Account.ID, Kind: store.Calendar, URI: w.Calendar.URI}
	_, err := w.Store.CreateCollection(t.Context(), c, nil)
	want(t, err, store.ErrExists)
	c.Kind = store.AddressBook
	must(w.Store.CreateCollection(t.Context(), c, nil))(t)
	for _, bad := range []store.Collection{
		{Account: w.Account.ID, Kind: store.Calendar}, {Account: w.Account.ID, Kind: "notes", URI: "x"},
	} {
		_, err = w.Store.CreateCollection(t.Context(), bad, nil)
		want(t, err, store.ErrInvalid)
	}
}

func collectionUpdate(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{Cards: 1})
	before := w.book(t)
	w.mark(t, w.Book.ID, "", "<old/>")
	clock.Advance(1e9)
	err := w.Store.UpdateCollection(t.Context(), w.Account.ID, w.Book.ID, func(c *store.Collection) error {
		c.DisplayName, c.Color = "Friends", "#00ff00"
		c.URI, c.Change, c.Epoch = "ignored", 99, "ignored"
		return nil
	}, []store.Property{{Name: "{x}new", Value: "<new/>"}}, []string{"{x}mark", "{x}absent"})
	check(t, err)
	wanted := before
	wanted.DisplayName, wanted.Color, wanted.Modified = "Friends", "#00ff00", clock.Now().UnixMilli()
	equal(t, w.book(t), wanted)
	equal(t, w.markOf(t, w.Book.ID, ""), "<new/>")
}

func collectionUpdateFails(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{Limits: store.Limits{Properties: 2}}), Seeds{})
	before := w.book(t)
	rename := func(c *store.Collection) error {
		c.DisplayName = "changed"
		return nil
	}
	var many []store.Property
	for n := range 3 {
		many = append(many, store.Property{Name: fmt.Sprintf("{x}%d", n), Value: "<x/>"})
	}
	err := w.Store.UpdateCollection(t.Context(), w.Account.ID, w.Book.ID, rename, many, nil)
	want(t, err, store.ErrLimit)
	err = w.Store.UpdateCollection(t.Context(), w.Account.ID, w.Book.ID, func(c *store.Collection) error {
		return store.ErrExists
	}, many[:1], nil)
	want(t, err, store.ErrExists)
	equal(t, w.book(t), before)
	equal(t, w.markOf(t, w.Book.ID, ""), "")
}

func collectionDelete(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 3})
	check(t, w.Store.DeleteCollection(t.Context(), w.Account.ID, w.Book.ID, store.Precondition{}))
	for name, err := range w.everyMethod(t, w.Account.ID) {
		if w.needsBook(name) {
			want(t, err, store.ErrNotFound)
		}
	}
	equal(t, len(must(w.Store.Collections(t.Context(), w.Account.ID, store.AddressBook))(t)), 0)
	again := must(w.Store.CreateCollection(t.Context(), store.Collection{Account: w.Account.ID, Kind: store.AddressBook, URI: "contacts"}, nil))(t)
	if again.ID == w.Book.ID || again.Epoch == w.Book.Epoch {
		t.Error("the new collection can be taken for the old one")
	}
	equal(t, again.Count, int64(0))
}

// A deleted collection comes back as it was, for who had synced it, too.
func collectionRestore(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{Cards: 3})
	w.mark(t, w.Book.ID, CardURI(1), "<x/>")
	w.delete(t, CardURI(0))
	before := w.book(t)
	equal(t, len(must(w.Store.DeletedCollections(t.Context(), w.Account.ID))(t)), 0)
	check(t, w.Store.DeleteCollection(t.Context(), w.Account.ID, w.Book.ID, store.Precondition{}))
	gone := must(w.Store.DeletedCollections(t.Context(), w.Account.ID))(t)
	equal(t, gone, []store.DeletedCollection{{Collection: before, DeletedAt: clock.Now().UnixMilli()}})

	equal(t, must(w.Store.RestoreCollection(t.Context(), w.Account.ID, w.Book.ID))(t), before)
	equal(t, w.book(t), before)
	equal(t, w.markOf(t, w.Book.ID, CardURI(1)), "<x/>")
	equal(t, len(w.changes(t, before.Change-1).Objects), 1)
	w.put(t, w.text(CardURI(2), "changed"))
	equal(t, len(must(w.Store.DeletedCollections(t.Context(), w.Account.ID))(t)), 0)
	clock.Advance(31 * day)
	check(t, w.Store.Maintain(t.Context(), store.Retention{}))
	equal(t, len(w.state(t, w.Book.ID)), 2)
}

func collectionRestoreRefused(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now, Limits: store.Limits{Collections: 3}}), Seeds{Cards: 3})
	restore := func(account int64) error {
		_, err := w.Store.RestoreCollection(t.Context(), account, w.Book.ID)
		return err
	}
	other := Seed(t, w.Store, Seeds{Login: "other"})
	want(t, restore(w.Account.ID), store.ErrNotFound) // it is there
	check(t, w.Store.DeleteCollection(t.Context(), w.Account.ID, w.Book.ID, store.Precondition{}))
	want(t, restore(other.Account.ID), store.ErrNotFound)

	make := func(kind store.Kind, uri string) store.Collection {
		return must(w.Store.CreateCollection(t.Context(), store.Collection{Account: w.Account.ID, Kind: kind, URI: uri}, nil))(t)
	}
	same := make(store.AddressBook, w.Book.URI)
	want(t, restore(w.Account.ID), store.ErrExists)
	check(t, w.Store.DeleteCollection(t.Context(), w.Account.ID, same.ID, store.Precondition{}))
	make(store.Calendar, "two")
	three := make(store.Calendar, "three")
	want(t, restore(w.Account.ID), store.ErrLimit)
	check(t, w.Store.DeleteCollection(t.Context(), w.Account.ID, three.ID, store.Precondition{}))
	check(t, w.Store.UpdateAccount(t.Context(), w.Account.ID, func(a *store.Account) error { a.Quota = 1; return nil }))
	want(t, restore(w.Account.ID), store.ErrQuota)

	clock.Advance(31 * day)
	check(t, w.Store.Maintain(t.Context(), store.Retention{}))
	want(t, restore(w.Account.ID), store.ErrNotFound)
	equal(t, len(must(w.Store.DeletedCollections(t.Context(), w.Account.ID))(t)), 0)
}

func collectionDeleteCond(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 1})
	stale := store.Precondition{Match: []string{w.Book.ETag()}}
	want(t, w.Store.DeleteCollection(t.Context(), w.Account.ID, w.Book.ID, stale), store.ErrPrecondition)
	fresh := store.Precondition{Match: []string{w.book(t).ETag()}}
	check(t, w.Store.DeleteCollection(t.Context(), w.Account.ID, w.Book.ID, fresh))
}

func collectionLimit(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{Limits: store.Limits{Collections: 3}}), Seeds{})
	must(w.Store.CreateCollection(t.Context(), store.Collection{Account: w.Account.ID, Kind: store.Calendar, URI: "3"}, nil))(t)
	_, err := w.Store.CreateCollection(t.Context(), store.Collection{Account: w.Account.ID, Kind: store.Calendar, URI: "4"}, nil)
	want(t, err, store.ErrLimit)
}
