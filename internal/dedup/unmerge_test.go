package dedup

import (
	"strings"
	"testing"

	"ksync/internal/vcard"
)

func TestUnmerge(t *testing.T) {
	t.Parallel()
	before := "TEL:1\nNOTE:tea\nBDAY:1980-01-01\nX-DROPPED:x"
	merged := "TEL;TYPE=WORK:1\nNOTE:tea\\ncake\nBDAY:1981-01-01\nEMAIL:d@x.example"
	for _, tt := range []struct{ name, now, want string }{
		{"untouched", merged, "TEL:1\nNOTE:tea\nBDAY:1980-01-01\nX-DROPPED:x"},
		{"something new stays", merged + "\nURL:https://x.example", "TEL:1\nNOTE:tea\nBDAY:1980-01-01\nURL:https://x.example\nX-DROPPED:x"},
		{"an edited note stays", strings.Replace(merged, "cake", "pie", 1), "TEL:1\nNOTE:tea\\npie\nBDAY:1980-01-01\nX-DROPPED:x"},
		{"an edited type stays", strings.Replace(merged, "WORK", "HOME", 1), "TEL;TYPE=HOME:1\nNOTE:tea\nBDAY:1980-01-01\nX-DROPPED:x"},
		{"a birthday that was set right stays", strings.Replace(merged, "1981", "1982", 1), "TEL:1\nNOTE:tea\nBDAY:1982-01-01\nX-DROPPED:x"},
		{"an edited mailbox stays", strings.Replace(merged, "d@", "e@", 1), "TEL:1\nNOTE:tea\nBDAY:1980-01-01\nEMAIL:e@x.example\nX-DROPPED:x"},
		{"what was put back is not doubled", merged + "\nX-DROPPED:x", "TEL:1\nNOTE:tea\nBDAY:1980-01-01\nX-DROPPED:x"},
		{"another program's order and case", "EMAIL:d@x.example\nBDAY:1981-01-01\ntel;type=work:1\nNOTE:tea\\ncake", "BDAY:1980-01-01\nTEL:1\nNOTE:tea\nX-DROPPED:x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := string(Unmerge(unmergeCard(t, before), unmergeCard(t, merged), unmergeCard(t, tt.now)))
			if want := string(unmergeCard(t, tt.want).Bytes()); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func unmergeCard(t *testing.T, lines string) *vcard.Card {
	t.Helper()
	card, err := vcard.Parse([]byte(strings.ReplaceAll("BEGIN:VCARD\nVERSION:3.0\nUID:u\nFN:F\n"+lines+"\nEND:VCARD\n", "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	return card
}

// Pairs that are kept apart are in no group, and back in one when they no longer are; others stay.
func TestBook_Part(t *testing.T) {
	t.Parallel()
	book := NewBook()
	for _, id := range []string{"a", "b", "c"} {
		book.Put(id, normal(t, "UID:"+id, "FN:Zora Zumbrunn", "N:Zumbrunn;Zora;;;", "TEL;TYPE=CELL:+41796112031", "EMAIL:zora@x.example"))
	}
	members := func() (n int) {
		for _, g := range book.Groups(true) {
			n += len(g.Members)
		}
		return n
	}
	if n := members(); n != 3 {
		t.Fatalf("%d cards in groups", n)
	}
	if !book.Part([][2]string{{"b", "a"}, {"a", "gone"}}) || book.Part([][2]string{{"a", "b"}, {"gone", "a"}}) {
		t.Error("a change is not told, or one that is none")
	}
	for _, g := range book.Groups(false) {
		if len(g.Members) != 2 || g.Members[0] == "a" && g.Members[1] == "b" {
			t.Errorf("%+v", g)
		}
	}
	book.Part([][2]string{{"a", "b"}, {"b", "c"}, {"c", "a"}})
	if n := members(); n != 0 {
		t.Errorf("%d cards in groups", n)
	}
	book.Part(nil)
	if n := members(); n != 3 {
		t.Errorf("%d cards in groups", n)
	}
}
