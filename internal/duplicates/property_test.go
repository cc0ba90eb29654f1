package duplicates

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ksync/internal/dedup"
	"ksync/internal/vcard"
	"ksync/store"
	"ksync/store/storetest"
)

// eachAccount checks a property for fresh accounts of one database: a quarter of rapid's hundred, since each writes.
func eachAccount(t *testing.T, property func(rt *rapid.T, b *bench)) {
	t.Helper()
	const checks = 25
	base, n := newBench(t), 0
	rapid.Check(t, func(rt *rapid.T) {
		if n++; n <= checks {
			property(rt, base.another(t, fmt.Sprintf("u%d", n)))
		}
	})
}

// another is a fresh account in the same database.
func (b *bench) another(t *testing.T, login string) *bench {
	t.Helper()
	w := storetest.Seed(t, b.World.Store, storetest.Seeds{Login: login})
	other, err := w.Store.CreateCollection(t.Context(), store.Collection{Account: w.Account.ID, Kind: store.AddressBook, URI: "work"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{World: w, Service: b.Service, clock: b.clock, other: other, by: b.by}
}

// anyPeople stores cards that are likely to have something in common, in both address books, and groups of them.
func (b *bench) anyPeople(rt *rapid.T, t *testing.T) (cards []Ref) {
	pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(rt, label) }
	uids := []string{}
	for n := range rapid.IntRange(2, 5).Draw(rt, "cards") {
		uid := pick("uid", "", "urn:uuid:") + fmt.Sprintf("c%d", n)
		uids = append(uids, uid)
		lines := []string{"UID:" + uid, pick("name", "FN:Anna Keller\r\nN:Keller;Anna;;;", "FN:Keller Anna", "FN:anna@x.example\r\nN:;;;;")}
		for _, property := range []string{
			pick("tel", "", "TEL:+41 79 611 20 31", "TEL;TYPE=WORK,CELL:0796112031", "item1.TEL:+41 44 211 20 31\r\nitem1.X-ABLabel:Lake"),
			pick("mail", "", "EMAIL;TYPE=PREF:a@x.example", "item1.EMAIL:A@x.example\r\nitem1.X-ABLabel:Boat", "EMAIL:b@x.example"),
			pick("note", "", "NOTE:tea", "NOTE:tea\\, and\r\n  cake", "NOTE:coffee"),
			pick("bday", "", "BDAY:1980-02-28", "BDAY:--0228", "BDAY:1981-01-01"),
			pick("own", "", "X-OWN;P=\"a;b\":one", "x-own:two", "CATEGORIES:a,b\\,c", "NICKNAME:Nan"),
			pick("relation", "", "RELATED:urn:uuid:c0", "RELATED:urn:uuid:C1"),
		} {
			if property != "" {
				lines = append(lines, property)
			}
		}
		card := text(lines...)
		if rapid.Bool().Draw(rt, "four") {
			card = strings.Replace(card, "VERSION:3.0", "VERSION:4.0", 1)
		}
		cards = append(cards, b.put(t, b.anyBook(rt), fmt.Sprintf("c%d.vcf", n), card))
	}
	for n := range rapid.IntRange(0, 2).Draw(rt, "groups") {
		lines := []string{fmt.Sprintf("UID:g%d", n), "FN:Group", "X-ADDRESSBOOKSERVER-KIND:group"}
		for _, uid := range rapid.SliceOfDistinct(rapid.SampledFrom(append(uids, "urn:uuid:other")), rapid.ID).Draw(rt, "members") {
			lines = append(lines, "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:"+vcard.BareUID(uid))
		}
		b.put(t, b.anyBook(rt), fmt.Sprintf("g%d.vcf", n), text(lines...))
	}
	return cards
}

func (b *bench) anyBook(rt *rapid.T) int64 {
	return rapid.SampledFrom([]int64{b.Book.ID, b.other.ID}).Draw(rt, "book")
}

// client is one that syncs: what it has, and its tokens.
type client struct {
	token map[int64]int64
	has   map[string]string
}

func (c *client) sync(rt *rapid.T, t *testing.T, b *bench) {
	for _, col := range []store.Collection{b.Book, b.other} {
		page, err := b.World.Store.Changes(t.Context(), b.Account.ID, col.ID, c.token[col.ID], 0, true)
		if err != nil || page.More || !page.Valid(c.token[col.ID]) {
			rt.Fatal(err, page.More)
		}
		for _, o := range page.Objects {
			delete(c.has, col.URI+"/"+o.URI)
			if !o.Deleted {
				c.has[col.URI+"/"+o.URI] = string(o.Bytes)
			}
		}
		c.token[col.ID] = page.Now
	}
}

// Merge, then undo: every byte, name and group as before. Undone: as merged. Whoever syncs has what the server has.
func TestMerge_ThenUndoIsTheIdentity(t *testing.T) {
	t.Parallel()
	eachAccount(t, func(rt *rapid.T, b *bench) {
		cards := b.anyPeople(rt, t)
		phone := &client{token: map[int64]int64{}, has: map[string]string{}}
		phone.sync(rt, t, b)
		before := b.state(t)
		m, err := b.Merge(t.Context(), b.Account.ID, b.by, Request{Reference: cards[0], Duplicates: cards[1:]})
		if err != nil {
			rt.Fatal(err)
		}
		merged := b.state(t)
		phone.sync(rt, t, b)
		equalStates(rt, "the client after the merge", phone.has, merged)
		refersToNone(rt, merged, cards[1:])
		u, err := b.Undo(t.Context(), b.Account.ID, b.by, m.Undo)
		if err != nil {
			rt.Fatal(err)
		}
		equalStates(rt, "after the undo", b.state(t), before)
		phone.sync(rt, t, b)
		equalStates(rt, "the client after the undo", phone.has, before)
		if _, err := b.Undo(t.Context(), b.Account.ID, b.by, u.Redo); err != nil {
			rt.Fatal(err)
		}
		equalStates(rt, "after the undo of the undo", b.state(t), merged)
		if report, err := b.World.Store.Inspect(t.Context(), nil, Keying()); err != nil || !report.Sound() {
			rt.Fatalf("%v, %v", report, err)
		}
	})
}

func equalStates(rt *rapid.T, what string, got, want map[string]string) {
	rt.Helper()
	for name := range want {
		if got[name] != want[name] {
			rt.Fatalf("%s: %s is\n%s\nnot\n%s", what, name, got[name], want[name])
		}
	}
	if len(got) != len(want) {
		rt.Fatalf("%s: %d cards, not %d", what, len(got), len(want))
	}
}

// refersToNone: no card names one that is gone.
func refersToNone(rt *rapid.T, state map[string]string, gone []Ref) {
	for name, data := range state {
		for _, g := range gone {
			uid := strings.TrimSuffix(g.URI, ".vcf")
			for line := range strings.Lines(strings.ToLower(data)) {
				if (strings.HasPrefix(line, "x-addressbookserver-member") || strings.HasPrefix(line, "related")) && strings.HasSuffix(strings.TrimSpace(line), ":"+uid) {
					rt.Fatalf("%s still names %s:\n%s", name, uid, data)
				}
			}
		}
	}
}

// said are the values of a card, as far as a merge keeps all of them, without notation.
func said(t testing.TB, data string) []string {
	card, err := vcard.Parse([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for l := range card.Component.Lines() {
		switch l.Name {
		case "TEL":
			digits := strings.Map(func(r rune) rune {
				if r < '0' || r > '9' {
					return -1
				}
				return r
			}, l.Value)
			all = append(all, "TEL "+digits[len(digits)-9:])
		case "EMAIL":
			all = append(all, "EMAIL "+strings.ToLower(l.Value))
		case "X-OWN":
			all = append(all, l.Name+" "+l.Value)
		case "CATEGORIES", "NICKNAME":
			for _, item := range vcard.Items(l) {
				all = append(all, l.Name+" "+item)
			}
		case "NOTE":
			for _, word := range []string{"tea", "cake", "coffee"} {
				if strings.Contains(vcard.Text(l), word) {
					all = append(all, "NOTE "+word)
				}
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// No value is lost that was not dropped, and in whatever steps and order cards are merged, the values are the same.
func TestMerge_AnyOrderSameValues(t *testing.T) {
	t.Parallel()
	eachAccount(t, func(rt *rapid.T, b *bench) {
		cards := b.anyPeople(rt, t)
		before := b.state(t)
		var want []string
		for name, data := range before {
			if strings.Contains(name, "/c") {
				want = append(want, said(t, data)...)
			}
		}
		slices.Sort(want)
		want = slices.Compact(want)

		m, err := b.Merge(t.Context(), b.Account.ID, b.by, Request{Reference: cards[0], Duplicates: cards[1:]})
		if err != nil {
			rt.Fatal(err)
		}
		b.expectValues(rt, t, m, want)
		u, err := b.Undo(t.Context(), b.Account.ID, b.by, m.Undo)
		if err != nil {
			rt.Fatal(err)
		}
		for _, c := range u.Cards { // new states, the same bytes
			for i := range cards {
				if cards[i].id() == c.id() && c.ETag != "" {
					cards[i].ETag = c.ETag
				}
			}
		}
		ref := cards[0]
		for _, d := range rapid.Permutation(cards[1:]).Draw(rt, "order") {
			d.ETag = b.etag(t, d)
			if m, err = b.Merge(t.Context(), b.Account.ID, b.by, Request{Reference: ref, Duplicates: []Ref{d}}); err != nil {
				rt.Fatal(err)
			}
			ref = m.Ref
		}
		b.expectValues(rt, t, m, want)
	})
}

func (b *bench) etag(t testing.TB, r Ref) string {
	t.Helper()
	o, err := b.World.Store.Object(t.Context(), b.Account.ID, r.Collection, r.URI)
	if err != nil {
		t.Fatal(err)
	}
	return o.ETag
}

func (b *bench) expectValues(rt *rapid.T, t *testing.T, m Merged, want []string) {
	o, err := b.World.Store.Object(t.Context(), b.Account.ID, m.Collection, m.URI)
	if err != nil {
		rt.Fatal(err)
	}
	if got := said(t, string(o.Bytes)); !slices.Equal(got, want) {
		rt.Fatalf("got %q, want %q in\n%s", got, want, o.Bytes)
	}
}

// What is in memory is what a fresh service finds, whatever was written between.
func TestGroups_CatchUpIsAFreshStart(t *testing.T) {
	t.Parallel()
	eachAccount(t, func(rt *rapid.T, b *bench) {
		b.anyPeople(rt, t)
		b.groups(t, Query{})
		for range rapid.IntRange(1, 4).Draw(rt, "rounds") {
			b.anyChange(rt, t)
			b.groups(t, Query{})
		}
		fresh := New(b.Service.o)
		defer fresh.Close()
		again := &bench{World: b.World, Service: fresh}
		if diff := cmp.Diff(known(again.groups(t, Query{})), known(b.groups(t, Query{}))); diff != "" {
			rt.Fatal(diff)
		}
	})
}

// known is what does not depend on when a pair was compared: its score does a little, as names become more frequent.
func known(groups []Group) []string {
	var all []string
	for _, g := range groups {
		all = append(all, fmt.Sprint(g.ID, g.Members, g.Reference, g.HiddenBefore, g.CameBack))
	}
	slices.Sort(all)
	return all
}

// anyChange is something that moves groups.
func (b *bench) anyChange(rt *rapid.T, t *testing.T) {
	change := rapid.SampledFrom([]string{"people", "delete", "merge", "hide", "forget"}).Draw(rt, "change")
	groups := b.groups(t, Query{})
	switch {
	case change == "people":
		b.anyPeople(rt, t)
	case change == "delete":
		names := slices.Sorted(maps.Keys(b.state(t)))
		book, uri, _ := strings.Cut(rapid.SampledFrom(names).Draw(rt, "name"), "/")
		at := b.Book.ID
		if book == b.other.URI {
			at = b.other.ID
		}
		if err := b.World.Store.DeleteObject(t.Context(), store.Delete{Account: b.Account.ID, Collection: at, URI: uri}); err != nil {
			rt.Fatal(err)
		}
	case change == "forget":
		b.Service.library = library{shelves: map[int64]*shelf{}, room: b.Service.o.Limits.Cards}
	case len(groups) == 0:
	default:
		var refs []Ref
		for _, m := range groups[0].Members {
			refs = append(refs, m.Ref)
		}
		if change == "merge" {
			b.merge(t, refs...)
		} else if err := b.Hide(t.Context(), b.Account.ID, refs[:2]); err != nil {
			rt.Fatal(err)
		}
	}
}

// Of a merge and what clients do at the same time, each happens wholly or not at all, and nothing is lost.
func TestMerge_RacesWithClients(t *testing.T) {
	t.Parallel()
	base := newBench(t)
	for n := range 12 {
		b := base.another(t, fmt.Sprintf("race%d", n))
		refs := b.annas(t)
		values := b.allSaid(t)
		var wg sync.WaitGroup
		errs := make([]error, 6)
		at := func(i int, f func(context.Context) error) {
			wg.Go(func() { errs[i] = f(context.WithoutCancel(t.Context())) })
		}
		request := Request{Reference: refs[0], Duplicates: refs[1:]}
		merged := make([]Merged, 2)
		for i := range 2 {
			at(i, func(ctx context.Context) (err error) {
				merged[i], err = b.Merge(ctx, b.Account.ID, b.by, request)
				return err
			})
		}
		edits := []string{text("UID:a1", "FN:Anna Keller", "NOTE:coffee"), text("UID:urn:uuid:a2", "FN:Anna Keller", "NOTE:cake")}
		for i, data := range edits {
			at(2+i, func(context.Context) error { _, err := b.tryPut(t, refs[i], data); return err })
		}
		for i, r := range refs {
			at(4+i, func(ctx context.Context) error {
				return b.World.Store.DeleteObject(ctx, store.Delete{Account: b.Account.ID, Collection: r.Collection, URI: r.URI, Cond: store.Precondition{Match: []string{r.ETag}}})
			})
		}
		wg.Wait()
		b.judgeRace(t, errs, values)
		winner := slices.IndexFunc(errs[:2], func(err error) bool { return err == nil })
		if winner >= 0 {
			b.undoTwice(t, merged[winner].Undo)
		}
	}
}

func (b *bench) allSaid(t testing.TB) []string {
	var all []string
	for name, data := range b.state(t) {
		if strings.Contains(name, "/a") {
			all = append(all, said(t, data)...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// judgeRace: for each card one of merge, edit, removal came first; the merge needs both cards as they were.
func (b *bench) judgeRace(t *testing.T, errs []error, values []string) {
	t.Helper()
	merges := 0
	for _, err := range errs[:2] {
		_, stale := errors.AsType[*Stale](err)
		_, gone := errors.AsType[*Gone](err)
		switch {
		case err == nil:
			merges++
		case !stale && !gone:
			t.Errorf("merge: %v", err)
		}
	}
	for i, err := range errs[2:] {
		if err != nil && !errors.Is(err, store.ErrPrecondition) && !errors.Is(err, store.ErrNotFound) {
			t.Errorf("client %d: %v", i, err)
		}
	}
	for card := range 2 {
		won := merges
		for _, err := range []error{errs[2+card], errs[4+card]} {
			if err == nil {
				won++
			}
		}
		if won > 1 || won == 0 && merges == 0 && errs[2+card] != nil && errs[4+card] != nil {
			t.Errorf("card %d: %d writers won: %v", card, won, errs)
		}
	}
	if merges > 1 {
		t.Errorf("%d merges", merges)
	}
	if merges == 1 {
		same(t, "values after the merge", b.allSaid(t), values)
	}
}

// undoTwice: one of two undos at once is made.
func (b *bench) undoTwice(t *testing.T, id int64) {
	t.Helper()
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		wg.Go(func() { _, errs[i] = b.Undo(context.WithoutCancel(t.Context()), b.Account.ID, b.by, id) })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), ErrUndone) {
		t.Errorf("two undos: %v", errs)
	}
	same(t, "cards", len(b.state(t)), 4)
}

// Accounts in memory are bounded: the one used longest ago goes, and is read again when asked for.
func TestLibrary_IsBounded(t *testing.T) {
	t.Parallel()
	base := benchWithin(t, Limits{Cards: 7}) // each account has four
	var all []*bench
	for n := range 4 {
		b := base.another(t, fmt.Sprintf("race%d", n))
		b.annas(t)
		all = append(all, b)
	}
	for range 2 {
		for _, b := range all {
			if got := b.groups(t, Query{}); len(got) != 1 || got[0].Lane != dedup.Sure {
				t.Errorf("%+v", got)
			}
			total := 0
			for _, s := range base.Service.library.shelves {
				total += s.size
			}
			if total > 7 || total == 0 {
				t.Errorf("%d cards in memory", total)
			}
		}
	}
}
