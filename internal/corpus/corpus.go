// Package corpus reads the corpus of cards and calendars that lies beside a
// checkout, in shared/corpus, for tests. Its README says what classes and notes mean.
package corpus

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ksync/internal/need"
)

// File is one row of the manifest.
type File struct {
	Path  string // below the corpus: folder/source/name
	Class string // valid, lenient or invalid
	Note  string

	dir string
}

// Dir is where the corpus is; without one the test is skipped.
func Dir(t testing.TB) string {
	t.Helper()
	return need.Shared(t, "corpus")
}

// Files are those of one folder, "vcard" or "icalendar".
func Files(t testing.TB, folder string) (files []File) {
	t.Helper()
	dir := Dir(t)
	f, err := os.Open(filepath.Join(dir, "MANIFEST.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	path, class, note := slices.Index(rows[0], "path"), slices.Index(rows[0], "class"), slices.Index(rows[0], "note")
	for _, row := range rows[1:] {
		if strings.HasPrefix(row[path], folder+"/") {
			files = append(files, File{Path: row[path], Class: row[class], Note: row[note], dir: dir})
		}
	}
	if len(files) == 0 {
		t.Fatalf("the manifest of %s names nothing in %s", dir, folder)
	}
	return files
}

// Notes are the parts of the note.
func (f File) Notes() []string { return strings.Split(f.Note, "; ") }

// Name is the file's path on this machine.
func (f File) Name() string { return filepath.Join(f.dir, filepath.FromSlash(f.Path)) }

// Read returns what is in it.
func (f File) Read(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return data
}
