// Package interop lets independent clients use the server: vdirsyncer, khal,
// khard, todoman, python3-caldav and cadaver from the system's packages, and
// the client of go-webdav. They share no code with ksyncd, so what they
// understand is what the RFCs say, not what we think they say.
//
// A program that is not installed skips its tests; in CI that is a failure.
package interop

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ksync/internal/need"
	"ksync/internal/proof"
	"ksync/internal/proof/prooftest"
)

var binary string

func TestMain(m *testing.M) { prooftest.Main(m, &binary) }

// start runs a server with one account for one test.
func start(t *testing.T) (*proof.Server, *proof.Client) {
	t.Helper()
	return prooftest.StartWithAnn(t, binary)
}

// client skips the test, or in CI fails it, unless one is there.
func client(t *testing.T, program string) {
	t.Helper()
	need.Program(t, program, "that "+program+" understands the server")
}

// home is a directory in which programs find their settings and nothing else.
type home string

func newHome(t *testing.T) home { return home(t.TempDir()) }

func (h home) path(name string) string { return filepath.Join(string(h), name) }

// write makes a file, and the directories to it.
func (h home) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(h.path(name)), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(h.path(name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs a program that must succeed and returns what it printed.
func (h home) run(t *testing.T, stdin, name string, args ...string) string {
	t.Helper()
	out, err := h.try(t, stdin, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

// try runs a program; its output holds both streams.
func (h home) try(t *testing.T, stdin, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = string(h)
	cmd.Env = []string{"HOME=" + string(h), "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "TZ=UTC", "COLUMNS=200", "no_proxy=127.0.0.1"}
	cmd.Stdin = strings.NewReader(stdin)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// wantIn fails unless a program printed all of these.
func wantIn(t *testing.T, out string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(out, p) {
			t.Errorf("no %q in:\n%s", p, out)
		}
	}
}
