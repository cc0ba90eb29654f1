package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ksync/store"
)

func queryTests() []contract {
	return []contract{
		{"PagesByURI", queryPages},
		{"PageBytes", queryBytes},
		{"Components", queryComponents},
		{"Span", querySpan},
		{"SpanPages", querySpanPages},
		{"ByURI", queryByURI},
		{"Search", querySearch},
		{"SearchPanics", querySearchPanics},
		{"ListMovedMeanwhile", listMoved},
		{"ListMissed", listMissed},
		{"ListNameTaken", listTaken},
		{"ListFails", listFails},
		{"ListModel", listModel},
	}
}

// walk lists a query and returns the names and the size of each page.
func (w *World) walk(t testing.TB, q store.Query) (uris []string, pages []int) {
	t.Helper()
	list := w.Store.List(store.Collection{Account: w.Account.ID, ID: q.Collection}, q, nil)
	for {
		page := must(list.Next(t.Context()))(t)
		if len(page) == 0 {
			return uris, pages
		}
		for _, o := range page {
			uris = append(uris, o.URI)
			if q.WithBytes != (o.Bytes != nil) {
				t.Fatalf("%s: bytes asked: %v, given: %v", o.URI, q.WithBytes, o.Bytes != nil)
			}
		}
		pages = append(pages, len(page))
	}
}

func queryPages(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 25, Events: 3})
	for _, withBytes := range []bool{false, true} {
		uris, pages := w.walk(t, store.Query{Collection: w.Book.ID, Limit: 10, WithBytes: withBytes})
		equal(t, uris, w.Cards)
		equal(t, pages, []int{10, 10, 5})
	}
	uris, _ := w.walk(t, store.Query{Collection: w.Calendar.ID})
	equal(t, uris, w.Events)
	page := must(w.Store.Objects(t.Context(), store.Query{Account: w.Account.ID, Collection: w.Book.ID, After: w.Cards[20], Limit: 3}))(t)
	equal(t, len(page), 3)
	equal(t, page[0].URI, w.Cards[21])
}

func queryBytes(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{Limits: store.Limits{PageBytes: 1000}}), Seeds{})
	var puts []store.Put
	for n, size := range []int{400, 400, 400, 5000, 10, 5000, 400} {
		p := w.text(fmt.Sprint(n), strings.Repeat("x", size))
		p.Index = store.Index{First: 1, Last: 1}
		puts = append(puts, p)
	}
	for _, p := range puts {
		w.put(t, p)
	}
	_, pages := w.walk(t, store.Query{Collection: w.Book.ID, WithBytes: true})
	equal(t, pages, []int{2, 1, 1, 1, 1, 1})
	from := int64(0)
	_, pages = w.walk(t, store.Query{Collection: w.Book.ID, WithBytes: true, From: &from})
	equal(t, pages, []int{2, 1, 1, 1, 1, 1})
	_, pages = w.walk(t, store.Query{Collection: w.Book.ID, WithBytes: true, MaxBytes: 1 << 20})
	equal(t, pages, []int{7})
	_, pages = w.walk(t, store.Query{Collection: w.Book.ID})
	equal(t, pages, []int{7})
}

func queryComponents(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Events: 2})
	for _, c := range []string{"VTODO", "VJOURNAL"} {
		p := w.text(c, c)
		p.Collection, p.Index.Component = w.Calendar.ID, c
		w.put(t, p)
	}
	from := int64(-1 << 63)
	for _, q := range []store.Query{{}, {From: &from}} {
		q.Collection = w.Calendar.ID
		q.Components = []string{"VTODO"}
		uris, _ := w.walk(t, q)
		equal(t, uris, []string{"VTODO"})
		q.Components = []string{"VTODO", "VEVENT"}
		uris, _ = w.walk(t, q)
		equal(t, uris, []string{"VTODO", EventURI(0), EventURI(1)})
		q.Components = []string{"VFREEBUSY"}
		uris, _ = w.walk(t, q)
		equal(t, len(uris), 0)
	}
}

