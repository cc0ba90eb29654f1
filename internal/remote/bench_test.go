package remote

import (
	"fmt"
	"testing"

	"ksync/internal/transfer"
	"ksync/store"
)

// BenchmarkPull: 2,000 cards from a server on this machine. On 2 shared cores
// about 3,000 a second, both ends included.
func BenchmarkPull(b *testing.B) {
	there, ann := newAccount(b, "")
	book, err := there.Collection(b.Context(), ann.ID, store.AddressBook, "contacts")
	if err != nil {
		b.Fatal(err)
	}
	const cards = 2000
	for i := range cards {
		put(b, there, book, fmt.Sprint(i), card(fmt.Sprint("c", i)))
	}
	client := NewClient(Options{URL: serve(b, engine(there, ann)), User: "ann", Password: password})
	n := 0
	for b.Loop() {
		here, bob := newAccount(b, "")
		r, err := client.Pull(b.Context(), options(here, bob))
		if err != nil || r.Total[transfer.Created] != cards {
			b.Fatal(r, err)
		}
		n += cards
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "objects/s")
}
