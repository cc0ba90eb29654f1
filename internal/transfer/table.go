package transfer

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"ksync/internal/csvcard"
)

// isTable tells of a CSV file that a person has named. Others, in directories and
// archives, are left alone: not every table is one of contacts.
func (f *file) isTable() bool {
	ext := strings.ToLower(filepath.Ext(f.name))
	return f.named && (ext == ".csv" || ext == ".tsv")
}

// table reads a CSV file and corrects its mapping.
func (f *file) table(rules []string) (*csvcard.Table, error) {
	data, err := f.raw()
	if err != nil {
		return nil, err
	}
	t, err := csvcard.Read(data)
	if err != nil {
		return nil, err
	}
	for _, rule := range rules {
		if err := t.Map(rule); err != nil {
			return nil, err
		}
	}
	if !t.Mapped() {
		return nil, fmt.Errorf("%w: say which by --map COLUMN=PROPERTY", csvcard.ErrNoTable)
	}
	return t, nil
}

// table imports a CSV file, a card a row. What of it is not imported is told.
func (im *importer) table(ctx context.Context, f *file) error {
	t, err := f.table(im.targets.options.Columns)
	if err != nil {
		im.fail(0, "", err)
		return nil
	}
	if left := t.Left(); left != nil {
		im.results.add(im.next(), Item{File: im.file, Line: 1, Outcome: Skipped, Reason: "columns that are not imported: " + strings.Join(left, ", ")})
	}
	n, seen := 0, map[string]string{}
	for card := range t.Cards() {
		n++
		if card.Err != nil {
			im.fail(card.Line, "", card.Err)
			continue
		}
		if err := im.cards(ctx, block{vcardName, card.Bytes, card.Line}, seen); err != nil {
			return err
		}
		im.tellSometimes()
	}
	if n == 0 {
		im.fail(0, "", errors.New("nothing inside"))
	}
	return nil
}

// Preview is how a CSV file would be read.
type Preview struct {
	File      string          `json:"file"`
	Encoding  string          `json:"encoding"`
	Delimiter string          `json:"delimiter"`
	Columns   []PreviewColumn `json:"columns"`
	Cards     []string        `json:"cards"` // the first ones
}

// PreviewColumn is what a column would become.
type PreviewColumn struct {
	Name     string `json:"name"`
	Property string `json:"property,omitempty"` // as a rule of Options.Columns has it; "" is not imported
	Sample   string `json:"sample,omitempty"`
}

// Preview reads the CSV files, with the rules of Options.Columns, and stores nothing. Other files are an error: they say
// themselves what they are.
func (f *Files) Preview(rules []string, cards int) ([]Preview, error) {
	var all []Preview
	for i := range f.list {
		it := &f.list[i]
		if !it.isTable() {
			return nil, fmt.Errorf("%s: only a CSV file has a mapping to look at", it.name)
		}
		t, err := it.table(rules)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", it.name, err)
		}
		all = append(all, preview(it.name, t, cards))
	}
	return all, nil
}

func preview(name string, t *csvcard.Table, cards int) Preview {
	p := Preview{File: name, Encoding: t.Encoding, Delimiter: string(t.Delimiter), Cards: []string{}}
	for _, c := range t.Columns {
		p.Columns = append(p.Columns, PreviewColumn{c.Name, c.Property.String(), c.Sample})
	}
	for card := range t.Cards() {
		if len(p.Cards) == cards {
			break
		}
		if card.Err == nil {
			p.Cards = append(p.Cards, string(card.Bytes))
		}
	}
	return p
}
