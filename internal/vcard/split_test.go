package vcard_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/vcard"
)

// bodies returns what Split made, "error" for what it could not read.
func bodies(t *testing.T, in string) []string {
	t.Helper()
	items, err := vcard.Split([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	checkItems(t, "items", items)
	var got []string
	for _, it := range items {
		if it.Err != nil {
			got = append(got, "error")
			continue
		}
		got = append(got, string(it.Bytes))
	}
	return got
}

func TestSplit(t *testing.T) {
	t.Parallel()
	const a, b = "BEGIN:VCARD\nVERSION:3.0\nUID:a\nEND:VCARD\n", "begin:vcard\nVERSION:4.0\nUID:b\nEND:VCARD\n"
	tests := map[string]struct {
		in   string
		want []string
	}{
		"stream":                 {"\ufeff" + a + "\n\njunk\n" + b, []string{a, b}},
		"CRLF":                   {strings.ReplaceAll(a+b, "\n", "\r\n"), []string{strings.ReplaceAll(a, "\n", "\r\n"), strings.ReplaceAll(b, "\n", "\r\n")}},
		"broken one in front":    {"BEGIN:VCARD\nUID:x\n" + a + b, []string{"error", a, b}},
		"broken one behind":      {a + "BEGIN:VCARD\nUID:x\n" + b + "BEGIN:VCARD\n", []string{a, "error", b, "error"}},
		"a broken line is kept":  {"BEGIN:VCARD\nVERSION:3.0\nUID:a\njunk\nEND:VCARD\n", []string{"BEGIN:VCARD\nVERSION:3.0\nUID:a\njunk\nEND:VCARD\n"}},
		"folded END":             {"BEGIN:VCARD\nUID:a\nVERSION:3.0\nNOTE:x\n END:VCARD\nEND:VCARD\n", []string{"BEGIN:VCARD\nUID:a\nVERSION:3.0\nNOTE:x\n END:VCARD\nEND:VCARD\n"}},
		"2.1":                    {"BEGIN:VCARD\nVERSION:2.1\nUID:a\nTEL;CELL:1\nNOTE;QUOTED-PRINTABLE:a=0Ab=\nc\nEND:VCARD\n", []string{"BEGIN:VCARD\nVERSION:3.0\nUID:a\nTEL;TYPE=CELL:1\nNOTE:a\\nbc\nEND:VCARD\n"}},
		"no version":             {"BEGIN:VCARD\nUID:a\nFN:x\nEND:VCARD\n", []string{"BEGIN:VCARD\nVERSION:3.0\nUID:a\nFN:x\nEND:VCARD\n"}},
		"Latin-1":                {"BEGIN:VCARD\nVERSION:3.0\nUID:a\nFN:Zo\xeb\nEND:VCARD\n", []string{"BEGIN:VCARD\nVERSION:3.0\nUID:a\nFN:Zoë\nEND:VCARD\n"}},
		"card inside":            {"BEGIN:VCARD\nVERSION:3.0\nUID:a\n" + b + "END:VCARD\n", []string{b, a}},
		"agent":                  {"BEGIN:VCARD\nVERSION:2.1\nUID:a\nAGENT:\nBEGIN:VCARD\nFN:x\nEND:VCARD\nEND:VCARD\n", []string{"BEGIN:VCARD\nVERSION:3.0\nUID:a\nAGENT:BEGIN:VCARD\\nVERSION:3.0\\nFN:x\\nEND:VCARD\\n\nEND:VCARD\n"}},
		"no UID, 3.0":            {"BEGIN:VCARD\nVERSION:3.0\nFN:x\nEND:VCARD\n", []string{"BEGIN:VCARD\nVERSION:3.0\nUID:f24f37f2-a123-59c5-96b6-72f54e105b7d\nFN:x\nEND:VCARD\n"}},
		"no UID, 4.0, empty UID": {"BEGIN:VCARD\nVERSION:4.0\nUID:\nFN:x\nEND:VCARD\n", []string{"BEGIN:VCARD\nVERSION:4.0\nUID:urn:uuid:cbe7f0e3-06d0-5330-86a6-234483bf0f95\nFN:x\nEND:VCARD\n"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, bodies(t, tt.in)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSplit_UIDComesFromTheContent(t *testing.T) {
	t.Parallel()
	const in = "BEGIN:VCARD\nVERSION:3.0\nFN:x\nEND:VCARD\n"
	uid := func(in string) string {
		items, err := vcard.Split([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		return items[len(items)-1].UID
	}
	first := uid(in)
	if again := uid(strings.ReplaceAll("BEGIN:VCARD\nUID:y\nEND:VCARD\n"+in, "\n", "\r\n")); again != first {
		t.Errorf("the same card has the UIDs %s and %s", first, again)
	}
	if other := uid(strings.Replace(in, "FN:x", "FN:y", 1)); other == first {
		t.Error("another card has the same UID")
	}
}

func TestSplit_NoCard(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "hello", "BEGIN:VCALENDAR\nEND:VCALENDAR\n", "END:VCARD"} {
		if e, ok := errors.AsType[*vcard.Error](second(vcard.Split([]byte(in)))); !ok || e.Cond != vcard.NotData {
			t.Errorf("%q: got %v", in, e)
		}
	}
}

func second[T any](_ T, err error) error { return err }
