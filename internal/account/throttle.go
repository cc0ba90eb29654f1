package account

import (
	"net/netip"
	"sync"
	"time"
)

// A peer may fail failureBurst times at once, then once per failureInterval.
// maxBuckets addresses are remembered (about 150 bytes each).
const (
	failureBurst    = 20
	failureInterval = 10 * time.Second
	maxBuckets      = 10_000
)

// pace is how often something may happen: burst times at once, then once per interval.
type pace struct {
	burst    int
	interval time.Duration
}

// throttle counts what addresses do, like failed sign-ins, in token buckets.
type throttle struct {
	pace    pace
	mu      sync.Mutex
	buckets *recent[netip.Prefix, bucket]
}

type bucket struct {
	debt   time.Duration // time until the bucket is full again
	counts time.Time     // when debt was right
}

func newThrottle(p pace) *throttle {
	return &throttle{pace: p, buckets: newRecent[netip.Prefix, bucket](maxBuckets)}
}

// fail counts a failure. wait is zero, or how long until the next is allowed.
func (t *throttle) fail(from netip.Prefix, now time.Time) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.buckets.at(from, bucket{counts: now})
	// A clock that was set back must not count as time that passed, nor stop time.
	b.debt = max(0, b.debt-max(0, now.Sub(b.counts)))
	b.counts = now
	if over := b.debt + t.pace.interval - time.Duration(t.pace.burst)*t.pace.interval; over > 0 {
		return over
	}
	b.debt += t.pace.interval
	return 0
}

// forgive takes back one failure that was counted in advance.
func (t *throttle) forgive(from netip.Prefix, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.buckets.at(from, bucket{counts: now})
	b.debt = max(0, b.debt-t.pace.interval)
}

// network is what one peer is counted as: an IPv4 address, or the /64 that an
// IPv6 subscriber has. Peers without an address share the zero value.
func network(a netip.Addr) netip.Prefix {
	if !a.IsValid() {
		return netip.Prefix{}
	}
	a = a.Unmap().WithZone("")
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // never fails: the length suits the address
	return p
}
