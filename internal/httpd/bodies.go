package httpd

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"ksync/internal/account"
	"ksync/internal/dav"
)

// freeBody is how much of each body counts nothing: what devices send while
// they sync goes through whatever others upload.
const freeBody = 64 << 10

// bodies bounds how much of large bodies is held at once. A body is read whole
// before it is looked at, so that without a bound on all together one person with
// many uploads could fill the memory, each of them as large as it may be.
//
// Nobody holds more than they leave free, or their next bytes are refused. One
// alone has half of the room, n that send what they can an n+1th each, and who
// comes then finds room: slow uploads wait for each other, not others for them.
type bodies struct {
	limit int64

	mu  sync.Mutex
	all int64
	by  map[uploader]int64 // who holds something
}

// uploader is who a body counts as: an account from wherever it comes, since a
// household, an office and those behind a proxy that is not trusted have one
// address, and one who has many addresses must not have many shares. Who has
// not signed in is an address.
type uploader struct {
	account int64
	from    netip.Prefix // of strangers
}

func uploaderOf(r *http.Request) uploader {
	if t := account.TraceOf(r.Context()); t != nil && t.Account != 0 {
		return uploader{account: t.Account}
	}
	return uploader{from: subscriber(r.RemoteAddr)}
}

var errBodies = errors.New("too much is being uploaded")

func bodiesWithin(limit int64) func(http.Handler) http.Handler {
	all := &bodies{limit: limit, by: map[uploader]int64{}}
	return func(next http.Handler) http.Handler {
		if limit <= 0 {
			return next
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Body == nil || r.Body == http.NoBody {
				next.ServeHTTP(w, r)
				return
			}
			body := &countedBody{ReadCloser: r.Body, all: all, request: r}
			defer body.release()
			r.Body = body
			next.ServeHTTP(w, r)
		})
	}
}

// take reports whether somebody may hold more, and notes it.
func (b *bodies) take(who uploader, more int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.by[who]+more > b.limit-b.all-more {
		return false
	}
	b.all += more
	b.by[who] += more
	return true
}

func (b *bodies) give(who uploader, held int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all -= held
	if b.by[who] -= held; b.by[who] == 0 {
		delete(b.by, who)
	}
}

// countedBody counts towards all of them until its request is answered.
type countedBody struct {
	io.ReadCloser
	all     *bodies
	request *http.Request
	who     uploader // as of the first byte that counts, which is after the sign-in
	read    int64
	held    int64
}

// Read fails when no more may be held. The engine answers that with 503.
func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if more := b.read - freeBody - b.held; more > 0 {
		if b.held == 0 {
			b.who = uploaderOf(b.request)
		}
		if !b.all.take(b.who, more) {
			return 0, &dav.Retry{Status: http.StatusServiceUnavailable, After: 10 * time.Second, Err: errBodies}
		}
		b.held += more
	}
	return n, err
}

func (b *countedBody) release() { b.all.give(b.who, b.held) }
