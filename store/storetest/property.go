package storetest

import (
	"strings"
	"testing"

	"ksync/store"
)

func propertyTests() []contract {
	return []contract{
		{"Places", propertyPlaces},
		{"SetAndRemove", propertySet},
		{"All", propertyAll},
		{"Limit", propertyLimit},
		{"Bytes", propertyBytes},
	}
}

func propertyPlaces(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 1})
	places := []store.Place{
		{URI: "principal"}, {URI: "calendars"}, {URI: "addressbooks"},
		{Collection: w.Book.ID}, {Collection: w.Book.ID, URI: CardURI(0)}, {Collection: w.Calendar.ID},
	}
	for _, at := range places {
		w.mark(t, at.Collection, at.URI, at.URI)
	}
	for _, at := range places {
		equal(t, w.markOf(t, at.Collection, at.URI), at.URI)
	}
	for _, at := range []store.Place{
		{URI: ""}, {URI: "elsewhere"}, {Collection: 1}, {Collection: w.Book.ID, URI: "absent"}, {Collection: w.Calendar.ID, URI: CardURI(0)},
	} {
		at.Account = w.Account.ID
		_, err := w.Store.Properties(t.Context(), at)
		want(t, err, store.ErrNotFound)
		want(t, w.Store.SetProperties(t.Context(), at, nil, nil), store.ErrNotFound)
	}
}

func propertySet(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	at := store.Place{Account: w.Account.ID, Collection: w.Book.ID}
	before := w.book(t)
	check(t, w.Store.SetProperties(t.Context(), at, []store.Property{{Name: "{b}b", Value: "1"}, {Name: "{a}a", Value: "2"}}, nil))
	check(t, w.Store.SetProperties(t.Context(), at, []store.Property{{Name: "{b}b", Value: "3"}}, []string{"{a}a", "{b}b"}))
	equal(t, must(w.Store.Properties(t.Context(), at))(t), []store.Property{{Name: "{b}b", Value: "3"}})
	equal(t, w.book(t).Change, before.Change)
}

func propertyAll(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 2})
	w.mark(t, w.Book.ID, "", "1")
	w.mark(t, w.Book.ID, CardURI(1), "2")
	w.mark(t, w.Calendar.ID, "", "3")
	equal(t, must(w.Store.AllProperties(t.Context(), w.Account.ID, w.Book.ID))(t), map[string][]store.Property{
		"":         {{Name: "{x}mark", Value: "1"}},
		CardURI(1): {{Name: "{x}mark", Value: "2"}},
	})
}

func propertyLimit(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{Limits: store.Limits{Properties: 1}}), Seeds{})
	at := store.Place{Account: w.Account.ID, URI: "principal"}
	set := func(name string, remove ...string) error {
		return w.Store.SetProperties(t.Context(), at, []store.Property{{Name: name, Value: name}}, remove)
	}
	check(t, set("a"))
	check(t, set("a"))
	want(t, set("b"), store.ErrLimit)
	check(t, set("b", "a"))
	equal(t, must(w.Store.Properties(t.Context(), at))(t), []store.Property{{Name: "b", Value: "b"}})
}

// What all objects of a collection have is read at once: it is bounded, copies included.
func propertyBytes(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{Limits: store.Limits{PropertyBytes: 2500}}), Seeds{Cards: 2})
	w.put(t, w.text("plain", "1"))
	at := func(collection int64, uri string) store.Place {
		return store.Place{Account: w.Account.ID, Collection: collection, URI: uri}
	}
	set := func(uri string) error {
		return w.Store.SetProperties(t.Context(), at(w.Book.ID, uri), []store.Property{{Name: "{x}mark", Value: strings.Repeat("ü", 500)}}, nil)
	}
	check(t, set("plain"))
	check(t, set(""))
	want(t, set(CardURI(1)), store.ErrLimit)
	check(t, set(""))
	tr := store.Transfer{Account: w.Account.ID, From: at(w.Book.ID, "plain"), To: at(w.Book.ID, "copy")}
	_, err := w.Store.CopyObject(t.Context(), tr)
	want(t, err, store.ErrLimit)
	must(w.Store.MoveObject(t.Context(), tr))(t)
	tr.From, tr.To = at(w.Book.ID, "copy"), at(w.Calendar.ID, "copy")
	must(w.Store.CopyObject(t.Context(), tr))(t)
}
