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
			u.note(use{id: 1, at: now})
			u.note(use{id: 2, at: now})
		}
		u.note(use{account: 7, id: 2, at: now}) // another's, by chance with the same id
		synctest.Wait()
		if n := w.count(); n != 0 {
			t.Errorf("%d written before others could join", n)
		}
		time.Sleep(useDelay)
		synctest.Wait()
		if n := w.count(); n != 3 {
			t.Errorf("%d written, want 1 for each of three", n)
		}
		u.note(use{id: 1, at: now})
		time.Sleep(useDelay)
		synctest.Wait()
		if n := w.count(); n != 4 {
			t.Errorf("%d written after another, want 4", n)
		}
	})
}

func TestUses_NoteworthyOncePerInterval(t *testing.T) {
	t.Parallel()
	now := time.Now().UnixMilli()
	for ago, want := range map[time.Duration]bool{0: false, time.Second: false, useInterval - time.Millisecond: false, useInterval: true, time.Hour: true} {
		if got := noteworthy(store.AppPassword{LastUsed: now - ago.Milliseconds()}, now); got != want {
			t.Errorf("used %v ago: %v", ago, got)
		}
	}
	if !noteworthy(store.AppPassword{}, now) {
		t.Error("a first use is not noted")
	}
}

func TestUses_WrittenAtClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var w written
		u := newUses(w.touch, slog.New(slog.DiscardHandler))
		began := time.Now()
		u.note(use{id: 1, at: began.UnixMilli()})
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
			u.note(use{id: int64(i), at: time.Now().UnixMilli()})
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
			u.note(use{id: i, at: time.Now().UnixMilli()})
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
			u.note(use{id: int64(i), at: time.Now().UnixMilli()})
		}
		time.Sleep(useDelay)
		synctest.Wait()
		if lines := strings.Count(logged.String(), "\n"); lines != 1 || calls != 1 {
			t.Errorf("%d lines, %d calls", lines, calls)
		}
		u.note(use{id: 1, at: time.Now().UnixMilli()})
		u.close()
		if calls != 2 {
			t.Errorf("%d calls, want another", calls)
		}
	})
}
