package house

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What a machine may lack is asked for through package need, so that nothing is
// skipped in CI. The programs below proof and bench are no tests.
func TestSkips_GoThroughNeed(t *testing.T) {
	t.Parallel()
	own := regexp.MustCompile(`exec\.LookPath|os\.(Getenv|LookupEnv)\("CI"\)|(?:\.\./)+shared/`)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() != ".." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "need" || entry.Name() == "house") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, line := range strings.Split(string(text), "\n") {
			if code, _, _ := strings.Cut(line, "//"); own.MatchString(code) {
				t.Errorf("%s: %s: ask package need", path, strings.TrimSpace(line))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
