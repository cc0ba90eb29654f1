package httpd

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"ksync/internal/dav"
)

// freeBody is how much of each body counts nothing: what devices send while
// they sync goes through whatever others upload.
const freeBody = 64 << 10

// bodies bounds how much of large bodies is held at once. A body is read whole
// before it is looked at, so that without a bound on all together one person with
// many uploads could fill the memory, each of them as large as it may be.
type bodies struct {
	limit int64
	held  atomic.Int64
}

var errBodies = errors.New("too much is being uploaded")

func bodiesWithin(limit int64) func(http.Handler) http.Handler {
	all := &bodies{limit: limit}
	return func(next http.Handler) http.Handler {
		if limit <= 0 {
			return next
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Body == nil || r.Body == http.NoBody {
				next.ServeHTTP(w, r)
				return
			}
			body := &countedBody{ReadCloser: r.Body, all: all}
			defer body.release()
			r.Body = body
			next.ServeHTTP(w, r)
		})
	}
}

// countedBody counts towards all of them until its request is answered.
type countedBody struct {
	io.ReadCloser
	all  *bodies
	read int64
	held int64
}

// Read fails when no more may be held. The engine answers that with 503.
func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if more := b.read - freeBody - b.held; more > 0 {
		if b.all.held.Add(more) > b.all.limit {
			b.all.held.Add(-more)
			return 0, &dav.Retry{Status: http.StatusServiceUnavailable, After: 10 * time.Second, Err: errBodies}
		}
		b.held += more
	}
	return n, err
}

func (b *countedBody) release() { b.all.held.Add(-b.held) }
