package duplicates

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"ksync/internal/dedup"
	"ksync/store"
)

// many are n groups of two.
func (b *bench) many(t testing.TB, n int) {
	t.Helper()
	for i := range n {
		for j := range 2 {
			b.put(t, b.Book.ID, fmt.Sprintf("m%d-%d.vcf", i, j), text(fmt.Sprintf("UID:m%d-%d", i, j), fmt.Sprintf("N:Abegg%c;Ruth;;;", 'a'+i), fmt.Sprintf("FN:Ruth Abegg%c", 'a'+i),
				fmt.Sprintf("TEL;TYPE=CELL:+4179300%04d", i*731), fmt.Sprintf("BDAY:19%02d-03-1%d", 60+i, i)))
		}
	}
}

func (b *bench) around(t testing.TB, q Query, id string) Around {
	t.Helper()
	a, err := b.Around(t.Context(), b.Account.ID, q, id)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAround_IsTheOrderOfTheList(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.many(t, 4)
	groups := b.groups(t, Query{})
	if len(groups) != 4 {
		t.Fatalf("%d groups", len(groups))
	}
	at := func(i int) string {
		if i < 0 || i >= len(groups) {
			return ""
		}
		return groups[i].ID
	}
	for i, g := range groups {
		same(t, g.ID, b.around(t, Query{}, g.ID), Around{Place: i + 1, Total: 4, Previous: at(i - 1), Next: at(i + 1)})
	}
	same(t, "one that is gone", b.around(t, Query{}, "00"), Around{Total: 4, Next: at(0)})
	same(t, "another book", b.around(t, Query{Book: b.other.ID}, at(1)), Around{})
	// Of another lane: where it would stand.
	likely := b.around(t, Query{Lanes: []dedup.Lane{dedup.Possible}}, at(2))
	same(t, "another lane", likely, Around{})
}

func TestMade_IsOneEntryOfTheHistory(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	refs := b.annas(t)
	request := Request{Reference: refs[0], Duplicates: refs[1:], Key: "once"}
	if _, err := b.Answered(t.Context(), b.Account.ID, "once"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("answered before: %v", err)
	}
	m, err := b.Merge(t.Context(), b.Account.ID, b.by, request)
	if err != nil {
		t.Fatal(err)
	}
	history, err := b.History(t.Context(), b.Account.ID, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	made, err := b.Made(t.Context(), b.Account.ID, m.Undo)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the entry", made, history.Made[0])
	answered, err := b.Answered(t.Context(), b.Account.ID, "once")
	if err != nil {
		t.Fatal(err)
	}
	m.Repeated = true
	same(t, "the answer", answered, m)
	for name, account := range map[string]int64{"another account": b.Account.ID + 1} {
		if _, err := b.Made(t.Context(), account, m.Undo); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := b.Answered(t.Context(), account, "once"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCountsWithin_AreTheCountsOrNotThereYet(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.many(t, 3)
	want, err := b.Counts(t.Context(), b.Account.ID)
	if err != nil {
		t.Fatal(err)
	}
	got, ok, err := b.CountsWithin(t.Context(), b.Account.ID, time.Minute)
	if err != nil || !ok {
		t.Fatalf("%v %v", ok, err)
	}
	same(t, "counts", got, want)

	// Somebody else has the shelf for long: the page does not wait.
	sh := b.library.open(b.Account.ID)
	_, ok, err = b.CountsWithin(t.Context(), b.Account.ID, time.Nanosecond)
	if ok || err != nil {
		t.Errorf("counted while nobody could: %v %v", ok, err)
	}
	b.library.close(sh)
	if got, ok, err = b.CountsWithin(t.Context(), b.Account.ID, time.Minute); !ok || err != nil {
		t.Errorf("afterwards: %v %v", ok, err)
	}
	same(t, "counts", got, want)
}
