package transfer

import (
	"fmt"
	"sync"
	"testing"

	"ksync/store"
)

// A client may write between the moment in which a target was read and that in
// which an object is put.
func TestTarget_ClientWritesMeanwhile(t *testing.T) {
	t.Parallel()
	type write struct{ uri, uid, fn string }
	for _, tt := range []struct {
		name         string
		before       *write // when the target is read
		after        *write // nil: what was before is deleted
		want         Outcome
		uri          string // of the object that was put
		other, bytes string // of what the client wrote under another UID
	}{
		{"the same UID under another name", nil, &write{"phone", "a", "Phone"}, Updated, "phone", "", ""},
		{"the same bytes", nil, &write{"phone", "a", "Ann"}, Unchanged, "phone", "", ""},
		{"another object under the name", nil, &write{"a.vcf", "other", "Other"}, Created, "a-" + digest([]byte(card("a", "Ann")))[:8] + ".vcf", "a.vcf", card("other", "Other")},
		{"a newer version", &write{"x", "a", "Old"}, &write{"x", "a", "Newer"}, Updated, "x", "", ""},
		{"deletion", &write{"x", "a", "Old"}, nil, Created, "x", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st, a := newAccount(t)
			c, err := st.Collection(t.Context(), a.ID, store.AddressBook, "contacts")
			if err != nil {
				t.Fatal(err)
			}
			client := func(w write) {
				t.Helper()
				p := store.Put{Account: a.ID, Collection: c.ID, URI: w.uri, Bytes: []byte(card(w.uid, w.fn)), Index: store.Index{UID: w.uid}}
				if _, err := st.PutObject(t.Context(), p); err != nil {
					t.Fatal(err)
				}
			}
			if tt.before != nil {
				client(*tt.before)
			}
			target, err := openTarget(t.Context(), Options{Store: st, Account: a.ID, Checks: checks()}, c)
			if err != nil {
				t.Fatal(err)
			}
			if tt.after != nil {
				client(*tt.after)
			} else if err := st.DeleteObject(t.Context(), store.Delete{Account: a.ID, Collection: c.ID, URI: tt.before.uri}); err != nil {
				t.Fatal(err)
			}
			got, err := target.Put(t.Context(), Object{Bytes: []byte(card("a", "Ann"))})
			if err != nil {
				t.Fatal(err)
			}
			diff(t, got, Stored{UID: "a", Outcome: tt.want})
			all := objects(t, st, a)
			diff(t, all["contacts/"+tt.uri], card("a", "Ann"))
			if tt.other != "" {
				diff(t, all["contacts/"+tt.other], tt.bytes)
			}
		})
	}
}

func TestTarget_OneUIDFromManyAtOnce(t *testing.T) {
	t.Parallel()
	st, a := newAccount(t)
	c, err := st.Collection(t.Context(), a.ID, store.AddressBook, "contacts")
	if err != nil {
		t.Fatal(err)
	}
	target, err := openTarget(t.Context(), Options{Store: st, Account: a.ID, Checks: checks()}, c)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	outcomes := make([]Outcome, 16)
	for i := range outcomes {
		all.Go(func() {
			got, err := target.Put(t.Context(), Object{Bytes: []byte(card("a", fmt.Sprint("Ann ", i)))})
			if err != nil {
				t.Error(err)
			}
			outcomes[i] = got.Outcome
		})
	}
	all.Wait()
	count := map[Outcome]int{}
	for _, o := range outcomes {
		count[o]++
	}
	diff(t, count, map[Outcome]int{Created: 1, Updated: 15})
	diff(t, len(objects(t, st, a)), 1)
}

func TestTarget_Quota(t *testing.T) {
	t.Parallel()
	st, a := newAccount(t)
	if err := st.UpdateAccount(t.Context(), a.ID, func(a *store.Account) error { a.Quota = int64(len(card("a", "Ann"))); return nil }); err != nil {
		t.Fatal(err)
	}
	r := importAll(t, Options{Store: st, Account: a.ID, InFlight: 1}, Limits{}, tree(t, "a.vcf", card("a", "Ann")+card("b", "Ben")))
	diff(t, brief(r), []string{"a.vcf:1 a contacts created", "a.vcf:7 b contacts failed: quota exceeded"})
}
