package account_test

import (
	"os"
	"path/filepath"
	"testing"
)

// databaseFiles reads the database with its journals.
func databaseFiles(t *testing.T, path string) (all [][]byte) {
	t.Helper()
	names, err := filepath.Glob(path + "*")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data)
	}
	return all
}
