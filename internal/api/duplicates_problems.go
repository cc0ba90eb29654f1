package api

import (
	"errors"

	"ksync/internal/duplicates"
)

// errKey: an Idempotency-Key that is none.
var errKey = errors.New("no such idempotency key")

// duplicateProblem says the errors of package duplicates that carry more than their kind; nil for others.
func duplicateProblem(err error) *Problem {
	if stale, ok := errors.AsType[*duplicates.Stale](err); ok {
		p := newProblem("cards-changed")
		p.Cards = views(stale.Cards, viewMember)
		return p
	}
	if gone, ok := errors.AsType[*duplicates.Gone](err); ok {
		p := newProblem("cards-gone")
		p.Cards = views(gone.Refs, func(r duplicates.Ref) Card { return Card{Book: r.Collection, URI: r.URI} })
		return p
	}
	if large, ok := errors.AsType[*duplicates.TooLarge](err); ok {
		p := newProblem("result-too-large")
		p.Size, p.Limit, p.Property, p.Bytes = large.Size, large.Limit, large.Property, large.Bytes
		return p
	}
	if long, ok := errors.AsType[*duplicates.TooLong](err); ok {
		p := newProblem("no-such-merge")
		p.Cards = []Card{viewMember(long.Longest)}
		return p
	}
	if closed, ok := errors.AsType[*duplicates.ReadOnly](err); ok {
		p := newProblem("read-only-book")
		p.Book = closed.Collection
		return p
	}
	return nil
}

// errorsOfDuplicates is which problem the others are.
func errorsOfDuplicates() []meaning {
	return []meaning{
		{duplicates.ErrRequest, "no-such-merge"}, {duplicates.ErrNoContact, "not-a-contact"}, {duplicates.ErrKeyUsed, "key-used"}, {duplicates.ErrUndone, "undone"},
		{duplicates.ErrBusy, "job-running"}, {duplicates.ErrTooMany, "too-many-cards"}, {errKey, "malformed"},
	}
}
