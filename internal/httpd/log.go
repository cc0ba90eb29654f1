package httpd

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"ksync/internal/account"
	"ksync/internal/assistant"
	"ksync/internal/dav"
	"ksync/internal/metrics"
)

type requestIDKey struct{}

// RequestID returns the id under which a request is logged.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// WithRequestID returns a handler that adds the id of the request to each line
// that is logged with its context, from whatever package.
func WithRequestID(h slog.Handler) slog.Handler {
	if _, does := h.(identified); does {
		return h
	}
	return identified{h}
}

type identified struct{ slog.Handler }

// Handle adds the id.
func (h identified) Handle(ctx context.Context, r slog.Record) error {
	if id := RequestID(ctx); id != "" {
		r.AddAttrs(slog.String("req", id))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs keeps adding the id.
func (h identified) WithAttrs(attrs []slog.Attr) slog.Handler {
	return identified{h.Handler.WithAttrs(attrs)}
}

// WithGroup keeps adding the id.
func (h identified) WithGroup(name string) slog.Handler { return identified{h.Handler.WithGroup(name)} }

// requestID gives each request an id of our own: one sent by a client could
// be anything, and would stand in our log. The answer carries it.
func requestID(random io.Reader, refuse refuser) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var raw [8]byte
			if _, err := io.ReadFull(random, raw[:]); err != nil {
				refuse(w, r, refusal{http.StatusServiceUnavailable, "Try again later."})
				return
			}
			id := hex.EncodeToString(raw[:])
			w.Header().Set("X-Request-Id", id)
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id)))
		})
	}
}

// accessLog writes one line per request when it is done, and counts it. The
// line holds nothing that a client can write as it likes, and the account as
// its number: paths name people's collections and are left to debug.
func accessLog(logger *slog.Logger, now func() time.Time, m *metrics.Metrics) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			v := &visit{Request: r, began: now(), answer: &recorder{ResponseWriter: w}, cut: true}
			count := func(metrics.Request) {}
			if m != nil {
				count = m.Begin()
			}
			defer func() {
				seen := v.seen(now())
				count(seen)
				logger.LogAttrs(r.Context(), slog.LevelInfo, "request", v.line(seen, logger)...)
			}()
			ctx := dav.WithNote(account.WithTrace(r.Context(), &v.who), &v.note)
			next.ServeHTTP(v.answer, r.WithContext(ctx))
			v.cut = false
		})
	}
}

// visit is one request as the log sees it.
type visit struct {
	*http.Request
	began  time.Time
	answer *recorder
	who    account.Trace
	note   dav.Note
	cut    bool // the answer was broken off
}

func (v *visit) seen(now time.Time) metrics.Request {
	return metrics.Request{
		Surface: surface(v.Request), Method: method(v.Request), Report: v.note.Report, Client: account.Family(v.UserAgent()),
		Status: v.answer.code(), Bytes: v.answer.bytes, Took: now.Sub(v.began),
		Sync: v.note.Sync, Members: v.note.Members,
	}
}

func (v *visit) line(seen metrics.Request, logger *slog.Logger) []slog.Attr {
	attrs := []slog.Attr{slog.Int64("account", v.who.Account), slog.String("client", seen.Client), slog.String("method", seen.Method)}
	if seen.Report != "" {
		attrs = append(attrs, slog.String("report", seen.Report))
	}
	attrs = append(attrs, slog.Int("status", seen.Status), slog.Int64("bytes", seen.Bytes), slog.Int64("ms", seen.Took.Milliseconds()))
	if v.cut {
		attrs = append(attrs, slog.Bool("cut", true))
	}
	if logger.Enabled(v.Context(), slog.LevelDebug) {
		attrs = append(attrs, slog.String("href", loggable(v.URL.EscapedPath())), slog.String("from", v.RemoteAddr), slog.String("agent", v.UserAgent()))
	}
	return attrs
}

// loggable is a path without the secret in it that some have: who reads the log
// must not choose a new password with the link to one, or fetch an app password.
func loggable(path string) string {
	for _, prefix := range []string{
		assistant.PathDelivery, account.PathSetUp, account.PathInvitation, account.PathReset, account.PathEmail, account.PathFlow,
	} {
		if rest, is := strings.CutPrefix(path, prefix); is && !strings.HasPrefix(rest, "/") {
			secret, _, _ := strings.Cut(rest, "/")
			return prefix + "***" + rest[len(secret):]
		}
		if strings.HasPrefix(plain(path), prefix) { // leads nowhere, but the secret in it is good
			return prefix + "***"
		}
	}
	return path
}

// plain is a path as whoever spelled it another way meant it.
func plain(path string) string {
	return "/" + strings.Join(strings.FieldsFunc(strings.ToLower(path), func(r rune) bool { return r == '/' }), "/")
}

// surface is the part of the server that a request is for.
func surface(r *http.Request) string {
	path := r.URL.Path
	switch {
	case davPath(path), path == "/" && r.Method != http.MethodGet && r.Method != http.MethodHead:
		return "dav"
	case path == "/api" || strings.HasPrefix(path, "/api/"):
		return "api"
	case path == pathAlive || path == "/readyz" || path == "/metrics":
		return "machine"
	}
	return "page"
}

// method is the method as it is told to others: a client can invent one.
func method(r *http.Request) string { return metrics.Method(r.Method) }

// recoverPanics turns a panic into 500 and a line in the log. When the answer
// has begun it cannot be taken back: the connection is broken off, so that
// the client does not take half of an answer for the whole.
func recoverPanics(logger *slog.Logger, refuse refuser) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := &recorder{ResponseWriter: w}
			defer func() {
				p := recover()
				if p == nil {
					return
				}
				if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(p) // net/http's own way of breaking a connection off
				}
				logger.LogAttrs(r.Context(), slog.LevelError, "panic",
					slog.String("method", method(r)), slog.Any("err", p), slog.String("stack", string(debug.Stack())))
				if rec.status != 0 {
					panic(http.ErrAbortHandler)
				}
				clear(w.Header())
				secure(w.Header())
				w.Header().Set("X-Request-Id", RequestID(r.Context()))
				w.Header().Set("Connection", "close")
				refuse(w, r, refusal{http.StatusInternalServerError, "Something broke here, and was noted as " + RequestID(r.Context()) + "."})
			}()
			next.ServeHTTP(rec, r)
		})
	}
}

// recorder notes what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader notes the final status; 1xx ones come before it.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write counts the bytes that were taken.
func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// Unwrap is for [http.ResponseController].
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) code() int {
	if r.status == 0 {
		return http.StatusOK // net/http sends that for a handler that writes nothing
	}
	return r.status
}
