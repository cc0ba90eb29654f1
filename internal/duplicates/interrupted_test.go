package duplicates

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"ksync/store"
	"ksync/store/storetest"
)

// patience is a context that is over once it was asked so many times.
type patience struct {
	context.Context
	left int
}

func (p *patience) Err() error {
	if p.left--; p.left < 0 {
		return context.Canceled
	}
	return nil
}

// A first scan that was given up, at whatever moment, leaves nothing behind that
// has gone by the next one.
func TestGroups_AfterAScanThatWasGivenUp(t *testing.T) {
	t.Parallel()
	st := storetest.SQLite(t, store.Options{Limits: store.Limits{PageBytes: 300}})
	given := 0
	for n := range 40 {
		b := &bench{World: storetest.Seed(t, st, storetest.Seeds{Login: fmt.Sprint("anna-", n)})}
		b.Service = New(Options{Store: st, Check: index, Region: func(store.Account) string { return "CH" }})
		t.Cleanup(b.Service.Close)
		for i := range 6 {
			b.put(t, b.Book.ID, fmt.Sprint(i), text(fmt.Sprint("UID:", i), "N:Keller;Anna;;;", "FN:Anna Keller", "EMAIL:anna@keller.example"))
		}
		if _, err := b.Groups(&patience{t.Context(), n}, b.Account.ID, Query{}); errors.Is(err, context.Canceled) {
			given++
		} else if err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			err := st.DeleteObject(t.Context(), store.Delete{Account: b.Account.ID, Collection: b.Book.ID, URI: fmt.Sprint(i)})
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := b.groups(t, Query{}); len(got) != 0 {
			t.Errorf("given up after %d: one card is left, and is in groups %+v", n, got)
		}
	}
	if given == 0 || given == 40 {
		t.Errorf("%d of 40 scans were given up", given)
	}
}
