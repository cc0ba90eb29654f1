package account

import (
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode"
)

// Secret is a text that must not be printed by accident: every way of
// formatting or encoding it gives ***. [Secret.Reveal] is the one way out.
type Secret string

// Reveal returns the text itself.
func (s Secret) Reveal() string { return string(s) }

// Format hides the text from all verbs of package fmt.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "***") }

// String hides the text.
func (Secret) String() string { return "***" }

// MarshalText hides the text from encoders.
func (Secret) MarshalText() ([]byte, error) { return []byte("***"), nil }

// LogValue hides the text from logs.
func (Secret) LogValue() slog.Value { return slog.StringValue("***") }

// An app password is 26 random characters (130 bits) and 2 check characters,
// printed in 7 groups of 4. The alphabet is Crockford's base32: no character
// looks like another, none means anything in a URL, in XML or in Basic.
const (
	alphabet     = "0123456789abcdefghjkmnpqrstvwxyz"
	randomChars  = 26
	secretChars  = randomChars + 2
	secretGroup  = 4
	checkDomain  = "ksap1"
	maxGiven     = 256 // bytes of a password as sent; with blanks and hyphens a real one has 34
	randomBytes  = (randomChars*5 + 7) / 8
	bitsPerDigit = 5
)

// newSecret draws an app password.
func newSecret(random io.Reader) (Secret, error) {
	var raw [randomBytes]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", fmt.Errorf("draw app password: %w", err)
	}
	digits := base32Digits(raw[:], randomChars)
	digits += checkDigits(digits)
	return grouped(digits), nil
}

// grouped prints digits in groups of four.
func grouped(digits string) Secret {
	groups := make([]string, 0, len(digits)/secretGroup)
	for i := 0; i < len(digits); i += secretGroup {
		groups = append(groups, digits[i:i+secretGroup])
	}
	return Secret(strings.Join(groups, "-"))
}

// base32Digits prints the first n groups of five bits.
func base32Digits(data []byte, n int) string {
	out := make([]byte, 0, n)
	var acc, bits uint
	for _, b := range data {
		acc, bits = acc<<8|uint(b), bits+8
		for bits >= bitsPerDigit && len(out) < n {
			bits -= bitsPerDigit
			out = append(out, alphabet[acc>>bits&31])
		}
	}
	return string(out)
}

// checkDigits are ten bits of a hash: a typing error is found without asking
// the database 1023 times out of 1024.
func checkDigits(random string) string {
	sum := sha256.Sum256([]byte(checkDomain + random))
	return base32Digits(sum[:2], 2)
}

// normalize reads an app password as people type and paste it. ok is false
// when it cannot be one.
func normalize(given Secret) (digits string, ok bool) {
	if len(given) > maxGiven {
		return "", false
	}
	out := make([]byte, 0, secretChars)
	for _, r := range string(given) {
		d, ok := digit(r)
		switch {
		case ok && len(out) < secretChars:
			out = append(out, d)
		case r == '-' || unicode.IsSpace(r) || unicode.In(r, unicode.Pd):
		default:
			return "", false
		}
	}
	if len(out) != secretChars || checkDigits(string(out[:randomChars])) != string(out[randomChars:]) {
		return "", false
	}
	return string(out), true
}

func digit(r rune) (byte, bool) {
	if r >= 'A' && r <= 'Z' {
		r += 'a' - 'A'
	}
	switch r {
	case 'o':
		r = '0'
	case 'i', 'l':
		r = '1'
	}
	if r >= 0x80 || strings.IndexByte(alphabet, byte(r)) < 0 {
		return 0, false
	}
	return byte(r), true
}
