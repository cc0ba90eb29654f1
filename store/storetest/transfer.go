package storetest

import (
	"errors"
	"testing"

	"ksync/store"
)

func transferTests() []contract {
	return []contract{
		{"MoveInCollection", moveInside},
		{"MoveToCollection", moveAcross},
		{"MoveOverExisting", moveOver},
		{"CopyToCollection", copyAcross},
		{"CopyOverExisting", copyOver},
		{"Refusals", transferRefusals},
	}
}

func (w *World) transfer(from, to string) store.Transfer {
	return store.Transfer{
		Account: w.Account.ID,
		From:    store.Place{Collection: w.Book.ID, URI: from},
		To:      store.Place{Collection: w.Calendar.ID, URI: to},
	}
}

func (w *World) mark(t testing.TB, collection int64, uri, value string) {
	t.Helper()
	at := store.Place{Account: w.Account.ID, Collection: collection, URI: uri}
	check(t, w.Store.SetProperties(t.Context(), at, []store.Property{{Name: "{x}mark", Value: value}}, nil))
}

func (w *World) markOf(t testing.TB, collection int64, uri string) string {
	t.Helper()
	at := store.Place{Account: w.Account.ID, Collection: collection, URI: uri}
	props := must(w.Store.Properties(t.Context(), at))(t)
	if len(props) == 0 {
		return ""
	}
	return props[0].Value
}

func moveInside(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 1})
	w.mark(t, w.Book.ID, CardURI(0), "<m/>")
	before, since := w.object(t, CardURI(0)), w.book(t).Change
	tr := w.transfer(CardURI(0), "new.vcf")
	tr.To.Collection = w.Book.ID
	equal(t, must(w.Store.MoveObject(t.Context(), tr))(t), true)

	after := w.object(t, "new.vcf")
	equal(t, string(after.Bytes), string(before.Bytes))
	equal(t, after.ETag, before.ETag)
	equal(t, w.markOf(t, w.Book.ID, "new.vcf"), "<m/>")
	page := w.changes(t, since)
	equal(t, len(page.Objects), 2)
	equal(t, page.Objects[0].Deleted, true)
	equal(t, page.Objects[0].URI, CardURI(0))
	equal(t, page.Objects[1].URI, "new.vcf")

	tr.From, tr.To = tr.To, tr.From // and back, onto the tombstone
	equal(t, must(w.Store.MoveObject(t.Context(), tr))(t), true)
}

func moveAcross(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 1, Events: 1})
	must(w.Store.MoveObject(t.Context(), w.transfer(CardURI(0), "moved")))(t)
	equal(t, len(w.changes(t, w.Book.Change).Objects), 1)
	equal(t, w.changes(t, w.Book.Change).Objects[0].Deleted, true)
	equal(t, w.book(t).Bytes, int64(0))
	got := must(w.Store.Object(t.Context(), w.Account.ID, w.Calendar.ID, "moved"))(t)
	equal(t, string(got.Bytes), string(w.Card(0).Bytes))
	w.put(t, w.Card(0)) // its UID is free here
}

func moveOver(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 1, Events: 1})
	w.mark(t, w.Calendar.ID, EventURI(0), "<old/>")
	tr := w.transfer(CardURI(0), EventURI(0))
	_, err := w.Store.MoveObject(t.Context(), tr)
	want(t, err, store.ErrPrecondition)
	tr.Overwrite = true
	tr.By = store.Author{AppPassword: 7, Agent: "test"}
	equal(t, must(w.Store.MoveObject(t.Context(), tr))(t), false)
	equal(t, w.markOf(t, w.Calendar.ID, EventURI(0)), "")
	versions := must(w.Store.Versions(t.Context(), w.Account.ID, w.Calendar.ID, EventURI(0)))(t)
	equal(t, len(versions), 1)
	equal(t, versions[0].Reason, "move")
	equal(t, versions[0].By, tr.By)
}

func copyAcross(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 1})
	w.mark(t, w.Book.ID, CardURI(0), "<m/>")
	before := w.book(t)
	equal(t, must(w.Store.CopyObject(t.Context(), w.transfer(CardURI(0), "copy")))(t), true)
	got := must(w.Store.Object(t.Context(), w.Account.ID, w.Calendar.ID, "copy"))(t)
	equal(t, string(got.Bytes), string(w.Card(0).Bytes))
	equal(t, w.markOf(t, w.Calendar.ID, "copy"), "<m/>")
	equal(t, w.markOf(t, w.Book.ID, CardURI(0)), "<m/>")
	equal(t, w.book(t).Change, before.Change)
}

func copyOver(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 1, Events: 1})
	tr := w.transfer(CardURI(0), EventURI(0))
	tr.Overwrite = true
	equal(t, must(w.Store.CopyObject(t.Context(), tr))(t), false)
	versions := must(w.Store.Versions(t.Context(), w.Account.ID, w.Calendar.ID, EventURI(0)))(t)
	equal(t, len(versions), 1)
	equal(t, versions[0].Reason, "copy")
}

func transferRefusals(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 2, Events: 1})
	inside := func(from, to string) store.Transfer {
		tr := w.transfer(from, to)
		tr.To.Collection = w.Book.ID
		tr.Overwrite = true
		return tr
	}
	stale := w.transfer(CardURI(0), "x")
	stale.Cond.Match = []string{"stale"}
	nowhere := w.transfer(CardURI(0), "x")
	nowhere.To.Collection++
	for _, c := range []struct {
		name string
		tr   store.Transfer
		want error
	}{
		{"no source", w.transfer("absent", "x"), store.ErrNotFound},
		{"no destination collection", nowhere, store.ErrNotFound},
		{"onto itself", inside(CardURI(0), CardURI(0)), store.ErrExists},
		{"stale", stale, store.ErrPrecondition},
		{"no name", w.transfer(CardURI(0), ""), store.ErrInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.Store.MoveObject(t.Context(), c.tr)
			want(t, err, c.want)
			_, err = w.Store.CopyObject(t.Context(), c.tr)
			want(t, err, c.want)
		})
	}
	_, err := w.Store.CopyObject(t.Context(), inside(CardURI(0), "twin"))
	if conflict, ok := errors.AsType[*store.UIDConflict](err); !ok || conflict.URI != CardURI(0) {
		t.Errorf("copy beside itself: %v", err)
	}
	must(w.Store.CopyObject(t.Context(), w.transfer(CardURI(0), "one")))(t)
	_, err = w.Store.MoveObject(t.Context(), w.transfer(CardURI(0), "two"))
	if conflict, ok := errors.AsType[*store.UIDConflict](err); !ok || conflict.URI != "one" {
		t.Errorf("move beside a copy: %v", err)
	}
}
