package duplicates

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"time"

	"ksync/store"
)

// Service finds, merges, hides. Its methods may be called from any number of goroutines.
type Service struct{ o Options }

// New makes a service. [Service.Close] ends its jobs.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Region == nil {
		o.Region = Region
	}
	o.Limits = o.Limits.withDefaults()
	return &Service{o: o}
}

var errNotYet = errors.New("not built yet")

// Close stops jobs after the group they are at, and waits for them.
func (s *Service) Close() {}

// Counts returns the number of open groups of each address book, those without any included.
func (s *Service) Counts(ctx context.Context, account int64) ([]BookCount, error) {
	return nil, errNotYet
}

// Groups returns a page of the open groups.
func (s *Service) Groups(ctx context.Context, account int64, q Query) (Page, error) {
	return Page{}, errNotYet
}

// Group returns one with all details. [store.ErrNotFound] when there is none of this ID (any more).
func (s *Service) Group(ctx context.Context, account int64, id string) (Group, error) {
	return Group{}, errNotYet
}

// Photo returns the embedded picture of a card and its media type. [store.ErrNotFound] without one.
func (s *Service) Photo(ctx context.Context, account int64, at Ref) (data []byte, mediaType string, err error) {
	return nil, "", errNotYet
}

// Preview says what a merge would do. Errors are those of Merge.
func (s *Service) Preview(ctx context.Context, account int64, r Request) (Preview, error) {
	return Preview{}, errNotYet
}

// Merge merges. [*Stale], [*Gone], [*TooLarge], [*ReadOnly], [ErrRequest], [ErrNoContact], [ErrKeyUsed],
// [store.ErrQuota]; nothing was written then.
func (s *Service) Merge(ctx context.Context, account int64, by store.Author, r Request) (Merged, error) {
	return Merged{}, errNotYet
}

// UndoPreview says what Undo would do now.
func (s *Service) UndoPreview(ctx context.Context, account, id int64) (Undone, error) {
	return Undone{}, errNotYet
}

// Undo takes a merge, an undo or a whole job back. [store.ErrNotFound], [ErrUndone].
func (s *Service) Undo(ctx context.Context, account int64, by store.Author, id int64) (Undone, error) {
	return Undone{}, errNotYet
}

// Hide hides every pair of these cards. [*Stale] and [*Gone] as for Merge; an empty ETag is not compared.
func (s *Service) Hide(ctx context.Context, account int64, cards []Ref) error { return errNotYet }

// Unhide shows a pair again, if it still is one. [store.ErrNotFound].
func (s *Service) Unhide(ctx context.Context, account, id int64) error { return errNotYet }

// Hidden lists the hidden pairs.
func (s *Service) Hidden(ctx context.Context, account int64, cursor string, limit int) (HiddenPage, error) {
	return HiddenPage{}, errNotYet
}

// History lists merges and undos that can be undone, or were.
func (s *Service) History(ctx context.Context, account int64, cursor string, limit int) (History, error) {
	return History{}, errNotYet
}

// MergeAllSure starts to merge the sure groups, of one address book or (0) of all, as they are now; groups with a
// conflict in a property that has one value are left to a person. The same key is answered with the same job.
// [ErrBusy] while another one of the account runs.
func (s *Service) MergeAllSure(ctx context.Context, account int64, by store.Author, book int64, key string) (Job, error) {
	return Job{}, errNotYet
}

// Job tells how far a job is. [store.ErrNotFound].
func (s *Service) Job(ctx context.Context, account, id int64) (Job, error) { return Job{}, errNotYet }

// Region is the country of an account, for telephone numbers without one: its locale's, else its time zone's.
func Region(a store.Account) string { return cmp.Or("", "") }
