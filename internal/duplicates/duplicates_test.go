package duplicates

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/dedup"
	"ksync/internal/vcard"
	"ksync/store"
	"ksync/store/storetest"
)

// index is what an address book's kind does on a PUT.
func index(_ *store.Collection, data []byte) (store.Index, error) {
	card, err := vcard.Parse(data)
	if err != nil {
		return store.Index{}, err
	}
	return store.Index{UID: card.UID, Component: "VCARD", Exact: true, Keys: dedup.Lookup(card)}, nil
}

// bench is an account with two address books and the service.
type bench struct {
	*storetest.World
	*Service
	clock *storetest.Clock
	other store.Collection
	by    store.Author
}

func newBench(t testing.TB) *bench { return benchWithin(t, Limits{}) }

func benchWithin(t testing.TB, l Limits) *bench {
	t.Helper()
	clock := storetest.NewClock()
	st := storetest.SQLite(t, store.Options{Now: clock.Now})
	w := storetest.Seed(t, st, storetest.Seeds{})
	other, err := st.CreateCollection(t.Context(), store.Collection{Account: w.Account.ID, Kind: store.AddressBook, URI: "work", DisplayName: "Work"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := New(Options{Store: st, Check: index, Now: clock.Now, Limits: l, Region: func(store.Account) string { return "CH" }})
	t.Cleanup(s.Close)
	return &bench{World: w, Service: s, clock: clock, other: other, by: store.Author{Agent: "test"}}
}

func text(lines ...string) string {
	return "BEGIN:VCARD\r\nVERSION:3.0\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VCARD\r\n"
}

// put stores a card as a client does.
func (b *bench) put(t testing.TB, collection int64, uri, data string) Ref {
	t.Helper()
	r, err := b.tryPut(t, Ref{Collection: collection, URI: uri}, data)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// tryPut stores with If-Match, unless the ETag is empty.
func (b *bench) tryPut(t testing.TB, at Ref, data string) (Ref, error) {
	t.Helper()
	i, err := index(nil, []byte(data))
	if err != nil {
		return at, err
	}
	p := store.Put{Account: b.Account.ID, Collection: at.Collection, URI: at.URI, Bytes: []byte(data), Index: i}
	if at.ETag != "" {
		p.Cond.Match = []string{at.ETag}
	}
	done, err := b.World.Store.PutObject(t.Context(), p)
	at.ETag = done.ETag
	return at, err
}

// state is everything that a client sees.
func (b *bench) state(t testing.TB) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, c := range []store.Collection{b.Book, b.other} {
		page, err := b.World.Store.Objects(t.Context(), store.Query{Account: b.Account.ID, Collection: c.ID, WithBytes: true, MaxBytes: 1 << 30})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page {
			all[c.URI+"/"+o.URI] = string(o.Bytes)
		}
	}
	return all
}

// Anna twice, a group that names both, a card that is related to the second one.
func (b *bench) annas(t testing.TB) (refs []Ref) {
	t.Helper()
	one := text("UID:a1", "N:Keller;Anna;;;", "FN:Anna Keller", "TEL;TYPE=CELL:+41 79 611 20 31", "EMAIL:anna@keller.example", "X-OWN;P=1:kept\\, as it is")
	two := text("UID:urn:uuid:a2", "N:Keller;Anna;;;", "FN:Anna Keller", "TEL;TYPE=CELL:079 611 20 31", "item1.TEL:+41 44 211 20 31", "item1.X-ABLabel:Lake", "NOTE:likes tea", "BDAY:1980-02-28")
	refs = append(refs, b.put(t, b.Book.ID, "a1.vcf", one), b.put(t, b.Book.ID, "a2.vcf", two))
	b.put(t, b.Book.ID, "g.vcf", text("UID:g", "FN:Friends", "N:Friends;;;;", "X-ADDRESSBOOKSERVER-KIND:group", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:A2", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:a1", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:z"))
	b.put(t, b.other.ID, "r.vcf", strings.Replace(text("UID:r", "FN:Max Muster", "RELATED;TYPE=spouse:urn:uuid:a2"), "3.0", "4.0", 1))
	return refs
}

func (b *bench) groups(t testing.TB, q Query) []Group {
	t.Helper()
	page, err := b.Groups(t.Context(), b.Account.ID, q)
	if err != nil {
		t.Fatal(err)
	}
	return page.Groups
}

func (b *bench) merge(t testing.TB, refs ...Ref) Merged {
	t.Helper()
	m, err := b.Merge(t.Context(), b.Account.ID, b.by, Request{Reference: refs[0], Duplicates: refs[1:]})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestMerge_AllInOneStep(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	refs := b.annas(t)
	groups := b.groups(t, Query{})
	if len(groups) != 1 || len(groups[0].Members) != 2 || groups[0].Lane != dedup.Sure {
		t.Fatalf("groups %+v", groups)
	}
	since := b.book(t)
	m := b.merge(t, refs...)
	now := b.state(t)
	same(t, "names", len(now), 3)
	for _, want := range []string{"UID:a1\r\n", "X-OWN;P=1:kept\\, as it is\r\n", "TEL;TYPE=CELL:+41 79 611 20 31\r\n", "item1.TEL:+41 44 211 20 31\r\n", "item1.X-ABLabel:Lake\r\n", "NOTE:likes tea\r\n", "BDAY:1980-02-28\r\n"} {
		if !strings.Contains(now["contacts/a1.vcf"], want) {
			t.Errorf("%q is missing in %s", want, now["contacts/a1.vcf"])
		}
	}
	if g := now["contacts/g.vcf"]; strings.Contains(strings.ToLower(g), "a2") || strings.Count(g, "MEMBER:urn:uuid:a1") != 1 || !strings.Contains(g, "uuid:z") {
		t.Errorf("group %s", g)
	}
	if r := now["work/r.vcf"]; !strings.Contains(r, "RELATED;TYPE=spouse:urn:uuid:a1") {
		t.Errorf("relation %s", r)
	}
	same(t, "answer", []any{m.UID, m.Removed, m.Regrouped, m.URI}, []any{"a1", 1, 2, "a1.vcf"})
	page, err := b.World.Store.Changes(t.Context(), b.Account.ID, b.Book.ID, since, 0, false)
	if err != nil || len(page.Objects) != 3 {
		t.Fatalf("changes %+v %v", page.Objects, err)
	}
	versions, err := b.World.Store.Versions(t.Context(), b.Account.ID, b.Book.ID, "a2.vcf")
	if err != nil || len(versions) != 1 || versions[0].Reason != "merge" || versions[0].By.Agent != "test" {
		t.Errorf("versions %+v %v", versions, err)
	}
	same(t, "groups left", len(b.groups(t, Query{})), 0)
}

func (b *bench) book(t testing.TB) int64 {
	t.Helper()
	c, err := b.World.Store.Collection(t.Context(), b.Account.ID, store.AddressBook, "contacts")
	if err != nil {
		t.Fatal(err)
	}
	return c.Change
}

func TestUndo_IsTheIdentity(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	refs := b.annas(t)
	at := store.Place{Account: b.Account.ID, Collection: b.Book.ID, URI: "a2.vcf"}
	props := []store.Property{{Name: "{x}y", Value: "<z/>"}}
	if err := b.World.Store.SetProperties(t.Context(), at, props, nil); err != nil {
		t.Fatal(err)
	}
	before := b.state(t)
	m := b.merge(t, refs...)
	after := b.state(t)
	preview, err := b.UndoPreview(t.Context(), b.Account.ID, m.Undo)
	if err != nil || len(preview.Cards) != 4 {
		t.Fatalf("%+v %v", preview, err)
	}
	same(t, "a preview writes nothing", b.state(t), after)
	b.clock.Advance(time.Second)
	u, err := b.Undo(t.Context(), b.Account.ID, b.by, m.Undo)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "state", b.state(t), before)
	for _, c := range u.Cards {
		same(t, c.URI, c.What, Back)
	}
	kept, err := b.World.Store.Properties(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "dead properties", kept, props)
	if _, err := b.Undo(t.Context(), b.Account.ID, b.by, m.Undo); !errors.Is(err, ErrUndone) {
		t.Errorf("a second undo: %v", err)
	}
	b.clock.Advance(time.Second)
	if _, err := b.Undo(t.Context(), b.Account.ID, b.by, u.Redo); err != nil {
		t.Fatal(err)
	}
	same(t, "redone", b.state(t), after)
	history, err := b.History(t.Context(), b.Account.ID, "", 2)
	if err != nil || len(history.Made) != 2 || history.Next == "" {
		t.Errorf("history %+v %v", history, err)
	}
	rest, err := b.History(t.Context(), b.Account.ID, history.Next, 2)
	if err != nil || len(rest.Made) != 1 || rest.Made[0].ID != m.Undo || rest.Made[0].UndoneAt.IsZero() || rest.Next != "" {
		t.Errorf("history %+v %v", rest, err)
	}
}

// What was edited since keeps its edits; what the merge had added goes.
func TestUndo_AfterEdits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	refs := b.annas(t)
	m := b.merge(t, refs...)
	edited := strings.Replace(b.state(t)["contacts/a1.vcf"], "FN:Anna Keller", "FN:Anna Keller-Meier\r\nTITLE:Boss", 1)
	b.put(t, b.Book.ID, "a1.vcf", edited)
	group := strings.Replace(b.state(t)["contacts/g.vcf"], "END:VCARD", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:q\r\nEND:VCARD", 1)
	b.put(t, b.Book.ID, "g.vcf", group)
	u, err := b.Undo(t.Context(), b.Account.ID, b.by, m.Undo)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "outcomes", outcomes(u), map[string]Outcome{"a1.vcf": Edited, "a2.vcf": Back, "g.vcf": Edited, "r.vcf": Back})
	now := b.state(t)
	card := now["contacts/a1.vcf"]
	for _, want := range []string{"FN:Anna Keller-Meier\r\n", "TITLE:Boss\r\n", "X-OWN;P=1:kept\\, as it is\r\n", "EMAIL:anna@keller.example\r\n", "TEL;TYPE=CELL:+41 79 611 20 31\r\n"} {
		if !strings.Contains(card, want) {
			t.Errorf("%q is missing in %s", want, card)
		}
	}
	for _, gone := range []string{"tea", "Lake", "BDAY", "211 20 31"} {
		if strings.Contains(card, gone) {
			t.Errorf("%q is still in %s", gone, card)
		}
	}
	if g := strings.ToLower(now["contacts/g.vcf"]); !strings.Contains(g, "uuid:a2") || !strings.Contains(g, "uuid:a1") || !strings.Contains(g, "uuid:q") || !strings.Contains(g, "uuid:z") {
		t.Errorf("group %s", g)
	}
}

// outcomes are what an undo did with each card, by its name.
func outcomes(u Undone) map[string]Outcome {
	what := map[string]Outcome{}
	for _, c := range u.Cards {
		what[c.URI] = c.What
	}
	return what
}

// Removed cards that came back by themselves, names that are taken, books that are gone.
func TestUndo_WhenThingsMoved(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, b *bench)
		want   map[string]Outcome
	}{
		{"a client stored it again", func(t *testing.T, b *bench) {
			b.put(t, b.other.ID, "a2.vcf", text("UID:a2", "FN:Anna K"))
		}, map[string]Outcome{"a1.vcf": Back, "a2.vcf": Kept}},
		{"its name is taken", func(t *testing.T, b *bench) {
			b.put(t, b.other.ID, "a2.vcf", text("UID:x", "FN:Somebody Else"))
		}, map[string]Outcome{"a1.vcf": Back, "a2-1.vcf": Back}},
		{"its book is gone", func(t *testing.T, b *bench) {
			if err := b.World.Store.DeleteCollection(t.Context(), b.Account.ID, b.other.ID, store.Precondition{}); err != nil {
				t.Fatal(err)
			}
		}, map[string]Outcome{"a1.vcf": Back, "a2.vcf": Moved}},
		{"its book is gone and the name taken", func(t *testing.T, b *bench) {
			if err := b.World.Store.DeleteCollection(t.Context(), b.Account.ID, b.other.ID, store.Precondition{}); err != nil {
				t.Fatal(err)
			}
			b.put(t, b.Book.ID, "a2.vcf", text("UID:x", "FN:Somebody Else"))
		}, map[string]Outcome{"a1.vcf": Back, "a2-1.vcf": Moved}},
		{"its book is gone and the UID taken", func(t *testing.T, b *bench) {
			if err := b.World.Store.DeleteCollection(t.Context(), b.Account.ID, b.other.ID, store.Precondition{}); err != nil {
				t.Fatal(err)
			}
			b.put(t, b.Book.ID, "x.vcf", text("UID:a2", "FN:Somebody Else"))
		}, map[string]Outcome{"a1.vcf": Back, "a2.vcf": Lost}},
		{"the reference was deleted", func(t *testing.T, b *bench) {
			if err := b.World.Store.DeleteObject(t.Context(), store.Delete{Account: b.Account.ID, Collection: b.Book.ID, URI: "a1.vcf"}); err != nil {
				t.Fatal(err)
			}
		}, map[string]Outcome{"a1.vcf": Deleted, "a2.vcf": Back}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			m := b.merge(t, b.put(t, b.Book.ID, "a1.vcf", text("UID:a1", "FN:Anna")), b.put(t, b.other.ID, "a2.vcf", text("UID:a2", "FN:Anna", "NOTE:x")))
			tt.change(t, b)
			u, err := b.Undo(t.Context(), b.Account.ID, b.by, m.Undo)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "outcomes", outcomes(u), tt.want)
		})
	}
}

