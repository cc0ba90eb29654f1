package account

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

const zeroCheck = "vn" // of 26 zeros, computed apart with Python's hashlib

func TestSecret_NeverPrints(t *testing.T) {
	t.Parallel()
	s := Secret("hunter2")
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "secret", s, "in", struct{ S Secret }{s})
	encoded, err := json.Marshal(map[string]any{"s": s, "in": struct{ S Secret }{s}})
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{
		fmt.Sprint(s), s.String(), fmt.Sprintf("%v %s %q %x %#v %+v %d", s, s, s, s, s, s, s), fmt.Sprintf("%v %#v", struct{ S Secret }{s}, &s),
		fmt.Errorf("x %w %v", fmt.Errorf("y %s", s), s).Error(), logged.String(), string(encoded),
	} {
		if strings.Contains(out, "hunter") || strings.Contains(out, fmt.Sprintf("%x", "hunter2")) {
			t.Errorf("printed: %s", out)
		}
	}
	if s.Reveal() != "hunter2" {
		t.Error("Reveal lost it")
	}
}

func TestNewSecret_FormAndCheck(t *testing.T) {
	t.Parallel()
	got, err := newSecret(bytes.NewReader(make([]byte, randomBytes)))
	if err != nil || got.Reveal() != "0000-0000-0000-0000-0000-0000-00"+zeroCheck {
		t.Errorf("got %q, %v", got.Reveal(), err)
	}
	// Every one of the 130 bits counts.
	seen := map[string]bool{got.Reveal(): true}
	for bit := range 130 {
		raw := make([]byte, randomBytes)
		raw[bit/8] = 0x80 >> (bit % 8)
		s, err := newSecret(bytes.NewReader(raw))
		if err != nil || seen[s.Reveal()] {
			t.Errorf("bit %d: %q, %v", bit, s.Reveal(), err)
		}
		seen[s.Reveal()] = true
	}
}

func TestNewSecret_ShortRandomness(t *testing.T) {
	t.Parallel()
	if _, err := newSecret(bytes.NewReader(make([]byte, randomBytes-1))); err == nil {
		t.Error("made a secret of too few random bytes")
	}
}

func TestNormalize_AsPeopleTypeIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.SliceOfN(rapid.Byte(), randomBytes, randomBytes).Draw(t, "raw")
		s, err := newSecret(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		want := strings.ReplaceAll(s.Reveal(), "-", "")
		if len(want) != secretChars || len(s.Reveal()) != secretChars+6 {
			t.Fatalf("form of %q", s.Reveal())
		}
		typed := strings.NewReplacer(
			"-", rapid.SampledFrom([]string{"-", "", " ", "\u2011", "\u00a0", " - "}).Draw(t, "separator"),
			"0", rapid.SampledFrom([]string{"0", "o", "O"}).Draw(t, "zero"),
			"1", rapid.SampledFrom([]string{"1", "i", "I", "l", "L"}).Draw(t, "one"),
		).Replace(s.Reveal())
		if rapid.Bool().Draw(t, "upper") {
			typed = strings.ToUpper(typed)
		}
		if got, ok := normalize(Secret("  " + typed + "\n")); !ok || got != want {
			t.Fatalf("typed %q: got %q, %v", typed, got, ok)
		}
	})
}

func TestNormalize_FindsSlips(t *testing.T) {
	t.Parallel()
	missed, tried := 0, 0
	for range 20 {
		s, err := newSecret(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		digits := strings.ReplaceAll(s.Reveal(), "-", "")
		for i := range digits {
			for _, d := range alphabet {
				if byte(d) == digits[i] {
					continue
				}
				tried++
				if _, ok := normalize(Secret(digits[:i] + string(d) + digits[i+1:])); ok {
					missed++
				}
			}
		}
	}
	if missed > tried/300 { // 1 in 1024 is expected
		t.Errorf("%d of %d single slips were not found", missed, tried)
	}
}

func TestNormalize_Refused(t *testing.T) {
	t.Parallel()
	good := "0000000000000000000000000000"[:randomChars] + zeroCheck
	if _, ok := normalize(Secret(good)); !ok {
		t.Fatal("the good one was refused")
	}
	for name, in := range map[string]string{
		"empty": "", "short": good[1:], "long": good + "0", "account password": "correct horse battery staple!",
		"u is no digit": "u" + good[1:], "NUL": good[:5] + "\x00" + good[5:], "bad UTF-8": good + "\xff",
		"full width": strings.Replace(good, "0", "\uff10", 1), "blanks past the bound": good + strings.Repeat(" ", maxGiven),
	} {
		if _, ok := normalize(Secret(in)); ok {
			t.Errorf("%s: %q was taken", name, in)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	f.Add("0000-0000-0000-0000-0000-0000-00" + zeroCheck)
	f.Add("o0iL - ")
	f.Fuzz(func(t *testing.T, in string) {
		digits, ok := normalize(Secret(in))
		if !ok {
			return
		}
		if again, ok := normalize(Secret(digits)); !ok || again != digits || !utf8.ValidString(digits) {
			t.Errorf("%q gave %q, which gives %q, %v", in, digits, again, ok)
		}
	})
}
