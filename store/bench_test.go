package store_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"ksync/store"
	"ksync/store/storetest"
)

// Figures are of a 2-core virtual machine with an SSD, Go 1.26.

// 0.3 ms alone (one flush to the disk each), 0.06–0.1 ms when 32 at a time share commits.
func BenchmarkPut(b *testing.B) {
	for _, goroutines := range []int{1, 32} {
		b.Run(fmt.Sprint(goroutines), func(b *testing.B) {
			w := storetest.Seed(b, storetest.Open(b), storetest.Seeds{})
			var n atomic.Int64
			b.SetParallelism(max(1, goroutines/2)) // times GOMAXPROCS
			work := func() {
				if _, err := w.Store.PutObject(b.Context(), w.Card(int(n.Add(1)))); err != nil {
					b.Error(err)
				}
			}
			if goroutines == 1 {
				for b.Loop() {
					work()
				}
				return
			}
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					work()
				}
			})
		})
	}
}

// The keys of a card cost a put about a tenth of its time: see the figures of the two.
func BenchmarkPutKeys(b *testing.B) {
	for _, keys := range []int{0, 1, 3, 5} {
		b.Run(fmt.Sprint(keys), func(b *testing.B) {
			w := storetest.Seed(b, storetest.Open(b), storetest.Seeds{})
			n := 0
			for b.Loop() {
				err := w.Store.Write(b.Context(), func(tx *store.Tx) error { // as an import does: many in one flush
					for range 200 {
						n++
						p := w.Card(n)
						for k := range keys {
							p.Index.Keys = append(p.Index.Keys, int64(n*7919+k)*0x5851f42d4c957f2d)
						}
						if _, err := tx.PutObject(b.Context(), p); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What a sync after one change costs does not depend on what is there.
func BenchmarkChangesAfterOne(b *testing.B) {
	for _, objects := range []int{100, 10_000} {
		b.Run(fmt.Sprint(objects), func(b *testing.B) {
			w := storetest.Seed(b, storetest.Open(b), storetest.Seeds{Cards: objects})
			since := int64(objects)
			for b.Loop() {
				page, err := w.Store.Changes(b.Context(), w.Account.ID, w.Book.ID, since, 500, false)
				if err != nil || len(page.Objects) != 1 {
					b.Fatal(len(page.Objects), err)
				}
			}
		})
	}
}

func BenchmarkListing(b *testing.B) {
	w := storetest.Seed(b, storetest.Open(b), storetest.Seeds{Cards: 10_000, Events: 10_000})
	recent := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 9_000).UnixMilli()
	for _, c := range []struct {
		name string
		q    store.Query
		want int
	}{
		{"ETags", store.Query{Collection: w.Book.ID}, 10_000},
		{"Bytes", store.Query{Collection: w.Book.ID, WithBytes: true}, 10_000},
		{"Recent", store.Query{Collection: w.Calendar.ID, From: &recent}, 1_000},
		{"AllBySpan", store.Query{Collection: w.Calendar.ID, From: new(int64)}, 10_000},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if n := walk(b, w, c.q); n != c.want {
					b.Fatalf("%d objects", n)
				}
			}
		})
	}
}

func walk(b *testing.B, w *storetest.World, q store.Query) (n int) {
	q.Account = w.Account.ID
	for {
		page, err := w.Store.Objects(b.Context(), q)
		if err != nil {
			b.Fatal(err)
		}
		if len(page) == 0 {
			return n
		}
		n += len(page)
		q.After = page[len(page)-1].URI
	}
}

func BenchmarkFirstSync(b *testing.B) {
	w := storetest.Seed(b, storetest.Open(b), storetest.Seeds{Cards: 10_000})
	b.ReportAllocs()
	for b.Loop() {
		since, n := int64(0), 0
		for more := true; more; {
			page, err := w.Store.Changes(b.Context(), w.Account.ID, w.Book.ID, since, 500, false)
			if err != nil {
				b.Fatal(err)
			}
			n += len(page.Objects)
			more, since = page.More, page.Objects[len(page.Objects)-1].Change
		}
		if n != 10_000 {
			b.Fatal(n)
		}
	}
}

func BenchmarkObject(b *testing.B) {
	w := storetest.Seed(b, storetest.Open(b), storetest.Seeds{Cards: 10_000})
	b.Run("One", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, err := w.Store.Object(b.Context(), w.Account.ID, w.Book.ID, w.Cards[i%10_000]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Multiget10", func(b *testing.B) {
		for i := 0; b.Loop(); i += 10 {
			got, err := w.Store.ObjectsByURI(b.Context(), w.Account.ID, w.Book.ID, w.Cards[i%10_000:][:10], true)
			if err != nil || len(got) != 10 {
				b.Fatal(len(got), err)
			}
		}
	})
}

func BenchmarkAppPasswordByHash(b *testing.B) {
	w := storetest.Seed(b, storetest.Open(b), storetest.Seeds{})
	p, err := w.Store.CreateAppPassword(b.Context(), store.AppPassword{Account: w.Account.ID, Hash: []byte("h")})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := w.Store.AppPasswordByHash(b.Context(), p.Hash); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenUpToDate(b *testing.B) {
	path := b.TempDir() + "/ksync.db"
	for b.Loop() {
		s, err := store.Open(b.Context(), store.Options{Path: path})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
