package store

import (
	"path/filepath"
	"sync"
	"testing"
)

// Each connection has a cache of its own, so there are no more than it takes.
func TestReaders_AreOpenedWhenAllAreInUse(t *testing.T) {
	t.Parallel()
	const size = 3
	s := opened(t, Options{Path: filepath.Join(t.TempDir(), "ksyncd.db"), Readers: size})
	for range 2 * size {
		if err := s.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if open := len(s.readers.idle); open != 1 {
		t.Errorf("%d are open after one reader at a time", open)
	}
	var all, done sync.WaitGroup
	all.Add(size)
	for range size {
		done.Go(func() {
			err := s.Read(t.Context(), func(*Tx) error {
				all.Done()
				all.Wait()
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	if open := len(s.readers.idle); open != size {
		t.Errorf("%d are open after %d readers at once", open, size)
	}
}
