package account

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ksync/store"
)

// written collects what reaches the store.
type written struct {
	mu  sync.Mutex
	all []use
}

func (w *written) touch(_ context.Context, u use) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, u)
	return nil
}

func (w *written) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.all)
}

func TestUses_OncePerIntervalAndBatched(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var w written
		u := newUses(w.touch, slog.New(slog.DiscardHandler))
		defer u.close()
		now := time.Now().UnixMilli()
		for range 100 {
			u.note(store.AppPassword{}, use{id: 1, at: now})
			u.note(store.AppPassword{}, use{id: 2, at: now})
		}
		u.note(store.AppPassword{LastUsed: now - 1000}, use{id: 3, at: now})
		synctest.Wait()
		if n := w.count(); n != 0 {
			t.Errorf("%d written before others could join", n)
		}
		time.Sleep(useDelay)
		synctest.Wait()
		if n := w.count(); n != 2 {
			t.Errorf("%d written, want 1 for each of two", n)
		}
		u.note(store.AppPassword{LastUsed: now}, use{id: 1, at: now + useInterval.Milliseconds()})
		time.Sleep(useDelay)
		synctest.Wait()
		if n := w.count(); n != 3 {
			t.Errorf("%d written after the interval, want 3", n)
		}
	})
}

func TestUses_WrittenAtClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var w written
		u := newUses(w.touch, slog.New(slog.DiscardHandler))
		began := time.Now()
		u.note(store.AppPassword{}, use{id: 1, at: began.UnixMilli()})
		u.close()
		if w.count() != 1 || time.Since(began) != 0 {
			t.Errorf("%d written after %v", w.count(), time.Since(began))
		}
	})
}

func TestUses_Bounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var w written
		u := newUses(w.touch, slog.New(slog.DiscardHandler))
		for i := range 3 * maxUses {
			u.note(store.AppPassword{}, use{id: int64(i), at: time.Now().UnixMilli()})
		}
		u.close()
		if n := w.count(); n != maxUses {
			t.Errorf("%d waited, want at most %d", n, maxUses)
		}
	})
}

func TestUses_OneThatIsGoneDoesNotTakeTheOthersAlong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var w written
		var logged bytes.Buffer
		touch := func(ctx context.Context, u use) error {
			if u.id%2 == 0 {
				return store.ErrNotFound
			}
			return w.touch(ctx, u)
		}
		u := newUses(touch, slog.New(slog.NewTextHandler(&logged, nil)))
		for i := range int64(20) {
			u.note(store.AppPassword{}, use{id: i, at: time.Now().UnixMilli()})
		}
		u.close()
		if w.count() != 10 || logged.Len() != 0 {
			t.Errorf("%d written, want 10; logged %q", w.count(), logged.String())
		}
	})
}

func TestUses_FailingStoreIsLoggedOnceAndTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var logged bytes.Buffer
		calls := 0
		u := newUses(func(context.Context, use) error { calls++; return errors.New("disk is full") }, slog.New(slog.NewTextHandler(&logged, nil)))
		for i := range 10 {
			u.note(store.AppPassword{}, use{id: int64(i), at: time.Now().UnixMilli()})
		}
		time.Sleep(useDelay)
		synctest.Wait()
		if lines := strings.Count(logged.String(), "\n"); lines != 1 || calls != 1 {
			t.Errorf("%d lines, %d calls", lines, calls)
		}
		u.note(store.AppPassword{}, use{id: 1, at: time.Now().UnixMilli()})
		u.close()
		if calls != 2 {
			t.Errorf("%d calls, want another", calls)
		}
	})
}
