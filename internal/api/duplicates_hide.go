package api

import (
	"context"
	"net/http"
	"time"

	"ksync/internal/duplicates"
)

// HiddenPair is two cards that a person said are two.
type HiddenPair struct {
	ID   int64      `json:"id"`
	At   *time.Time `json:"at"`
	A    Card       `json:"a"`
	B    Card       `json:"b"`
	Back bool       `json:"back" doc:"One of the cards changed since: the pair may be shown again."`
}

type hideInput struct {
	Body struct {
		Cards []CardRef `json:"cards" minItems:"2" maxItems:"40" nullable:"false"`
	}
}

type hiddenInput struct {
	Cursor string `query:"cursor" pattern:"^[0-9]{1,18}$" maxLength:"20" doc:"Where the page before ended; next has it."`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type hiddenOutput struct {
	Link string `header:"Link"`
	Body struct {
		Pairs []HiddenPair `json:"pairs" doc:"The latest first."`
		Next  string       `json:"next,omitempty" doc:"Address of the next page; none on the last one."`
	}
}

func (s *server) hidingOperations() {
	const tag, path = duplicatesTag, duplicatesPath
	add(s, operation{method: http.MethodPost, path: path + "/hide", id: "hide-duplicates", summary: "These are no duplicates", tag: tag, status: http.StatusNoContent,
		text: "Hides every two of the cards, until one of them changes in what cards are compared by."}, s.hideDuplicates)
	add(s, operation{method: http.MethodGet, path: path + "/hidden", id: "list-hidden", summary: "List hidden pairs", tag: tag}, s.hiddenPairs)
	add(s, operation{method: http.MethodDelete, path: path + "/hidden/{id}", id: "unhide", summary: "Show a pair again", tag: tag, status: http.StatusNoContent}, s.unhide)
}

func (s *server) hideDuplicates(ctx context.Context, c *call, in *hideInput) (*nothing, error) {
	return nil, s.Duplicates.Hide(ctx, c.Account.ID, views(in.Body.Cards, CardRef.ref))
}

func (s *server) hiddenPairs(ctx context.Context, c *call, in *hiddenInput) (*hiddenOutput, error) {
	page, err := s.Duplicates.Hidden(ctx, c.Account.ID, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &hiddenOutput{}
	out.Body.Pairs = views(page.Pairs, func(p duplicates.HiddenPair) HiddenPair {
		return HiddenPair{ID: p.ID, At: instant(p.At), A: viewMember(p.A), B: viewMember(p.B), Back: p.Back}
	})
	out.Body.Next, out.Link = c.next("cursor", page.Next)
	return out, nil
}

func (s *server) unhide(ctx context.Context, c *call, in *ByID) (*nothing, error) {
	return nil, s.Duplicates.Unhide(ctx, c.Account.ID, in.ID)
}
