package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"ksync/store"
)

// Seeds says what [Seed] makes.
type Seeds struct {
	Login  string // "anna" by default
	Cards  int
	Events int
}

// World is an account with an address book and a calendar.
type World struct {
	Store    *store.Store
	Account  store.Account
	Book     store.Collection // URI "contacts"
	Calendar store.Collection // URI "private"
	Cards    []string         // URIs, CardURI(0) first
	Events   []string
}

// Seed makes an account with both collections and n small objects in each.
func Seed(t testing.TB, s *store.Store, seeds Seeds) *World {
	t.Helper()
	w := &World{Store: s}
	if seeds.Login == "" {
		seeds.Login = "anna"
	}
	w.Account = must(s.CreateAccount(t.Context(), store.Account{Login: seeds.Login, Email: seeds.Login + "@example.org"}))(t)
	w.Book = must(s.CreateCollection(t.Context(), store.Collection{
		Account: w.Account.ID, Kind: store.AddressBook, URI: "contacts", DisplayName: "Contacts"}, nil))(t)
	w.Calendar = must(s.CreateCollection(t.Context(), store.Collection{
		Account: w.Account.ID, Kind: store.Calendar, URI: "private", DisplayName: "Private", Components: []string{"VEVENT", "VTODO"}}, nil))(t)
	w.fill(t, seeds)
	return w
}

// fill puts many objects per transaction.
func (w *World) fill(t testing.TB, seeds Seeds) {
	t.Helper()
	var puts []store.Put
	for n := range seeds.Cards {
		puts = append(puts, w.Card(n))
		w.Cards = append(w.Cards, CardURI(n))
	}
	for n := range seeds.Events {
		puts = append(puts, w.Event(n))
		w.Events = append(w.Events, EventURI(n))
	}
	for len(puts) > 0 {
		n := min(len(puts), 500)
		check(t, w.Store.Write(t.Context(), func(tx *store.Tx) error { return putAll(t.Context(), tx, puts[:n]) }))
		puts = puts[n:]
	}
}

func putAll(ctx context.Context, tx *store.Tx, puts []store.Put) error {
	for _, p := range puts {
		if _, err := tx.PutObject(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// CardURI names the n-th card.
func CardURI(n int) string { return fmt.Sprintf("card-%05d.vcf", n) }

// EventURI names the n-th event.
func EventURI(n int) string { return fmt.Sprintf("event-%05d.ics", n) }

// Card is the n-th card as a put.
func (w *World) Card(n int) store.Put {
	uid := fmt.Sprintf("urn:uuid:%08d", n)
	return store.Put{
		Account: w.Account.ID, Collection: w.Book.ID, URI: CardURI(n),
		Bytes: fmt.Appendf(nil, "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:%s\r\nFN:Person %d\r\nN:%d;Person;;;\r\n"+
			"TEL;TYPE=cell:+49 151 %07d\r\nEMAIL:person%d@example.org\r\nEND:VCARD\r\n", uid, n, n, n, n),
		Index: store.Index{UID: uid, Component: "VCARD"},
	}
}

// Event is the n-th event as a put: an hour on the n-th day from 2020 on.
func (w *World) Event(n int) store.Put {
	uid := fmt.Sprintf("event-%d@example.org", n)
	start := time.Date(2020, 1, 1, 9, 0, 0, 0, time.UTC).AddDate(0, 0, n)
	end := start.Add(time.Hour)
	const layout = "20060102T150405Z"
	return store.Put{
		Account: w.Account.ID, Collection: w.Calendar.ID, URI: EventURI(n),
		Bytes: fmt.Appendf(nil, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//ksync//test//EN\r\nBEGIN:VEVENT\r\n"+
			"UID:%s\r\nDTSTAMP:20200101T000000Z\r\nDTSTART:%s\r\nDTEND:%s\r\nSUMMARY:Event %d\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
			uid, start.Format(layout), end.Format(layout), n),
		Index: store.Index{UID: uid, Component: "VEVENT", First: start.UnixMilli(), Last: end.UnixMilli(), Exact: true},
	}
}

// Verify fails the test when the store is inconsistent.
func Verify(t testing.TB, s *store.Store) {
	t.Helper()
	if err := s.Verify(context.WithoutCancel(t.Context())); err != nil {
		t.Errorf("the store is inconsistent: %v", err)
	}
}

// must unwraps a result: must(f())(t).
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		check(t, err)
		return v
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
