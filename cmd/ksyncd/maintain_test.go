package main

import (
	"testing"
	"testing/synctest"
	"time"

	"ksync/store"
)

// A server that is left alone removes what is past its time.
func TestServe_MaintainsByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := everythingServed(t, "--keep-deleted=12h", "--mail-host=", "--mail-from=")
		if err := r.begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		collections := func() int64 {
			report, err := r.store.Inspect(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			return report.Collections
		}
		accounts, err := r.store.Accounts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		books, err := r.store.Collections(t.Context(), accounts[0].ID, store.AddressBook)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.store.DeleteCollection(t.Context(), accounts[0].ID, books[0].ID, store.Precondition{}); err != nil {
			t.Fatal(err)
		}
		before := collections()
		time.Sleep(time.Hour)
		if got := collections(); got != before {
			t.Errorf("after an hour: %d collections, want %d", got, before)
		}
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if got := collections(); got != before-1 {
			t.Errorf("after a day: %d collections, want %d", got, before-1)
		}
	})
}
