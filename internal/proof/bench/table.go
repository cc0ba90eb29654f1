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
	bars     map[string]string // by label: what is asked of the first column
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

func newTable(s settings) *table { return &table{settings: s, bars: map[string]string{}} }

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

func (c column) bar(label, text string) { c.table.bars[label] = text }

func (c column) note(label, text string) { c.set(label, cell{text: text}) }

// ratio tells how many times better the first column is than another.
func ratio(ours, theirs cell) string {
	if ours.amount == 0 || theirs.amount == 0 {
		return ""
	}
	r := theirs.amount / ours.amount
	if ours.more {
		r = 1 / r
	}
	if r >= 10 {
		return fmt.Sprintf(" (%.0f×)", r)
	}
	return fmt.Sprintf(" (%.2f×)", r)
}

// print writes the table; behind each other server's figure is how many times better
// the first one's is.
func (t *table) print(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(out, "\tbar\t")
	for _, c := range t.columns {
		fmt.Fprint(out, c.name, "\t")
	}
	fmt.Fprintln(out)
	for _, label := range t.labels {
		fmt.Fprint(out, label, "\t", t.bars[label], "\t")
		for i, c := range t.columns {
			v := c.cells[label]
			fmt.Fprint(out, v.text)
			if i > 0 {
				fmt.Fprint(out, ratio(t.columns[0].cells[label], v))
			}
			fmt.Fprint(out, "\t")
		}
		fmt.Fprintln(out)
	}
	return out.Flush()
}
