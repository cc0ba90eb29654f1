package web

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ksync/internal/dedup"
	"ksync/internal/duplicates"
	"ksync/internal/i18n"
)

// keysUsed are the keys that pages and handlers ask for: those that stand in
// the sources, and those that are put together from what stands there.
func keysUsed(t *testing.T) map[string]bool {
	t.Helper()
	used := map[string]bool{}
	pages, goes := sourceOf(t, "pages/*.html"), sourceOf(t, "*.go")
	collect(used, pages, `\.(?:T|Count) "([^"]+)"`, "")
	collect(used, goes, `\.T\("([a-z][^"]+)"[,)]`, "")
	collect(used, goes, `\.wrong\([^,]+, "([^"]+)"[,)]`, "wrong.")
	collect(used, goes, `"(done\.[a-z-]+)"`, "")
	collect(used, goes, `"(activity\.[a-z-]+)"`, "")
	collect(used, goes, `"((?:nav|home)\.[a-z-]+)"`, "")
	for _, input := range regexp.MustCompile(`\(\.Input "([^"]+)"[^)]*\)`).FindAllStringSubmatch(pages, -1) {
		name := input[1]
		if as := regexp.MustCompile(`"as:([^"]+)"`).FindStringSubmatch(input[0]); as != nil {
			name = as[1]
		}
		used["field."+name] = true
		if strings.Contains(input[0], `"hint"`) {
			used["hint."+name] = true
		}
	}
	for _, name := range troubles(t) {
		used["trouble."+name+".title"], used["trouble."+name+".text"] = true, true
	}
	for _, s := range services() {
		for _, key := range []string{"", ".read", ".write"} {
			used["scope."+s.Key+key] = true
		}
	}
	for _, level := range []string{"none", "read", "write"} {
		used["level."+level] = true
	}
	for _, group := range groupOrder() {
		used["activity.group."+group] = true
	}
	for _, lane := range []string{"open", "sure", "likely", "possible"} {
		used["duplicates.tab."+lane], used["duplicates.about."+lane], used["duplicates.lane."+lane] = true, true, lane != "open"
	}
	delete(used, "duplicates.lane.open")
	for state := dedup.Identical; state <= dedup.NotTaken; state++ {
		used["duplicates.state."+state.String()] = true
	}
	duplicatesSource := sourceOf(t, filepath.Join("..", "duplicates", "*.go"))
	collect(used, duplicatesSource, `Outcome = "([^"]+)"`, "duplicates.outcome.")
	collect(used, duplicatesSource, `JobState = "([^"]+)"`, "duplicates.job.")
	for _, found := range regexp.MustCompile(`WarningKind = "([^"]+)"`).FindAllStringSubmatch(duplicatesSource, -1) {
		if found[1] != string(duplicates.WarnShared) { // nothing that people could do
			used["duplicates.warning."+strings.ReplaceAll(found[1], "_", "-")] = true
		}
	}
	collect(used, goes, `"(duplicates-[a-z-]+)"\}`, "wrong.")
	collect(used, goes, `http\.\w+, "(duplicates-[a-z-]+)"`, "wrong.")
	setupKeys(used)
	collect(used, accountSource(t, "activity.go"), `ActivityKind\s+= "([^"]+)"`, "activity.")
	collect(used, accountSource(t, "policy.go"), `WeakReason = "([^"]+)"`, "wrong.weak.")
	collect(used, accountSource(t, "progress.go"), `\bby[A-Z]\w+\s+= "([^"]+)"`, "factor.")
	return used
}

// troubles are the names of all that can go wrong.
func troubles(tb testing.TB) (names []string) {
	tb.Helper()
	source, err := os.ReadFile("errors.go")
	if err != nil {
		tb.Fatal(err)
	}
	for _, found := range regexp.MustCompile(`trouble\{http\.\w+, "([^"]+)"\}`).FindAllSubmatch(source, -1) {
		names = append(names, string(found[1]))
	}
	if len(names) < 10 {
		tb.Fatalf("only these troubles were found: %v", names)
	}
	return names
}

func collect(used map[string]bool, source, pattern, prefix string) {
	for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(source, -1) {
		used[prefix+found[1]] = true
	}
}

func sourceOf(t *testing.T, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v", pattern, err)
	}
	var all strings.Builder
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	return all.String()
}

func accountSource(t *testing.T, file string) string {
	t.Helper()
	return sourceOf(t, filepath.Join("..", "account", file))
}

func TestKeys_PagesUseOnlyThoseThatThereAre(t *testing.T) {
	t.Parallel()
	p := i18n.Load().Printer(nil, "en")
	used := keysUsed(t)
	for key := range used {
		if !p.Has(key) {
			t.Errorf("no catalogue has %s", key)
		}
	}
	if len(used) < 300 {
		t.Errorf("only %d keys were found: the patterns of this test are too narrow", len(used))
	}
	site, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(pagesOf(t, site).wide)) {
		if key := "title." + name; name != "trouble" && !p.Has(key) {
			t.Errorf("no catalogue has %s", key)
		}
	}
}

// A text that no page shows is one that nobody will mend.
func TestKeys_NoneIsLeftOver(t *testing.T) {
	t.Parallel()
	used := keysUsed(t)
	site, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name := range pagesOf(t, site).wide {
		used["title."+name], used["lead."+name] = true, true
	}
	catalogue := regexp.MustCompile(`(?m)^  "([^"]+)":`).FindAllStringSubmatch(sourceOf(t, "../i18n/catalogue/en.json")+sourceOf(t, "../i18n/catalogue/duplicates.en.json"), -1)
	others := regexp.MustCompile(`^(client|mail|notice|time|api|assistant|duplicates\.(property|type|reason))\.`) // those of other packages, and of i18n itself
	for _, key := range catalogue {
		if !used[key[1]] && !others.MatchString(key[1]) {
			t.Errorf("%s is in the catalogues and on no page", key[1])
		}
	}
}
