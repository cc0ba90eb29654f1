// Package web is what people see in a browser: the pages of their account, the
// browser sign-in of apps, and the machine endpoints that belong to it.
//
// # Model
//
// A [Site] holds everything that is the same for all requests. Each request is
// a [visit]: who asks (from the session cookie), in which language, and what
// they typed. A handler takes a visit and ends it in one of three ways: it
// shows a page, it sends the browser elsewhere, or it returns an error, which
// one place turns into words ([visit.fail]). What a page can do is decided by
// package account; nothing here knows SQL or compares a secret.
//
// Pages are plain forms. Scripts only add to them: passkeys, copying. There is
// no inline script or style, so that the policy of content can be strict.
//
// # Ways in
//
// Signing in is the same walk, password, second factor, done, for the pages, for
// kSync (RFC 6749 in an app's web view) and for Login Flow v2; [entry] is what
// differs. Until it is done nothing is kept in the browser: half a sign-in travels in
// the form. In kSync's web view no page may have a status of 400 or more,
// because the app would close it (clients.md 1.4); [gently] sees to that.
//
// # Against other sites
//
// Unsafe methods need to come from our own pages (http.CrossOriginProtection);
// the session cookie is host-only, SameSite=Lax and, over https, __Host-.
package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"ksync/internal/account"
	"ksync/internal/assistant"
	"ksync/internal/discovery"
	"ksync/internal/duplicates"
	"ksync/internal/i18n"
	"ksync/store"
)

// Options are the parts of a [Site]. Accounts and Store are required.
type Options struct {
	Accounts  *account.Service
	Assistant *assistant.Service // sets devices up; nil: there are no pages for that
	Discovery *discovery.Service // what programs without profiles are told; nil: nothing
	Store     *store.Store       // for what an account holds
	// Address is where people reach this server, as far as it can be trusted;
	// nil or an answer of nil: unknown.
	Address    func(r *http.Request) *url.URL
	ViaHTTPS   func(r *http.Request) bool                                     // whether the browser came by https; by default what the request and Address say
	Href       func(c store.Collection) string                                // path of a collection, for apps; nil: not shown
	RequestID  func(ctx context.Context) string                               // under which a request is logged
	Export     func(ctx context.Context, p account.Person, w io.Writer) error // writes all of an account as a zip; nil: not offered
	Duplicates *duplicates.Service                                            // nil: their pages are not there
	Patience   time.Duration                                                  // how long the first page waits for the number of duplicates; 300 ms by default
	Now        func() time.Time                                               // time.Now by default
	Logger     *slog.Logger                                                   // discarded by default
}

// Site is the pages of one server. Its methods may be called from any number
// of goroutines.
type Site struct {
	Options
	accounts *account.Service
	texts    *i18n.Catalogue
	pages    func() (*pages, error) // read when the first is asked for: many servers hardly show one
	assets   *assets
	guard    *http.CrossOriginProtection
	passkeys bool // this server can have them
}

// New makes the pages. The error means a broken build.
func New(o Options) (*Site, error) {
	assets, err := loadAssets()
	if err != nil {
		return nil, err
	}
	pages := sync.OnceValues(func() (*pages, error) { return loadPages(assets) })
	s := &Site{Options: o.withDefaults(), accounts: o.Accounts, texts: i18n.Load(), pages: pages, assets: assets, guard: http.NewCrossOriginProtection()}
	if s.accounts != nil {
		s.passkeys = s.accounts.PasskeysPossible()
	}
	s.guard.SetDenyHandler(s.public(func(*visit) error { return errForeign }))
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Patience == 0 {
		o.Patience = 300 * time.Millisecond
	}
	if o.RequestID == nil {
		o.RequestID = func(context.Context) string { return "" }
	}
	if o.ViaHTTPS == nil {
		o.ViaHTTPS = func(r *http.Request) bool { return r.TLS != nil }
	}
	if o.Address == nil {
		o.Address = func(*http.Request) *url.URL { return nil }
	}
	return o
}

