package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ksync/store"
)

func putTests() []contract {
	return []contract{
		{"BytesInBytesOut", putBytes},
		{"Unchanged", putUnchanged},
		{"IndexComesBack", putIndex},
		{"Preconditions", putPreconditions},
		{"UIDConflict", putUIDConflict},
		{"UIDOfDeletedObjectIsFree", putUIDReuse},
		{"Quota", putQuota},
		{"QuotaUnderConcurrency", putQuotaRace},
		{"InvalidNames", putNames},
		{"CountersFollow", putCounters},
		{"OneOfManyIfMatchWins", putRaceMatch},
		{"OneOfManyIfNoneMatchWins", putRaceNoneMatch},
	}
}

// text is a put of some text under a name.
func (w *World) text(uri, text string) store.Put {
	return store.Put{Account: w.Account.ID, Collection: w.Book.ID, URI: uri, Bytes: []byte(text)}
}

func (w *World) put(t testing.TB, p store.Put) store.PutResult {
	t.Helper()
	return must(w.Store.PutObject(t.Context(), p))(t)
}

func (w *World) object(t testing.TB, uri string) store.Object {
	t.Helper()
	return must(w.Store.Object(t.Context(), w.Account.ID, w.Book.ID, uri))(t)
}

// book is the address book as it is now.
func (w *World) book(t testing.TB) store.Collection {
	t.Helper()
	return must(w.Store.Collection(t.Context(), w.Account.ID, store.AddressBook, w.Book.URI))(t)
}

func want(t testing.TB, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got error %v, want %v", err, target)
	}
}

func equal(t testing.TB, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
}

func putBytes(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	etags := make(map[string]string)
	for name, bytes := range map[string]string{
		"plain":    "BEGIN:VCARD\r\nEND:VCARD\r\n",
		"lf":       "BEGIN:VCARD\nEND:VCARD\n",
		"empty":    "",
		"nul":      "a\x00b",
		"not-utf8": "caf\xe9 \xff\xfe",
		"quotes":   `'"; drop table object; --`,
		"large":    strings.Repeat("0123456789abcdef", 1<<16),
	} {
		r := w.put(t, w.text(name, bytes))
		got := w.object(t, name)
		equal(t, string(got.Bytes), bytes)
		equal(t, got.Size, int64(len(bytes)))
		equal(t, got.ETag, r.ETag)
		if other, taken := etags[r.ETag]; taken {
			t.Errorf("%s and %s have the same ETag", name, other)
		}
		etags[r.ETag] = name
	}
}

func putUnchanged(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	first := w.put(t, w.text("a", "one"))
	before, object := w.book(t), w.object(t, "a")
	clock.Advance(1000)
	again := w.put(t, w.text("a", "one"))
	equal(t, again, store.PutResult{ETag: first.ETag, Unchanged: true, Change: first.Change})
	equal(t, w.book(t), before)
	equal(t, w.object(t, "a"), object)
	equal(t, len(must(w.Store.Versions(t.Context(), w.Account.ID, w.Book.ID, "a"))(t)), 0)
}

func putIndex(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	p := w.text("a", "one")
	for _, index := range []store.Index{
		{UID: "u", Component: "VEVENT", First: -1 << 63, Last: 1<<63 - 1, Recurring: true},
		{UID: "v", Component: "VTODO", First: 5, Last: 7, Exact: true},
		{},
	} {
		p.Index, p.Bytes = index, append(p.Bytes, '.')
		w.put(t, p)
		equal(t, w.object(t, "a").Index, index)
	}
}

func putPreconditions(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	here := w.put(t, w.text("here", "0")).ETag
	for _, c := range []struct {
		name string
		uri  string
		cond store.Precondition
		ok   bool
	}{
		{"none, new", "new-1", store.Precondition{}, true},
		{"match, absent", "new-2", store.Precondition{Match: []string{here}}, false},
		{"match any, absent", "new-2", store.Precondition{MatchAny: true}, false},
		{"none match, absent", "new-3", store.Precondition{NoneMatch: []string{here}}, true},
		{"none match any, absent", "new-4", store.Precondition{NoneMatchAny: true}, true},
		{"match other", "here", store.Precondition{Match: []string{"x"}}, false},
		{"match any", "here", store.Precondition{MatchAny: true}, true},
		{"none match any", "here", store.Precondition{NoneMatchAny: true}, false},
		{"none match other", "here", store.Precondition{NoneMatch: []string{"x"}}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := w.text(c.uri, c.name)
			p.Cond = c.cond
			before := w.book(t)
			_, err := w.Store.PutObject(t.Context(), p)
			if c.ok {
				check(t, err)
				return
			}
			want(t, err, store.ErrPrecondition)
			equal(t, w.book(t), before)
		})
	}
	p := w.text("here", "changed again")
	p.Cond.Match = []string{"x", w.object(t, "here").ETag}
	stale := w.put(t, p).ETag
	p = w.text("here", "and again")
	p.Cond.NoneMatch = []string{stale}
	_, err := w.Store.PutObject(t.Context(), p)
	want(t, err, store.ErrPrecondition)
}

