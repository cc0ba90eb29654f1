package account

import (
	"context"
	"encoding/csv"
	"io"
	"strings"

	"ksync/store"
)

// An activity file has so many rows at most, and reads so many at once.
const (
	fileRows = 100_000
	filePage = 500
)

// ActivityFile is recent activity on its way into a CSV file (RFC 4180).
type ActivityFile struct {
	service *Service
	person  Person
	query   store.ActivityQuery
	first   []store.Activity
}

// ActivityFile begins a file of what happened, the latest first. Its error comes
// before anything is written, when there is still an answer for it.
func (s *Service) ActivityFile(ctx context.Context, p Person, query store.ActivityQuery) (*ActivityFile, error) {
	query.Limit, query.Before = filePage, store.Activity{}
	first, err := s.Activity(ctx, p, query)
	return &ActivityFile{s, p, query, first}, err
}

// Write writes a row of names and one for each activity, page by page: no
// transaction is open while the other end reads.
func (f *ActivityFile) Write(ctx context.Context, w io.Writer, names []string, row func(store.Activity) []string) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true // RFC 4180 §2
	if err := out.Write(names); err != nil {
		return err
	}
	for rows, page := 0, f.first; ; {
		for _, a := range page {
			if err := out.Write(harmless(row(a))); err != nil {
				return err
			}
			f.query.Before = a
		}
		out.Flush()
		rows += len(page)
		if err := out.Error(); err != nil || len(page) < filePage || rows >= fileRows {
			return err
		}
		var err error
		if page, err = f.service.Activity(ctx, f.person, f.query); err != nil {
			return err
		}
	}
}

// harmless keeps texts from being formulas: strangers choose how their programs
// are called, and spreadsheets run what begins like this.
func harmless(row []string) []string {
	for i, cell := range row {
		if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
			row[i] = "'" + cell
		}
	}
	return row
}
