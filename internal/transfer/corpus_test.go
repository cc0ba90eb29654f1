package transfer

import (
	"strings"
	"testing"

	"ksync/internal/corpus"
)

// classes are those of the files, by their names.
func classes(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, f := range append(corpus.Files(t, "vcard"), corpus.Files(t, "icalendar")...) {
		all[f.Name()] = f.Class
	}
	return all
}

func TestImport_Corpus(t *testing.T) {
	t.Parallel()
	want := classes(t)
	st, a := newAccount(t)
	o := Options{Store: st, Account: a.ID, Create: true}
	r := importAll(t, o, Limits{}, corpus.Dir(t))
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
	again := importAll(t, o, Limits{}, corpus.Dir(t))
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