// Routes adds the pages to a router.
func (s *Site) Routes(r chi.Router) {
	r.Get("/assets/{tag}/{name}", s.assets.serve)
	r.Get("/.well-known/change-password", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, pathPassword, http.StatusFound)
	})
	s.machineRoutes(r)
	s.deliveryRoutes(r)
	r.Group(func(r chi.Router) {
		r.Use(s.guarded)
		s.publicRoutes(r)
		s.accountRoutes(r)
	})
	r.Group(func(r chi.Router) {
		r.Use(gently, s.guarded)
		r.Post(pathLanguage, s.public(setLanguage)) // the web view has the choice, too
		s.enter(r, pathAuthorize, s.authorizeEntry)
		s.step(r, pathAuthorize, "/consent", s.authorizeEntry, s.public(authorizeConsent))
	})
}

// guarded refuses what forms of other sites send. A proxy may change the Host
// that Origin is compared with, so our public address counts, too.
func (s *Site) guarded(next http.Handler) http.Handler {
	checked := s.guard.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address := s.Address(r)
		if address != nil && r.Header.Get("Origin") == address.Scheme+"://"+address.Host {
			next.ServeHTTP(w, r)
			return
		}
		checked.ServeHTTP(w, r)
	})
}

// NotFound is for addresses that nothing has: a page for browsers, a line for the rest.
func (s *Site) NotFound(w http.ResponseWriter, r *http.Request) {
	if inWebView(r) {
		w = &gentle{w}
	}
	if r.Method != http.MethodGet || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.NotFound(w, r)
		return
	}
	s.public(func(*visit) error { return store.ErrNotFound })(w, r)
}

// Where the pages are. Those with a secret have it at the end.
const (
	pathStart        = "/"
	pathSignIn       = "/sign-in"
	pathSignOut      = "/sign-out"
	pathLanguage     = "/language"
	pathSetUp        = "/set-up/{token}"
	pathInvitation   = "/invitation/{token}"
	pathResetAsk     = "/reset"
	pathReset        = "/reset/{token}"
	pathConfirmEmail = "/confirm-email/{token}"
	pathAuthorize    = "/authorize"
	pathFlow         = account.PathFlow + "{token}"

	pathHome            = "/account"
	pathConfirm         = "/account/confirm"
	pathNewPassword     = "/account/new-password"
	pathAppPasswords    = "/account/app-passwords"
	pathAppPasswordNew  = pathAppPasswords + "/new"
	pathAppPasswordMade = pathAppPasswords + "/made"
	pathSecurity        = "/account/security"
	pathPassword        = "/account/security/password"
	pathTOTP            = "/account/security/authenticator"
	pathPasskeys        = "/account/security/passkeys"
	pathBackupCodes     = "/account/security/backup-codes"
	pathBackupCodesMade = pathBackupCodes + "/made"
	pathSessions        = "/account/sessions"
	pathActivity        = "/account/activity"
	pathProfile         = "/account/profile"
	pathEmail           = "/account/profile/email"
	pathDelete          = "/account/profile/delete"
	pathExport          = "/account/profile/export"
)

func (s *Site) publicRoutes(r chi.Router) {
	get(r, pathStart, s.public(start))
	r.Post(pathSignOut, s.public(signOut))
	s.enter(r, pathSignIn, signInEntry)
	s.enter(r, pathFlow, s.flowEntry)
	s.step(r, pathFlow, "/consent", s.flowEntry, s.public(flowConsent))
	form(r, pathSetUp, s.public(setUpPage), s.public(setUp))
	form(r, pathInvitation, s.public(invitationPage), s.public(acceptInvitation))
	form(r, pathResetAsk, s.public(resetAskPage), s.public(resetAsk))
	form(r, pathReset, s.public(resetPage), s.public(reset))
	form(r, pathConfirmEmail, s.public(confirmEmailPage), s.public(confirmEmail))
}

