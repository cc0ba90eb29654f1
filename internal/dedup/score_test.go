package dedup

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// pair scores two cards in a book that holds them and many others, as books do.
func pair(t testing.TB, a, b []string) (*Book, Match) {
	t.Helper()
	book := NewBook()
	for i := range 300 {
		id := fmt.Sprintf("other%d", i)
		book.Put(id, normal(t, "UID:"+id, fmt.Sprintf("N:Name%c%c;Vor%c;;;", 'a'+i%26, 'a'+i/26, 'a'+i%17), fmt.Sprintf("TEL;TYPE=CELL:+4179%07d", 1000000+i)))
	}
	book.Put("a", normal(t, append([]string{"UID:a"}, a...)...))
	book.Put("b", normal(t, append([]string{"UID:b"}, b...)...))
	m, ok := book.Explain("a", "b")
	if !ok {
		t.Fatal("cards are not in the book")
	}
	return book, m
}

func TestScore_Lanes(t *testing.T) {
	t.Parallel()
	eva := func(more ...string) []string {
		return append([]string{"N:Zumbrunn;Eva;;;", "FN:Eva Zumbrunn"}, more...)
	}
	tests := map[string]struct {
		a, b     []string
		from, to Lane
	}{
		"same name and mobile":             {eva("TEL;TYPE=CELL:079 611 20 31"), eva("TEL;TYPE=CELL:+41796112031"), Sure, Sure},
		"rare name, nothing to compare":    {eva("TEL;TYPE=CELL:079 611 20 31"), eva("EMAIL:eva@zumbrunn.example"), Likely, Likely},
		"bare number":                      {eva("TEL;TYPE=CELL:079 611 20 31"), []string{"FN:", "TEL;TYPE=CELL:+41796112031"}, Likely, Sure},
		"kinship word":                     {eva("TEL;TYPE=CELL:079 611 20 31"), []string{"FN:Mum", "TEL;TYPE=CELL:+41796112031"}, Likely, Likely},
		"married":                          {eva("TEL;TYPE=CELL:079 611 20 31", "BDAY:1980-02-28"), []string{"N:Feller;Eva;;;", "FN:Eva Feller", "TEL;TYPE=CELL:+41796112031", "BDAY:19800228"}, Likely, Sure},
		"another birthday":                 {eva("BDAY:1980-02-28", "TEL;TYPE=HOME:031 311 20 31"), eva("BDAY:1984-11-03", "TEL;TYPE=HOME:031 311 20 31"), Unrelated, Possible},
		"father and son":                   {eva("BDAY:1950-02-28", "ADR;TYPE=HOME:;;Seestrasse 9;Spiez;;3700;"), eva("BDAY:1980-11-03", "ADR;TYPE=HOME:;;Seestrasse 9;Spiez;;3700;", "TEL;TYPE=CELL:0796112031"), Unrelated, Possible},
		"senior and junior":                {eva("TEL;TYPE=HOME:031 311 20 31", "NICKNAME:E"), []string{"N:Zumbrunn;Eva;;;Jr.", "FN:Eva Zumbrunn Jr.", "TEL;TYPE=HOME:031 311 20 31"}, Unrelated, Possible},
		"spouses":                          {eva("TEL;TYPE=HOME:031 311 20 31", "ADR;TYPE=HOME:;;Seestrasse 9;Spiez;;3700;"), []string{"N:Zumbrunn;Urs;;;", "FN:Urs Zumbrunn", "TEL;TYPE=HOME:031 311 20 31", "ADR;TYPE=HOME:;;Seestrasse 9;Spiez;;3700;"}, Unrelated, Possible},
		"spouses, one mailbox":             {eva("EMAIL:fam.zumbrunn@gmx.ch"), []string{"N:Zumbrunn;Urs;;;", "FN:Urs Zumbrunn", "EMAIL:fam.zumbrunn@gmx.ch"}, Unrelated, Possible},
		"twins":                            {[]string{"N:Zumbrunn;Anna;;;", "FN:Anna Zumbrunn", "BDAY:2001-03-05", "TEL;TYPE=HOME:031 311 20 31", "TEL;TYPE=CELL:0796112031"}, []string{"N:Zumbrunn;Hanna;;;", "FN:Hanna Zumbrunn", "BDAY:2001-03-05", "TEL;TYPE=HOME:031 311 20 31", "TEL;TYPE=CELL:0796112032"}, Unrelated, Possible},
		"recycled number":                  {eva("TEL;TYPE=CELL:079 611 20 31", "EMAIL:eva@zumbrunn.example"), []string{"N:Okonkwo;Ngozi;;;", "FN:Ngozi Okonkwo", "TEL;TYPE=CELL:+41796112031", "EMAIL:ngozi@outlook.example"}, Unrelated, Possible},
		"colleagues":                       {eva("TEL;TYPE=WORK:031 311 20 31", "EMAIL:info@solvalux.example", "ORG:Solvalux"), []string{"N:Perrig;Fabian;;;", "FN:Fabian Perrig", "TEL;TYPE=WORK:031 311 20 31", "EMAIL:info@solvalux.example", "ORG:Solvalux SA"}, Unrelated, Possible},
		"firm and employee":                {eva("TEL;TYPE=WORK:031 311 20 31", "ORG:Zumbrunn AG"), []string{"FN:Zumbrunn AG", "ORG:Zumbrunn AG", "TEL;TYPE=WORK:031 311 20 31"}, Unrelated, Unrelated},
		"firm, legal form left out":        {[]string{"FN:Solvalux SA", "ORG:Solvalux SA", "TEL;TYPE=WORK:031 311 20 31"}, []string{"FN:SOLVALUX", "TEL;TYPE=WORK:+41313112031", "ORG:Solvalux"}, Likely, Sure},
		"branches":                         {[]string{"FN:Pharmacie Uldry Bulle", "ORG:Pharmacie Uldry", "URL:https://uldry.example"}, []string{"FN:Pharmacie Uldry Romont", "ORG:Pharmacie Uldry", "URL:https://uldry.example"}, Unrelated, Possible},
		"couple and spouse":                {eva("TEL;TYPE=HOME:031 311 20 31"), []string{"N:Zumbrunn;Eva & Urs;;;", "FN:Eva & Urs Zumbrunn", "TEL;TYPE=HOME:031 311 20 31"}, Unrelated, Unrelated},
		"common name, nothing else":        {[]string{"N:Müller;Thomas;;;", "FN:Thomas Müller", "TEL;TYPE=CELL:0796112031"}, []string{"N:Müller;Thomas;;;", "FN:Thomas Müller", "TEL;TYPE=CELL:0796112099"}, Unrelated, Possible},
		"nickname and mobile":              {[]string{"N:Hartley;Robert;;;", "FN:Robert Hartley", "TEL;TYPE=CELL:0796112031"}, []string{"N:Hartley;Bob;;;", "FN:Bob Hartley", "TEL;TYPE=CELL:0796112031"}, Sure, Sure},
		"another script and mobile":        {[]string{"N:Ковалёв;Сергей;;;", "FN:Сергей Ковалёв", "TEL:+79215551701"}, []string{"N:Kovalev;Sergey;;;", "FN:Sergey Kovalev", "TEL:+79215551701"}, Sure, Sure},
		"man and woman of one family name": {[]string{"N:Gerster;Andrea;;;", "FN:Andrea Gerster", "EMAIL:andrea.gerster@gmx.ch"}, []string{"N:Gerster;Andreas;;;", "FN:Andreas Gerster", "EMAIL:andreas.gerster@gmx.ch"}, Unrelated, Possible},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, m := pair(t, test.a, test.b)
			if got := LaneOf(m.Score); got < test.from || got > test.to {
				t.Errorf("%v (%.3f), want %v to %v: %v", got, m.Score, test.from, test.to, m.Reasons)
			}
		})
	}
}

