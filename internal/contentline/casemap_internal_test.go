package contentline

import (
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// slowKey is RFC 5051 §2 by the library, which takes the longer for characters that stand for many.
func slowKey(s string) string { return asciiKey(norm.NFKD.String(strings.Map(unicode.ToTitle, s))) }

func TestUnicodeKey_IsTitledAndDecomposed(t *testing.T) {
	t.Parallel()
	for r := range rune(unicode.MaxRune + 1) {
		if s := "x" + string(r) + "\u0323"; unicodeKey(s) != slowKey(s) {
			t.Errorf("%U: %+q, want %+q", r, unicodeKey(s), slowKey(s))
		}
	}
	letters := rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune("aé각가\u0301\u0323\u0327\u0344\u0345\u0f73ﷺ㌀ΐǆ\u1e9e\u1fb3")))
	rapid.Check(t, func(t *rapid.T) {
		// From thirty marks on one character on, the library puts joiners between them.
		s := rapid.StringOfN(letters, 0, 12, -1).Draw(t, "text") + rapid.SampledFrom([]string{"", "\xff", "\xe4\xb8"}).Draw(t, "end")
		if got, want := unicodeKey(s), slowKey(s); got != want {
			t.Fatalf("%+q: %+q, want %+q", s, got, want)
		}
	})
}

// What cannot be looked through any more counts as found, negated or not.
func TestMatchText_Bounded(t *testing.T) {
	t.Parallel()
	var searches searches
	text := &Text{text: strings.Repeat("\ufdfa", 1<<17), searches: &searches} // 4 MiB in searches
	never := TextMatch{Text: "é", Collation: UnicodeCasemap}.Keyed()
	n := 0
	for ; !never.MatchText(text); n++ {
		if n > maxSearched>>20 {
			t.Fatal("no end")
		}
	}
	if n < 20 {
		t.Errorf("only %d searches", n)
	}
	if never.Negate = true; !never.MatchText(text) || !never.MatchText(&Text{text: "é", searches: &searches}) {
		t.Error("not found, though nobody has looked")
	}
}
