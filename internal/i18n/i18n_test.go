package i18n

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// texts are the forms of each key of a catalogue.
func texts(t *testing.T, tag string) map[string][]string {
	t.Helper()
	raw := map[string]any{}
	for _, name := range parts(tag) {
		data, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &raw); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	out := map[string][]string{}
	for key, value := range raw {
		switch v := value.(type) {
		case string:
			out[key] = []string{v}
		case map[string]any:
			if diff := cmp.Diff([]string{"one", "other"}, slices.Sorted(maps.Keys(v))); diff != "" {
				t.Errorf("%s %s: forms (-want +got):\n%s", tag, key, diff)
			}
			out[key] = []string{v["one"].(string), v["other"].(string)}
		}
	}
	return out
}

func places(text string) []string {
	found := regexp.MustCompile(`\{\{\.(\w+)\}\}`).FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

func TestCatalogues_SameKeysSamePlaces(t *testing.T) {
	t.Parallel()
	first := texts(t, "en")
	for _, l := range Languages()[1:] {
		other := texts(t, l.Tag)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(first)), slices.Sorted(maps.Keys(other))); diff != "" {
			t.Errorf("keys of %s (-en +%s):\n%s", l.Tag, l.Tag, diff)
		}
		for key, forms := range first {
			if len(other[key]) != len(forms) {
				t.Errorf("%s %s: %d forms, in English %d", l.Tag, key, len(other[key]), len(forms))
				continue
			}
			for i := range forms {
				if diff := cmp.Diff(places(forms[i]), places(other[key][i])); diff != "" {
					t.Errorf("places of %s %s (-en +%s):\n%s", l.Tag, key, l.Tag, diff)
				}
			}
		}
	}
}

func TestCatalogues_TextsAreClean(t *testing.T) {
	t.Parallel()
	for _, l := range Languages() {
		for key, forms := range texts(t, l.Tag) {
			for _, text := range forms {
				if strings.TrimSpace(text) != text || text == "" || strings.Contains(text, "  ") {
					t.Errorf("%s %s: blanks in %q", l.Tag, key, text)
				}
				if strings.ContainsAny(text, "<>") || strings.Contains(strings.ReplaceAll(text, " & ", " "), "&") { // Apple's settings are called so
					t.Errorf("%s %s: markup in %q", l.Tag, key, text)
				}
				if strings.ContainsAny(text, `'"`) {
					t.Errorf("%s %s: quotes of typewriters in %q", l.Tag, key, text)
				}
			}
		}
	}
}

