package account

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ksync/store"
)

func TestPolicy_WhatIsTakenAndWhatNot(t *testing.T) {
	t.Parallel()
	c := common()
	ann := store.Account{Login: "ann.keller", Email: "ann.keller@example.org", Name: "Ann Keller"}
	for _, tt := range []struct {
		password string
		want     WeakReason
	}{
		{"correct zebra battery", ""},
		{"      fifteen blanks", ""},
		{"zürich regnet heute oft", ""},
		{"日本語のパスワードはここです", ""},
		{"9f!x2K#qLp0z", ""},
		{"nothing of what my grandmother planted behind the barn in those years ever froze", ""},
		{"elevenchars", TooShort},
		{"日本語", TooShort},
		{"", TooShort},
		{strings.Repeat("longer than any word ", 20), TooLong},
		{"with a \x00 in it, long", Unreadable},
		{"not \xff utf-8, but long", Unreadable},
		{"line\nend in a password", Unreadable},
		{"aaaaaaaaaaaaaaa", TooSimple},
		{"abcabcabcabcabc", TooSimple},
		{"1234567890123", TooSimple},
		{"abcdefghijklmnop", TooSimple},
		{"qwertyuiopasdf", TooSimple},
		{"121212121212", TooSimple},
		{"Password12345!", TooCommon},
		{"P4$$w0rd!!!!!!!", TooCommon},
		{"2026Sommer2026", TooCommon},
		{"passwordpassword", TooCommon},
		{"iloveyou-forever", TooCommon},
		{"dragonmonkey77", TooCommon},
		{"finalfantasy", TooCommon}, // no word of ours: leaked
		{"2011 F!nalF4ntasy?!", TooCommon},
		{"liverpoo-2026!", TooCommon},
		{"1qaz2wsx3edc4rfv", TooSimple},
		{"q1w2e3r4t5y6", TooSimple},
		{"147258369-147", TooSimple},
		{"ann.keller2026", TooClose},
		{"keller-ann-1234", TooClose},
		{"Example.org!1234", TooClose},
		{"ksyncd-2026-11-21", TooClose},
	} {
		err := c.check(Secret(tt.password), ann, false)
		weak, _ := errors.AsType[*WeakPassword](err)
		if tt.want == "" && err != nil || tt.want != "" && (weak == nil || weak.Reason != tt.want) {
			t.Errorf("%.40q: got %v, want %q", tt.password, err, tt.want)
		}
	}
	if err := c.check("9f!x2K#q", ann, true); err != nil {
		t.Errorf("eight with a second factor: %v", err)
	}
	if err := c.check("9f!x2K#", ann, true); err == nil {
		t.Error("seven with a second factor")
	}
}

// Each word is as passwords are read before they are looked up, or it would
// never be found.
func TestPolicy_ListHasAsManyWordsAsItSays(t *testing.T) {
	t.Parallel()
	words := strings.Fields(regexp.MustCompile(`(?m)^#.*$`).ReplaceAllString(commonText, ""))
	said := strings.ReplaceAll(regexp.MustCompile(`^# ([\d,]+) words`).FindStringSubmatch(commonText)[1], ",", "")
	if n := strconv.Itoa(len(words)); n != said || len(words) != len(common()) {
		t.Errorf("%s words, %d of them different, and the list says %s", n, len(common()), said)
	}
	for _, w := range words {
		if plainLetters(w) != w || len(w) < 3 {
			t.Errorf("%q can never be found", w)
		}
	}
}

// What a password manager draws, and three words that are far apart, is taken
// whatever the list has.
func TestPolicy_TakesWhatWasDrawn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		drawn := rapid.StringOfN(rapid.SampledFrom([]rune("bdghjknpqvwxz23689#%*?")), 16, 24, -1).Filter(func(s string) bool { return !patterned(s) }).Draw(t, "drawn")
		words := rapid.SliceOfN(rapid.SampledFrom(common()), 3, 3).Draw(t, "words")
		for _, password := range []string{drawn, "my " + strings.Join(words, " behind the ") + " sleeps"} {
			if err := common().check(Secret(password), store.Account{}, false); err != nil {
				t.Errorf("%q: %v", password, err)
			}
		}
	})
}

func FuzzPolicy(f *testing.F) {
	f.Add("correct zebra battery", "ann")
	f.Add("\xff", "")
	c := common()
	f.Fuzz(func(t *testing.T, password, login string) {
		_ = c.check(Secret(password), store.Account{Login: login, Email: login, Name: login}, true)
	})
}

