// Package interop lets independent clients use the server: vdirsyncer, khal,
// khard, todoman, python3-caldav and cadaver from the system's packages, and
// the client of go-webdav. They share no code with ksyncd, so what they
// understand is what the RFCs say, not what we think they say.
//
// A program that is not installed skips its tests; in CI, where the variable CI
// is set, that is a failure.
package interop

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ksync/internal/proof"
)

var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "interop")
	if err == nil {
		defer os.RemoveAll(dir)
		binary, err = proof.Build(context.Background(), dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// start runs a server with one account for one test.
func start(t *testing.T) (*proof.Server, *proof.Client) {
	t.Helper()
	s, err := proof.Start(t.Context(), binary, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Stop()
		if t.Failed() {
			t.Logf("server:\n%s", s.Log())
		}
	})
	c, err := s.Account(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

// need skips the test, or in CI fails it, unless a program is there.
func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		missing(t, program, err)
	}
}

func missing(t *testing.T, what string, err error) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed: %v", what, err)
	}
	t.Skipf("%s is not installed: %v", what, err)
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