// "Change e-" at the end of a line is no word: on pages the hyphen of e-mail is
// U+2011, at which nothing breaks, and the signs of a login stay together.
func TestCatalogues_WordsOfPagesStayWhole(t *testing.T) {
	t.Parallel()
	for _, l := range Languages() {
		data, err := files.ReadFile("catalogue/" + l.Tag + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if found := regexp.MustCompile(`(?i).*\be-mail.*|.*\. _ - .*`).FindAllString(string(data), -1); len(found) > 0 {
			t.Errorf("%s: can be broken: %q", l.Tag, found)
		}
	}
}

// No text was left as it is in English but for those that are the same.
func TestCatalogues_AreTranslated(t *testing.T) {
	t.Parallel()
	first := texts(t, "en")
	for _, l := range Languages()[1:] {
		same := 0
		for key, forms := range texts(t, l.Tag) {
			if cmp.Equal(forms, first[key]) {
				same++
			}
		}
		if limit := len(first) / 12; same > limit {
			t.Errorf("%s: %d of %d texts are the English ones", l.Tag, same, len(first))
		}
	}
}

func load(t *testing.T) *Catalogue {
	t.Helper()
	return Load()
}

func TestPrinter_FollowsTheFirstWishThatCanBeMet(t *testing.T) {
	t.Parallel()
	c := load(t)
	for name, tt := range map[string]struct {
		wishes []string
		want   string
	}{
		"nothing":                {nil, "en"},
		"account before browser": {[]string{"fr", "de"}, "fr"},
		"region":                 {[]string{"de-CH"}, "de"},
		"weights":                {[]string{"", "it;q=0.5, es;q=0.9, ja"}, "es"},
		"not spoken, then":       {[]string{"ja", "it-IT"}, "it"},
		"not spoken":             {[]string{"ja"}, "en"},
		"nonsense":               {[]string{"\x00;;,,q=", "de"}, "de"},
		"long":                   {[]string{strings.Repeat("x-", 1<<16)}, "en"},
		"any":                    {[]string{"*"}, "en"},
	} {
		if got := c.Printer(nil, tt.wishes...).Tag(); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestPrinter_Plurals(t *testing.T) {
	t.Parallel()
	c := load(t)
	for _, tt := range []struct {
		tag  string
		n    int
		want string
	}{
		{"en", 1, "1 contact"}, {"en", 0, "0 contacts"}, {"en", 12345, "12,345 contacts"},
		{"de", 1, "1 Kontakt"}, {"de", 2, "2 Kontakte"}, {"de-CH", 12345, "12’345 Kontakte"},
		{"fr", 0, "0 contact"}, {"fr", 1_000_000, "1\u202f000\u202f000 contacts"},
		{"es", 1_000_000, "1\u00a0000\u00a0000 contactos"}, {"it", 2_000_000, "2.000.000 contatti"}, {"es", 1234, "1234 contactos"},
	} {
		if got := c.Printer(nil, tt.tag).T("home.contacts", Count, tt.n); got != tt.want {
			t.Errorf("%s %d: %q, want %q", tt.tag, tt.n, got, tt.want)
		}
	}
}

func TestPrinter_UnknownKeyIsShownAsItIs(t *testing.T) {
	t.Parallel()
	p := load(t).Printer(nil, "de")
	if got := p.T("no.such.key", Count, 3); got != "no.such.key" || p.Has("no.such.key") || !p.Has("home.contacts") {
		t.Errorf("got %q", got)
	}
}

func TestPrinter_Dates(t *testing.T) {
	t.Parallel()
	c := load(t)
	at := time.Date(2026, time.March, 1, 22, 5, 0, 0, time.UTC)
	for tag, want := range map[string]string{
		"en": "1 March 2026, 22:05", "en-US": "March 1, 2026, 10:05\u00a0PM", "de": "1. März 2026, 22:05",
		"fr": "1er mars 2026 à 22:05", "es": "1 de marzo de 2026, 22:05", "it": "1º marzo 2026, 22:05",
	} {
		if got := c.Printer(nil, tag).Time(at); got != want {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
	}
}

func TestPrinter_TodayIsTheReadersDay(t *testing.T) {
	t.Parallel()
	apia, err := time.LoadLocation("Pacific/Apia")
	if err != nil {
		t.Fatal(err)
	}
	c := load(t)
	now := time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC) // in Apia 22:00 the same day
	for _, tt := range []struct {
		zone *time.Location
		at   time.Time
		want string
	}{
		{nil, now.Add(-time.Hour), "today, 08:00"},
		{nil, now.Add(-10 * time.Hour), "yesterday, 23:00"},
		{apia, now.Add(-10 * time.Hour), "today, 12:00"},
		{apia, now.Add(-30 * time.Hour), "yesterday, 16:00"},
		{apia, now.Add(-60 * time.Hour), "28 February 2026, 10:00"},
	} {
		if got := c.Printer(tt.zone, "en").When(tt.at, now); got != tt.want {
			t.Errorf("%v in %v: %q, want %q", tt.at, tt.zone, got, tt.want)
		}
	}
}

func TestPrinter_Bytes(t *testing.T) {
	t.Parallel()
	p := load(t).Printer(nil, "de")
	for n, want := range map[int64]string{0: "0\u00a0B", 999: "999\u00a0B", 1000: "1,0\u00a0kB", 1_440_000: "1,4\u00a0MB", 25_000_000: "25\u00a0MB", 3_000_000_000_000_000: "3000\u00a0TB"} {
		if got := p.Bytes(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

// Swiss readers write ss for ß.
func TestPrinter_SwissSpelling(t *testing.T) {
	t.Parallel()
	c := load(t)
	german, swiss := c.Printer(nil, "de"), c.Printer(nil, "de-CH")
	for key := range texts(t, "de") {
		want := strings.ReplaceAll(german.T(key), "ß", "ss")
		if got := swiss.T(key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
}