func TestMerge_Refuses(t *testing.T) {
	t.Parallel()
	b := benchWithin(t, Limits{Object: 400, Members: 3})
	refs := b.annas(t)
	group := b.put(t, b.Book.ID, "g2.vcf", text("UID:g2", "FN:G", "X-ADDRESSBOOKSERVER-KIND:group"))
	large := b.put(t, b.Book.ID, "l.vcf", text("UID:l", "FN:L", "NOTE:"+strings.Repeat("x", 300)))
	feed, err := b.World.Store.CreateCollection(t.Context(), store.Collection{Account: b.Account.ID, Kind: store.AddressBook, URI: "feed", Source: "https://x.example/"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	read := b.put(t, feed.ID, "x.vcf", text("UID:x", "FN:X"))
	old, missing := refs[1], Ref{b.Book.ID, "missing.vcf", "x"}
	old.ETag = "other"
	before := b.state(t)
	for _, tt := range []struct {
		name string
		refs []Ref
		want func(error) bool
	}{
		{"one card", refs[:1], is(ErrRequest)},
		{"a card twice", []Ref{refs[0], refs[1], refs[0]}, is(ErrRequest)},
		{"too many", []Ref{refs[0], refs[1], group, large}, is(ErrRequest)},
		{"no ETag", []Ref{refs[0], {b.Book.ID, "a2.vcf", ""}}, is(ErrRequest)},
		{"a group", []Ref{refs[0], group}, is(ErrNoContact)},
		{"a changed card", []Ref{refs[0], old}, as[*Stale]},
		{"a card that is gone", []Ref{refs[0], missing}, as[*Gone]},
		{"a book that is gone", []Ref{refs[0], {1, "a", "x"}}, as[*Gone]},
		{"too large", []Ref{refs[1], large}, as[*TooLarge]},
		{"a subscription", []Ref{refs[0], read}, as[*ReadOnly]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := Request{Reference: tt.refs[0], Duplicates: tt.refs[1:]}
			if _, err := b.Merge(t.Context(), b.Account.ID, b.by, r); !tt.want(err) {
				t.Errorf("merge: %v", err)
			}
			if _, err := b.Preview(t.Context(), b.Account.ID, r); !tt.want(err) {
				t.Errorf("preview: %v", err)
			}
			same(t, "nothing is written", b.state(t), before)
		})
	}
	if _, err := b.Merge(t.Context(), b.Account.ID+1, b.by, Request{Reference: refs[0], Duplicates: refs[1:]}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another account: %v", err)
	}
}

func is(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }

func as[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func TestMerge_SameKeySameAnswer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	refs := b.annas(t)
	r := Request{Reference: refs[0], Duplicates: refs[1:], Key: "k"}
	first, err := b.Merge(t.Context(), b.Account.ID, b.by, r)
	if err != nil {
		t.Fatal(err)
	}
	again, err := b.Merge(t.Context(), b.Account.ID, b.by, r)
	if err != nil || !again.Repeated {
		t.Fatalf("%+v %v", again, err)
	}
	again.Repeated = false
	same(t, "answer", again, first)
	r.Duplicates = append(r.Duplicates, Ref{b.Book.ID, "x", "y"})
	if _, err := b.Merge(t.Context(), b.Account.ID, b.by, r); !errors.Is(err, ErrKeyUsed) {
		t.Errorf("another request: %v", err)
	}
}

// A relation to one of the merged cards ends with the merge: it is not told as added.
func TestPreview_RelationsAmongTheCardsEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, property := range map[string]string{"3.0": "X-RELATED", "4.0": "RELATED"} {
		version := func(card string) string { return strings.Replace(card, "VERSION:3.0", "VERSION:"+name, 1) }
		r := b.put(t, b.Book.ID, name+"r.vcf", version(text("UID:r"+name, "FN:Anna Keller", "N:Keller;Anna;;;")))
		d := b.put(t, b.Book.ID, name+"d.vcf", version(text("UID:d"+name, "FN:Anna Keller", "N:Keller;Anna;;;", property+";TYPE=friend:urn:uuid:r"+name, property+";TYPE=friend:urn:uuid:other")))
		p, err := b.Preview(t.Context(), b.Account.ID, Request{Reference: r, Duplicates: []Ref{d}})
		if err != nil {
			t.Fatal(err)
		}
		said := func(all []Value) (texts []string) {
			for _, v := range all {
				if v.Property == property {
					texts = append(texts, v.Text)
				}
			}
			return texts
		}
		if diff := cmp.Diff([][]string{{"urn:uuid:other"}, {"urn:uuid:r" + name}}, [][]string{said(p.Merged), said(p.NotTaken)}); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if strings.Contains(string(p.Bytes), "RELATED;TYPE=friend:urn:uuid:r") || !strings.Contains(string(p.Bytes), property+";TYPE=friend:urn:uuid:other") {
			t.Errorf("%s", p.Bytes)
		}
	}
}

