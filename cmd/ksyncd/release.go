package main

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// heap is what Go's allocator tells, and can be told.
type heap struct {
	// look returns how much was allocated since the start, and how much is kept
	// from the system now: in use, garbage, and free.
	look func() (allocated, kept uint64)
	free func() // collects, and gives back
}

func goHeap() heap {
	return heap{look: lookAtHeap, free: debug.FreeOSMemory}
}

func lookAtHeap() (allocated, kept uint64) {
	samples := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"}, {Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"}, {Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(samples)
	for _, s := range samples[1:] {
		kept += s.Value.Uint64()
	}
	return samples[0].Value.Uint64(), kept
}

// release gives back what a burst of work has left, once nothing happens any more,
// until ctx is done. By itself Go does not: garbage is collected when as much is
// allocated again, or after minutes, and most of what is free is kept. While there
// is work it is left alone, and who syncs now and then does not notice.
func (h heap) release(ctx context.Context) {
	const (
		pause = 15 * time.Second
		quiet = 2 << 20  // allocated in a pause: nobody works
		worth = 12 << 20 // kept beyond what was there at the last time
	)
	seen, least := h.look()
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		allocated, kept := h.look()
		if allocated-seen < quiet && kept > least+worth {
			h.free()
			allocated, kept = h.look()
			least = kept
		}
		seen, least = allocated, min(least, kept)
	}
}
