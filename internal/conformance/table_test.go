// Package conformance holds what the standards ask of a server of this kind,
// clause by clause, and what proves that this one does it.
//
// # Model
//
// There is one file for each RFC, such as rfc4791.txt. Its first line is the
// title, lines after that with ">" say what of the RFC is left out, lines with
// "#" are for whoever edits it. Every other line is a clause: section, level,
// what is asked in our own words, and the proof, with "|" between them:
//
//	5.3.1 | MUST | MKCALENDAR fails where there is something | rfc4918-collections.txtar 1
//
// A proof is a step or several of a dialogue in testdata/dav ("bad-input.txtar
// 3,5"), or a test of a package, with the name of a row if it has a table
// ("internal/dav TestBounds_Instances/for ever"); several are separated by ";".
// What the server does not do says "not offered:" and why.
//
// docs/conformance.md is made of these files:
//
//	go test ./internal/conformance -update
package conformance

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// standard is one RFC.
type standard struct {
	name    string // "RFC 4791"
	title   string
	notes   []string
	clauses []clause
}

// clause is one thing that is asked of a server.
type clause struct {
	line    int
	section string
	level   string // MUST, SHOULD or MAY; MUST NOT is a MUST
	text    string
	proofs  []string
	refusal string // why it is not offered
}

// standards are those of all files, by number.
func standards(t *testing.T) []standard {
	t.Helper()
	files, err := filepath.Glob("rfc*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	var all []standard
	for _, file := range files {
		s, err := readStandard(file)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, s)
	}
	return all
}

func readStandard(file string) (standard, error) {
	s := standard{name: "RFC " + strings.TrimSuffix(strings.TrimPrefix(file, "rfc"), ".txt")}
	f, err := os.Open(file)
	if err != nil {
		return s, err
	}
	defer f.Close()
	scan := bufio.NewScanner(f)
	for n := 1; scan.Scan(); n++ {
		if err := s.take(n, strings.TrimSpace(scan.Text())); err != nil {
			return s, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return s, scan.Err()
}

func (s *standard) take(n int, line string) error {
	switch {
	case n == 1:
		s.title = line
	case line == "" || strings.HasPrefix(line, "#"):
	case strings.HasPrefix(line, ">"):
		s.notes = append(s.notes, strings.TrimSpace(line[1:]))
	default:
		c, err := readClause(line)
		c.line = n
		s.clauses = append(s.clauses, c)
		return err
	}
	return nil
}

var sectionForm = regexp.MustCompile(`^[0-9A-Z]+(\.[0-9]+)*$`)

func readClause(line string) (c clause, err error) {
	parts := strings.Split(line, " | ")
	if len(parts) != 4 {
		return c, fmt.Errorf("not four columns but %d", len(parts))
	}
	c.section, c.level, c.text = parts[0], parts[1], parts[2]
	if reason, ok := strings.CutPrefix(parts[3], "not offered: "); ok {
		c.refusal = reason
	} else {
		c.proofs = strings.Split(parts[3], "; ")
	}
	switch {
	case !sectionForm.MatchString(c.section):
		return c, fmt.Errorf("section %q", c.section)
	case !slices.Contains([]string{"MUST", "SHOULD", "MAY"}, c.level):
		return c, fmt.Errorf("level %q", c.level)
	case len(c.text) < 10:
		return c, errors.New("the clause says nothing")
	case c.refusal == "" && slices.Contains(c.proofs, ""):
		return c, errors.New("neither a proof nor a reason")
	case c.refusal != "" && len(c.refusal) < 20:
		return c, errors.New("the reason says nothing")
	}
	return c, nil
}
