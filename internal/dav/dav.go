// Package dav is the engine: the methods of WebDAV (RFC 4918), its access
// control as far as it is read (RFC 3744), collections with properties (RFC
// 5689), synchronisation (RFC 6578) and the discovery that clients go through.
//
// # Model
//
// A path names a Target; a Target that exists is a Resource, on one of six
// Levels. Address books and calendars are two values of one type, Kind, which
// the program hands to the engine. Properties are rows of tables, one table a
// level; PROPFIND, PROPPATCH, MKCOL and every report read them.
//
// # What holds
//
// Each method parses, checks, runs one transaction, and replies; the store
// tells others of the change once it is committed. Rights are decided in one
// function, Actor.may. Objects go out as the bytes that came in. A fault of the
// store is 503 with Retry-After, and breaks off an answer that has begun: never
// a shorter list, never a 404, since clients delete what the server no longer
// shows (design.md §5.5).
package dav

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"ksync/internal/davxml"
	"ksync/store"
)

// Limits bounds what a client can ask for.
type Limits struct {
	Object    int64         // bytes of one object
	XML       davxml.Limits // a request body of properties or a report
	Hrefs     int           // hrefs in one multiget
	SyncPage  int           // changes in one answer to sync-collection
	PageBytes int           // bytes of objects in memory at once
	Property  int           // bytes of one dead property
	Expand    int           // resources in one answer to expand-property

	Instances   int // times that an object which comes to an end may repeat; 0: any
	Repetitions int // spelt out in one answer
	FilterParts int // conditions in one query
}

// DefaultLimits holds what every client of clients.md asks for. Thunderbird
// knows no pages on address books: they are longer than any (clients.md 5.1).
var DefaultLimits = Limits{
	Object: 20 << 20, XML: davxml.DefaultLimits, Hrefs: 10_000, SyncPage: 20_000,
	PageBytes: 1 << 20, Property: 256 << 10, Expand: 200,
	Repetitions: 100_000, FilterParts: 100,
}

// Options is what an Engine is made of.
type Options struct {
	Store  *store.Store
	SignIn func(*http.Request) (Actor, error) // fails with a *davxml.Error or a *Retry
	Kinds  []*Kind
	Limits Limits
	// Domain completes a login that is no e-mail address to one, for the mailto
	// that kSync cannot do without (clients.md 1.6).
	Domain string
	// Host is the public name of the server, where it is known: a Destination may
	// name it although a proxy asked for another.
	Host   string
	Now    func() time.Time // time.Now by default
	Rand   io.Reader        // of crypto/rand by default
	Logger *slog.Logger
}

// Engine is the DAV server: an http.Handler for /, /dav/ and the discovery paths.
type Engine struct {
	store   *store.Store
	signIn  func(*http.Request) (Actor, error)
	kinds   []*Kind
	limits  Limits
	bodies  *davxml.Memory
	domain  string
	host    string
	now     func() time.Time
	rand    io.Reader
	log     *slog.Logger
	class   string
	methods map[string]method
	reports []Report
	tables  map[tableKey]*table
}

// method answers a request or says why not; nothing is written before it fails,
// unless it breaks off.
type method func(*request, http.ResponseWriter) error

// New gives an Engine. Zero limits mean DefaultLimits.
func New(o Options) *Engine {
	if o.Limits == (Limits{}) {
		o.Limits = DefaultLimits
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Domain == "" {
		o.Domain = "localhost"
	}
	e := &Engine{store: o.Store, signIn: o.SignIn, kinds: o.Kinds, limits: o.Limits, bodies: davxml.NewMemory(o.Limits.XML), domain: o.Domain, host: o.Host, now: o.Now, rand: o.Rand, log: o.Logger}
	e.class = "1, 3, access-control, extended-mkcol"
	for _, k := range o.Kinds {
		e.class += ", " + k.Class
	}
	e.setMethods()
	e.reports = e.allReports()
	e.tables = e.allTables()
	return e
}

func (e *Engine) setMethods() {
	e.methods = map[string]method{
		http.MethodGet:    (*request).get,
		http.MethodHead:   (*request).get,
		http.MethodPost:   (*request).post,
		http.MethodPut:    (*request).put,
		http.MethodDelete: (*request).delete,
		"PROPFIND":        (*request).propfind,
		"PROPPATCH":       (*request).proppatch,
		"MKCOL":           (*request).mkcol,
		"MKCALENDAR":      (*request).mkcol,
		"COPY":            (*request).transfer,
		"MOVE":            (*request).transfer,
		"REPORT":          (*request).report,
	}
}

// allow is the Allow header of every resource: Evolution looks in it for what it
// may do before it has read the privileges (clients.md 5.2).
const allow = "OPTIONS, GET, HEAD, POST, PUT, DELETE, PROPFIND, PROPPATCH, MKCOL, MKCALENDAR, COPY, MOVE, REPORT"

// request is one request on its way through a method.
type request struct {
	engine *Engine
	http   *http.Request
	ctx    context.Context
	actor  Actor
	target Target

	used    int64 // bytes the account holds, once asked for
	counted bool
	spent   int // repetitions told so far
}

// ServeHTTP implements http.Handler.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if e.discover(w, r) {
		return
	}
	w.Header().Set("DAV", e.class)
	if r.Method == http.MethodOptions {
		e.options(w)
		return
	}
	if err := e.serve(w, r); err != nil {
		e.fail(w, r, err)
	}
}

func (e *Engine) serve(w http.ResponseWriter, r *http.Request) error {
	actor, err := e.signIn(r)
	if err != nil {
		return err
	}
	m, ok := e.methods[r.Method]
	if !ok {
		return davxml.MethodNotAllowed.Say(r.Method)
	}
	target, err := e.Parse(r.URL.EscapedPath())
	if err != nil {
		return nowhere(r.Method, err)
	}
	q := &request{engine: e, http: r, ctx: r.Context(), actor: actor, target: target}
	if q.redirect(w) {
		return nil
	}
	if r.Method != http.MethodPost && q.atAddMember() {
		return davxml.MethodNotAllowed.Say(r.Method + " of the add-member href")
	}
	if err := q.ifHolds(); err != nil {
		return q.unmet(w, err)
	}
	return q.unmet(w, m(q, w))
}

// nowhere is a path that nothing can be at. RFC 4918 §9.3.1, §9.7.1: what would
// be made there is a conflict.
func nowhere(method string, err error) error {
	switch method {
	case http.MethodPut, "MKCOL", "MKCALENDAR":
		return davxml.Conflict.With(err)
	}
	return err
}

// redirect sends a path with the account's login to the one with its id, which
// stays the same when the login changes (design.md §3).
func (q *request) redirect(w http.ResponseWriter) bool {
	t := q.named(q.target)
	if t.Login == q.target.Login {
		return false
	}
	location := t.Href()
	if query := q.http.URL.RawQuery; query != "" {
		location += "?" + query
	}
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusPermanentRedirect)
	return true
}

// named puts the id in the place of the actor's own login.
func (q *request) named(t Target) Target {
	if a := q.actor.Account; t.Login != "" && (t.Login == a.Login || t.Login == strings.ToLower(a.Email)) {
		t.Account, t.Login = a.ID, ""
	}
	return t
}

// parse reads an href in a header or a body. Who was set up with a path that has
// the login in it is redirected there, but writes it into these all the same.
func (q *request) parse(ref string) (Target, error) {
	t, err := q.engine.Parse(ref)
	return q.named(t), err
}
