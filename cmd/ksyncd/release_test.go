package main

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Memory that work has left is given back once, when the work is over, and not for
// a little of it.
func TestRelease_OnceWorkIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const mib = 1 << 20
		var allocated, kept, freed atomic.Uint64
		kept.Store(5 * mib)
		h := heap{look: func() (uint64, uint64) { return allocated.Load(), kept.Load() }, free: func() { freed.Add(1); kept.Store(6 * mib) }}
		ctx, cancel := context.WithCancel(t.Context())
		go h.release(ctx)
		synctest.Wait()
		for _, step := range []struct {
			name            string
			allocates, keep uint64 // every ten seconds, and all the time
			want            uint64
		}{
			{"idle", 0, 5 * mib, 0},
			{"a burst", 100 * mib, 200 * mib, 0},
			{"over", 0, 200 * mib, 1},
			{"still over", 0, 6 * mib, 1},
			{"a device now and then", mib / 2, 9 * mib, 1},
			{"another burst", 50 * mib, 40 * mib, 1},
			{"over again", 0, 40 * mib, 2},
		} {
			kept.Store(step.keep)
			for range 12 {
				allocated.Add(step.allocates)
				time.Sleep(10 * time.Second)
				synctest.Wait()
			}
			if freed.Load() != step.want {
				t.Errorf("%s: freed %d times, want %d", step.name, freed.Load(), step.want)
			}
		}
		cancel()
		synctest.Wait()
	})
}

// What is looked at is there in this version of Go, and freeing has an effect. It is
// about the whole process, so nothing runs beside it.
func TestRelease_OfGo(t *testing.T) {
	h := goHeap()
	block := make([]byte, 64<<20)
	for i := 0; i < len(block); i += 4096 {
		block[i] = 1
	}
	allocated, kept := h.look()
	if allocated < 64<<20 || kept < 64<<20 {
		t.Fatalf("%d allocated, %d kept", allocated, kept)
	}
	block = nil
	h.free()
	if _, now := h.look(); now > kept-32<<20 {
		t.Errorf("%d of %d bytes are still kept", now, kept)
	}
}
