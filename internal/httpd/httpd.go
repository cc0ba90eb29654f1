// Package httpd is the server's outer shell: it listens, speaks TLS, knows
// who the client really is, bounds what a slow or hostile peer can hold, logs
// one line per request, and hands requests on.
//
// # Model
//
// [New] makes one handler out of the parts of the server. A request passes, in
// this order: pace (deadlines that move while bytes do), security headers, request
// id, client address, log and metrics, panic barrier, crowd, bodies, gzip, router. [Server] runs the
// handler on listeners from [Listen] until its context ends, and then lets
// requests finish.
//
// Below /dav/ and at the discovery addresses every method, known or not, goes
// to the DAV handler; elsewhere a method that is not offered is 405.
//
// # Trust
//
// X-Forwarded-* headers mean something only from a peer in [Options].Proxies,
// which is also the only one whose word about the host is taken. Everybody
// else could write anything there.
package httpd

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"ksync/internal/dav"
	"ksync/internal/discovery"
	"ksync/internal/metrics"
)

// Options are the parts of a handler. DAV and Ready are required.
type Options struct {
	DAV   http.Handler                    // gets all of the DAV mount, with the path unchanged
	Ready func(ctx context.Context) error // nil when requests can be answered
	// Alive is an error when only a restart helps; nil: never. It is asked by any
	// number at once and must answer without waiting.
	Alive func(ctx context.Context) error
	Pages Pages        // what browsers see; nil: nothing
	API   http.Handler // gets all below /api/; nil: nothing
	// Discovery gets the addresses where apps look for settings; nil: nothing.
	Discovery http.Handler
	Proxies   Proxies          // whose X-Forwarded-* is believed
	Metrics   *metrics.Metrics // nil: nobody counts
	Token     string           // who brings it may read /metrics; "": nobody
	Logger    *slog.Logger     // discarded by default
	Now       func() time.Time // time.Now by default
	Rand      io.Reader        // for request ids; crypto/rand by default
	Pace      Pace
	Crowd     Crowd
	Bodies    int64 // bytes of requests' bodies at once, see [bodies]; 0: no bound
}

// Pages are what people see in a browser, and what belongs to it.
type Pages interface {
	Routes(r chi.Router) // GET and HEAD of / among them
	NotFound(w http.ResponseWriter, r *http.Request)
	// Refuse answers a request that does not get as far as a page, with what
	// the status means in words and with a status that its browser bears. It
	// asks nothing of the rest of the server. False: the request is of no browser.
	Refuse(w http.ResponseWriter, r *http.Request, status int) bool
}

// davMethods are the methods beyond RFC 9110's that the router must know to
// route them. RFC 4918 §9, RFC 3253 §3.6, RFC 4791 §5.3.1, RFC 3744 §8.1,
// RFC 5323 §2, RFC 5842 §4 to §6, and some that only need their 405.
func davMethods() []string {
	return []string{
		"PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK",
		"REPORT", "MKCALENDAR", "ACL", "SEARCH", "BIND", "UNBIND", "REBIND",
		"VERSION-CONTROL", "MKREDIRECTREF", "ORDERPATCH", "PATCH", "LINK", "UNLINK",
	}
}

func init() {
	for _, method := range davMethods() {
		chi.RegisterMethod(method)
	}
}

// davPath reports whether a path belongs to the DAV handler whatever the
// method. The root is shared: see [New].
func davPath(path string) bool {
	for _, root := range dav.Paths() {
		if path == root || strings.HasPrefix(path, root+"/") {
			return true
		}
	}
	return false
}

// discoveryPatterns are the addresses of package discovery for the router.
// Outlook and its kin write autodiscover's in every mixture of cases.
func discoveryPatterns() []string {
	folder, file := path.Split(discovery.PathAutodiscover)
	return []string{
		discovery.PathAutoconfig, discovery.PathAutoconfigWellKnown, discovery.PathPACC,
		fmt.Sprintf("/{folder:(?i:%s)}/{file:(?i:%s)}", strings.Trim(folder, "/"), regexp.QuoteMeta(file)),
	}
}

// New returns the handler of the whole server.
func New(o Options) http.Handler {
	o = o.withDefaults()
	r := chi.NewRouter()
	r.Use(
		o.Pace.middleware(o.Now), // before all that refuses: net/http reads the body of a refused request, too
		securityHeaders,
		requestID(o.Rand, o.refuse),
		o.Proxies.clientAddress(o.Logger),
		accessLog(o.Logger, o.Now, o.Metrics),
		recoverPanics(o.Logger, o.refuse),
		o.Crowd.middleware(o.refuse),
		bodiesWithin(o.Bodies),
		compress(),
	)
	for _, root := range dav.Paths() {
		r.Handle(root, o.DAV)
		r.Handle(root+"/*", o.DAV)
	}
	r.Handle("/", o.DAV)
	if o.API != nil {
		r.Handle("/api", o.API)
		r.Handle("/api/*", o.API)
	}
	if o.Discovery != nil {
		for _, pattern := range discoveryPatterns() {
			r.Handle(pattern, o.Discovery)
		}
	}
	if o.Pages != nil {
		o.Pages.Routes(r)
		r.NotFound(o.Pages.NotFound)
	}
	for address, page := range map[string]http.HandlerFunc{
		pathAlive:  health(o.Alive),
		"/readyz":  health(o.Ready),
		"/metrics": o.guardedMetrics(),
	} {
		r.Get(address, page)
		r.Head(address, page)
	}
	// The router does not know every method there is; the DAV handler answers
	// those, too, with 405 and what it does allow.
	r.MethodNotAllowed(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/" || davPath(req.URL.Path) {
			o.DAV.ServeHTTP(w, req)
			return
		}
		if o.API != nil && strings.HasPrefix(req.URL.Path, "/api/") {
			o.API.ServeHTTP(w, req)
			return
		}
		w.Header().Set("Allow", allowed(r, req))
		o.refuse(w, req, refusal{http.StatusMethodNotAllowed, "This address has nothing to do with that method."})
	})
	return r
}

// refusal is an answer that the shell gives by itself.
type refusal struct {
	status int
	text   string
}

type refuser func(w http.ResponseWriter, r *http.Request, why refusal)

// refuse leaves the words to the pages where a person reads them: kSync's web
// view closes on any status from 400 on (clients.md 1.4), so not even the
// answer of a full house may have one there.
func (o Options) refuse(w http.ResponseWriter, r *http.Request, why refusal) {
	if o.Pages == nil || !o.Pages.Refuse(w, r, why.status) {
		http.Error(w, why.text, why.status)
	}
}

// allowed lists the methods that a path does have. RFC 9110 §10.2.1.
func allowed(routes chi.Routes, r *http.Request) string {
	var methods []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete} {
		if routes.Match(chi.NewRouteContext(), method, r.URL.Path) {
			methods = append(methods, method)
		}
	}
	return strings.Join(methods, ", ")
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Logger = slog.New(WithRequestID(o.Logger.Handler()))
	if o.Alive == nil {
		o.Alive = func(context.Context) error { return nil }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	return o
}
