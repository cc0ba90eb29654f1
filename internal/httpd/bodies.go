package httpd

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"ksync/internal/dav"
)

// freeBody is how much of each body counts nothing: what devices send while
// they sync goes through whatever others upload.
const freeBody = 64 << 10

// bodies bounds how much of large bodies is held at once. A body is read whole
// before it is looked at, so that without a bound on all together one person with
// many uploads could fill the memory, each of them as large as it may be.
//
// No address holds more than it leaves free, or its next bytes are refused. One
// alone has half of the room, n that send what they can an n+1th each, and who
// comes then finds room: slow uploads wait for each other, not others for them.
type bodies struct {
	limit int64

	mu   sync.Mutex
	all  int64
	from map[netip.Prefix]int64 // who holds something
}

var errBodies = errors.New("too much is being uploaded")

func bodiesWithin(limit int64) func(http.Handler) http.Handler {
	all := &bodies{limit: limit, from: map[netip.Prefix]int64{}}
	return func(next http.Handler) http.Handler {
		if limit <= 0 {
			return next
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Body == nil || r.Body == http.NoBody {
				next.ServeHTTP(w, r)
				return
			}
			body := &countedBody{ReadCloser: r.Body, all: all, from: subscriber(r.RemoteAddr)}
			defer body.release()
			r.Body = body
			next.ServeHTTP(w, r)
		})
	}
}

// take reports whether an address may hold more, and notes it.
func (b *bodies) take(from netip.Prefix, more int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.from[from]+more > b.limit-b.all-more {
		return false
	}
	b.all += more
	b.from[from] += more
	return true
}

func (b *bodies) give(from netip.Prefix, held int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all -= held
	if b.from[from] -= held; b.from[from] == 0 {
		delete(b.from, from)
	}
}

// countedBody counts towards all of them until its request is answered.
type countedBody struct {
	io.ReadCloser
	all  *bodies
	from netip.Prefix
	read int64
	held int64
}

// Read fails when no more may be held. The engine answers that with 503.
func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if more := b.read - freeBody - b.held; more > 0 {
		if !b.all.take(b.from, more) {
			return 0, &dav.Retry{Status: http.StatusServiceUnavailable, After: 10 * time.Second, Err: errBodies}
		}
		b.held += more
	}
	return n, err
}

func (b *countedBody) release() { b.all.give(b.from, b.held) }
