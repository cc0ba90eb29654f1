package httpd

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"strings"

	"ksync/internal/metrics"
)

// AdminOptions are the parts of the admin handler. Ready and Metrics are required.
type AdminOptions struct {
	Ready   func(ctx context.Context) error
	Alive   func(ctx context.Context) error // nil: always
	Metrics *metrics.Metrics
	Trace   http.Handler // gets /trace and what is below it; nil: nothing
	Logger  *slog.Logger // discarded by default
}

// NewAdmin returns the handler of the admin listener: /metrics, /healthz,
// /readyz, /trace, and the profiles of net/http/pprof below /debug/pprof/. Whoever
// can connect may ask for all of it, so it is for this machine only; a browser
// that was led here by another site is refused.
func NewAdmin(o AdminOptions) http.Handler {
	if o.Alive == nil {
		o.Alive = func(context.Context) error { return nil }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", o.Metrics.Handler())
	mux.Handle("GET "+pathAlive, health(o.Alive))
	mux.Handle("GET /readyz", health(o.Ready))
	if o.Trace != nil {
		mux.Handle("/trace", o.Trace)
		mux.Handle("/trace/", o.Trace)
	}
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return securityHeaders(recoverPanics(o.Logger, Options{}.refuse)(local(http.NewCrossOriginProtection().Handler(mux))))
}

// local refuses requests that name another host than this machine: a page
// elsewhere whose name was made to point here (DNS rebinding) would send its own.
func local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !unixPeer(r) && !loopbackHost(r.Host) {
			http.Error(w, "This address is for this machine only.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func loopbackHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.Unmap().IsLoopback()
}
