package httpd

import (
	"net/http"
	"net/netip"
	"sync"
)

// Crowd bounds how many requests are handled at once, in all and from one
// address, so that one client cannot take the server away from the others.
// More are answered 503 with Retry-After, which sync clients wait out
// (clients.md 2.7). Zero fields mean no bound.
//
// Whether the server lives is told in the largest crowd: who watches over it
// would else end a healthy one because it is busy. That answer asks nobody and
// takes no longer than a refusal.
type Crowd struct {
	All        int
	PerAddress int
}

func (c Crowd) middleware(refuse refuser) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		in := &crowd{limit: c, from: map[netip.Prefix]int{}}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == pathAlive {
				next.ServeHTTP(w, r)
				return
			}
			from := subscriber(r.RemoteAddr)
			if !in.enter(from) {
				w.Header().Set("Retry-After", "10")
				refuse(w, r, refusal{http.StatusServiceUnavailable, "Too many requests at once. Try again in a moment."})
				return
			}
			defer in.leave(from)
			next.ServeHTTP(w, r)
		})
	}
}

// crowd is who is being served.
type crowd struct {
	limit Crowd

	mu   sync.Mutex
	all  int
	from map[netip.Prefix]int // never more than all entries
}

func (c *crowd) enter(from netip.Prefix) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.limit.All > 0 && c.all >= c.limit.All || c.limit.PerAddress > 0 && c.from[from] >= c.limit.PerAddress {
		return false
	}
	c.all++
	c.from[from]++
	return true
}

func (c *crowd) leave(from netip.Prefix) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.from[from]--; c.from[from] == 0 {
		delete(c.from, from)
	}
}

// subscriber is what one client is counted as: an IPv4 address, or the /64
// that an IPv6 subscriber has.
func subscriber(remote string) netip.Prefix {
	a, ok := parseAddress(remote)
	if !ok {
		return netip.Prefix{}
	}
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // never fails: the length suits the address
	return p
}
