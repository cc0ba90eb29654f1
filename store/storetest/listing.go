package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ksync/store"
)

func (w *World) rename(t testing.TB, from, to string) {
	t.Helper()
	must(w.Store.MoveObject(t.Context(), store.Transfer{Account: w.Account.ID,
		From: store.Place{Collection: w.Book.ID, URI: from}, To: store.Place{Collection: w.Book.ID, URI: to}}))(t)
}

// listMoved gives objects other names, before what was read, while the list goes on.
func listMoved(t *testing.T, open Opener) {
	zero := int64(0)
	keep := func(b string) bool { return strings.Contains(b, "BEGIN:VCARD") }
	for name, c := range map[string]struct {
		query store.Query
		keep  func(string) bool
	}{
		"names":        {query: store.Query{}},
		"bytes":        {query: store.Query{WithBytes: true}},
		"span":         {query: store.Query{From: &zero}},
		"component":    {query: store.Query{Components: []string{"VCARD"}}},
		"kept":         {query: store.Query{}, keep: keep},
		"kept, bytes":  {query: store.Query{WithBytes: true}, keep: keep},
		"kept by none": {keep: func(string) bool { return false }},
	} {
		t.Run(name, func(t *testing.T) {
			w := Seed(t, open(t, store.Options{}), Seeds{Cards: 25})
			book := must(w.Store.Collection(t.Context(), w.Account.ID, w.Book.Kind, w.Book.URI))(t)
			c.query.Limit = 10
			list := w.Store.List(book, c.query, c.keep)
			var told []string
			for n := 0; ; n++ {
				page := must(list.Next(t.Context()))(t)
				if len(page) == 0 {
					break
				}
				for _, o := range page {
					told = append(told, o.URI)
					equal(t, o.Bytes != nil, c.query.WithBytes)
				}
				if n == 0 {
					w.rename(t, w.Cards[24], "a")
					w.rename(t, w.Cards[3], "b")
					w.put(t, w.text(w.Cards[4], "BEGIN:VCARD once more"))
				}
			}
			want := append(slices.Clone(w.Cards[:24]), "a", "b")
			if name == "kept by none" {
				want = nil
			}
			equal(t, told, want)
		})
	}
}

// listMissed renames an object of the only page before its reader has come to it.
func listMissed(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 3})
	book := must(w.Store.Collection(t.Context(), w.Account.ID, w.Book.Kind, w.Book.URI))(t)
	list := w.Store.List(book, store.Query{}, nil)
	equal(t, len(must(list.Next(t.Context()))(t)), 3)
	w.rename(t, w.Cards[1], "z")
	list.Missed()
	page := must(list.Next(t.Context()))(t)
	equal(t, len(page), 1)
	equal(t, page[0].URI, "z")
	equal(t, len(must(list.Next(t.Context()))(t)), 0)
	w.rename(t, "z", "y")
	list.Missed()
	equal(t, must(list.Next(t.Context()))(t)[0].URI, "y")
	equal(t, len(must(list.Next(t.Context()))(t)), 0)
}

// listTaken gives an object a name that was told of another one: clients would
// take the one for the other.
func listTaken(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 25})
	book := must(w.Store.Collection(t.Context(), w.Account.ID, w.Book.Kind, w.Book.URI))(t)
	list := w.Store.List(book, store.Query{Limit: 10}, nil)
	must(list.Next(t.Context()))(t)
	w.delete(t, w.Cards[3])
	w.rename(t, w.Cards[24], w.Cards[3])
	for {
		page, err := list.Next(t.Context())
		if err != nil {
			want(t, err, store.ErrRestless)
			return
		}
		if len(page) == 0 {
			t.Fatal("the list ends without a word of it")
		}
	}
}

