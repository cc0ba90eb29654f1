package storetest

import (
	"testing"

	"ksync/store"
)

func deleteTests() []contract {
	return []contract{
		{"LeavesTombstone", deleteTombstone},
		{"Preconditions", deletePreconditions},
		{"TakesPropertiesAlong", deleteProperties},
		{"AbsentBeforePreconditions", deleteAbsent},
		{"OneOfManyWins", deleteRace},
	}
}

func (w *World) delete(t testing.TB, uri string) {
	t.Helper()
	check(t, w.Store.DeleteObject(t.Context(), store.Delete{Account: w.Account.ID, Collection: w.Book.ID, URI: uri}))
}

func deleteTombstone(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 1})
	since := w.book(t).Change
	w.delete(t, CardURI(0))
	_, err := w.Store.Object(t.Context(), w.Account.ID, w.Book.ID, CardURI(0))
	want(t, err, store.ErrNotFound)
	page := w.changes(t, since)
	equal(t, page.Objects, []store.Change{{Object: store.Object{URI: CardURI(0), Change: since + 1}, Deleted: true}})

	w.put(t, w.Card(0))
	page = w.changes(t, since)
	if len(page.Objects) != 1 || page.Objects[0].Deleted || page.Objects[0].Change != since+2 {
		t.Errorf("after it came back: %+v", page.Objects)
	}
}

func deletePreconditions(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 2})
	d := store.Delete{Account: w.Account.ID, Collection: w.Book.ID, URI: CardURI(0)}
	for _, cond := range []store.Precondition{{Match: []string{"x"}}, {NoneMatchAny: true}, {NoneMatch: []string{w.object(t, CardURI(0)).ETag}}} {
		d.Cond = cond
		want(t, w.Store.DeleteObject(t.Context(), d), store.ErrPrecondition)
	}
	d.Cond = store.Precondition{Match: []string{w.object(t, CardURI(0)).ETag}}
	check(t, w.Store.DeleteObject(t.Context(), d))
}

func deleteAbsent(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	before := w.book(t)
	d := store.Delete{Account: w.Account.ID, Collection: w.Book.ID, URI: "x", Cond: store.Precondition{MatchAny: true}}
	want(t, w.Store.DeleteObject(t.Context(), d), store.ErrNotFound)
	equal(t, w.book(t), before)
}

func deleteProperties(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 1})
	at := store.Place{Account: w.Account.ID, Collection: w.Book.ID, URI: CardURI(0)}
	check(t, w.Store.SetProperties(t.Context(), at, []store.Property{{Name: "{x}a", Value: "<a/>"}}, nil))
	w.delete(t, CardURI(0))
	w.put(t, w.Card(0))
	equal(t, len(must(w.Store.Properties(t.Context(), at))(t)), 0)
}

func deleteRace(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 1})
	won := concurrently(8, func(int) error {
		return w.Store.DeleteObject(t.Context(), store.Delete{Account: w.Account.ID, Collection: w.Book.ID, URI: CardURI(0)})
	})
	equal(t, won, 1)
}
