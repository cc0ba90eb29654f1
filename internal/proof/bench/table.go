package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// table is the figures of all servers, a row for each thing measured.
type table struct {
	settings settings
	labels   []string
	columns  []column
}

// column is one server's figures. Rows appear in the order of the first one.
type column struct {
	name  string
	table *table
	cells map[string]cell
}

// cell is a figure: how it reads, and how much it is for the ratio.
type cell struct {
	text   string
	amount float64 // 0: no number
	more   bool    // more is better
}

func newTable(s settings) *table { return &table{settings: s} }

func (t *table) column(name string) column {
	c := column{name: name, table: t, cells: map[string]cell{}}
	t.columns = append(t.columns, c)
	return c
}

func (c column) set(label string, v cell) {
	if !slices.Contains(c.table.labels, label) {
		c.table.labels = append(c.table.labels, label)
	}
	c.cells[label] = v
}

func (c column) duration(label string, d time.Duration) {
	c.set(label, cell{text: d.Round(max(d/1000, time.Microsecond)).String(), amount: d.Seconds()})
}

func (c column) rate(label string, perSecond float64) {
	c.set(label, cell{text: fmt.Sprintf("%.0f/s", perSecond), amount: perSecond, more: true})
}

func (c column) bytes(label string, n int64) {
	c.set(label, cell{text: fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)), amount: float64(n)})
}

func (c column) note(label, text string) { c.set(label, cell{text: text}) }

// ratio tells how many times better the first column is.
func ratio(ours, theirs cell) string {
	if ours.amount == 0 || theirs.amount == 0 {
		return ""
	}
	r := theirs.amount / ours.amount
	if ours.more {
		r = 1 / r
	}
	if r >= 10 {
		return fmt.Sprintf("%.0f×", r)
	}
	return fmt.Sprintf("%.1f×", r)
}

func (t *table) print(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(out, "\t")
	for _, c := range t.columns {
		fmt.Fprint(out, c.name, "\t")
	}
	fmt.Fprintln(out, "ratio\t")
	for _, label := range t.labels {
		fmt.Fprint(out, label, "\t")
		for _, c := range t.columns {
			fmt.Fprint(out, c.cells[label].text, "\t")
		}
		if len(t.columns) == 2 {
			fmt.Fprint(out, ratio(t.columns[0].cells[label], t.columns[1].cells[label]))
		}
		fmt.Fprintln(out, "\t")
	}
	return out.Flush()
}
