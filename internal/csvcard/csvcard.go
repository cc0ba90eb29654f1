// Package csvcard reads contacts from the CSV files that address books write: those of Google, those of Outlook in the
// languages that this server speaks, and others whose columns are named after what is in them.
//
// [Read] finds out the encoding and the delimiter, and makes a [Table], whose columns are mapped to properties of a
// card by their names. A person looks at that mapping, corrects it with [Table.Map], and takes the [Table.Cards].
// Nothing is guessed from what is in the cells but the order of day and month, and nothing in them is ever carried
// out: a cell that looks like a formula is text.
//
// Columns that belong together share a key: "E-mail 1 - Label" tells what "E-mail 1 - Value" is, and the parts of one
// address are in a handful of columns.
package csvcard

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
)

// Limits of a table; past them Read and Cards fail.
const (
	maxBytes   = 64 << 20
	maxRows    = 100_000 // four times what Google keeps for one account
	maxColumns = 1000
	maxCell    = 256 << 10
)

// Table is a file of contacts, one a row.
type Table struct {
	Encoding  string // as people call it
	Delimiter rune
	Columns   []Column

	text     string
	dayFirst bool
}

// Column is one column of a table.
type Column struct {
	Name     string
	Property Property // the zero value is not imported
	Sample   string   // its first cell that is not empty
}

// Card is one row. Empty rows are left out.
type Card struct {
	Line  int // in the file, from 1
	Bytes []byte
	Err   error // why there is no card
}

// ErrNoTable says that a text is no table of contacts.
var ErrNoTable = errors.New("no columns that belong to a contact")

// Read makes a table of a file. It keeps no part of data.
func Read(data []byte) (*Table, error) {
	if len(data) > maxBytes {
		return nil, fmt.Errorf("larger than %d MiB; split it", maxBytes>>20)
	}
	t := &Table{}
	t.text, t.Encoding = decode(data)
	t.Delimiter, t.text = delimiter(t.text)
	rows := t.reader()
	head, err := rows.Read()
	if err != nil {
		return nil, ErrNoTable
	}
	if len(head) > maxColumns {
		return nil, fmt.Errorf("more than %d columns", maxColumns)
	}
	for _, name := range head {
		t.Columns = append(t.Columns, Column{Name: strings.TrimSpace(name), Property: propertyOf(name)})
	}
	t.settle()
	return t, t.look(rows)
}

// reader starts at the row of names. Quotes where there should be none are taken as they are.
func (t *Table) reader() *csv.Reader {
	r := csv.NewReader(strings.NewReader(t.text))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord, r.ReuseRecord = t.Delimiter, true, -1, true
	return r
}

// look takes samples, and learns how dates are written.
func (t *Table) look(rows *csv.Reader) error {
	var dates orders
	for n := 0; ; n++ {
		cells, err := rows.Read()
		if errors.Is(err, io.EOF) {
			t.dayFirst = dates.dayFirst(t.english())
			return nil
		}
		if err != nil {
			return err
		}
		if n == maxRows {
			return fmt.Errorf("more than %d rows; split it", maxRows)
		}
		for i, cell := range cells {
			if i >= len(t.Columns) || strings.TrimSpace(cell) == "" {
				continue
			}
			c := &t.Columns[i]
			if c.Sample == "" {
				c.Sample = strings.Clone(strings.TrimSpace(cell[:min(len(cell), 200)]))
			}
			if c.Property.isDate() {
				dates.see(cell)
			}
		}
	}
}

// Mapped says whether any column is known. A table without one is hardly one of contacts.
func (t *Table) Mapped() bool {
	return slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Property.Name != "" })
}

// Left lists columns with content that are not imported.
func (t *Table) Left() (names []string) {
	for _, c := range t.Columns {
		if c.Property.Name == "" && c.Sample != "" {
			names = append(names, c.Name)
		}
	}
	return names
}

// Map makes a column another property: "Handy=TEL;TYPE=cell", "Town=ADR.locality;TYPE=home", "Shoe size=" for none. See
// [ParseProperty].
func (t *Table) Map(rule string) error {
	name, property, ok := strings.Cut(rule, "=")
	if !ok {
		return fmt.Errorf("%q is not of the form COLUMN=PROPERTY", rule)
	}
	p, err := ParseProperty(property)
	if err != nil {
		return err
	}
	found := false
	for i := range t.Columns {
		if strings.EqualFold(t.Columns[i].Name, strings.TrimSpace(name)) {
			t.Columns[i].Property, found = p, true
		}
	}
	if !found {
		return fmt.Errorf("there is no column %q", name)
	}
	return nil
}

// Cards yields a card for each row that has anything in it.
func (t *Table) Cards() iter.Seq[Card] {
	return func(yield func(Card) bool) {
		rows := t.reader()
		if _, err := rows.Read(); err != nil {
			return
		}
		all, slots := places(t.Columns)
		b := &builder{dayFirst: t.dayFirst, slots: make([]entry, slots)}
		for {
			cells, err := rows.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Card{Err: err}) // the reader would not get any further
				return
			}
			line, _ := rows.FieldPos(0)
			if card, ok := b.of(cells, all, line); ok && !yield(card) {
				return
			}
		}
	}
}

// of is the card of a row.
func (b *builder) of(cells []string, places []place, line int) (Card, bool) {
	b.reset()
	for i, cell := range cells[:min(len(cells), len(places))] {
		if len(cell) > maxCell {
			return Card{Line: line, Err: fmt.Errorf("a cell of more than %d KiB", maxCell>>10)}, true
		}
		if cell = strings.TrimSpace(cell); cell != "" && places[i].Name != "" {
			b.add(&places[i], cell)
		}
	}
	if b.empty() {
		return Card{}, false
	}
	return Card{Line: line, Bytes: b.bytes()}, true
}
