package need

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// In CI nothing is skipped, for all that tests ask for is installed there.
func TestPackages_AreInstalledByCI(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("../../.ci/run")
	if err != nil {
		t.Fatal(err)
	}
	list := regexp.MustCompile(`(?m)^packages=\((.*)\)$`).FindSubmatch(script)
	if list == nil {
		t.Fatal(".ci/run has no list of packages")
	}
	installed := append(strings.Fields(string(list[1])), "bash") // which the script itself runs with
	for program, of := range packages() {
		if !slices.Contains(installed, of) {
			t.Errorf("%s is asked for, and .ci/run does not install %s", program, of)
		}
	}
}

// ended is a test that notes how it was ended.
type ended struct {
	testing.TB
	how string
}

func (e *ended) Helper()               { /* its lines are this test's */ }
func (e *ended) Skipf(string, ...any)  { e.how += "skipped" }
func (e *ended) Fatalf(string, ...any) { e.how += "failed"; panic(e) }
func (e *ended) of(ask func(testing.TB)) (how string) {
	defer func() {
		if r := recover(); r != nil && r != e {
			panic(r)
		}
		how = e.how
	}()
	ask(e)
	return
}

// Not parallel: it changes the environment.
func TestProgram_SkipsAtHomeAndFailsInCI(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for ci, want := range map[string]string{"": "skipped", "true": "failed"} {
		t.Setenv("CI", ci)
		e := &ended{TB: t}
		if got := e.of(func(t testing.TB) { Program(t, "openssl", "nothing") }); got != want {
			t.Errorf("CI=%q: %s, want %s", ci, got, want)
		}
	}
	e := &ended{TB: t}
	if got := e.of(func(t testing.TB) { Program(t, "no-such-program", "nothing") }); got != "failed" {
		t.Errorf("a program of no known package: %s", got)
	}
}
