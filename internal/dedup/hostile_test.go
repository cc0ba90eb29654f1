package dedup

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"ksync/internal/vcard"
)

// A card of megabytes is compared by the beginnings of its values: reading a name takes the square of its words.
func TestNormalise_LongValuesAreCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ab cd ", 1e4)
	for name, lines := range map[string][]string{
		"words":       {"FN:" + long, "N:" + long + ";" + long + ";;;"},
		"one word":    {"FN:" + strings.Repeat("x", 1e5)},
		"kana":        {"FN:" + strings.Repeat("きゃ", 1e4)},
		"many parts":  {"FN:A B", "N:A;B" + strings.Repeat(";c", 1e5)},
		"nicknames":   {"FN:A B", "NICKNAME:" + strings.Repeat("ab,", 1e5)},
		"an address":  {"FN:A B", "ADR:;;" + long + " 1;" + long + ";;1234;"},
		"numbers":     append([]string{"FN:A B"}, slices.Repeat([]string{"TEL:+41 79 611 20 31"}, 5000)...),
		"a mailbox":   {"FN:A B", "EMAIL:" + strings.Repeat("x", 1e5) + "@x.example"},
		"a link":      {"FN:A B", "URL:https://x.example/" + strings.Repeat("x", 1e5)},
		"a firm":      {"FN:A B", "ORG:" + long},
		"a UID":       {"FN:A B", "UID:" + strings.Repeat("u", 1e5)},
		"half a rune": {"FN:" + strings.Repeat("x", maxText-1) + "é"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := normal(t, lines...)
			if size := len(fmt.Sprintf("%+v", *c)); size > 40*maxText {
				t.Errorf("%d bytes are kept", size)
			}
			for _, key := range c.Keys() {
				if len(key) > 2*maxText || !utf8.ValidString(key) {
					t.Errorf("key %.80q of %d bytes", key, len(key))
				}
			}
		})
	}
}

func TestMerge_RefusesMoreLinesThanItCanCompare(t *testing.T) {
	t.Parallel()
	var lines []string
	for n := range MaxLines {
		lines = append(lines, fmt.Sprintf("NICKNAME:n%d", n))
	}
	few := parsed(t, append([]string{"UID:a", "FN:A"}, lines[:MaxLines/2-5]...)...)
	many := parsed(t, append([]string{"UID:b", "FN:A"}, lines...)...)
	if _, err := Merge(few, []*vcard.Card{few}, Options{}); err != nil {
		t.Error(err)
	}
	if _, err := Merge(few, []*vcard.Card{many}, Options{}); !errors.Is(err, ErrLines) {
		t.Errorf("got %v", err)
	}
}

// Items of many lines of a list end up in the first one, each once.
func TestMerge_ListsOfManyLines(t *testing.T) {
	t.Parallel()
	r := parsed(t, "UID:r", "FN:A", "CATEGORIES:a,b\\,c,", "CATEGORIES:d")
	one, two := parsed(t, "UID:x", "FN:A", "CATEGORIES:d,e", "CATEGORIES:b\\,c"), parsed(t, "UID:y", "FN:A", "CATEGORIES:e,f,a")
	got := string(merged(t, Options{}, r, one, two).Merged)
	if !strings.Contains(got, "\r\nCATEGORIES:a,b\\,c,e,f\r\nCATEGORIES:d\r\n") {
		t.Errorf("got %s", got)
	}
}

// A card of which two keys have one hash leaves a block once: who shares it stays.
func TestBook_TwoKeysOfOneHash(t *testing.T) {
	t.Parallel()
	b := NewBook()
	b.block(7, 1)
	b.block(7, 2)
	for range 2 {
		b.unblock(7, 1)
	}
	if at, there := b.alone[7]; !there || at != 2 || len(b.blocks) != 0 {
		t.Errorf("%v %v", b.alone, b.blocks)
	}
}

// Whatever came and went, blocks hold each card of the book once, in order.
func TestBook_BlocksStayInOrder(t *testing.T) {
	t.Parallel()
	cards := []*Card{normal(t, "FN:Anna Keller", "TEL:+41796112031"), normal(t, "FN:Anna Keller", "EMAIL:a@x.example"), normal(t, "FN:Bea Huber", "TEL:+41796112031")}
	rapid.Check(t, func(rt *rapid.T) {
		b, want := NewBook(), map[string]*Card{}
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			id := fmt.Sprint(rapid.IntRange(0, 9).Draw(rt, "id"))
			if rapid.Bool().Draw(rt, "remove") {
				b.Remove(id)
				delete(want, id)
				continue
			}
			want[id] = rapid.SampledFrom(cards).Draw(rt, "card")
			b.Put(id, want[id])
		}
		held := map[string]int{}
		for key, members := range b.blocks {
			if _, alone := b.alone[key]; alone || len(members) < 2 || !slices.IsSorted(members) || len(slices.Compact(slices.Clone(members))) != len(members) {
				rt.Fatalf("block %x is %v", key, members)
			}
			for _, at := range members {
				held[b.slots[at].id]++
			}
		}
		for _, at := range b.alone {
			held[b.slots[at].id]++
		}
		for id, c := range want {
			if held[id] != len(c.Keys()) {
				rt.Fatalf("%s is in %d blocks, not %d", id, held[id], len(c.Keys()))
			}
		}
		if len(held) != len(want) {
			rt.Fatalf("%v, want %d cards", held, len(want))
		}
	})
}
