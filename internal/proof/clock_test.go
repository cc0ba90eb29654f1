package proof_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ksync/internal/proof"
	"ksync/store"
	"ksync/store/storetest"
)

// TestClock_JumpsBothWays: whatever the server's clock does between two
// requests, and whatever maintenance then takes for old, a client that syncs
// has what there is, or is told to list anew.
func TestClock_JumpsBothWays(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	st, c, done := engineOn(t, store.Options{Path: filepath.Join(t.TempDir(), "clock.db"), Now: clock.Now})
	t.Cleanup(done)
	books := 0
	rapid.Check(t, func(rt *rapid.T) {
		books++
		book := fmt.Sprintf("%sbook-%d/", c.AddressBooks, books%400) // of an earlier attempt in the same run there may be something
		if _, err := c.Want(context.Background(), []int{204, 404}, http.MethodDelete, book, nil, nil); err != nil {
			rt.Fatal(err)
		}
		if err := c.MakeAddressBook(context.Background(), book); err != nil {
			rt.Fatal(err)
		}
		replicas := []*proof.Replica{proof.NewReplica(c, book), proof.NewReplica(c, book)}
		path := func() string { return fmt.Sprintf("%sname-%d.vcf", book, rapid.IntRange(0, 4).Draw(rt, "name")) }
		rt.Repeat(map[string]func(*rapid.T){
			"put": func(rt *rapid.T) {
				p := path()
				if _, err := c.Put(context.Background(), p, proof.Card(p, 1, rapid.IntRange(0, 3).Draw(rt, "revision"))); err != nil {
					rt.Error(err)
				}
			},
			"delete": func(rt *rapid.T) {
				if _, err := c.Want(context.Background(), []int{204, 404}, http.MethodDelete, path(), nil, nil); err != nil {
					rt.Error(err)
				}
			},
			"jump": func(rt *rapid.T) {
				clock.Advance(time.Duration(rapid.IntRange(-900, 900).Draw(rt, "days")) * 24 * time.Hour)
			},
			"maintain": func(rt *rapid.T) {
				if err := st.Maintain(context.Background(), store.Retention{}); err != nil {
					rt.Error(err)
				}
			},
			"sync": func(rt *rapid.T) {
				r := replicas[rapid.IntRange(0, 1).Draw(rt, "replica")]
				syncOrList(rt, r)
				checkReplica(rt, r, "a client")
			},
		})
	})
}

// syncOrList begins anew when the server says that the token is too old.
func syncOrList(t rapid.TB, r *proof.Replica) {
	t.Helper()
	resp, err := r.Client.Do(context.Background(), "REPORT", r.Collection, proof.Header{"Content-Type", "application/xml", "Depth", "0"}, []byte(proof.SyncBody(r.Token, 0)))
	if err != nil {
		t.Fatal(err)
	}
	if resp.Status == http.StatusForbidden && proof.Condition(resp.Body) == "DAV: valid-sync-token" && r.Token != "" {
		r.Token, r.ETags = "", map[string]string{}
		syncOrList(t, r)
		return
	}
	if resp.Status != http.StatusMultiStatus {
		t.Fatalf("sync: status %d\n%s", resp.Status, resp.Body)
	}
	if err := r.Take(resp.Body); err != nil {
		t.Error(err)
	}
}
