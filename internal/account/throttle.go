package account

import (
	"container/list"
	"net/netip"
	"sync"
	"time"
)

// Failures allowed per address at once, the time after which one more is, and
// how many addresses are remembered (about 150 bytes each).
const (
	failureBurst    = 20
	failureInterval = 10 * time.Second
	maxBuckets      = 10_000
)

// throttle counts failed sign-ins per address in token buckets. When there are
// too many addresses, the one whose last failure is longest ago is forgotten.
type throttle struct {
	mu      sync.Mutex
	buckets map[netip.Prefix]*list.Element
	recent  *list.List // of *bucket, the latest failure in front
}

type bucket struct {
	from   netip.Prefix
	debt   time.Duration // time until the bucket is full again
	counts time.Time     // when debt was right
}

func newThrottle() *throttle {
	return &throttle{buckets: map[netip.Prefix]*list.Element{}, recent: list.New()}
}

// fail counts a failure. wait is zero, or how long until the next is allowed.
func (t *throttle) fail(from netip.Prefix, now time.Time) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.bucket(from, now)
	// A clock that was set back must not count as time that passed, nor stop time.
	b.debt = max(0, b.debt-max(0, now.Sub(b.counts)))
	b.counts = now
	if over := b.debt + failureInterval - failureBurst*failureInterval; over > 0 {
		return over
	}
	b.debt += failureInterval
	return 0
}

func (t *throttle) bucket(from netip.Prefix, now time.Time) *bucket {
	if e, ok := t.buckets[from]; ok {
		t.recent.MoveToFront(e)
		return e.Value.(*bucket)
	}
	if t.recent.Len() >= maxBuckets {
		oldest := t.recent.Back()
		delete(t.buckets, oldest.Value.(*bucket).from)
		t.recent.Remove(oldest)
	}
	b := &bucket{from: from, counts: now}
	t.buckets[from] = t.recent.PushFront(b)
	return b
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