// A client that was away stores a removed card again: the pair is offered, the card that it was merged into first.
func TestGroups_RemovedCardCameBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	refs := b.annas(t)
	two := b.state(t)["contacts/a2.vcf"]
	b.merge(t, refs...)
	b.put(t, b.Book.ID, "a2.vcf", two+"")
	got := b.groups(t, Query{})
	if len(got) != 1 || !got[0].CameBack || got[0].Members[got[0].Reference].UID != "a1" {
		t.Fatalf("%+v", got)
	}
	b.clock.Advance(91 * 24 * time.Hour)
	if got := b.groups(t, Query{}); len(got) != 1 || got[0].CameBack {
		t.Errorf("%+v", got)
	}
}

// A card without a UID gets one as the reference, or groups would have nothing to name.
func TestMerge_ReferenceWithoutUID(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	refs := b.annas(t)
	nameless := b.put(t, b.Book.ID, "n.vcf", text("FN:Anna Keller"))
	before := b.state(t)
	m := b.merge(t, nameless, refs[1])
	if g := b.state(t)["contacts/g.vcf"]; m.UID == "" || !strings.Contains(g, ":urn:uuid:"+m.UID+"\r\n") || !strings.Contains(b.state(t)["contacts/n.vcf"], "UID:"+m.UID+"\r\n") {
		t.Errorf("%+v\n%s", m, g)
	}
	if _, err := b.Undo(t.Context(), b.Account.ID, b.by, m.Undo); err != nil {
		t.Fatal(err)
	}
	same(t, "undone", b.state(t), before)
}

