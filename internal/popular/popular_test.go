package popular

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestHas(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]bool{
		"password1":       true,
		"iloveyou1":       true,
		"qwerty123":       true,
		"1q2w3e4r5t":      true,
		"minecraft":       true,
		"fktrcfylh":       true, // Александр on a keyboard that was set to English
		"unbelievable":    true, // of twelve characters
		"finalfantasy":    true,
		"P@SSW0RD1":       true,
		"UNBELI3V4BLE":    true,
		"kestrelmarmot":   false,
		"password1 and x": false,
		"":                false,
	} {
		if got := Has(password); got != want {
			t.Errorf("%q: got %v, want %v", password, got, want)
		}
	}
}

// ASVS 5.0 6.2.4: the first 3,000 that match the policy. Two rankings have
// more in common than this would need, but not all.
func TestTable_IsWholeAndSorted(t *testing.T) {
	t.Parallel()
	if len(table)%fingerprint != 0 || len(table)/fingerprint < 25_000 {
		t.Fatalf("%d bytes", len(table))
	}
	for i := fingerprint; i < len(table); i += fingerprint {
		if table[i-fingerprint:i] >= table[i:i+fingerprint] {
			t.Fatalf("not in order at %d", i)
		}
	}
}

func TestTable_FindsEachOfItsPasswordsAndNoOther(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		passwords := rapid.SliceOf(rapid.String()).Draw(t, "passwords")
		made := Table(passwords)
		for _, p := range passwords {
			if !has(string(made), p) {
				t.Errorf("%q is not found", p)
			}
		}
		if !bytes.Equal(made, Table(append(passwords, passwords...))) {
			t.Error("what is there twice is kept twice")
		}
		if drawn := rapid.StringMatching(`[bdghjkqvwxz]{16,20}`).Draw(t, "drawn"); has(string(made), drawn) || Has(drawn) {
			t.Errorf("%q is found", drawn)
		}
	})
}

func TestFold(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff("passwort total buecher 2 uebung aeiou", Fold("P4$5wör7 T0TÁ1 buecher 2 uebung äéíóü")); diff != "" {
		t.Error(diff)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text")
		if once := Fold(s); Fold(once) != once {
			t.Errorf("%q, then %q", once, Fold(once))
		}
	})
}
