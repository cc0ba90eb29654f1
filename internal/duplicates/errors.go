package duplicates

import (
	"errors"
	"fmt"
)

// What a caller can act on, besides [store.ErrNotFound] for a group, merge, job or pair that there is none of (any
// more), [store.ErrQuota], and the faults of the store.
var (
	// ErrRequest: the request cannot be meant: no cards, one twice, too many, with too many lines, a choice of no value.
	ErrRequest = errors.New("no such merge")
	// ErrNoContact: a card is a group, or none that can be read; these are never merged.
	ErrNoContact = errors.New("not a contact")
	// ErrKeyUsed: the idempotency key belongs to another request.
	ErrKeyUsed = errors.New("key was used for another request")
	// ErrUndone: the merge was undone before.
	ErrUndone = errors.New("undone already")
	// ErrTooMany: the account has more cards than [Limits.Cards].
	ErrTooMany = errors.New("too many cards to compare")
	// ErrBusy: a job of the account is running.
	ErrBusy = errors.New("another job runs")
)

// Stale reports that cards are no longer what the person saw. Nothing was written.
type Stale struct {
	Cards []Member // all of the request as they are now, the reference first
}

// Error says so.
func (e *Stale) Error() string { return "a card has changed" }

// Gone reports cards that are no longer there. Nothing was written.
type Gone struct{ Refs []Ref }

// Error says how many.
func (e *Gone) Error() string { return fmt.Sprintf("%d cards are no longer there", len(e.Refs)) }

// TooLarge reports that the result would exceed [Limits.Object], with its largest part. Nothing was written.
type TooLarge struct {
	Size, Limit int64
	Property    string
	Bytes       int64 // of that property
}

// Error names the largest part.
func (e *TooLarge) Error() string {
	return fmt.Sprintf("the merged card has %d bytes, %d are allowed; %s has %d of them", e.Size, e.Limit, e.Property, e.Bytes)
}

// TooLong reports that the cards have more lines than [dedup.MaxLines], with the longest of them. It is an [ErrRequest].
type TooLong struct {
	Lines, Limit int
	Longest      Member
	Of           int // its lines
}

// Error counts the lines.
func (e *TooLong) Error() string {
	return fmt.Sprintf("the cards have %d lines, %d are allowed; the longest has %d of them", e.Lines, e.Limit, e.Of)
}

// Unwrap says what kind of error it is.
func (e *TooLong) Unwrap() error { return ErrRequest }

// ReadOnly reports an address book that is not written to, such as a subscription. Nothing was written.
type ReadOnly struct {
	Collection int64
	Name       string
}

// Error names the address book.
func (e *ReadOnly) Error() string { return "address book is read-only: " + e.Name }
