package transfer

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const corpus = "../../../shared/corpus"

// classes reads what the manifest says of each file.
func classes(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join(corpus, "MANIFEST.csv"))
	if os.IsNotExist(err) {
		t.Skip("no corpus beside the checkout")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() // only read
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	all := map[string]string{}
	for _, row := range rows[1:] {
		all[filepath.Join(corpus, row[column["path"]])] = row[column["class"]]
	}
	return all
}

func TestImport_Corpus(t *testing.T) {
	t.Parallel()
	want := classes(t)
	st, a := newAccount(t)
	o := Options{Store: st, Account: a.ID, Create: true}
	r := importAll(t, o, Limits{}, corpus)
	good := map[string]bool{}
	failed := map[string]string{}
	for _, it := range r.Items {
		switch it.Outcome {
		case Failed:
			failed[it.File] = it.Reason
		default:
			good[it.File] = true
		}
	}
	for file, class := range want {
		switch {
		case !strings.HasSuffix(file, ".vcf") && !strings.HasSuffix(file, ".ics"):
		case class == "invalid" && failed[file] == "":
			t.Errorf("%s is invalid, imported", file)
		case class == "valid" && failed[file] != "":
			t.Errorf("%s is valid: %s", file, failed[file])
		case class == "lenient" && !good[file]:
			t.Logf("%s is lenient: %s", file, failed[file])
		}
	}
	again := importAll(t, o, Limits{}, corpus)
	if again.Total[Created]+again.Total[Updated] > 0 {
		for _, it := range again.Items {
			if it.Outcome == Created || it.Outcome == Updated {
				t.Errorf("second time: %+v", it)
			}
		}
	}
	if again.Total[Unchanged] < r.Total[Created] {
		t.Errorf("first %v, then %v", r.Total, again.Total)
	}
	t.Logf("%v, then %v", r.Total, again.Total)
}
