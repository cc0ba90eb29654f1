package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"ksync/internal/account"
	"ksync/internal/i18n"
	"ksync/store"
)

// visit is one request of a person.
type visit struct {
	*i18n.Printer
	site   *Site
	w      http.ResponseWriter
	r      *http.Request
	person *account.Person // nil: signed out
	form   *entries
	done   string // what the request before did: a key of the catalogue
	bare   bool   // in an app's own web view: no way out of the walk

	fleeting bool // the page cannot be opened again
}

type handler func(v *visit) error

// public makes a page that anybody may open.
func (s *Site) public(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := &visit{site: s, w: w, r: r, form: &entries{}, bare: inside(r.URL.Path, pathAuthorize)}
		v.Printer = v.printer()
		s.headers(w.Header())
		err := v.arrive()
		if err == nil {
			err = h(v)
		}
		if err != nil {
			v.fail(err)
		}
	}
}

// holder makes a page for whoever is signed in, even when the account must get
// a new password first.
func (s *Site) holder(h handler) http.HandlerFunc {
	return s.public(func(v *visit) error {
		if v.person == nil {
			return v.signInFirst()
		}
		return h(v)
	})
}

// member makes a page for whoever is signed in.
func (s *Site) member(h handler) http.HandlerFunc {
	return s.holder(func(v *visit) error {
		if v.person.Account.NewPassword {
			return account.ErrNewPassword
		}
		return h(v)
	})
}

// fresh makes a page for whoever proved lately who they are.
func (s *Site) fresh(h handler) http.HandlerFunc {
	return s.member(func(v *visit) error {
		if !s.accounts.Fresh(*v.person) {
			return account.ErrStepUp
		}
		return h(v)
	})
}

// maxForm bounds what a form may hold; passkeys are the largest.
const maxForm = 64 << 10

// arrive reads what came along: form, session, language, note.
func (v *visit) arrive() error {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxForm)
	if err := v.r.ParseForm(); err != nil {
		return errForm
	}
	v.form = &entries{values: v.r.PostForm}
	if err := v.recognise(); err != nil {
		return err
	}
	v.Printer = v.printer()
	v.done = v.takeNote()
	return nil
}

// recognise finds whose session the cookie opens.
func (v *visit) recognise() error {
	token := v.sessionToken()
	if token == "" {
		return nil
	}
	person, err := v.site.accounts.Session(v.ctx(), v.from(), token)
	if errors.Is(err, account.ErrDenied) {
		v.dropSession()
		return nil
	}
	if err != nil {
		return err
	}
	v.person = &person
	return nil
}

// printer speaks the language that was chosen here, or that of the account, or
// that of the browser.
func (v *visit) printer() *i18n.Printer {
	chosen, accept := v.cookie(languageCookie), v.r.Header.Get("Accept-Language")
	if v.person == nil {
		return v.site.texts.Printer(nil, chosen, accept)
	}
	zone, err := time.LoadLocation(v.person.Account.TimeZone)
	if err != nil {
		zone = time.UTC // a name that this machine no longer knows
	}
	return v.site.texts.Printer(zone, v.person.Account.Locale, chosen, accept)
}

// walk is where in kSync's sign-in the visit is, or which page of it sent the
// choice of a language; nil elsewhere.
func (v *visit) walk() *url.URL {
	if inside(v.r.URL.Path, pathAuthorize) {
		return v.r.URL
	}
	if from, err := url.Parse(v.r.Referer()); err == nil && v.r.URL.Path == pathLanguage && inside(from.Path, pathAuthorize) {
		return from
	}
	return nil
}

func (v *visit) ctx() context.Context { return v.r.Context() }

// from is where the request came from, with the name of its form.
func (v *visit) from() account.Visit {
	from := account.VisitOf(v.r)
	from.Form = v.form.value(formField)
	return from
}

func (v *visit) param(name string) string { return chi.URLParam(v.r, name) }

// token is the secret at the end of the path.
func (v *visit) token() account.Secret { return account.Secret(v.param("token")) }

func (v *visit) id() (int64, error) {
	id, err := strconv.ParseInt(v.param("id"), 10, 64)
	if err != nil {
		return 0, store.ErrNotFound
	}
	return id, nil
}

// to ends the visit: the browser asks for another page.
func (v *visit) to(path string) error {
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
	return nil
}

// noted is [visit.to], and the next page says what was done.
func (v *visit) noted(path, key string) error {
	v.leaveNote(key)
	return v.to(path)
}

// signInFirst leads through the sign-in and back to this page.
func (v *visit) signInFirst() error {
	path := pathSignIn
	if next := v.here(); next != pathHome {
		path += "?" + url.Values{"next": {next}}.Encode()
	}
	return v.to(path)
}

// here is a page that can be opened again: where a form was, for one that was sent.
func (v *visit) here() string {
	if v.r.Method == http.MethodGet || v.r.Method == http.MethodHead {
		return v.r.URL.RequestURI()
	}
	return v.section()
}

// section is the page of the account that the path belongs to.
func (v *visit) section() string {
	for _, path := range []string{
		pathAppPasswordNew, pathPassword, pathTOTP, pathPasskeys + "/new", pathBackupCodes, pathEmail, pathDelete, pathExport,
		pathInvitationNew,
	} {
		if v.r.URL.Path == path {
			return path
		}
	}
	if inside(v.r.URL.Path, pathSetup) || inside(v.r.URL.Path, pathDevices) && strings.HasSuffix(v.r.URL.Path, "/again") {
		return v.r.URL.RequestURI() // forms of their own
	}
	if inside(v.r.URL.Path, pathDuplicates) {
		return pathDuplicates
	}
	for _, one := range navigation() {
		if one.Path != pathHome && inside(v.r.URL.Path, one.Path) {
			return one.Path
		}
	}
	return pathHome
}