func putUIDConflict(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 2})
	p := w.Card(0)
	p.URI = "other.vcf"
	before := w.book(t)
	_, err := w.Store.PutObject(t.Context(), p)
	conflict, ok := errors.AsType[*store.UIDConflict](err)
	if !ok {
		t.Fatalf("got %v, want a UIDConflict", err)
	}
	equal(t, conflict.URI, CardURI(0))
	equal(t, w.book(t), before)

	p = w.Card(1) // an update that takes the UID of another
	p.Index.UID, p.Bytes = w.Card(0).Index.UID, []byte("changed")
	_, err = w.Store.PutObject(t.Context(), p)
	if _, ok := errors.AsType[*store.UIDConflict](err); !ok {
		t.Fatalf("got %v, want a UIDConflict", err)
	}
	p = w.Card(0)
	p.Collection = w.Calendar.ID
	w.put(t, p) // another collection
	w.put(t, w.text("no-uid-1", "a"))
	w.put(t, w.text("no-uid-2", "b"))
}

func putUIDReuse(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 1})
	w.delete(t, CardURI(0))
	p := w.Card(0)
	p.URI = "other.vcf"
	if r := w.put(t, p); !r.Created {
		t.Error("not created")
	}
}

func putQuota(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	check(t, w.Store.UpdateAccount(t.Context(), w.Account.ID, func(a *store.Account) error {
		a.Quota = 10
		return nil
	}))
	w.put(t, w.text("a", "12345"))
	elsewhere := w.text("b", "12345")
	elsewhere.Collection = w.Calendar.ID
	w.put(t, elsewhere)
	_, err := w.Store.PutObject(t.Context(), w.text("c", "1"))
	want(t, err, store.ErrQuota)
	_, err = w.Store.PutObject(t.Context(), w.text("a", "123456"))
	want(t, err, store.ErrQuota)
	w.put(t, w.text("a", "54321"))
	w.put(t, w.text("a", "1234"))
	w.put(t, w.text("c", "1"))
	equal(t, must(w.Store.Usage(t.Context(), w.Account.ID))(t), int64(10))
	_, err = w.Store.CopyObject(t.Context(), store.Transfer{Account: w.Account.ID,
		From: store.Place{Collection: w.Book.ID, URI: "a"}, To: store.Place{Collection: w.Calendar.ID, URI: "x"}})
	want(t, err, store.ErrQuota)
	check(t, w.Store.DeleteCollection(t.Context(), w.Account.ID, w.Calendar.ID, store.Precondition{}))
	w.put(t, w.text("d", "12345"))
}

func putQuotaRace(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	check(t, w.Store.UpdateAccount(t.Context(), w.Account.ID, func(a *store.Account) error {
		a.Quota = 100
		return nil
	}))
	stored := concurrently(30, func(n int) error {
		p := w.text(fmt.Sprint(n), "0123456789")
		if n%2 == 0 {
			p.Collection = w.Calendar.ID
		}
		_, err := w.Store.PutObject(t.Context(), p)
		return err
	})
	equal(t, stored, 10)
}

// concurrently runs n calls at once and counts those that succeed.
func concurrently(n int, call func(n int) error) int {
	var succeeded atomic.Int64
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			if call(i) == nil {
				succeeded.Add(1)
			}
		})
	}
	close(start)
	wg.Wait()
	return int(succeeded.Load())
}

func putNames(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	for name, uri := range map[string]string{
		"empty": "", "nul": "a\x00", "not utf-8": "\xff", "too long": strings.Repeat("x", 2000),
	} {
		_, err := w.Store.PutObject(t.Context(), w.text(uri, "x"))
		if !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for _, uri := range []string{"..", "%00", `\`, "é", "e\u0301", "CON", "a b", "x%", "_", "a'b"} {
		w.put(t, w.text(uri, uri))
		equal(t, string(w.object(t, uri).Bytes), uri)
	}
	p := w.text("uid", "x")
	p.Index.UID = "a\x00\xff"
	w.put(t, p)
}

func putCounters(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	counters := func(bytes, count, change int64) {
		t.Helper()
		b := w.book(t)
		equal(t, [3]int64{b.Bytes, b.Count, b.Change}, [3]int64{bytes, count, change})
	}
	counters(0, 0, 1)
	w.put(t, w.text("a", "123"))
	counters(3, 1, 2)
	w.put(t, w.text("a", "12345"))
	counters(5, 1, 3)
	w.put(t, w.text("b", "1"))
	counters(6, 2, 4)
	w.delete(t, "a")
	counters(1, 1, 5)
}

func putRaceMatch(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	etag := w.put(t, w.text("a", "zero")).ETag
	won := concurrently(16, func(n int) error {
		p := w.text("a", fmt.Sprint(n))
		p.Cond.Match = []string{etag}
		_, err := w.Store.PutObject(t.Context(), p)
		return err
	})
	equal(t, won, 1)
	equal(t, w.book(t).Change, int64(3))
}

func putRaceNoneMatch(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	won := concurrently(16, func(n int) error {
		p := w.text("a", fmt.Sprint(n))
		p.Cond.NoneMatchAny = true
		_, err := w.Store.PutObject(t.Context(), p)
		return err
	})
	equal(t, won, 1)
}
