package contentline_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ksync/internal/contentline"
)

func TestUnescape(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`plain`: "plain", `a\nb\Nc`: "a\nb\nc", `\\n`: `\n`, `\,\;\:`: ",;:", `C:\dir`: `C:\dir`, `end\`: `end\`, `\\\`: `\\`,
	} {
		if got := contentline.Unescape(in); got != want {
			t.Errorf("Unescape(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestEscape_IsUndoneByUnescape(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune("anN\\;,:\né"))).Draw(t, "text")
		if got := contentline.Unescape(contentline.Escape(text)); got != text {
			t.Fatalf("got %q, want %q", got, text)
		}
		if parts := contentline.SplitUnescaped(contentline.Escape(text), ';'); len(parts) != 1 {
			t.Fatalf("escaped text splits: %q", parts)
		}
	})
}

func TestSplitUnescaped(t *testing.T) {
	t.Parallel()
	got := contentline.SplitUnescaped(`a\;b;c\\;;d\`, ';')
	if diff := cmp.Diff([]string{`a\;b`, `c\\`, "", `d\`}, got); diff != "" {
		t.Error(diff)
	}
}

func TestTextMatch(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		match contentline.TextMatch
		text  string
		want  bool
	}{
		"contains is the default":            {contentline.TextMatch{Text: "UN"}, "lunch", true},
		"not contained":                      {contentline.TextMatch{Text: "xx"}, "lunch", false},
		"negated":                            {contentline.TextMatch{Text: "UN", Negate: true}, "lunch", false},
		"equals":                             {contentline.TextMatch{Text: "Lunch", Type: contentline.Equals}, "lUNCH", true},
		"equals more":                        {contentline.TextMatch{Text: "Lunch", Type: contentline.Equals}, "lunch!", false},
		"starts":                             {contentline.TextMatch{Text: "LU", Type: contentline.StartsWith}, "lunch", true},
		"does not start":                     {contentline.TextMatch{Text: "nch", Type: contentline.StartsWith}, "lunch", false},
		"ends":                               {contentline.TextMatch{Text: "NCH", Type: contentline.EndsWith}, "lunch", true},
		"does not end":                       {contentline.TextMatch{Text: "LU", Type: contentline.EndsWith}, "lunch", false},
		"empty text":                         {contentline.TextMatch{}, "", true},
		"ascii casemap leaves é alone":       {contentline.TextMatch{Text: "É"}, "é", false},
		"ascii casemap leaves bytes alone":   {contentline.TextMatch{Text: "A\xff"}, "a\xfe", false},
		"octet":                              {contentline.TextMatch{Text: "L", Collation: contentline.Octet}, "l", false},
		"unicode casemap":                    {contentline.TextMatch{Text: "ÉTÉ", Collation: contentline.UnicodeCasemap}, "été", true},
		"unicode casemap of ASCII":           {contentline.TextMatch{Text: "ABC", Collation: contentline.UnicodeCasemap}, "abc", true},
		"unicode casemap, decomposed":        {contentline.TextMatch{Text: "e\u0301", Collation: contentline.UnicodeCasemap, Type: contentline.Equals}, "É", true},
		"unicode casemap, compatibility":     {contentline.TextMatch{Text: "ﬁn", Collation: contentline.UnicodeCasemap}, "FIN", true},
		"unicode casemap, Greek and Russian": {contentline.TextMatch{Text: "ΑΒ Жук", Collation: contentline.UnicodeCasemap}, "αβ жУК", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tt.match.Match(tt.text); got != tt.want {
				t.Errorf("%+v.Match(%q) = %v", tt.match, tt.text, got)
			}
		})
	}
}

func TestParseCollation_KnowsWhatIsAdvertised(t *testing.T) {
	t.Parallel()
	seen := map[contentline.Collation]bool{}
	for _, name := range contentline.Collations() {
		c, ok := contentline.ParseCollation(name)
		if !ok || seen[c] {
			t.Errorf("%s: %v, %v", name, c, ok)
		}
		seen[c] = true
	}
	if _, ok := contentline.ParseCollation("i;klingon"); ok {
		t.Error("an unknown collation is accepted")
	}
}

func TestParseMatchType(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]contentline.MatchType{
		"": contentline.Contains, "contains": contentline.Contains, "equals": contentline.Equals,
		"starts-with": contentline.StartsWith, "ends-with": contentline.EndsWith,
	} {
		if got, ok := contentline.ParseMatchType(name); got != want || !ok {
			t.Errorf("%q: %v, %v", name, got, ok)
		}
	}
	if _, ok := contentline.ParseMatchType("regexp"); ok {
		t.Error("an unknown match type is accepted")
	}
}
