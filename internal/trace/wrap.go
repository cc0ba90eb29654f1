package trace

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"time"

	"ksync/internal/account"
)

// exchange is one request and its answer.
type exchange struct {
	request  *http.Request // its headers as they came
	target   string
	asked    clip
	header   http.Header // of the answer
	status   int
	answered clip
	began    time.Time
	took     time.Duration
	cut      bool // the answer was broken off
	signedIn bool
}

// Wrap records what passes between the handler and the accounts that are traced.
func (r *Recorder) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if r.active.Load() == 0 {
			next.ServeHTTP(w, req)
			return
		}
		x := &exchange{request: req.Clone(req.Context()), target: req.URL.RequestURI(), began: r.o.Now(), cut: true}
		x.asked.max, x.answered.max = r.o.Body, r.o.Body
		if req.Body != nil {
			req.Body = tee{req.Body, &x.asked}
		}
		defer func() { r.write(x, req) }()
		next.ServeHTTP(&listener{ResponseWriter: w, x: x}, req)
		x.cut = false
	})
}

func (r *Recorder) write(x *exchange, req *http.Request) {
	who, login := int64(0), ""
	if t := account.TraceOf(req.Context()); t != nil {
		who = t.Account
	}
	if name, _, ok := req.BasicAuth(); ok {
		login = name
		if decoded, err := url.PathUnescape(name); err == nil { // as some iOS send it
			login = decoded
		}
	}
	s := r.of(who, account.NormalizeLogin(login))
	if s == nil {
		return
	}
	x.took, x.signedIn = r.o.Now().Sub(x.began), who != 0
	if full, err := s.add(x); err != nil || full {
		if full {
			r.o.Logger.Warn("trace is as long as it may be", "account", s.subject.Account)
		}
		if _, failed := r.Stop(s.subject.Account); err != nil || failed != nil {
			r.o.Logger.Error("trace", "err", err, "close", failed)
		}
	}
}

// clip keeps the first bytes of a body and counts the rest.
type clip struct {
	max  int64
	size int64
	text bytes.Buffer
}

// Write never fails.
func (c *clip) Write(p []byte) (int, error) {
	room := min(max(c.max-c.size, 0), int64(len(p)))
	c.text.Write(p[:room])
	c.size += int64(len(p))
	return len(p), nil
}

func (c *clip) whole() bool { return c.size <= c.max }

// tee is a body that is read and kept.
type tee struct {
	io.ReadCloser
	to *clip
}

// Read keeps what was read.
func (t tee) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	_, _ = t.to.Write(p[:n]) // never fails
	return n, err
}

// listener is an answer that is sent and kept.
type listener struct {
	http.ResponseWriter
	x *exchange
}

// WriteHeader keeps the headers as they are sent.
func (l *listener) WriteHeader(status int) {
	if l.x.status == 0 && status >= 200 {
		l.x.status, l.x.header = status, l.Header().Clone()
	}
	l.ResponseWriter.WriteHeader(status)
}

// Write keeps what was taken.
func (l *listener) Write(p []byte) (int, error) {
	if l.x.status == 0 {
		l.x.status, l.x.header = http.StatusOK, l.Header().Clone()
	}
	n, err := l.ResponseWriter.Write(p)
	_, _ = l.x.answered.Write(p[:n]) // never fails
	return n, err
}

// Flush passes on.
func (l *listener) Flush() { _ = http.NewResponseController(l.ResponseWriter).Flush() } // nobody to tell

// Unwrap is for [http.ResponseController].
func (l *listener) Unwrap() http.ResponseWriter { return l.ResponseWriter }
