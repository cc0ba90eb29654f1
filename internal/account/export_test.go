package account

import (
	"context"
	"runtime"
)

// Settle waits until what is written after the answer is written.
func (s *Service) Settle() { s.later.settle() }

// Hashes is how many account passwords were hashed: the work of a sign-in.
func (s *Service) Hashes() int64 { return s.hasher.done.Load() }

// FillHasher has the bound of those who wait for a hash reached, until free is called.
func (s *Service) FillHasher() (free func()) {
	s.hasher.waiting.Add(maxHashWaiting)
	return func() { s.hasher.waiting.Add(-maxHashWaiting) }
}

func (l *later) settle() {
	done := make(chan struct{})
	l.jobs <- laterJob{"settle", func(context.Context) error { close(done); return nil }}
	<-done
}

// Shortened is shortened.
func Shortened(name, otherwise string) string { return shortened(name, otherwise) }

// StallHasher has all hashes wait until free is called; asked tells of the first.
func (s *Service) StallHasher(ctx context.Context) (asked func(), free func()) {
	for range maxHashing {
		s.hasher.slots <- struct{}{}
	}
	asked = func() {
		for s.hasher.waiting.Load() == 0 && ctx.Err() == nil {
			runtime.Gosched()
		}
	}
	return asked, func() {
		for range maxHashing {
			<-s.hasher.slots
		}
	}
}
