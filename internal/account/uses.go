package account

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"ksync/store"
)

// When an app password was last used is noted at most every useInterval,
// together with others after useDelay, away from the requests. maxUses bounds
// what waits; more is dropped, as the next use will be noted instead.
const (
	useInterval = 10 * time.Minute
	useDelay    = 5 * time.Second
	maxUses     = 1024
	useTimeout  = 30 * time.Second
)

type use struct {
	account, id, at int64
	place, agent    string
	denied          bool // it was over: only noted, so that its owner sees a device still trying
}

// uses writes the latest use of app passwords to the store in batches.
type uses struct {
	touch  func(context.Context, use) error
	logger *slog.Logger
	wake   chan struct{}
	stop   chan struct{}
	done   chan struct{}

	mu      sync.Mutex
	pending map[used]use
}

// used names an app password: ids are unique within their account.
type used struct{ account, id int64 }

func newUses(touch func(context.Context, use) error, logger *slog.Logger) *uses {
	u := &uses{
		touch: touch, logger: logger, pending: map[used]use{},
		wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}
	go u.run()
	return u
}

// noteworthy says whether a use is to be written down: every few minutes one is.
func noteworthy(p store.AppPassword, now int64) bool {
	return time.Duration(now-p.LastUsed)*time.Millisecond >= useInterval
}

// note remembers a use that is noteworthy. It never waits.
func (u *uses) note(latest use) {
	of := used{latest.account, latest.id}
	u.mu.Lock()
	if _, waits := u.pending[of]; waits || len(u.pending) < maxUses {
		u.pending[of] = latest
	}
	u.mu.Unlock()
	select {
	case u.wake <- struct{}{}:
	default:
	}
}

func (u *uses) run() {
	defer close(u.done)
	for {
		select {
		case <-u.wake:
		case <-u.stop:
			u.flush()
			return
		}
		select {
		case <-time.After(useDelay):
		case <-u.stop:
		}
		u.flush()
	}
}

func (u *uses) flush() {
	u.mu.Lock()
	batch := u.pending
	u.pending = map[used]use{}
	u.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), useTimeout)
	defer cancel()
	for _, latest := range batch {
		err := u.touch(ctx, latest)
		if errors.Is(err, store.ErrNotFound) {
			continue // deleted meanwhile, which is nothing to the others
		}
		if err != nil {
			u.logger.Warn("note use of app password", "account", latest.account, "err", err)
			return // a store that fails will for the others, too; the next use is noted again
		}
	}
}

// close writes what waits and ends the goroutine.
func (u *uses) close() {
	close(u.stop)
	<-u.done
}
