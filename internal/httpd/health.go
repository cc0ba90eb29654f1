package httpd

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"io"
	"net/http"
	"strings"
	"time"
)

// pathAlive answers whether only a restart would help.
const pathAlive = "/healthz"

// health answers 200 or 503 and nothing that would tell a stranger why.
func health(check func(context.Context) error) http.HandlerFunc {
	const patience = 5 * time.Second
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		w.Header().Set("Cache-Control", "no-store")
		if err := check(ctx); err != nil {
			w.Header().Set("Retry-After", "5")
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "ok\n") // the client went away: nobody to tell
	}
}

// guardedMetrics is /metrics where strangers can ask for it: they get what
// every address without a page gives, unless there is a token.
func (o Options) guardedMetrics() http.HandlerFunc {
	want := sha256.Sum256([]byte(o.Token))
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if o.Token == "" || o.Metrics == nil {
			http.NotFound(w, r)
			return
		}
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		got := sha256.Sum256([]byte(token))
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="metrics"`) // RFC 6750 §3
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		o.Metrics.Handler().ServeHTTP(w, r)
	}
}
