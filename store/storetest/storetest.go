// Package storetest is the contract of package store as tests, run on every
// database the store works with, and what other packages' tests need to have
// a filled store in a few milliseconds.
package storetest

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"ksync/store"
)

// Opener opens an empty store. It sets what says where the store is, keeps
// the other options, and closes the store at the end of the test, after
// [Verify].
type Opener func(t testing.TB, o store.Options) *store.Store

// SQLite opens a store in a file of the test's own directory.
func SQLite(t testing.TB, o store.Options) *store.Store {
	t.Helper()
	return OpenIn(t, t.TempDir(), o)
}

// OpenIn is [SQLite] in a directory of the caller's, as "ksync.db".
func OpenIn(t testing.TB, dir string, o store.Options) *store.Store {
	t.Helper()
	o.Path = filepath.Join(dir, "ksync.db")
	Prepare(t, o.Path)
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { Close(t, s) })
	return s
}

// Open opens an empty store with default options.
func Open(t testing.TB) *store.Store {
	t.Helper()
	return SQLite(t, store.Options{})
}

// Close checks a store and closes it, unless the test has done so before.
func Close(t testing.TB, s *store.Store) {
	t.Helper()
	if errors.Is(s.Ping(context.Background()), store.ErrClosed) {
		return
	}
	Verify(t, s)
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// Run runs the contract.
func Run(t *testing.T, open Opener) {
	for _, group := range []struct {
		name  string
		tests []contract
	}{
		{"Account", accountTests()},
		{"AppPassword", appPasswordTests()},
		{"Device", deviceTests()},
		{"Session", sessionTests()},
		{"Factor", factorTests()},
		{"Ticket", ticketTests()},
		{"Activity", activityTests()},
		{"Notice", noticeTests()},
		{"Collection", collectionTests()},
		{"Property", propertyTests()},
		{"Put", putTests()},
		{"Delete", deleteTests()},
		{"Transfer", transferTests()},
		{"Query", queryTests()},
		{"Version", versionTests()},
		{"Key", keyTests()},
		{"Merge", mergeTests()},
		{"Sync", syncTests()},
		{"Maintain", maintainTests()},
		{"Write", writeTests()},
		{"Isolation", isolationTests()},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range group.tests {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					c.test(t, open)
				})
			}
		})
	}
}

// contract is one thing the store promises.
type contract struct {
	name string
	test func(t *testing.T, open Opener)
}

// Clock is a clock that stands still until it is moved.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock at some time in 2026.
func NewClock() *Clock { return ClockAt(time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)) }

// ClockAt returns a clock at that time.
func ClockAt(now time.Time) *Clock { return &Clock{now: now} }

// Now is for [store.Options].
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock, backwards when d is negative.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
