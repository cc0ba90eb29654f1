package dav

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"ksync/internal/davxml"
	"ksync/store"
)

// Retry is a request that may be sent again after a while.
type Retry struct {
	Status int
	After  time.Duration
	Err    error
}

// Error implements error.
func (e *Retry) Error() string { return http.StatusText(e.Status) + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e *Retry) Unwrap() error { return e.Err }

// broken is an answer that failed after its head was sent.
type broken struct{ err error }

func (b *broken) Error() string { return "answer broken off: " + b.err.Error() }
func (b *broken) Unwrap() error { return b.err }

// abort marks the failure of an answer that has begun; nil stays nil.
func abort(err error) error {
	if err == nil {
		return nil
	}
	return &broken{err}
}

// retryAfter is what a client is told to wait after a fault. DAVx5 waits at
// least a minute in any case (clients.md 2.7).
const retryAfter = 30 * time.Second

// fail turns an error into an answer. It is the one place that does.
func (e *Engine) fail(w http.ResponseWriter, r *http.Request, err error) {
	if b, ok := errors.AsType[*broken](err); ok {
		e.logFault(r, b.err)
		// A chunked answer without its end tells the client that it was cut short.
		panic(http.ErrAbortHandler)
	}
	if r.Context().Err() != nil {
		e.log.DebugContext(r.Context(), "client went away", "err", err)
		return
	}
	switch cond := e.condition(err); {
	case cond != nil:
		e.explain(w, r, cond.Cond.Status)
		if errors.Is(err, store.ErrFull) { // a condition for the client, a fault for who runs the server
			e.logFault(r, err)
			w.Header().Set("Retry-After", seconds(retryAfter))
		}
		e.log.DebugContext(r.Context(), "refused", "method", r.Method, "status", cond.Cond.Status, "err", err)
		_ = cond.Write(w) // the client is gone if this fails
	default:
		e.retry(w, r, err)
	}
}

// explain adds the header that a status has to come with.
func (e *Engine) explain(w http.ResponseWriter, r *http.Request, status int) {
	switch status {
	case http.StatusUnauthorized: // RFC 9110 §11.6.1
		w.Header().Set("WWW-Authenticate", `Basic realm="ksyncd", charset="UTF-8"`)
	case http.StatusMethodNotAllowed: // RFC 9110 §15.5.6
		w.Header().Set("Allow", allowBeside(r))
	}
}

// allowBeside is what may be done in place of a method that may not.
func allowBeside(r *http.Request) string {
	if r.Method != http.MethodPost && isAddMember(r.URL) {
		return "OPTIONS, POST"
	}
	methods := slices.DeleteFunc(strings.Split(allow, ", "), func(m string) bool { return m == r.Method })
	return strings.Join(methods, ", ")
}

// logFault notes what went wrong here; the logger adds the id of the request. A
// client that went away is no fault, nor are others that write faster than a
// list can be told: who asked is to ask again.
func (e *Engine) logFault(r *http.Request, err error) {
	switch {
	case r.Context().Err() != nil:
	case errors.Is(err, store.ErrRestless):
		e.log.InfoContext(r.Context(), "put off", "method", r.Method, "err", err)
	default:
		e.log.ErrorContext(r.Context(), "fault", "method", r.Method, "err", err)
	}
}

// retry answers a fault: 503, or what a *Retry says.
func (e *Engine) retry(w http.ResponseWriter, r *http.Request, err error) {
	status, after := http.StatusServiceUnavailable, retryAfter
	if again, ok := errors.AsType[*Retry](err); ok {
		status, after = again.Status, again.After
	} else {
		e.logFault(r, err)
	}
	w.Header().Set("Retry-After", seconds(after))
	_ = davxml.Condition{Status: status}.With(err).Write(w)
}

// seconds is how RFC 9110 §10.2.3 tells a time to wait: rounded up, at least one.
func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int((d+time.Second-1)/time.Second)))
}

// condition gives the meaning of an error to a client; nil is a fault.
func (e *Engine) condition(err error) *davxml.Error {
	if cond, ok := errors.AsType[*davxml.Error](err); ok {
		return cond
	}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return nil
	case errors.Is(err, store.ErrNotFound):
		return davxml.NotFound.With(err)
	case errors.Is(err, store.ErrPrecondition):
		return davxml.PreconditionFail.With(err)
	case errors.Is(err, store.ErrExists):
		return davxml.MustBeEmptyOrNew.With(err)
	case errors.Is(err, store.ErrQuota):
		return davxml.QuotaNotExceeded.With(err)
	case errors.Is(err, store.ErrFull):
		return davxml.SufficientDiskSpace.With(err)
	case errors.Is(err, store.ErrLimit):
		return davxml.InsufficientRoom.With(err)
	case errors.Is(err, store.ErrInvalid):
		return davxml.Forbidden.With(err) // RFC 4918 §9.7: a name that cannot be
	}
	return nil
}

// isCondition tells whether err is answered with that status.
func isCondition(err error, status int) bool {
	cond, ok := errors.AsType[*davxml.Error](err)
	return ok && cond.Cond.Status == status
}
