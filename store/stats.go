package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Stats is what the writer has done since the store was opened, and does now.
type Stats struct {
	Waiting   int           // writes that wait for their turn
	Busy      time.Duration // how long the commit that is being made has taken so far; 0: none is
	Failed    uint64        // commits that a fault spoilt
	PerCommit Histogram     // writes that shared one commit
	Commit    Histogram     // seconds that a commit took, with the writes in it
}

// Histogram counts values: Counts[i] are those up to Bounds[i], those below the
// bounds before it included.
type Histogram struct {
	Bounds []float64
	Counts []uint64
	Count  uint64
	Sum    float64
}

func (h *Histogram) add(v float64) {
	h.Count++
	h.Sum += v
	for i, bound := range h.Bounds {
		if v <= bound {
			h.Counts[i]++
		}
	}
}

func (h *Histogram) copy() Histogram {
	c := *h
	c.Counts = append([]uint64(nil), h.Counts...)
	return c
}

// stats is where the writer counts.
type stats struct {
	waiting atomic.Int64

	mu    sync.Mutex
	sum   Stats
	began time.Time // of the commit that is being made; zero: none is
}

func newStats() *stats {
	histogram := func(bounds ...float64) Histogram {
		return Histogram{Bounds: bounds, Counts: make([]uint64, len(bounds))}
	}
	return &stats{sum: Stats{
		PerCommit: histogram(1, 2, 4, 8, 16, 32, 64, maxBatch),
		Commit:    histogram(.0005, .001, .002, .005, .01, .02, .05, .1, .25, 1, 5),
	}}
}

// begin notes that a commit is being made.
func (s *stats) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.began = time.Now()
}

// end notes what became of it.
func (s *stats) end(writes int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.sum.Failed++
	} else {
		s.sum.PerCommit.add(float64(writes))
		s.sum.Commit.add(time.Since(s.began).Seconds())
	}
	s.began = time.Time{}
}

// Stats returns the counts as of now.
func (s *Store) Stats() Stats {
	st := s.writer.stats
	st.mu.Lock()
	defer st.mu.Unlock()
	sum := st.sum
	sum.Waiting = int(st.waiting.Load())
	sum.PerCommit, sum.Commit = st.sum.PerCommit.copy(), st.sum.Commit.copy()
	if !st.began.IsZero() {
		sum.Busy = max(time.Since(st.began), 1)
	}
	return sum
}

// Writable reports whether a write gets its turn and is committed.
func (s *Store) Writable(ctx context.Context) error {
	return s.Write(ctx, func(*Tx) error { return nil })
}

// Size is how many bytes the database has on the disk, what waits in its
// journal included.
func (s *Store) Size() (bytes int64, err error) {
	for _, suffix := range []string{"", "-wal"} {
		info, err := os.Stat(s.options.Path + suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, err
		}
		bytes += info.Size()
	}
	return bytes, nil
}

// Outbox returns how many letters wait to be sent, and when the oldest of them
// was written; 0 when none waits.
func (s *Store) Outbox(ctx context.Context) (waiting, oldest int64, err error) {
	err = s.Read(ctx, func(tx *Tx) error {
		return tx.one(ctx, `select count(*), coalesce(min(created), 0) from notice where sent = 0`, nil, &waiting, &oldest)
	})
	return waiting, oldest, err
}
