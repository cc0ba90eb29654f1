package duplicates

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ksync/store"
)

// planned is a merge that is worked out and not written.
func (b *bench) planned(t testing.TB, r Request) *plan {
	t.Helper()
	var p *plan
	err := b.World.Store.Read(t.Context(), func(tx *store.Tx) (err error) {
		p, err = b.plan(t.Context(), tx, b.Account.ID, r, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A merge is worked out before its turn to write. What others write in between counts all the same.
func TestMerge_WritesOfOthersBetweenPlanAndCommit(t *testing.T) {
	t.Parallel()
	annasNote := text("UID:urn:uuid:a2", "FN:Anna Keller", "NOTE:written meanwhile")
	for _, tt := range []struct {
		name    string
		between func(t *testing.T, b *bench, refs []Ref)
		check   func(t *testing.T, b *bench, err error)
	}{
		{"nothing", func(*testing.T, *bench, []Ref) {}, func(t *testing.T, b *bench, err error) {
			same(t, "error", err, nil)
		}},
		{"a duplicate", func(t *testing.T, b *bench, refs []Ref) {
			b.put(t, b.Book.ID, "a2.vcf", annasNote)
		}, func(t *testing.T, b *bench, err error) {
			if stale, ok := errors.AsType[*Stale](err); !ok || len(stale.Cards) != 2 {
				t.Errorf("%v", err)
			}
			same(t, "the card", b.state(t)["contacts/a2.vcf"], annasNote)
		}},
		{"the reference goes", func(t *testing.T, b *bench, refs []Ref) {
			if err := b.World.Store.DeleteObject(t.Context(), store.Delete{Account: b.Account.ID, Collection: b.Book.ID, URI: "a1.vcf"}); err != nil {
				t.Fatal(err)
			}
		}, func(t *testing.T, b *bench, err error) {
			if _, ok := errors.AsType[*Gone](err); !ok {
				t.Errorf("%v", err)
			}
			same(t, "cards left", len(b.state(t)), 3)
		}},
		{"a group gets more members", func(t *testing.T, b *bench, refs []Ref) {
			b.put(t, b.Book.ID, "g.vcf", strings.Replace(b.state(t)["contacts/g.vcf"], "END:", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:late\r\nEND:", 1))
		}, func(t *testing.T, b *bench, err error) {
			same(t, "error", err, nil)
			if g := strings.ToLower(b.state(t)["contacts/g.vcf"]); strings.Contains(g, "a2") || !strings.Contains(g, "uuid:late") {
				t.Errorf("%s", g)
			}
		}},
		{"a new group names the duplicate", func(t *testing.T, b *bench, refs []Ref) {
			b.put(t, b.other.ID, "new.vcf", text("UID:n", "FN:New", "X-ADDRESSBOOKSERVER-KIND:group", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:a2"))
		}, func(t *testing.T, b *bench, err error) {
			same(t, "error", err, nil)
			if g := b.state(t)["work/new.vcf"]; !strings.Contains(g, "MEMBER:urn:uuid:a1") {
				t.Errorf("%s", g)
			}
		}},
		{"its book becomes a subscription", func(t *testing.T, b *bench, refs []Ref) {
			b.subscribe(t, b.Book.ID, "https://x.example/")
		}, func(t *testing.T, b *bench, err error) {
			if _, ok := errors.AsType[*ReadOnly](err); !ok {
				t.Errorf("%v", err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			refs := b.annas(t)
			r := Request{Reference: refs[0], Duplicates: refs[1:]}
			p := b.planned(t, r)
			tt.between(t, b, refs)
			_, err := b.commit(t.Context(), b.Account.ID, b.by, r, p, 0)
			tt.check(t, b, err)
		})
	}
}

func (b *bench) subscribe(t testing.TB, book int64, source string) {
	t.Helper()
	err := b.World.Store.UpdateCollection(t.Context(), b.Account.ID, book, func(c *store.Collection) error {
		c.Source = source
		return nil
	}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
}

// Properties take no change number: those that a card has when it goes come back with it.
func TestMerge_PropertiesSetBetweenPlanAndCommit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	refs := b.annas(t)
	r := Request{Reference: refs[0], Duplicates: refs[1:]}
	p := b.planned(t, r)
	at := store.Place{Account: b.Account.ID, Collection: b.Book.ID, URI: "a2.vcf"}
	props := []store.Property{{Name: "{x}y", Value: "<z/>"}}
	if err := b.World.Store.SetProperties(t.Context(), at, props, nil); err != nil {
		t.Fatal(err)
	}
	m, err := b.commit(t.Context(), b.Account.ID, b.by, r, p, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Undo(t.Context(), b.Account.ID, b.by, m.Undo); err != nil {
		t.Fatal(err)
	}
	kept, err := b.World.Store.Properties(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "properties", kept, props)
}

// Of the members of a large group each is found.
func TestMerge_MembersOfLargeGroups(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const members, duplicates = 2000, 8
	refs := []Ref{b.put(t, b.Book.ID, "r.vcf", text("UID:r", "FN:Anna"))}
	lines := []string{"UID:g", "FN:All", "X-ADDRESSBOOKSERVER-KIND:group"}
	for n := range members {
		lines = append(lines, fmt.Sprintf("X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:m%d", n))
	}
	for n := range duplicates {
		at := n * (members / duplicates)
		refs = append(refs, b.put(t, b.Book.ID, fmt.Sprintf("%d.vcf", at), text(fmt.Sprintf("UID:m%d", at), "FN:Anna")))
	}
	before := text(lines...)
	b.put(t, b.Book.ID, "g.vcf", before)
	for n := range duplicates {
		m := b.merge(t, b.refreshed(t, refs[0]), refs[1+n])
		same(t, "groups that named it", m.Regrouped, 1)
	}
	after := strings.Split(b.state(t)["contacts/g.vcf"], "\r\n")
	for n := range duplicates {
		if gone := fmt.Sprintf("X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:m%d", n*(members/duplicates)); slices.Contains(after, gone) {
			t.Errorf("the group still says %s", gone)
		}
	}
	same(t, "members", len(after), len(strings.Split(before, "\r\n"))-duplicates+1)
	if report, err := b.World.Store.Inspect(t.Context(), nil, Keying()); err != nil || !report.Sound() {
		t.Errorf("%+v %v", report, err)
	}
}

func (b *bench) refreshed(t testing.TB, r Ref) Ref {
	r.ETag = b.etag(t, r)
	return r
}

// What one merge rewrites is bounded, and said to be so; it is no question of hidden pairs, which have a limit, too.
func TestMerge_TooManyReferrers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	refs := b.annas(t)
	err := b.World.Store.Write(t.Context(), func(tx *store.Tx) error {
		for n := range maxReferrers {
			data := []byte(text(fmt.Sprintf("UID:g%d", n), "FN:G", "X-ADDRESSBOOKSERVER-KIND:group", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:a2"))
			i, err := index(nil, data)
			if err != nil {
				return err
			}
			if _, err := tx.PutObject(t.Context(), store.Put{Account: b.Account.ID, Collection: b.other.ID, URI: fmt.Sprintf("g%d.vcf", n), Bytes: data, Index: i}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Merge(t.Context(), b.Account.ID, b.by, Request{Reference: refs[0], Duplicates: refs[1:]})
	if !errors.Is(err, ErrRequest) || errors.Is(err, store.ErrLimit) {
		t.Errorf("%v", err)
	}
}

// What became a subscription since is not written to, and can be once it is none.
func TestUndo_OfABookThatIsReadOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	refs := b.annas(t)
	before := b.state(t)
	m := b.merge(t, refs...)
	after := b.state(t)
	b.subscribe(t, b.Book.ID, "https://x.example/")
	_, err := b.Undo(t.Context(), b.Account.ID, b.by, m.Undo)
	_, previewed := b.UndoPreview(t.Context(), b.Account.ID, m.Undo)
	for _, err := range []error{err, previewed} {
		if closed, ok := errors.AsType[*ReadOnly](err); !ok || closed.Collection != b.Book.ID {
			t.Errorf("%v", err)
		}
	}
	same(t, "nothing is written", b.state(t), after)
	b.subscribe(t, b.Book.ID, "")
	if _, err := b.Undo(t.Context(), b.Account.ID, b.by, m.Undo); err != nil {
		t.Fatal(err)
	}
	same(t, "undone", b.state(t), before)
}

// A merge of a job that was taken back by itself is not taken back again with the job, nor is its undo.
func TestUndo_OfAJobAfterOneOfItsMerges(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.many(t, 3)
	before := b.state(t)
	j, err := b.MergeAllSure(t.Context(), b.Account.ID, b.by, 0, "")
	if err != nil {
		t.Fatal(err)
	}
	b.Service.jobs.Wait()
	parts := func() (all []store.Merge) {
		err := b.World.Store.Read(t.Context(), func(tx *store.Tx) (err error) {
			all, err = tx.MergesOf(t.Context(), b.Account.ID, j.ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if _, err := b.Undo(t.Context(), b.Account.ID, b.by, parts()[1].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Undo(t.Context(), b.Account.ID, b.by, j.ID); err != nil {
		t.Fatal(err)
	}
	same(t, "undone", b.state(t), before)
	same(t, "three merges and their undos", len(parts()), 6)
}
