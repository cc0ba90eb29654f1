package dedup

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold gives text the form in which it is compared: compatibility forms composed, lower case, without marks, and with
// the letters that no decomposition knows written as people write them on another keyboard.
func fold(s string) string {
	if plain, ok := foldASCII(s); ok {
		return plain
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range norm.NFKC.String(s) {
		foldRune(&b, r)
	}
	return b.String()
}

func foldASCII(s string) (string, bool) {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return "", false
		}
	}
	return strings.ToLower(s), true
}

func foldRune(b *strings.Builder, r rune) {
	if r < 0x80 {
		b.WriteRune(unicode.ToLower(r))
		return
	}
	switch {
	case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r):
		return
	case unicode.In(r, unicode.Hangul, unicode.Hiragana, unicode.Katakana, unicode.Han):
		b.WriteRune(r) // their marks are sounds
		return
	}
	r = unicode.ToLower(r)
	if plain := special(r); plain != "" {
		b.WriteString(plain)
		return
	}
	for _, d := range norm.NFKD.String(string(r)) {
		if !unicode.Is(unicode.Mn, d) {
			b.WriteRune(unicode.ToLower(d))
		}
	}
}

func special(r rune) string {
	switch r {
	case 'ß':
		return "ss"
	case 'ø':
		return "o"
	case 'ł':
		return "l"
	case 'đ', 'ð':
		return "d"
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	case 'þ':
		return "th"
	case 'ı':
		return "i"
	case '’', 'ʼ', '‘', '`', '´':
		return "'"
	}
	return ""
}

var umlauts = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u")

// loosen makes one key of ü, u and ue, whichever of them somebody typed.
func loosen(folded string) string {
	if strings.IndexByte(folded, 'e') < 1 {
		return folded
	}
	return umlauts.Replace(folded)
}

// words splits folded text at everything that is neither letter nor digit. Apostrophes join: O'Brien is one word.
func words(folded string) []string {
	if strings.IndexByte(folded, '\'') >= 0 {
		folded = strings.ReplaceAll(folded, "'", "")
	}
	return strings.FieldsFunc(folded, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mc, r)
	})
}

// digitsOf keeps the digits, whatever script they are in.
func digitsOf(s string) string {
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		plain = '0' <= s[i] && s[i] <= '9'
	}
	if plain {
		return s
	}
	var b strings.Builder
	for _, r := range norm.NFKC.String(s) {
		if '0' <= r && r <= '9' {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// wordSet makes a set of space-separated words, folded.
func wordSet(list ...string) map[string]bool {
	set := map[string]bool{}
	for _, words := range list {
		for _, w := range strings.Fields(words) {
			set[fold(w)] = true
		}
	}
	return set
}
