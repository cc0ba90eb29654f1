package httpd

import (
	"io"
	"net/http"
	"time"
)

// Pace bounds how long a peer may hold a request. A body must begin within
// Body and then keep up minRate; an answer must be taken piece by piece, each
// within Write. Zero fields mean no bound.
type Pace struct {
	Body  time.Duration
	Write time.Duration
}

// minRate is the slowest upload, in bytes per second: 2 MB in 8 minutes over
// a bad mobile link pass, one byte a second does not.
const minRate = 4 << 10

func (p Pace) middleware(now func() time.Time) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rc := http.NewResponseController(w)
			if p.Body > 0 && r.Body != nil && r.Body != http.NoBody {
				body := &pacedBody{ReadCloser: r.Body, rc: rc, end: now().Add(p.Body)}
				// Also for a body that nobody reads: net/http reads on to keep the connection.
				_ = rc.SetReadDeadline(body.end) // a recorder in a test has none
				r.Body = body
			}
			if p.Write > 0 {
				paced := &pacedWriter{ResponseWriter: w, rc: rc, now: now, patience: p.Write, perStream: r.ProtoMajor >= 2}
				defer paced.finish()
				paced.extend()
				w = paced
			}
			next.ServeHTTP(w, r)
		})
	}
}

// pacedBody moves the read deadline on as bytes arrive.
type pacedBody struct {
	io.ReadCloser
	rc  *http.ResponseController
	end time.Time
}

// Read extends the deadline by what the bytes read may take at minRate. At the
// end net/http takes it off.
func (b *pacedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 && err == nil {
		b.end = b.end.Add(time.Duration(n) * time.Second / minRate)
		_ = b.rc.SetReadDeadline(b.end) // as in the middleware
	}
	return n, err
}

// pacedWriter gives each write its own deadline.
type pacedWriter struct {
	http.ResponseWriter
	rc        *http.ResponseController
	now       func() time.Time
	patience  time.Duration
	perStream bool
}

func (w *pacedWriter) extend() {
	if !w.perStream {
		_ = w.rc.SetWriteDeadline(w.now().Add(w.patience))
	}
}

// Write bounds one write. On HTTP/2 a deadline that passes resets the stream
// even when nothing is being written, so there it is taken off in between.
func (w *pacedWriter) Write(p []byte) (int, error) {
	if !w.perStream {
		w.extend()
		return w.ResponseWriter.Write(p)
	}
	_ = w.rc.SetWriteDeadline(w.now().Add(w.patience))
	n, err := w.ResponseWriter.Write(p)
	_ = w.rc.SetWriteDeadline(time.Time{})
	return n, err
}

// FlushError flushes under the same bound.
func (w *pacedWriter) FlushError() error {
	w.extend()
	return w.rc.Flush()
}

// Flush is [pacedWriter.FlushError] for who has no use for the error.
func (w *pacedWriter) Flush() { _ = w.FlushError() }

// finish leaves a deadline for what net/http still has to write.
func (w *pacedWriter) finish() { w.extend() }

// Unwrap is for [http.ResponseController].
func (w *pacedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