func querySpan(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	for uri, span := range map[string][2]int64{
		"past": {10, 20}, "touches": {90, 100}, "inside": {120, 130}, "around": {0, 1000},
		"future": {201, 300}, "endless": {150, 1<<63 - 1}, "ever": {-1 << 63, 1<<63 - 1},
	} {
		p := w.text(uri, uri)
		p.Index.First, p.Index.Last = span[0], span[1]
		w.put(t, p)
	}
	from, to := int64(100), int64(200)
	for _, c := range []struct {
		name     string
		from, to *int64
		without  []string
	}{
		{"both", &from, &to, []string{"past", "future"}},
		{"from", &from, nil, []string{"past"}},
		{"to", nil, &to, []string{"future"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			uris, _ := w.walk(t, store.Query{Collection: w.Book.ID, From: c.from, To: c.to})
			all, _ := w.walk(t, store.Query{Collection: w.Book.ID})
			equal(t, uris, slices.DeleteFunc(all, func(u string) bool { return slices.Contains(c.without, u) }))
		})
	}
}

func querySpanPages(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Events: 300})
	from := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 100).UnixMilli()
	uris, pages := w.walk(t, store.Query{Collection: w.Calendar.ID, From: &from, Limit: 130, WithBytes: true})
	equal(t, uris, w.Events[100:])
	equal(t, pages, []int{130, 70})
}

func queryByURI(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 300})
	for _, n := range []int{0, 1, 10, 16, 17, 128, 129, 300} {
		uris := append(slices.Clone(w.Cards[:n]), "absent")
		uris = append(uris, w.Cards[:n]...) // twice
		got := must(w.Store.ObjectsByURI(t.Context(), w.Account.ID, w.Book.ID, uris, true))(t)
		var names []string
		for _, o := range got {
			names = append(names, o.URI)
			if len(o.Bytes) == 0 {
				t.Errorf("%s has no bytes", o.URI)
			}
		}
		slices.Sort(names)
		if !slices.Equal(names, w.Cards[:n]) {
			t.Errorf("asked for %d, got %d", n, len(names))
		}
	}
	got := must(w.Store.ObjectsByURI(t.Context(), w.Account.ID, w.Book.ID, w.Cards[:1], false))(t)
	equal(t, got[0].Bytes == nil, true)
}

// Bytes are judged a batch at a time beside the reading: all are, in order.
func querySearch(t *testing.T, open Opener) {
	const all = 700
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: all})
	var want []string
	for n := range all {
		if strings.Contains(CardURI(n), "7") {
			want = append(want, CardURI(n))
		}
	}
	for _, q := range []store.Query{{}, {Limit: 13}, {MaxBytes: 1000}, {WithBytes: true}, {Light: true, Limit: 99}, {Light: true, WithBytes: true}} {
		q.Account, q.Collection = w.Account.ID, w.Book.ID
		var got []string
		asked := 0
		found := store.Finding{More: true}
		for found.More {
			found = must(w.Store.Search(t.Context(), q, found.At, func(bytes string) bool {
				asked++
				_, name, _ := strings.Cut(bytes, "FN:")
				name, _, _ = strings.Cut(name, "\r\n")
				return strings.Contains(name, "7")
			}))(t)
			for _, o := range found.Objects {
				got = append(got, o.URI)
				w.sameRow(t, q, o)
			}
		}
		equal(t, got, want)
		equal(t, asked, all)
	}
}

// sameRow compares an object that was found with what is there, as far as it was asked for.
func (w *World) sameRow(t testing.TB, q store.Query, got store.Object) {
	t.Helper()
	want := must(w.Store.Object(t.Context(), q.Account, q.Collection, got.URI))(t)
	if q.Light {
		want = store.Object{URI: want.URI, ETag: want.ETag, Size: want.Size, Index: store.Index{UID: want.UID}, Bytes: want.Bytes}
	}
	if !q.WithBytes {
		want.Bytes = nil
	}
	equal(t, got, want)
}

// A panic is an error of that search; the store goes on.
func querySearchPanics(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 300})
	q := store.Query{Account: w.Account.ID, Collection: w.Book.ID}
	if _, err := w.Store.Search(t.Context(), q, 0, func(string) bool { panic("what a card") }); err == nil || !strings.Contains(err.Error(), "what a card") {
		t.Errorf("got %v", err)
	}
	found := must(w.Store.Search(t.Context(), q, 0, func(string) bool { return true }))(t)
	equal(t, len(found.Objects), 300)
}