// listFails has a page fail that its reader asks for once more: it is not left out.
func listFails(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 25})
	for name, keep := range map[string]func(string) bool{"names": nil, "kept": func(string) bool { return true }} {
		t.Run(name, func(t *testing.T) {
			list := w.Store.List(w.book(t), store.Query{Limit: 10}, keep)
			equal(t, len(must(list.Next(t.Context()))(t)), 10)
			left, leave := context.WithCancel(t.Context())
			leave()
			_, err := list.Next(left)
			want(t, err, context.Canceled)
			told := 10
			for {
				page, err := list.Next(t.Context())
				if err != nil {
					return
				}
				if len(page) == 0 {
					equal(t, told, 25)
					return
				}
				told += len(page)
			}
		})
	}
}

// listModel disturbs the collection between pages, and before their objects are
// read by name: what has been there all the time, under whatever names, is told,
// and no name twice.
func listModel(t *testing.T, open Opener) {
	s := open(t, store.Options{})
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		m := &shuffled{World: Seed(t, s, Seeds{Login: fmt.Sprint("list-", round)}), at: map[string]string{}}
		m.n = func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "n") }
		for range m.n(30) {
			m.step(t)
		}
		book := must(s.Collection(t.Context(), m.Account.ID, m.Book.Kind, m.Book.URI))(t)
		always := slices.Sorted(maps.Keys(m.at))
		names, uids := map[string]bool{}, map[string]bool{}
		q, keep := store.Query{Limit: 1 + m.n(3), WithBytes: m.n(2) == 0, Light: m.n(2) == 0}, func(string) bool { return true }
		if m.n(2) == 0 {
			keep = nil
		}
		reads := m.n(2) == 0
		list := s.List(book, q, keep)
		for {
			page, err := list.Next(t.Context())
			if errors.Is(err, store.ErrRestless) {
				return
			}
			check(t, err)
			if len(page) == 0 {
				break
			}
			for _, o := range page {
				if reads && m.n(3) == 0 {
					m.step(t)
				}
				if reads && !m.finds(t, &o) {
					list.Missed(o)
					continue
				}
				if names[o.URI] {
					rt.Fatalf("%s is told twice", o.URI)
				}
				names[o.URI], uids[o.UID] = true, true
			}
			for range m.n(4) {
				m.step(t)
			}
			always = slices.DeleteFunc(always, func(uid string) bool { return m.at[uid] == "" })
		}
		for _, uid := range always {
			if !uids[uid] {
				rt.Fatalf("%s is left out", uid)
			}
		}
	})
}

// shuffled is a book whose objects come, change, get other names, and go.
type shuffled struct {
	*World
	n     func(int) int
	at    map[string]string // names by UID
	steps int
}

// finds reads an object by its name.
func (m *shuffled) finds(t testing.TB, listed *store.Object) bool {
	t.Helper()
	o, err := m.Store.Object(t.Context(), m.Account.ID, m.Book.ID, listed.URI)
	if errors.Is(err, store.ErrNotFound) {
		return false
	}
	check(t, err)
	return o.UID == listed.UID
}

func (m *shuffled) step(t testing.TB) {
	t.Helper()
	m.steps++
	name := fmt.Sprint("o", m.n(30))
	taken := slices.Contains(slices.Collect(maps.Values(m.at)), name)
	uids := slices.Sorted(maps.Keys(m.at))
	if len(uids) == 0 || m.n(3) == 0 {
		if !taken {
			m.store(t, fmt.Sprint("u", m.steps), name)
		}
		return
	}
	uid := uids[m.n(len(uids))]
	switch at := m.at[uid]; m.n(4) {
	case 0:
		check(t, m.Store.DeleteObject(t.Context(), store.Delete{Account: m.Account.ID, Collection: m.Book.ID, URI: at}))
		delete(m.at, uid)
	case 1:
		m.store(t, uid, at)
	default:
		if !taken {
			m.rename(t, at, name)
			m.at[uid] = name
		}
	}
}

func (m *shuffled) store(t testing.TB, uid, name string) {
	t.Helper()
	p := m.text(name, fmt.Sprint(uid, m.steps))
	p.Index.UID = uid
	m.put(t, p)
	m.at[uid] = name
}
