package api

import (
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"ksync/internal/account"
	"ksync/store"
)

// maxExport bounds the rows of one export.
const maxExport = 100_000

// activityCSV writes page by page: no transaction is open while the client reads.
func (s *server) activityCSV(ctx context.Context, c *call, in *ActivityFilter) (*huma.StreamResponse, error) {
	q := in.query()
	q.Limit = 500
	first, err := s.Accounts.Activity(ctx, c.Person, q)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "text/csv; charset=utf-8; header=present") // RFC 4180 §3
		hc.SetHeader("Content-Disposition", `attachment; filename="activity.csv"`)
		w := csv.NewWriter(hc.BodyWriter())
		w.UseCRLF = true
		if err := s.writeActivity(ctx, c, w, q, first); err != nil && ctx.Err() == nil {
			s.Logger.ErrorContext(ctx, "export activity", "err", err)
			panic(http.ErrAbortHandler) // half a file must not look like a whole one
		}
	}}, nil
}

func (s *server) writeActivity(ctx context.Context, c *call, w *csv.Writer, q store.ActivityQuery, page []store.Activity) error {
	if err := w.Write([]string{"at", "since", "count", "kind", "place", "client", "detail", "reference"}); err != nil {
		return err
	}
	for n := 0; len(page) > 0 && n < maxExport; n += len(page) {
		for _, a := range page {
			if err := w.Write(row(a)); err != nil {
				return err
			}
		}
		w.Flush()
		if err := w.Error(); err != nil || len(page) < q.Limit {
			return err
		}
		q.Before = page[len(page)-1]
		var err error
		if page, err = s.Accounts.Activity(ctx, c.Person, q); err != nil {
			return err
		}
	}
	w.Flush() // the header, when there is nothing else
	return w.Error()
}

func row(a store.Activity) []string {
	cells := []string{
		stamp(a.At), stamp(a.Since), strconv.FormatInt(a.Count, 10), a.Kind, a.Place, a.Client, a.Detail, account.Reference(a.ID),
	}
	for i := range cells {
		cells[i] = cell(cells[i])
	}
	return cells
}

func stamp(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339) }

// cell keeps a text from being a formula: strangers choose how their programs
// are called, and spreadsheets run what begins like this.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
