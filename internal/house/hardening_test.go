package house

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// What docs/hardening.md names as proof is there.
func TestHardening_NamesTestsThatThereAre(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "docs", "hardening.md"))
	if err != nil {
		t.Fatal(err)
	}
	there := testNames(t)
	named := regexp.MustCompile("`(\\w+\\.Test\\w+)`").FindAllStringSubmatch(string(page), -1)
	if len(named) < 40 {
		t.Errorf("only %d tests are named", len(named))
	}
	for _, name := range named {
		if !there[name[1]] {
			t.Errorf("there is no %s", name[1])
		}
	}
}

// Every line of the two lists has a row, in its order, which names a test or says
// that what it is about is not there.
func TestHardening_HasEveryRow(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "docs", "hardening.md"))
	if err != nil {
		t.Fatal(err)
	}
	attacks, bugs, _ := strings.Cut(string(page), "## What peers had to mend")
	checkRows(t, attacks, 34)
	checkRows(t, bugs, 44)
}

func checkRows(t *testing.T, text string, want int) {
	t.Helper()
	rows := regexp.MustCompile(`(?m)^\| (\d+) \| .+ \| (.+) \|$`).FindAllStringSubmatch(text, -1)
	if len(rows) != want {
		t.Errorf("%d rows, want %d", len(rows), want)
	}
	for i, row := range rows {
		if row[1] != strconv.Itoa(i+1) {
			t.Errorf("row %s comes as number %d", row[1], i+1)
		}
		if !strings.Contains(row[2], ".Test") && !strings.Contains(row[2], "not offered") {
			t.Errorf("row %s names neither a test nor a reason", row[1])
		}
	}
}

// A dialogue that is named behind the test of all of them is one.
func TestHardening_NamesDialoguesThatThereAre(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "docs", "hardening.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`ksyncd\\.TestDialogues` \\(([^);]+)").FindAllStringSubmatch(string(page), -1)
	if len(named) < 10 {
		t.Errorf("only %d are named", len(named))
	}
	for _, names := range named {
		for name := range strings.SplitSeq(names[1], ", ") {
			if _, err := os.Stat(filepath.Join(root, "testdata", "dav", name+".txtar")); err != nil {
				t.Error(err)
			}
		}
	}
}

// testNames are those of all packages, each after the name of its directory.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	all, pattern := map[string]bool{}, regexp.MustCompile(`(?m)^func (Test\w+)\(t `)
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, found := range pattern.FindAllStringSubmatch(string(text), -1) {
			all[filepath.Base(filepath.Dir(path))+"."+found[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
