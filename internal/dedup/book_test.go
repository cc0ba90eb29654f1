package dedup

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestGroups_AreDeterministicWhateverTheOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		book, cards := anyBook(rt, t)
		want := book.Groups(true)
		ids := book.ids()
		for _, id := range rapid.Permutation(ids).Draw(rt, "order") {
			book.Remove(id)
			book.Put(id, cards[id])
		}
		fresh := NewBook()
		for _, id := range rapid.Permutation(ids).Draw(rt, "other order") {
			fresh.Put(id, cards[id])
		}
		if diff := cmp.Diff(want, fresh.Groups(true)); diff != "" {
			rt.Fatalf("another order of cards: %s", diff)
		}
	})
}

func (b *Book) ids() []string {
	var ids []string
	for id := range b.byID {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// In a book that lost and got cards, groups are those of a book made at once, as far as scores are: names that became
// rarer do not compare pairs again that nobody touched.
func TestBook_ChangedCardsAreComparedAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		book, cards := anyBook(rt, t)
		book.Groups(false)
		for _, id := range book.ids() {
			if rapid.Bool().Draw(rt, "change") {
				cards[id] = normal(t, anyCard(rt, id)...)
				book.Put(id, cards[id])
			}
		}
		for _, id := range book.ids() { // all, so that the rarity of names is the same
			book.Put(id, cards[id])
		}
		fresh := NewBook()
		for id, c := range cards {
			fresh.Put(id, c)
		}
		if diff := cmp.Diff(fresh.Groups(true), book.Groups(true)); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func TestGroups_HoldNoContradiction(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		book, _ := anyBook(rt, t)
		in := map[string]bool{}
		for _, g := range book.Groups(false) {
			for i, a := range g.Members {
				if in[a] {
					rt.Fatalf("%s is in two groups", a)
				}
				in[a] = true
				for _, b := range g.Members[:i] {
					if m, _ := book.Explain(a, b); m.Veto {
						rt.Fatalf("%s and %s are in one group: %v", a, b, m.Reasons)
					}
				}
			}
			if g.Lane == Sure && g.Score < sureFrom || g.Lane < Likely || len(g.Pairs) != len(g.Members)*(len(g.Members)-1)/2 {
				rt.Fatalf("%+v", g)
			}
		}
	})
}

// A~B and B~C by a bare first name do not make A~C.
func TestGroups_ABridgeDoesNotJoin(t *testing.T) {
	t.Parallel()
	book := NewBook()
	book.Put("a", normal(t, "UID:a", "N:Fellay;Aurélien;;;", "TEL;TYPE=CELL:+41785551601", "EMAIL:aurelien@fellay.example"))
	book.Put("b", normal(t, "UID:b", "FN:Chef", "TEL;TYPE=CELL:+41785551601"))
	book.Put("c", normal(t, "UID:c", "N:Okonkwo;Ngozi;;;", "TEL;TYPE=CELL:+41785551601", "EMAIL:ngozi@okonkwo.example"))
	for _, g := range book.Groups(false) {
		if slices.Contains(g.Members, "a") && slices.Contains(g.Members, "c") {
			t.Errorf("got %+v", g)
		}
	}
}

func TestGroups_PossibleOnesOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	book, _ := pair(t, []string{"N:Müller;Thomas;;;", "FN:Thomas Müller", "TEL;TYPE=CELL:0796112031"}, []string{"N:Müller;Thomas;;;", "FN:Thomas Müller", "TEL;TYPE=CELL:0796112099"})
	if got := len(book.Groups(false)); got != 0 {
		t.Errorf("%d groups", got)
	}
	for _, g := range book.Groups(true) {
		if slices.Equal(g.Members, []string{"a", "b"}) && g.Lane == Possible {
			return
		}
	}
	t.Error("the namesakes are not listed")
}

// A number of a thousand cards does not make half a million comparisons.
func TestNeighbours_OfLargeBlocksAreBounded(t *testing.T) {
	t.Parallel()
	book := NewBook()
	for i := range 1000 {
		id := fmt.Sprintf("%04d", i)
		book.Put(id, normal(t, "UID:"+id, fmt.Sprintf("N:Fam%s;Vor%s;;;", randomWord(i), randomWord(i*7)), "TEL;TYPE=WORK:+41315550600"))
	}
	seen := make([]int32, len(book.slots))
	total := 0
	for at := range book.slots {
		book.neighbours(int32(at), seen, int32(at)+1, func(int32) { total++ })
	}
	if total > 1000*(2*window+maxBlock) {
		t.Errorf("%d comparisons", total)
	}
}

func randomWord(i int) string {
	return string([]byte{'a' + byte(i*31%26), 'a' + byte(i/26*17%26), 'a' + byte(i*13%23)})
}

func TestKeys_SurviveASlip(t *testing.T) {
	t.Parallel()
	tests := map[string][2][]string{
		"in the given name":  {{"N:Montandon;Chloé;;;"}, {"N:Montandon;Choé;;;"}},
		"in the family name": {{"N:Montandon;Chloé;;;"}, {"N:Montadnon;Chloé;;;"}},
		"in both":            {{"N:Montandon;Katharina;;;"}, {"N:Montandan;Katherina;;;"}},
		"order":              {{"N:Dufaux;Thierry;;;"}, {"N:Thierry;Dufaux;;;"}},
		"script":             {{"N:Ковалёв;Сергей;;;"}, {"N:Kovalev;Sergei;;;"}},
		"umlaut":             {{"N:Grün;Jörg;;;"}, {"N:Gruen;Joerg;;;"}},
		"number":             {{"FN:Eva", "TEL:079 611 20 31"}, {"FN:Maman", "TEL:+41796112031"}},
		"street":             {{"FN:Eva Muster", "ADR:;;Seestrasse 9;Spiez;;3700;"}, {"FN:Urs Meier", "ADR:;;Seestr. 9;Spiez;;CH-3700;"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := normal(t, append(test[0], "UID:a")...).Keys(), normal(t, append(test[1], "UID:b")...).Keys()
			if !slices.ContainsFunc(a, func(k string) bool { return slices.Contains(b, k) }) {
				t.Errorf("nothing in common: %q, %q", a, b)
			}
		})
	}
}

// A fault in comparing one card costs its pairs, not the server: the others are found, and it is told which.
func TestBook_AFaultCostsItsCard(t *testing.T) {
	t.Parallel()
	book := NewBook()
	for _, id := range []string{"a", "b", "c"} {
		book.Put(id, normal(t, "UID:"+id, "FN:Anna Keller", "EMAIL:anna@x.example", "TEL:+41796112031"))
	}
	strange := normal(t, "UID:strange", "FN:Anna Keller", "EMAIL:anna@x.example", "TEL:+41796112031")
	strange.name.words = make([]word, 30) // more than any name has
	book.Put("strange", strange)
	for _, again := range []bool{false, true} {
		if again { // compared one by one, not by a first scan
			book.Put("strange", strange)
		}
		groups := book.Groups(true)
		if len(groups) != 1 || !slices.Equal(groups[0].Members, []string{"a", "b", "c"}) {
			t.Errorf("%+v", groups)
		}
		faults := book.Faults()
		if len(faults) == 0 || len(book.Faults()) != 0 {
			t.Fatalf("%d faults", len(faults))
		}
		for _, f := range faults {
			if f.A != "strange" && f.B != "strange" || f.Err == nil {
				t.Errorf("%+v", f)
			}
		}
	}
	if _, ok := book.Explain("a", "strange"); !ok || len(book.Faults()) != 1 {
		t.Error("explained without a fault")
	}
}
