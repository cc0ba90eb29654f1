// Package api is the JSON API to an account: profile, password, app passwords,
// sessions, second factors, recent activity, duplicate contacts.
//
// # Model
//
// [New] makes one handler for everything below /api/. An operation is a row of
// a table with a function of one input and one output; huma checks the input
// against the types, writes the output, and makes the OpenAPI document of both,
// so that the document cannot differ from the code. What happens is decided by
// packages account and duplicates, the same functions that the pages call.
//
// # Who may ask
//
// The session of the pages is the only way in: its cookie. App passwords open
// nothing here (config-assistant.md 5.2), and access tokens two things of sync.go
// that tell no secret. Unsafe methods need
// to come from our own pages or from no page at all (http.CrossOriginProtection).
// Operations that change security want a person who proved lately who they are;
// POST /api/v1/step-up is where they do.
//
// # Errors
//
// Every error is a problem of RFC 9457, with a type from the table in
// problems.go. They repeat nothing that was sent and nothing internal.
package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"ksync/internal/account"
	"ksync/internal/assistant"
	"ksync/internal/duplicates"
	"ksync/store"
)

// Options are the parts of the API. Accounts, Token, Keep and Drop are required.
type Options struct {
	Accounts   *account.Service
	Assistant  *assistant.Service  // sets devices up; nil: there is none of that
	Duplicates *duplicates.Service // finds and merges contacts; nil: there is none of that
	Store      *store.Store        // names of address books; required with Duplicates

	Token  func(r *http.Request) account.Secret                           // session that came along; "" without one
	Keep   func(w http.ResponseWriter, r *http.Request, o account.Opened) // gives the browser a new token
	Drop   func(w http.ResponseWriter, r *http.Request)                   // takes it away
	Export func(ctx context.Context, p account.Person, w io.Writer) error // writes all of an account as a zip; nil: not offered
	Name   func(ctx context.Context) string                               // id under which a request is logged; none by default

	ViaHTTPS func(r *http.Request) bool // whether the client came by https; by default what the request says

	Now    func() time.Time // time.Now by default
	Logger *slog.Logger     // discarded by default
}

func (o Options) withDefaults() Options {
	if o.Name == nil {
		o.Name = func(context.Context) string { return "" }
	}
	if o.ViaHTTPS == nil {
		o.ViaHTTPS = func(r *http.Request) bool { return r.TLS != nil }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

type server struct {
	Options
	huma huma.API // for people
	apps huma.API // for apps with an access token; the same document
}

// Where things are.
const (
	root    = "/api"
	version = root + "/v1"
)

// New returns the handler of all below /api/. What huma makes of the operations is
// made when somebody first asks: apps that sync never do.
func New(o Options) http.Handler {
	made := sync.OnceValue(func() http.Handler { return newRouter(o) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { made().ServeHTTP(w, r) })
}

func newRouter(o Options) http.Handler {
	s := &server{Options: o.withDefaults()}
	r := chi.NewRouter()
	r.Use(headers)
	r.NotFound(s.refuse("not-found"))
	r.MethodNotAllowed(s.refuse("no-such-method"))
	document := settings()
	r.Group(func(r chi.Router) {
		r.Use(s.guard().Handler, s.signedIn)
		s.huma = humachi.New(r, document)
		s.operations()
	})
	if s.Assistant != nil {
		r.Group(func(r chi.Router) {
			r.Use(s.bearing)
			s.apps = humachi.New(r, document)
			s.syncOperations()
		})
	}
	s.reference(r)
	return r
}

// settings of huma: none of its pages, which load scripts from elsewhere, and
// none of its links between schemas.
func settings() huma.Config {
	c := huma.DefaultConfig("ksyncd", "1")
	c.OpenAPIPath, c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", "", nil
	c.Formats = map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}
	c.Transformers = []huma.Transformer{ours}
	c.RejectUnknownQueryParameters = true
	c.Info.Description = "What people can do with their account. Sign in on the pages: the API takes their session cookie. Apps have an access token for what is under Apps, and for nothing else."
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: "__Host-ksync", Description: "The session of the pages. Without https its name is ksync."},
		"token":   {Type: "http", Scheme: "bearer", Description: "The access token of an app's sign-in: POST /token."},
	}
	c.Security = []map[string][]string{{"session": {}}}
	return c
}

func (s *server) operations() {
	s.accountOperations()
	s.leavingOperations()
	s.appPasswordOperations()
	s.sessionOperations()
	s.factorOperations()
	s.activityOperations()
	if s.Assistant != nil {
		s.deviceOperations()
	}
	s.invitationOperations()
	if s.Duplicates != nil {
		s.duplicateOperations()
	}
}

func (s *server) guard() *http.CrossOriginProtection {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(s.refuse("cross-origin"))
	return guard
}

// headers keep answers to their one reader.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
