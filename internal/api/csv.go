package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"ksync/internal/account"
	"ksync/store"
)

func (s *server) activityCSV(ctx context.Context, c *call, in *ActivityFilter) (*huma.StreamResponse, error) {
	file, err := s.Accounts.ActivityFile(ctx, c.Person, in.query())
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "text/csv; charset=utf-8; header=present") // RFC 4180 §3
		hc.SetHeader("Content-Disposition", `attachment; filename="activity.csv"`)
		s.whole(ctx, "export activity", file.Write(ctx, hc.BodyWriter(), []string{"at", "since", "count", "kind", "place", "client", "detail", "reference"}, row))
	}}, nil
}

// whole breaks an answer off that could not be finished: half a file must not
// look like a whole one.
func (s *server) whole(ctx context.Context, what string, err error) {
	if err == nil {
		return
	}
	if ctx.Err() == nil { // else the client went away: nobody to tell
		s.Logger.ErrorContext(ctx, what, "err", err)
	}
	panic(http.ErrAbortHandler)
}

func row(a store.Activity) []string {
	return []string{
		stamp(a.At), stamp(a.Since), strconv.FormatInt(a.Count, 10), a.Kind, a.Place, a.Client, a.Detail, account.Reference(a.ID),
	}
}

func stamp(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339) }
