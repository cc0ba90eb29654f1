// Package need is what tests ask for that not every machine has: programs of
// the system, and the material that lies beside a checkout. A test that goes
// without is skipped, and says what is not proved then.
//
// In CI, where the variable CI is set, a program that is missing is a failure:
// .ci/run installs them all.
package need

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// packages are the programs and modules that tests ask for, and the Debian
// package that has each.
func packages() map[string]string {
	return map[string]string{
		"apache2":    "apache2",
		"bash":       "bash",
		"cadaver":    "cadaver",
		"caddy":      "caddy",
		"chromium":   "chromium",
		"fish":       "fish",
		"khal":       "khal",
		"khard":      "khard",
		"nginx":      "nginx-light",
		"openssl":    "openssl",
		"plistutil":  "libplist-utils",
		"radicale":   "radicale",
		"todoman":    "todoman",
		"vdirsyncer": "vdirsyncer",
		"zbarimg":    "zbar-tools",
		"zsh":        "zsh",

		"python3 caldav":   "python3-caldav",
		"python3 dateutil": "python3-dateutil",
	}
}

// Program returns where a program is. Without it the test ends: unproved is
// what nobody then knows.
func Program(t testing.TB, name, unproved string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, name, unproved)
	}
	return path
}

// python is the system's interpreter, which finds the system's modules.
const python = "/usr/bin/python3"

// Python returns where the interpreter is that has a module, like [Program].
func Python(t testing.TB, module, unproved string) string {
	t.Helper()
	if exec.CommandContext(t.Context(), python, "-c", "import "+module).Run() != nil {
		missing(t, "python3 "+module, unproved)
	}
	return python
}

func missing(t testing.TB, name, unproved string) {
	t.Helper()
	of, known := packages()[name]
	if !known {
		t.Fatalf("package need does not know what %s is a part of", name)
	}
	if inCI() {
		t.Fatalf("%s is missing, though .ci/run installs %s", name, of)
	}
	t.Skipf("%s is not installed (Debian: apt-get install %s). Not proved: %s", name, of, unproved)
}

func inCI() bool { return os.Getenv("CI") != "" }

// Could ends the test when something failed that not every system can do, and
// that CI's can.
func Could(t testing.TB, err error, unproved string) {
	t.Helper()
	switch {
	case err == nil:
	case inCI():
		t.Fatal(err)
	default:
		t.Skipf("%v. Not proved: %s", err, unproved)
	}
}

// Shared returns the path of a file or directory of the material that lies
// beside a checkout, with slashes in its name. CI has none: without all of it
// the test is skipped everywhere; a part that is not there is a failure.
func Shared(t testing.TB, name string) string {
	t.Helper()
	dir, err := filepath.Abs(".")
	for err == nil && !exists(filepath.Join(dir, "go.mod")) && dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
	}
	shared := filepath.Join(dir, "..", "shared")
	if !exists(shared) {
		t.Skipf("no directory shared beside the checkout. Not proved: what the test says of shared/%s", name)
	}
	path := filepath.Join(shared, filepath.FromSlash(name))
	if !exists(path) {
		t.Fatalf("%s is not there", path)
	}
	return path
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
