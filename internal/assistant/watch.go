package assistant

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"ksync/store"
)

// Bounds of what waits to be written, and of what is remembered as written.
const (
	maxSeen     = 10_000
	maxSights   = 256
	seenTimeout = 30 * time.Second
)

// sight is a request of an app password for some data.
type sight struct {
	account, appPassword int64
	data                 Data // "": for nothing in particular
}

// watch notes what devices ask for, each thing once, away from their requests.
type watch struct {
	write  func(context.Context, sight) error
	logger *slog.Logger
	sights chan sight
	stop   chan struct{}
	done   chan struct{}
	ended  sync.Once

	mu   sync.Mutex
	seen map[sight]bool
}

func newWatch(write func(context.Context, sight) error, logger *slog.Logger) *watch {
	w := &watch{
		write: write, logger: logger, sights: make(chan sight, maxSights), stop: make(chan struct{}), done: make(chan struct{}),
		seen: map[sight]bool{},
	}
	go w.run()
	return w
}

// note remembers a sight. It never waits: what does not fit is noted with a
// later request.
func (w *watch) note(s sight) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen[s] {
		return
	}
	if len(w.seen) >= maxSeen {
		clear(w.seen) // they are looked at once more, and found written
	}
	select {
	case w.sights <- s:
		w.seen[s] = true
	default:
	}
}

func (w *watch) forget(s sight) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.seen, s)
}

// forgetAll has what an app password asks for noted once more: it is another device's now.
func (w *watch) forgetAll(account, appPassword int64) {
	for _, data := range append(AllData(), "") {
		w.forget(sight{account, appPassword, data})
	}
}

func (w *watch) run() {
	defer close(w.done)
	for {
		select {
		case s := <-w.sights:
			w.do(s)
		case <-w.stop:
			for {
				select {
				case s := <-w.sights:
					w.do(s)
				default:
					return
				}
			}
		}
	}
}

func (w *watch) do(s sight) {
	ctx, cancel := context.WithTimeout(context.Background(), seenTimeout)
	defer cancel()
	if err := w.write(ctx, s); err != nil {
		w.forget(s)
		w.logger.Warn("note device", "account", s.account, "err", err)
	}
}

func (w *watch) close() {
	w.ended.Do(func() { close(w.stop) })
	<-w.done
}

// Saw is told of each request that signed in with an app password: its device
// is connected, and asks for that data ("" for none in particular). It returns
// at once; what is known already costs a look into a map.
func (s *Service) Saw(account, appPassword int64, data Data) {
	s.watch.note(sight{account, appPassword, data})
}

func (s *Service) saw(ctx context.Context, see sight) error {
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		return tx.SeeDevice(ctx, see.account, see.appPassword, string(see.data))
	})
}
