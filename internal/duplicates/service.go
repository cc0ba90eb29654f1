package duplicates

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"time"

	"ksync/internal/dedup"
	"ksync/store"
)

// Service finds, merges, hides. Its methods may be called from any number of goroutines.
type Service struct {
	o        Options
	library  library
	scans    chan struct{}
	jobs     sync.WaitGroup
	stop     context.CancelFunc
	running  context.Context // of the jobs, which outlive the request that starts them
	mu       sync.Mutex
	working  map[int64]int64 // account: its job
	counting counting
}

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
	s := &Service{o: o, library: library{shelves: map[int64]*shelf{}, room: o.Limits.Cards}, working: map[int64]int64{}, counting: counting{running: map[int64]*count{}}, scans: make(chan struct{}, 2)}
	s.running, s.stop = context.WithCancel(context.Background())
	return s
}

// Close stops jobs after the group they are at, and waits for them.
func (s *Service) Close() {
	s.mu.Lock()
	s.stop() // none starts from here on
	s.mu.Unlock()
	s.jobs.Wait()
}

// Keying is how the keys of stored cards are made, for [store.Store.Rekey]: a merge finds by them who refers to a
// removed card. The service brings them up to date for an account before its first merge.
func Keying() store.Keying {
	return store.Keying{Kind: store.AddressBook, Version: dedup.LookupVersion, Keys: lookup}
}