// A card without a UID is another one than whatever has no UID, either.
func TestUndo_CardWithoutUIDWhoseNameWasGivenAway(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	reference := b.put(t, b.Book.ID, "a.vcf", text("UID:a", "FN:Anna Keller", "EMAIL:anna@keller.example"))
	removed := text("FN:Anna Keller", "EMAIL:anna@keller.example", "NOTE:tea")
	m := b.merge(t, reference, b.put(t, b.Book.ID, "b.vcf", removed))
	b.put(t, b.Book.ID, "b.vcf", text("FN:Somebody Else"))
	u, err := b.Undo(t.Context(), b.Account.ID, b.by, m.Undo)
	if err != nil {
		t.Fatal(err)
	}
	now := b.state(t)
	if !slices.Contains(slices.Collect(maps.Values(now)), removed) {
		t.Errorf("%+v, and the card is not back: %v", u.Cards, now)
	}
	if !strings.Contains(now["contacts/b.vcf"], "Somebody Else") {
		t.Errorf("the other card is gone: %v", now)
	}
}

// A UID that another card of the group's own address book has means that one.
func TestMerge_LeavesNamesakesOfUIDsAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	one := b.put(t, b.Book.ID, "1.vcf", text("UID:1", "FN:Anna"))
	two := b.put(t, b.Book.ID, "2.vcf", text("UID:2", "FN:Anna"))
	b.put(t, b.other.ID, "2.vcf", text("UID:2", "FN:Anna at work"))
	group := text("UID:g", "FN:G", "X-ADDRESSBOOKSERVER-KIND:group", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:2")
	b.put(t, b.other.ID, "g.vcf", group)
	b.merge(t, one, two)
	same(t, "group", b.state(t)["work/g.vcf"], group)
}

