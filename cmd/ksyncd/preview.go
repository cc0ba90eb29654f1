package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"ksync/internal/transfer"
)

// previewed is how many contacts a preview shows of each file.
const previewed = 3

// preview shows what an import of CSV files would make of them.
func (c *importCmd) preview(env *environment) (err error) {
	if c.From != "" {
		return usageError{errors.New("--preview is for files")}
	}
	files, err := transfer.Open(c.Paths, transfer.Limits{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	all, err := files.Preview(c.Map, previewed)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(env, all)
	}
	for _, p := range all {
		if err := printPreview(env.out, p); err != nil {
			return err
		}
	}
	_, err = io.WriteString(env.out, "Nothing was stored. --map COLUMN=PROPERTY changes what a column becomes.\n")
	return err
}

func printPreview(w io.Writer, p transfer.Preview) error {
	delimiter := p.Delimiter
	if delimiter == "\t" {
		delimiter = "tabs"
	}
	if _, err := fmt.Fprintf(w, "%s: %s, columns parted by %s\n\n", printable(p.File), p.Encoding, delimiter); err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range p.Columns {
		property := c.Property
		if property == "" {
			property = "-"
		}
		line := strings.TrimRight(fmt.Sprintf("%s\t%s\t%s", printable(c.Name), property, sample(c.Sample)), "\t")
		if _, err := fmt.Fprintln(t, line); err != nil {
			return err
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, card := range p.Cards {
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(card, "\r\n"), "\r\n") {
			if _, err := fmt.Fprintln(w, printable(line)); err != nil {
				return err
			}
		}
	}
	_, err := fmt.Fprintln(w)
	return err
}

// sample is short enough for a line.
func sample(s string) string {
	const longest = 40
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > longest {
		s = string(r[:longest-1]) + "\u2026"
	}
	return printable(s)
}
