package conformance

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"ksync/internal/dialogue"
)

// Every clause has a proof or a reason, and every proof is there to be run.
func TestClauses_AreProven(t *testing.T) {
	t.Parallel()
	index := proofs{steps: map[string]int{}, tests: map[string]map[string]bool{}}
	for _, s := range standards(t) {
		seen := map[string]bool{}
		for i, c := range s.clauses {
			if i > 0 && before(c.section, s.clauses[i-1].section) {
				t.Errorf("%s line %d: §%s comes before §%s", s.name, c.line, c.section, s.clauses[i-1].section)
			}
			where := fmt.Sprintf("%s line %d (§%s)", s.name, c.line, c.section)
			if seen[c.section+c.text] {
				t.Errorf("%s: the clause is there twice", where)
			}
			seen[c.section+c.text] = true
			for _, proof := range c.proofs {
				if err := index.check(proof); err != nil {
					t.Errorf("%s: %q: %v", where, proof, err)
				}
			}
			if err := index.checkReason(c.refusal); err != nil {
				t.Errorf("%s: %q: %v", where, c.refusal, err)
			}
		}
	}
}

// before tells whether a section is in front of another: "9.2" of "9.10".
func before(a, b string) bool {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		if len(as[i]) != len(bs[i]) && as[i] != bs[i] {
			return len(as[i]) < len(bs[i])
		}
		if as[i] != bs[i] {
			return as[i] < bs[i]
		}
	}
	return len(as) < len(bs)
}

// proofs knows what has been looked up: how many steps a dialogue has, and which
// tests and names of rows a package.
type proofs struct {
	steps map[string]int
	tests map[string]map[string]bool
}

func (p proofs) check(proof string) error {
	where, what, ok := strings.Cut(proof, " ")
	switch {
	case !ok:
		return errors.New("neither a step nor a test")
	case strings.HasSuffix(where, ".txtar"):
		return p.checkSteps(where, what)
	}
	return p.checkTest(where, what)
}

func (p proofs) checkSteps(file, steps string) error {
	if _, known := p.steps[file]; !known {
		d, err := dialogue.ReadFile(filepath.Join(root, "testdata/dav", file))
		if err != nil {
			return err
		}
		p.steps[file] = len(d.Steps) // which are numbered from 1: the dialogues' own test says so
	}
	for step := range strings.SplitSeq(steps, ",") {
		if n, err := strconv.Atoi(step); err != nil || n < 1 || n > p.steps[file] {
			return fmt.Errorf("no step %q among %d", step, p.steps[file])
		}
	}
	return nil
}

// shown is how a reason speaks of the steps that show what happens instead.
var shown = regexp.MustCompile(`([a-z][a-z0-9-]*-[a-z0-9-]+|quota|privileges) ([0-9]+(?:, [0-9]+)*)`)

func (p proofs) checkReason(reason string) error {
	for _, m := range shown.FindAllStringSubmatch(reason, -1) {
		if err := p.checkSteps(m[1]+".txtar", strings.ReplaceAll(m[2], ", ", ",")); err != nil {
			return err
		}
	}
	return nil
}

func (p proofs) checkTest(pkg, name string) error {
	if p.tests[pkg] == nil {
		names, err := testsOf(filepath.Join(root, pkg))
		if err != nil {
			return err
		}
		p.tests[pkg] = names
	}
	test, row, _ := strings.Cut(name, "/")
	if !p.tests[pkg]["func "+test] {
		return errors.New("no such test")
	}
	if row != "" && !p.tests[pkg][row] {
		return fmt.Errorf("no row %q", row)
	}
	return nil
}

// testsOf gives the tests of a directory, as "func TestX", and all strings in
// them, among which are the names of rows.
func testsOf(dir string) (map[string]bool, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err == nil && len(files) == 0 {
		files, err = filepath.Glob(filepath.Join(dir, "*.go")) // a suite that others run
	}
	if err != nil || len(files) == 0 {
		return nil, errors.Join(errors.New("no tests there"), err)
	}
	names := map[string]bool{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				names["func "+n.Name.Name] = true
			case *ast.BasicLit:
				if s, err := strconv.Unquote(n.Value); err == nil {
					names[s] = true
				}
			}
			return true
		})
	}
	return names, nil
}

// What is wrong is found.
func TestProofs_Refused(t *testing.T) {
	t.Parallel()
	index := proofs{steps: map[string]int{}, tests: map[string]map[string]bool{}}
	for name, proof := range map[string]string{
		"a step that is not there":     "quota.txtar 99",
		"a dialogue that is not there": "nothing.txtar 1",
		"a test that is not there":     "internal/dav TestNothing",
		"a row that is not there":      "internal/dav TestBounds_Instances/no such row",
		"a package that is not there":  "internal/nothing TestNothing",
		"words":                        "works",
	} {
		if index.check(proof) == nil {
			t.Errorf("%s is taken", name)
		}
	}
	for name, line := range map[string]string{
		"no proof":     "1 | MUST | does everything | ",
		"no reason":    "1 | MUST | does everything | not offered: no",
		"no level":     "1 | WILL | does everything | quota.txtar 1",
		"no section":   "§1 | MUST | does everything | quota.txtar 1",
		"no clause":    "1 | MUST | does | quota.txtar 1",
		"five columns": "1 | MUST | does | everything | quota.txtar 1",
	} {
		if _, err := readClause(line); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