func TestGroups_TooManyCards(t *testing.T) {
	t.Parallel()
	b := benchWithin(t, Limits{Cards: 3})
	b.annas(t)
	if _, err := b.Groups(t.Context(), b.Account.ID, Query{}); !errors.Is(err, ErrTooMany) {
		t.Error(err)
	}
}

func TestRegion(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		account store.Account
		want    string
	}{
		{store.Account{TimeZone: "Europe/Zurich", Locale: "de"}, "CH"},
		{store.Account{Locale: "fr-CH"}, "CH"},
		{store.Account{Locale: "de"}, "DE"},
		{store.Account{TimeZone: "UTC", Locale: "it"}, "IT"},
		{store.Account{}, ""},
		{store.Account{Locale: "no such thing"}, ""},
	} {
		same(t, fmt.Sprint(tt.account.TimeZone, " ", tt.account.Locale), Region(tt.account), tt.want)
	}
}

func TestPhoto(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	png := "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNiAAAABgADNjd8qAAAAABJRU5ErkJggg=="
	good := b.put(t, b.Book.ID, "p.vcf", text("UID:p", "FN:P", "PHOTO;ENCODING=b;TYPE=SVG:"+png))
	_, kind, err := b.Photo(t.Context(), b.Account.ID, good)
	same(t, "kind", []any{kind, err}, []any{"image/png", nil})
	for name, photo := range map[string]string{"a page": "PHOTO;ENCODING=b;TYPE=PNG:PGh0bWw+PHNjcmlwdD4=", "a link": "PHOTO;VALUE=uri:https://x.example/p.png", "junk": "PHOTO;ENCODING=b:***"} {
		at := b.put(t, b.Book.ID, "q.vcf", text("UID:q", "FN:Q", photo))
		if _, _, err := b.Photo(t.Context(), b.Account.ID, at); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHide(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	refs := b.annas(t)
	third := b.put(t, b.other.ID, "a3.vcf", text("UID:a3", "N:Keller;Anna;;;", "FN:Anna Keller", "TEL;TYPE=CELL:+41796112031", "EMAIL:anna@keller.example"))
	if got := b.groups(t, Query{}); len(got) != 1 || len(got[0].Members) != 3 {
		t.Fatalf("%+v", got)
	}
	if err := b.Hide(t.Context(), b.Account.ID, []Ref{refs[0], refs[1]}); err != nil {
		t.Fatal(err)
	}
	got := b.groups(t, Query{})
	if len(got) != 1 || len(got[0].Members) != 2 {
		t.Fatalf("a third card still makes a group with one of them: %+v", got)
	}
	if err := b.Hide(t.Context(), b.Account.ID, []Ref{refs[0], refs[1], third}); err != nil {
		t.Fatal(err)
	}
	same(t, "open", len(b.groups(t, Query{Lanes: []dedup.Lane{dedup.Possible, dedup.Likely, dedup.Sure}})), 0)
	page, err := b.Hidden(t.Context(), b.Account.ID, "", 2)
	if err != nil || len(page.Pairs) != 2 || page.Next == "" {
		t.Fatalf("%+v %v", page, err)
	}

	// Not material: a note, a photo, another notation, another name for the file.
	two := b.state(t)["contacts/a2.vcf"]
	two = strings.Replace(strings.Replace(two, "079 611 20 31", "+41-79-611-20-31", 1), "likes tea", "likes coffee", 1)
	b.put(t, b.Book.ID, "a2.vcf", two)
	same(t, "open", len(b.groups(t, Query{})), 0)
	if _, err := b.World.Store.MoveObject(t.Context(), store.Transfer{Account: b.Account.ID,
		From: store.Place{Collection: b.Book.ID, URI: "a2.vcf"}, To: store.Place{Collection: b.other.ID, URI: "moved.vcf"}}); err != nil {
		t.Fatal(err)
	}
	same(t, "open", len(b.groups(t, Query{})), 0)

	// Material: a mailbox in common.
	b.put(t, b.other.ID, "moved.vcf", strings.Replace(two, "END:VCARD", "EMAIL:anna@keller.example\r\nEND:VCARD", 1))
	got = b.groups(t, Query{})
	if len(got) != 1 || !got[0].HiddenBefore || len(got[0].Members) != 2 {
		t.Fatalf("%+v", got)
	}
	for {
		page, err := b.Hidden(t.Context(), b.Account.ID, "", 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Pairs) == 0 {
			break
		}
		if err := b.Unhide(t.Context(), b.Account.ID, page.Pairs[0].ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.groups(t, Query{}); len(got) != 1 || len(got[0].Members) != 3 || got[0].HiddenBefore {
		t.Errorf("%+v", got)
	}
}

func TestGroups_PagesAndCounts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for n := range 7 {
		for m := range 2 {
			c := b.Book.ID
			if n == 0 && m == 1 {
				c = b.other.ID
			}
			b.put(t, c, fmt.Sprintf("%d-%d.vcf", n, m), text(fmt.Sprintf("UID:%d-%d", n, m), fmt.Sprintf("FN:Given%c Family%c", 'a'+n, 'k'+n), fmt.Sprintf("TEL;TYPE=CELL:+4179611203%d", n)))
		}
	}
	seen := map[string]bool{}
	q, pages := Query{Limit: 3}, 0
	for {
		page, err := b.Groups(t.Context(), b.Account.ID, q)
		if err != nil || page.Total != 7 {
			t.Fatalf("%+v %v", page, err)
		}
		pages++
		for _, g := range page.Groups {
			if seen[g.ID] {
				t.Errorf("%s twice", g.ID)
			}
			seen[g.ID] = true
			detail, err := b.Group(t.Context(), b.Account.ID, g.ID)
			if err != nil || len(detail.Pairs) != 1 || len(detail.Pairs[0].Reasons) == 0 || len(detail.Members[0].Values) == 0 {
				t.Errorf("%+v %v", detail, err)
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	same(t, "all seen", []int{len(seen), pages}, []int{7, 3})
	counts, err := b.Counts(t.Context(), b.Account.ID)
	if err != nil || len(counts) != 2 {
		t.Fatal(counts, err)
	}
	for _, c := range counts {
		want := 7
		if c.Collection == b.other.ID {
			want = 1
		}
		same(t, "count", c.Sure+c.Likely, want)
	}
	same(t, "of one book", len(b.groups(t, Query{Book: b.other.ID})), 1)
	if _, err := b.Group(t.Context(), b.Account.ID, "nonsense"); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
}

func TestMergeAllSure(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for n := range 5 {
		for m := range 2 {
			lines := []string{fmt.Sprintf("UID:%d-%d", n, m), fmt.Sprintf("FN:Given%c Family%c", 'a'+n, 'k'+n), fmt.Sprintf("TEL;TYPE=CELL:+4179611203%d", n), fmt.Sprintf("EMAIL:x%d@y.example", n)}
			if n == 4 {
				lines = append(lines, fmt.Sprintf("TITLE:Title %d", m)) // only one can be kept
			}
			b.put(t, b.Book.ID, fmt.Sprintf("%d-%d.vcf", n, m), text(lines...))
		}
	}
	before := b.state(t)
	j, err := b.MergeAllSure(t.Context(), b.Account.ID, b.by, b.Book.ID, "k")
	if err != nil {
		t.Fatal(err)
	}
	b.Service.jobs.Wait()
	j, err = b.Job(t.Context(), b.Account.ID, j.ID)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "job", []any{j.State, j.Total, j.Merged, j.Choice, j.Failed}, []any{JobDone, 5, 4, 1, 0})
	same(t, "left", len(b.state(t)), 6)
	again, err := b.MergeAllSure(t.Context(), b.Account.ID, b.by, b.Book.ID, "k")
	if err != nil || again.ID != j.ID {
		t.Errorf("%+v %v", again, err)
	}
	history, err := b.History(t.Context(), b.Account.ID, "", 0)
	if err != nil || len(history.Made) != 1 || history.Made[0].Job != j.ID || history.Made[0].Removed != 4 {
		t.Errorf("%+v %v", history, err)
	}
	if _, err := b.Undo(t.Context(), b.Account.ID, b.by, j.ID); err != nil {
		t.Fatal(err)
	}
	same(t, "undone", b.state(t), before)
	if j, err = b.Job(t.Context(), b.Account.ID, j.ID); err != nil || j.State != JobUndone {
		t.Errorf("%+v %v", j, err)
	}
	if _, err := b.Undo(t.Context(), b.Account.ID, b.by, j.ID); !errors.Is(err, ErrUndone) {
		t.Error(err)
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	refs := b.annas(t)
	p, err := b.Preview(t.Context(), b.Account.ID, Request{Reference: refs[0], Duplicates: refs[1:]})
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]string{}
	for _, f := range p.Fields {
		for _, r := range f.Rows {
			row := ""
			for _, c := range r.Cells {
				state := "-"
				if c.State != 0 {
					state = c.State.String()
				}
				row += state + " "
			}
			states[f.Property] += row + "| "
		}
	}
	same(t, "states", states, map[string]string{
		"N": "identical identical | ", "FN": "identical identical | ", "EMAIL": "only_here - | ", "X-OWN": "only_here - | ",
		"TEL": "identical same | - added | ", "NOTE": "- added | ", "BDAY": "- added | ",
	})
	same(t, "touched", len(p.Touched), 2)
	same(t, "merged values", len(p.Merged), 8)
	same(t, "warnings", p.Warnings, []Warning(nil))
}

// What a person chose is done, or refused: never silently something else.
func TestMerge_ChoicesThatCannotBeFollowed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	refs := []Ref{
		b.put(t, b.Book.ID, "a.vcf", text("UID:a", "FN:Anna Keller", "BDAY:1980-02-28", "TEL:+41 79 611 20 31")),
		b.put(t, b.Book.ID, "b.vcf", text("UID:b", "FN:+41 79 611 20 31", "BDAY:1981-02-28", "EMAIL:anna@x.example")),
	}
	at := func(card, line int) dedup.Ref { return dedup.Ref{Card: card, Line: line} }
	pick := func(property string, ref dedup.Ref) dedup.Choices {
		return dedup.Choices{Pick: map[string]dedup.Ref{property: ref}}
	}
	for _, tt := range []struct {
		name    string
		choices dedup.Choices
		want    string // in the result; "": refused
	}{
		{"a name that is a number", pick("N", at(1, 2)), "FN:+41 79 611 20 31\r\n"},
		{"the same, as FN", pick("FN", at(1, 2)), "FN:+41 79 611 20 31\r\n"},
		{"another birthday", pick("BDAY", at(1, 3)), "BDAY:1981-02-28\r\n"},
		{"no such line", pick("BDAY", at(1, 9)), ""},
		{"no such card", pick("BDAY", at(2, 3)), ""},
		{"card below 0", pick("BDAY", at(-1, 3)), ""},
		{"another property's line", pick("BDAY", at(1, 2)), ""},
		{"a property with many values", pick("EMAIL", at(1, 4)), ""},
		{"the UID", pick("UID", at(1, 1)), ""},
		{"picked and dropped", dedup.Choices{Pick: map[string]dedup.Ref{"BDAY": at(1, 3)}, Drop: []dedup.Ref{at(1, 3)}}, ""},
		{"dropping no line", dedup.Choices{Drop: []dedup.Ref{at(0, 99)}}, ""},
		{"dropping the UID", dedup.Choices{Drop: []dedup.Ref{at(0, 1)}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := b.Preview(t.Context(), b.Account.ID, Request{Reference: refs[0], Duplicates: refs[1:], Choices: tt.choices})
			if tt.want == "" && !errors.Is(err, ErrRequest) || tt.want != "" && (err != nil || !strings.Contains(string(p.Bytes), tt.want)) {
				t.Errorf("%v\n%s", err, p.Bytes)
			}
		})
	}
	if err := b.Hide(t.Context(), b.Account.ID, []Ref{refs[0], refs[0]}); !errors.Is(err, ErrRequest) {
		t.Errorf("hiding a card from itself: %v", err)
	}
}
