package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// table prints rows in columns. What is in them was chosen by strangers, some of
// it by programs that only tried to sign in: none of it steers the terminal or
// makes columns of its own.
type table struct{ *tabwriter.Writer }

func newTable(w io.Writer, heads ...string) table {
	t := table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
	fmt.Fprintln(t, strings.Join(heads, "\t"))
	return t
}

// row adds a row. Errors come again with Flush.
func (t table) row(cells ...any) {
	texts := make([]string, len(cells))
	for i, c := range cells {
		texts[i] = printable(fmt.Sprint(c))
	}
	fmt.Fprintln(t, strings.Join(texts, "\t"))
}