func (s *Site) accountRoutes(r chi.Router) {
	get(r, pathHome, s.member(home))
	s.act(r, pathHome+"/keep", s.member(keepAccount))
	form(r, pathConfirm, s.holder(confirmPage), s.holder(confirm)) // also before a new password, which wants it
	r.Post(pathConfirm+"/passkey/options", s.holder(confirmPasskeyOptions))
	s.act(r, pathConfirm+"/passkey", s.holder(confirmPasskey))
	form(r, pathNewPassword, s.holder(newPasswordPage), s.holder(newPassword))
	s.appPasswordRoutes(r)
	s.securityRoutes(r)
	get(r, pathSessions, s.member(sessions))
	s.act(r, pathSessions+"/{id}/end", s.member(endSession))
	s.act(r, pathSessions+"/end-others", s.member(endOtherSessions))
	get(r, pathActivity, s.member(activity))
	get(r, pathActivity+".csv", s.member(activityCSV))
	form(r, pathActivity+"/{id}/not-me", s.member(notMePage), s.member(notMe))
	form(r, pathProfile, s.member(profilePage), s.member(setProfile))
	form(r, pathEmail, s.fresh(emailPage), s.fresh(setEmail))
	form(r, pathDelete, s.fresh(deletePage), s.fresh(deleteAccount))
	s.invitationRoutes(r)
	s.domainRoutes(r)
	s.setupRoutes(r)
	if s.Duplicates != nil {
		s.duplicatesRoutes(r)
	}
	if s.Export != nil {
		form(r, pathExport, s.fresh(exportPage), s.fresh(export))
	}
}

func (s *Site) appPasswordRoutes(r chi.Router) {
	get(r, pathAppPasswords, s.member(appPasswords))
	form(r, pathAppPasswordNew, s.fresh(newAppPasswordPage), s.fresh(once(pathAppPasswordMade, newAppPassword)))
	s.showsOnce(r, pathAppPasswordMade, s.member, showAppPassword)
	s.act(r, pathAppPasswords+"/{id}/revoke", s.member(revokeAppPassword))
	s.act(r, pathAppPasswords+"/revoke-all", s.member(revokeAppPasswords))
}

func (s *Site) securityRoutes(r chi.Router) {
	get(r, pathSecurity, s.member(security))
	form(r, pathPassword, s.fresh(passwordPage), s.fresh(setPassword))
	form(r, pathTOTP, s.fresh(totpPage), s.fresh(once(pathBackupCodesMade, confirmTOTP)))
	s.act(r, pathTOTP+"/remove", s.fresh(removeTOTP))
	form(r, pathPasskeys+"/new", s.fresh(newPasskeyPage), s.fresh(once(pathBackupCodesMade, newPasskey)))
	r.Post(pathPasskeys+"/options", s.fresh(passkeyOptions))
	s.act(r, pathPasskeys+"/{id}/rename", s.member(renamePasskey))
	s.act(r, pathPasskeys+"/{id}/remove", s.fresh(removePasskey))
	form(r, pathBackupCodes, s.fresh(backupCodesPage), s.fresh(once(pathBackupCodesMade, newBackupCodes)))
	s.showsOnce(r, pathBackupCodesMade, s.member, showCodes)
}

// enter adds the pages of one way in.
func (s *Site) enter(r chi.Router, path string, of entryOf) {
	form(r, path, s.public(of.first), s.public(of.password))
	s.step(r, path, "/code", of, s.public(of.code))
	s.step(r, path, "/passkey", of, s.public(of.passkey))
	r.Post(path+"/passkey/options", s.public(of.passkeyOptions))
}

// step adds a later page of a way in. Nothing of the way is kept, so whoever
// opens its address begins at the first.
func (s *Site) step(r chi.Router, path, step string, of entryOf, post http.HandlerFunc) {
	form(r, path+step, s.public(of.restart), post)
}

// act adds a form that stands on another page; whoever opens its address is led there.
func (s *Site) act(r chi.Router, path string, post http.HandlerFunc) {
	form(r, path, s.holder(func(v *visit) error { return v.to(v.section()) }), post)
}

func get(r chi.Router, path string, h http.HandlerFunc) {
	r.Get(path, h)
	r.Head(path, h)
}

func form(r chi.Router, path string, page, post http.HandlerFunc) {
	get(r, path, page)
	r.Post(path, post)
}