func TestExplain_NamesWhatSpokeForAndAgainst(t *testing.T) {
	t.Parallel()
	book, m := pair(t, []string{"N:Hartley;Robert;;;", "TEL;TYPE=CELL:0796112031", "EMAIL:rob@x.example"}, []string{"N:Hartley;Bob;;;", "TEL;TYPE=CELL:0796112031", "EMAIL:bob@y.example"})
	verdicts := map[string]Verdict{}
	for i, r := range m.Reasons {
		verdicts[r.Field] = r.Verdict
		if i > 0 && max(r.Bits, -r.Bits) > max(m.Reasons[i-1].Bits, -m.Reasons[i-1].Bits) {
			t.Error("reasons are not in the order of their strength")
		}
	}
	if verdicts["phone"] != Same || verdicts["name"] != Similar || verdicts["mail"] != Differs {
		t.Errorf("got %v", m.Reasons)
	}
	back, _ := book.Explain("b", "a")
	if back.Score != m.Score || back.Reasons[0].A != m.Reasons[0].B {
		t.Errorf("the other way round: %v", back.Reasons)
	}
	if _, ok := book.Explain("a", "nobody"); ok {
		t.Error("explains a card that is not there")
	}
}

// anyCard draws cards that often have things in common.
func anyCard(t *rapid.T, uid string) []string {
	pick := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(t, name) }
	props := []string{"UID:" + uid}
	first := pick("given", "Eva", "Anna", "Hanna", "Bob", "Robert", "Jörg", "Joerg", "Сергей", "伟", "J.", "")
	last := pick("family", "Muster", "Zumbrunn", "Müller", "Mueller", "Ковалёв", "Kovalev", "王", "Muster Lopez", "")
	switch pick("form", "n", "fn", "both", "swapped") {
	case "n":
		props = append(props, "N:"+last+";"+first+";;;")
	case "fn":
		props = append(props, "FN:"+first+" "+last)
	case "both":
		props = append(props, "N:"+last+";"+first+";;;"+pick("suffix", "", "Jr.", "Sr."), "FN:"+last+"\\, "+first)
	default:
		props = append(props, "N:"+first+";"+last+";;;", "FN:"+first+" "+last)
	}
	for _, line := range []string{
		pick("tel", "", "TEL;TYPE=CELL:079 611 20 31", "TEL;TYPE=CELL:+41796112031", "TEL;TYPE=HOME:031 311 20 31", "TEL;TYPE=WORK:+41 31 311 20 31 ext. 5"),
		pick("mail", "", "EMAIL:eva.m@gmail.com", "EMAIL:evam+x@googlemail.com", "EMAIL:info@muster.example", "EMAIL:b@muster.example"),
		pick("bday", "", "BDAY:1980-02-28", "BDAY:--0228", "BDAY:1950-02-28", "BDAY:1980-02-27"),
		pick("adr", "", "ADR:;;Seestrasse 9;Spiez;;3700;", "ADR:;;Seestr. 9;SPIEZ;;CH-3700;Schweiz", "ADR:;;Kirchweg 1;Thun;;3600;"),
		pick("org", "", "ORG:Muster AG", "ORG:Muster", "ORG:Solvalux"),
		pick("note", "", "NOTE:hello", "NOTE:farewell world"),
	} {
		if line != "" {
			props = append(props, line)
		}
	}
	return props
}