func TestHash_ReadsOnlyWhatItWrote(t *testing.T) {
	t.Parallel()
	h, err := newHasher(HashCost{Memory: 8, Passes: 1}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good, err := h.hash(t.Context(), "secret")
	if err != nil {
		t.Fatal(err)
	}
	if ok, stale, err := h.check(t.Context(), good, "secret"); !ok || stale || err != nil {
		t.Error(ok, stale, err)
	}
	if ok, _, err := h.check(t.Context(), good, "Secret"); ok || err != nil {
		t.Error(ok, err)
	}
	if ok, _, err := h.check(t.Context(), "", ""); ok || err != nil {
		t.Error("no hash is a hash of nothing", err)
	}
	for _, bad := range []string{
		"x", strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "m=8", "m=99999999", 1), strings.Replace(good, "t=1", "t=0", 1),
		strings.Replace(good, "t=1", "t=4000000000", 1), good[:len(good)-4], good + "$",
	} {
		if ok, _, err := h.check(t.Context(), bad, "secret"); ok || err == nil {
			t.Errorf("%s: %v, %v", bad, ok, err)
		}
	}
}

func TestHash_TwoAtOnceAndAShortQueue(t *testing.T) {
	t.Parallel()
	h, err := newHasher(HashCost{Memory: 8, Passes: 1}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for range maxHashing {
		h.slots <- struct{}{} // two are at work
	}
	h.waiting.Store(maxHashWaiting)
	_, _, err = h.check(t.Context(), "", "x")
	if throttled, ok := errors.AsType[*Throttled](err); !ok || throttled.RetryAfter == 0 {
		t.Errorf("got %v", err)
	}
	if n := h.done.Load(); n != 0 || h.waiting.Load() != maxHashWaiting {
		t.Errorf("%d done, %d wait", n, h.waiting.Load())
	}
}

func TestSeal_OpensForItsPurposeAccountAndKeysOnly(t *testing.T) {
	t.Parallel()
	one := &Keys{keys: []key{newKey("a", bytes.Repeat([]byte{1}, keyBytes))}}
	other := &Keys{keys: []key{newKey("b", bytes.Repeat([]byte{2}, keyBytes))}}
	rotated := &Keys{keys: append(other.keys[:1:1], one.keys...)}
	plain := []byte("a secret of some length")
	sealed, err := one.seal(rand.Reader, "totp", 7, plain)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, plain[:8]) {
		t.Error("readable")
	}
	for _, k := range []*Keys{one, rotated} {
		if got, err := k.open("totp", 7, sealed); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("got %q, %v", got, err)
		}
	}
	again, err := one.seal(rand.Reader, "totp", 7, plain)
	if err != nil || bytes.Equal(again, sealed) {
		t.Error("sealed alike twice", err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"another purpose": func() ([]byte, error) { return one.open("notice", 7, sealed) },
		"another account": func() ([]byte, error) { return one.open("totp", 8, sealed) },
		"another key":     func() ([]byte, error) { return other.open("totp", 7, sealed) },
		"changed": func() ([]byte, error) {
			return one.open("totp", 7, append(sealed[:len(sealed)-1:len(sealed)-1], sealed[len(sealed)-1]^1))
		},
		"cut":     func() ([]byte, error) { return one.open("totp", 7, sealed[:5]) },
		"nothing": func() ([]byte, error) { return one.open("totp", 7, nil) },
	} {
		if got, err := open(); !errors.Is(err, errSealed) || got != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestTokenHash_KindIsPartOfIt(t *testing.T) {
	t.Parallel()
	if bytes.Equal(tokenHash("session", "x"), tokenHash("half", "x")) || bytes.Equal(tokenHash("a", "bx"), tokenHash("ab", "x")) {
		t.Error("a token of one kind is one of another")
	}
}

func TestClientFamily(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"kSync/4.5.10 (com.infomaniak.sync)":                                                                "kSync",
		"DAVx5/4.5.10-ose (2026/08/01; dav4jvm; okhttp/5.1.0) Android/16":                                   "DAVx5",
		"iOS/18.6 (22G86) dataaccessd/1.0":                                                                  "iOS",
		"macOS/15.6 (24G84) CalendarAgent/1147":                                                             "macOS",
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.1.0":                      "Thunderbird",
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                            "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0": "Edge on Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) Version/18.6 Mobile/15E148 Safari/604.1":    "Safari on iPhone",
		"okhttp/5.1.0":        "Android app",
		"SomethingElse/1.0 x": "SomethingElse",
		"":                    "",
		"\xff\xfe/1":          "",
	} {
		if got := Client(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
	if got := Client(strings.Repeat("ü", 500)); len(got) > 40 {
		t.Errorf("%d bytes", len(got))
	}
}

func TestLater_DropsWhatIsTooMuchAndFinishesAtClose(t *testing.T) {
	t.Parallel()
	l := newLater(slog.New(slog.DiscardHandler))
	hold := make(chan struct{})
	l.add("hold", func(context.Context) error { <-hold; return nil })
	noted, counted := 0, 0
	for range 2 * maxLater {
		l.add("note", func(context.Context) error { noted++; return nil })
	}
	for range maxLater / 4 {
		l.count("count", func(context.Context) error { counted++; return nil })
	}
	close(hold)
	l.close()
	if noted < maxLater/2-1 || noted > maxLater/2+1 || counted != maxLater/4 {
		t.Errorf("%d noted, %d counted", noted, counted)
	}
	l.add("late", func(context.Context) error { return nil }) // does not wait for ever
}
