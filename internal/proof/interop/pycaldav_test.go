package interop

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// python is the system's interpreter, which finds the system's modules.
const python = "/usr/bin/python3"

// TestPythonCaldav runs a script that fails by an exception.
func TestPythonCaldav(t *testing.T) {
	t.Parallel()
	need(t, python)
	if err := exec.CommandContext(t.Context(), python, "-c", "import caldav").Run(); err != nil {
		missing(t, "python3-caldav", err)
	}
	s, c := start(t)
	script, err := filepath.Abs("../../../testdata/interop/caldav_client.py")
	if err != nil {
		t.Fatal(err)
	}
	out := newHome(t).run(t, "", python, "-W", "ignore", script, s.URL+"/", c.Login, c.Password)
	wantIn(t, out, "all steps done")
}
