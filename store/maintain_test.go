package store

import (
	"path/filepath"
	"testing"
	"time"
)

// A collection that comes back, and is deleted once more, while maintenance is
// about to remove it was deleted just now: it can come back again.
func TestMaintain_LeavesWhatWasDeletedOnceMore(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)
	s := opened(t, Options{Path: filepath.Join(t.TempDir(), "ksync.db"), Now: func() time.Time { return now }})
	c := seeded(t, s)
	if _, err := s.PutObject(t.Context(), c.text("a", "x")); err != nil {
		t.Fatal(err)
	}
	remove := func() {
		t.Helper()
		if err := s.DeleteCollection(t.Context(), c.Account, c.ID, Precondition{}); err != nil {
			t.Fatal(err)
		}
	}
	restore := func() {
		t.Helper()
		if _, err := s.RestoreCollection(t.Context(), c.Account, c.ID); err != nil {
			t.Fatal(err)
		}
	}
	remove()
	now = now.Add(31 * day)
	looked, err := s.collectionsAfter(t.Context(), place{})
	if err != nil || len(looked) != 1 {
		t.Fatalf("%v, %v", looked, err)
	}
	restore()
	remove()
	if err := s.purgeCollection(t.Context(), looked[0]); err != nil {
		t.Fatal(err)
	}
	restore()
	if _, err := s.Object(t.Context(), c.Account, c.ID, "a"); err != nil {
		t.Error(err)
	}
	verified(t, s)
}
