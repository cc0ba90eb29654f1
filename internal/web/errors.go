package web

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"ksync/internal/account"
	"ksync/internal/duplicates"
	"ksync/store"
)

var (
	errForm    = errors.New("the form cannot be read")
	errForeign = errors.New("the form came from another site")
)

// trouble is an error in words: the texts are trouble.<name>.title and .text.
type trouble struct {
	status int
	name   string
}

func troubleOf(err error) trouble {
	switch {
	case errors.Is(err, account.ErrLink):
		return trouble{http.StatusGone, "link"} // unknown ones, too: they are not told from those that were good
	case errors.Is(err, store.ErrNotFound):
		return trouble{http.StatusNotFound, "not-found"}
	case errors.Is(err, errShown):
		return trouble{http.StatusGone, "shown"}
	case errors.Is(err, errForm):
		return trouble{http.StatusBadRequest, "form"}
	case errors.Is(err, errForeign):
		return trouble{http.StatusForbidden, "foreign"}
	case errors.Is(err, account.ErrDenied):
		return trouble{http.StatusForbidden, "denied"}
	case errors.Is(err, account.ErrNewPassword):
		return trouble{http.StatusConflict, "new-password"}
	case errors.Is(err, duplicates.ErrTooMany):
		return trouble{http.StatusConflict, "too-many-contacts"}
	case errors.Is(err, store.ErrBusy), errors.Is(err, store.ErrRestless):
		return trouble{http.StatusServiceUnavailable, "busy"}
	}
	if _, ok := errors.AsType[*account.Throttled](err); ok {
		return trouble{http.StatusTooManyRequests, "throttled"}
	}
	if _, ok := errors.AsType[*account.OAuthError](err); ok {
		return trouble{http.StatusBadRequest, "app"}
	}
	if t, ok := deliveryTrouble(err); ok {
		return t
	}
	return trouble{http.StatusInternalServerError, "fault"}
}

// gone is for what ends something: that it has ended before is as good.
func gone(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// breakOff ends an answer that cannot be finished: half a file must not look
// like a whole one.
func (v *visit) breakOff(what string, err error) {
	if v.ctx().Err() == nil { // else the browser went away: nobody to tell
		v.site.Logger.ErrorContext(v.ctx(), what, "req", v.site.RequestID(v.ctx()), "err", err)
	}
	panic(http.ErrAbortHandler)
}

// fail ends the visit with what went wrong, or with the page that must come first.
func (v *visit) fail(err error) {
	switch {
	case errors.Is(err, account.ErrStepUp):
		_ = v.to(pathConfirm + "?" + url.Values{"next": {v.here()}}.Encode()) // never fails
		return
	case errors.Is(err, account.ErrNewPassword) && !v.bare:
		_ = v.to(pathNewPassword) // never fails
		return
	}
	if o, ok := errors.AsType[*account.OAuthError](err); ok && o.Redirect != "" {
		_ = v.leave(o.Redirect, nil) // never fails
		return
	}
	t := troubleOf(err)
	if t.status >= http.StatusInternalServerError && v.ctx().Err() == nil {
		level := slog.LevelError
		if errors.Is(err, store.ErrRestless) { // others write faster than a list can be told: no fault
			level = slog.LevelInfo
		}
		v.site.Logger.LogAttrs(v.ctx(), level, "page", slog.String("req", v.site.RequestID(v.ctx())), slog.Any("err", err))
		v.w.Header().Set("Retry-After", "30")
	}
	v.retryAfter(err)
	if err := v.show(t.status, "trouble", t.name); err != nil {
		v.site.Logger.ErrorContext(v.ctx(), "page of an error", "err", err)
		http.Error(v.w, http.StatusText(t.status), t.status)
	}
}

// retryAfter tells how long, when an error asks for patience.
func (v *visit) retryAfter(err error) (wait time.Duration, throttled bool) {
	t, ok := errors.AsType[*account.Throttled](err)
	if !ok {
		return 0, false
	}
	v.w.Header().Set("Retry-After", strconv.Itoa(seconds(t.RetryAfter)))
	return t.RetryAfter, true
}

// Refuse is what a browser reads when the shell of the server answers before a
// page does: too many requests, a panic. Other programs get false. It looks at
// nothing but the request.
func (s *Site) Refuse(w http.ResponseWriter, r *http.Request, status int) bool {
	if inWebView(r) {
		w = &gentle{w}
	} else if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		return false
	}
	v := &visit{site: s, w: w, r: r, form: &entries{}}
	v.bare = v.walk() != nil
	v.Printer = v.printer()
	s.headers(w.Header())
	name := map[int]string{http.StatusServiceUnavailable: "busy", http.StatusMethodNotAllowed: "form"}[status]
	if name == "" {
		name = "fault"
	}
	return v.show(status, "trouble", name) == nil
}

// gently keeps every status below 400. kSync's web view closes on others, and
// its person would not read why (clients.md 1.4).
func gently(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&gentle{w}, r)
	})
}

// inWebView reports whether a request may be of kSync's web view: the choice of
// language is the one form there that leads elsewhere.
func inWebView(r *http.Request) bool {
	return inside(r.URL.Path, pathAuthorize) || r.URL.Path == pathLanguage
}

type gentle struct{ http.ResponseWriter }

// WriteHeader writes 200 in place of an error.
func (g *gentle) WriteHeader(status int) {
	if status >= http.StatusBadRequest {
		status = http.StatusOK
	}
	g.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (g *gentle) Unwrap() http.ResponseWriter { return g.ResponseWriter }
