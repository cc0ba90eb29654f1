package duplicates

import (
	"context"
	"sync"
	"time"

	"ksync/store"
)

// Around is where a group stands among those of a query.
type Around struct {
	Place    int    // from 1
	Total    int    // of all
	Previous string // ID; "" before the first
	Next     string // ID; "" behind the last
}

// Around tells what stands beside a group. One that is not among those of the query has Place 0, and the first one
// after it.
func (s *Service) Around(ctx context.Context, account int64, q Query, id string) (Around, error) {
	q = q.withDefaults()
	var a Around
	err := s.with(ctx, account, func(sh *shelf) error {
		g := sh.find(id)
		chosen := sh.choose(q)
		a.Total = len(chosen)
		if len(chosen) == 0 {
			return nil
		}
		if g == nil {
			a.Next = groupID(chosen[0])
			return nil
		}
		next := after(chosen, cursorOf(g))
		if next > 0 && chosen[next-1] == g {
			a.Place = next
		}
		if next < len(chosen) {
			a.Next = groupID(chosen[next])
		}
		if previous := next - 1 - min(a.Place, 1); previous >= 0 {
			a.Previous = groupID(chosen[previous])
		}
		return nil
	})
	return a, err
}

// Made returns one entry of the history. [store.ErrNotFound].
func (s *Service) Made(ctx context.Context, account, id int64) (Made, error) {
	var made Made
	err := s.o.Store.Read(ctx, func(tx *store.Tx) error {
		m, err := tx.Merge(ctx, account, id)
		if err != nil {
			return err
		}
		made, err = madeOf(m)
		return err
	})
	return made, err
}

// Answered returns the merge that was made with an idempotency key. [store.ErrNotFound].
func (s *Service) Answered(ctx context.Context, account int64, key string) (Merged, error) {
	var m Merged
	err := s.o.Store.Read(ctx, func(tx *store.Tx) error {
		record, err := tx.MergeByToken(ctx, account, key)
		if err != nil {
			return err
		}
		e, err := entryOf(record)
		m = e.answer(record)
		m.Repeated = true
		return err
	})
	return m, err
}

// counting are the counts that are being made for somebody who may not wait for them.
type counting struct {
	mu      sync.Mutex
	running map[int64]*count
}

// count is one of them.
type count struct {
	done   chan struct{}
	counts []BookCount
	err    error
}

// CountsWithin is [Service.Counts] for a page that has more to say: ok is false if they took longer than patience. They
// go on being made, so that they are there the next time.
func (s *Service) CountsWithin(ctx context.Context, account int64, patience time.Duration) (counts []BookCount, ok bool, err error) {
	c := s.count(account)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-c.done:
		return c.counts, c.err == nil, c.err
	case <-timer.C:
		return nil, false, nil
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}

// count starts to count, unless somebody has.
func (s *Service) count(account int64) *count {
	s.counting.mu.Lock()
	defer s.counting.mu.Unlock()
	if c := s.counting.running[account]; c != nil {
		return c
	}
	c := &count{done: make(chan struct{})}
	s.counting.running[account] = c
	s.jobs.Go(func() {
		c.err = guarded(func() (err error) {
			c.counts, err = s.Counts(s.running, account)
			return err
		})
		s.counting.mu.Lock()
		delete(s.counting.running, account)
		s.counting.mu.Unlock()
		close(c.done)
	})
	return c
}
