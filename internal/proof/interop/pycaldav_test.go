package interop

import (
	"path/filepath"
	"testing"

	"ksync/internal/need"
)

// TestPythonCaldav runs a script that fails by an exception.
func TestPythonCaldav(t *testing.T) {
	t.Parallel()
	python := need.Python(t, "caldav", "that python-caldav understands the server")
	s, c := start(t)
	script, err := filepath.Abs("../../../testdata/interop/caldav_client.py")
	if err != nil {
		t.Fatal(err)
	}
	out := newHome(t).run(t, "", python, "-W", "ignore", script, s.URL+"/", c.Login, c.Password)
	wantIn(t, out, "all steps done")
}
