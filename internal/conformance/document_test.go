package conformance

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// update rewrites docs/conformance.md: go test ./internal/conformance -update.
var update = flag.Bool("update", false, "rewrite docs/conformance.md from the tables")

func TestDocument_IsThatOfTheTables(t *testing.T) {
	t.Parallel()
	file := filepath.Join(root, "docs/conformance.md")
	want := document(standards(t))
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(got), "\n"), strings.Split(want, "\n")); diff != "" {
		t.Errorf("run go test ./internal/conformance -update (-file +tables):\n%s", diff)
	}
}

const preface = `# Conformance

What the standards ask of a server of this kind, clause by clause, and the test that proves it. The clauses are in our own words and short; the
sections lead to what the standards say. A proof is a step of a dialogue with a real client's requests (testdata/dav) or a test beside the code.
What is not offered says why. Nothing is offered without a proof: the tests of cmd/ksyncd compare what the server tells of itself with the dialogues.

This file is made of internal/conformance/rfc*.txt by "go test ./internal/conformance -update"; a test fails when a proof is not there, or when this file differs.

`

func document(all []standard) string {
	var b strings.Builder
	b.WriteString(preface)
	b.WriteString("| Standard | Clauses | Proven | Not offered |\n|---|---:|---:|---:|\n")
	clauses, refused := 0, 0
	for _, s := range all {
		n := s.refused()
		fmt.Fprintf(&b, "| [%s](#%s) %s | %d | %d | %d |\n", s.name, strings.ReplaceAll(strings.ToLower(s.name), " ", "-"), s.title, len(s.clauses), len(s.clauses)-n, n)
		clauses, refused = clauses+len(s.clauses), refused+n
	}
	fmt.Fprintf(&b, "| all | %d | %d | %d |\n", clauses, clauses-refused, refused)
	for _, s := range all {
		s.print(&b)
	}
	return b.String()
}

func (s standard) refused() (n int) {
	for _, c := range s.clauses {
		if c.refusal != "" {
			n++
		}
	}
	return n
}

func (s standard) print(b *strings.Builder) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n", s.name, s.title)
	if len(s.notes) > 0 {
		fmt.Fprintf(b, "\n%s\n", strings.Join(s.notes, " "))
	}
	b.WriteString("\n| § | Level | Clause | Proof |\n|---|---|---|---|\n")
	for _, c := range s.clauses {
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", c.section, c.level, escape(c.text), c.outcome())
	}
}

func (c clause) outcome() string {
	if c.refusal != "" {
		return "**not offered:** " + escape(c.refusal)
	}
	links := make([]string, len(c.proofs))
	for i, proof := range c.proofs {
		where, what, _ := strings.Cut(proof, " ")
		if strings.HasSuffix(where, ".txtar") {
			links[i] = fmt.Sprintf("[%s](../testdata/dav/%s) %s", strings.TrimSuffix(where, ".txtar"), where, strings.ReplaceAll(what, ",", ", "))
		} else {
			links[i] = fmt.Sprintf("[%s](../%s) %s", where, where, escape(what))
		}
	}
	return strings.Join(links, "; ")
}

// escape keeps what Markdown would take for its own.
func escape(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "*", `\*`, "_", `\_`).Replace(text)
}