func anyBook(t *rapid.T, tb testing.TB) (*Book, map[string]*Card) {
	cards := map[string]*Card{}
	book := NewBook()
	for i := range rapid.IntRange(2, 14).Draw(t, "cards") {
		id := fmt.Sprintf("c%02d", i)
		cards[id] = normal(tb, anyCard(t, id)...)
		book.Put(id, cards[id])
	}
	return book, cards
}

func TestScore_IsSymmetricAndAProbability(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		book, cards := anyBook(rt, t)
		for a := range cards {
			for b := range cards {
				x, _ := book.Explain(a, b)
				y, _ := book.Explain(b, a)
				if x.Score != y.Score || x.Veto != y.Veto || x.Score < 0 || x.Score > 1 {
					rt.Fatalf("%s~%s: %v, the other way round %v", a, b, x, y)
				}
			}
		}
	})
}

// Of two cards that are not the same to a comparison one comes first, or the score would depend on where they are from.
func TestCard_BeforeIsAnOrder(t *testing.T) {
	t.Parallel()
	card := []string{"UID:x", "N:Muster;Eva;;;", "FN:Eva Muster", "TEL;TYPE=CELL:079 611 20 31", "NOTE:" + strings.Repeat("x", 600)}
	for name, replace := range map[string]struct {
		at   int
		line string
	}{
		"UID":                  {0, "UID:y"},
		"N":                    {1, "N:Eva;Muster;;;"},
		"FN":                   {2, "FN:Eva"},
		"type of a number":     {3, "TEL;TYPE=FAX:079 611 20 31"},
		"notation of a number": {3, "TEL;TYPE=CELL:079/611-20-31"},
		"end of a long value":  {4, card[4] + "y"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := slices.Clone(card)
			other[replace.at] = replace.line
			a, b := normal(t, card...), normal(t, other...)
			if a.before(b) == b.before(a) {
				t.Errorf("before is %v both ways", a.before(b))
			}
		})
	}
	if a, b := normal(t, card...), normal(t, append(card, "PRODID:z")...); a.before(b) || b.before(a) {
		t.Error("one of two copies comes first")
	}
}
