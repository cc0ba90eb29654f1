package account

import (
	"net/netip"
	"sync"
	"time"
)

// maxLimited is how many keys a [Limiter] remembers.
const maxLimited = 10_000

// Limiter lets something happen so many times in a window of time, for each
// key. Nil lets everything happen. Its methods may be called from any number
// of goroutines.
type Limiter[K comparable] struct {
	most   int
	window time.Duration
	now    func() time.Time

	mu    sync.Mutex
	times *recent[K, []time.Time]
}

// NewLimiter makes one; when it is not on, nil.
func NewLimiter[K comparable](on bool, most int, window time.Duration, now func() time.Time) *Limiter[K] {
	if !on {
		return nil
	}
	return &Limiter[K]{most: most, window: window, now: now, times: newRecent[K, []time.Time](maxLimited)}
}

// Take counts one time before it happens, so that many at once do not pass
// together. [*Throttled] when there were too many.
func (l *Limiter[K]) Take(key K) error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	times := l.times.at(key, nil)
	kept := (*times)[:0]
	for _, t := range *times {
		if age := now.Sub(t); age >= 0 && age < l.window { // else it is past, or the clock was set back
			kept = append(kept, t)
		}
	}
	*times = kept
	if len(kept) >= l.most {
		return &Throttled{RetryAfter: kept[0].Add(l.window).Sub(now)}
	}
	*times = append(kept, now)
	return nil
}

// Give takes back the latest of a key, which turned out not to count.
func (l *Limiter[K]) Give(key K) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if times := l.times.at(key, nil); len(*times) > 0 {
		*times = (*times)[:len(*times)-1]
	}
}

// Network is what the visitor is counted as: an IPv4 address, or the /64 that
// an IPv6 subscriber has.
func (v Visit) Network() netip.Prefix { return network(v.Address) }
