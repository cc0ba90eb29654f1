package account

import (
	"net/netip"
	"testing"
	"time"
)

func TestThrottle_BurstThenSlow(t *testing.T) {
	t.Parallel()
	th, now := newThrottle(pace{failureBurst, failureInterval}), time.Unix(1e9, 0)
	from := network(netip.MustParseAddr("192.0.2.1"))
	for i := range failureBurst {
		if wait := th.fail(from, now); wait != 0 {
			t.Fatalf("failure %d waits %v", i+1, wait)
		}
	}
	if wait := th.fail(from, now); wait != failureInterval {
		t.Errorf("failure 21 waits %v", wait)
	}
	if wait := th.fail(from, now.Add(4*time.Second)); wait != 6*time.Second {
		t.Errorf("4 s later it waits %v, asking must not make it longer", wait)
	}
	if wait := th.fail(from, now.Add(10*time.Second)); wait != 0 {
		t.Errorf("10 s later it waits %v", wait)
	}
	if wait := th.fail(from, now.Add(10*time.Second)); wait == 0 {
		t.Error("two at once after 10 s")
	}
	if wait := th.fail(network(netip.MustParseAddr("192.0.2.2")), now); wait != 0 {
		t.Errorf("a neighbour waits %v", wait)
	}
}

func TestThrottle_ClockSetBack(t *testing.T) {
	t.Parallel()
	th, now := newThrottle(pace{failureBurst, failureInterval}), time.Unix(1e9, 0)
	from := network(netip.MustParseAddr("192.0.2.1"))
	for range failureBurst {
		th.fail(from, now)
	}
	back := now.Add(-24 * time.Hour)
	if th.fail(from, back) == 0 {
		t.Error("setting the clock back forgave failures")
	}
	if wait := th.fail(from, back.Add(failureInterval)); wait != 0 {
		t.Errorf("after setting the clock back it waits %v", wait)
	}
}

func TestThrottle_BoundedMemoryForgetsTheOldest(t *testing.T) {
	t.Parallel()
	th, now := newThrottle(pace{failureBurst, failureInterval}), time.Unix(1e9, 0)
	address := func(i int) netip.Prefix {
		return network(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
	}
	for range failureBurst {
		th.fail(address(0), now)
	}
	for i := range maxBuckets - 1 {
		th.fail(address(i+1), now)
	}
	if th.fail(address(0), now) == 0 {
		t.Error("an address was forgotten although there was room")
	}
	for i := range 3 * maxBuckets {
		th.fail(address(maxBuckets+i), now)
	}
	if len(th.buckets.entries) != maxBuckets || th.buckets.order.Len() != maxBuckets {
		t.Errorf("%d buckets, %d in order", len(th.buckets.entries), th.buckets.order.Len())
	}
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"192.0.2.1": "192.0.2.1/32", "::ffff:192.0.2.1": "192.0.2.1/32",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
	} {
		if got := network(netip.MustParseAddr(in)).String(); got != want {
			t.Errorf("%s counts as %s, want %s", in, got, want)
		}
	}
	if got := network(netip.Addr{}); got.IsValid() {
		t.Errorf("no address counts as %v", got)
	}
}
