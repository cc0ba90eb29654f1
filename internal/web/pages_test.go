package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"ksync/internal/assistant"
	"ksync/internal/i18n"
)

func TestStart_TellsStrangersHowToConnect(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.person()
	p.says(p.get("/"), "Your contacts, calendars and tasks", h.url+"/", "DAVx⁵", "Sign in")
	h.ann()
	p.signIn("")
	p.leads(p.get("/"), "/account")
}

// routes lists what a site with all its parts has, with example values in place
// of parameters.
func (h house) routes() (all [][2]string) {
	h.Helper()
	s, err := New(Options{Accounts: h.accounts, Store: h.store, Assistant: h.helper, Duplicates: h.finder, Export: writeAll})
	h.must(err)
	r := chi.NewRouter()
	s.Routes(r)
	err = chi.Walk(r, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		route = strings.NewReplacer("{token}", "x", "{id}", "1", "{tag}", "x", "{name}", "x", "{platform}", "iphone", "{ticket}", "x", "{form}", "x").Replace(route)
		all = append(all, [2]string{method, route})
		return nil
	})
	if err != nil || len(all) < 100 {
		h.Fatalf("%d routes: %v", len(all), err)
	}
	return all
}

// Every page of an account sends strangers to the sign-in, whatever the
// method: none was forgotten. hardening.md 15.
func TestRoutes_AccountsAreForWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.person()
	for _, route := range h.routes() {
		method, path := route[0], route[1]
		if !inside(path, pathHome) && !inside(path, pathSetup) && !inside(path, pathDevices) && !inside(path, pathDuplicates) {
			continue
		}
		a := p.get(path)
		if method == http.MethodPost {
			a = p.post(path, nil)
		}
		if got := a.header.Get("Location"); a.status != http.StatusSeeOther || !strings.HasPrefix(got, "/sign-in") {
			t.Errorf("%s %s: %d to %q", method, path, a.status, got)
		}
	}
}

// hardening.md A8: forms of other sites change nothing.
func TestForms_OfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann := h.ann()
	p := h.person()
	p.signIn("")
	machines := map[string]bool{"/token": true, "/1/profile/password": true, "/index.php/login/v2": true, "/login/v2/poll": true}
	for _, route := range h.routes() {
		method, path := route[0], route[1]
		if method != http.MethodPost || machines[path] || strings.HasPrefix(path, assistant.PathDelivery) { // a ticket opens what it opens, without a cookie
			continue
		}
		for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
			r, err := http.NewRequestWithContext(t.Context(), method, h.url+path, strings.NewReader("login=x&sure=1&name=Eve&answer=yes&language=de"))
			h.must(err)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(name, value)
			a := p.send(r)
			if want := http.StatusForbidden; a.status != want && !strings.HasPrefix(path, "/authorize") && path != "/language" {
				t.Errorf("%s with %s: %d", path, name, a.status)
			}
			p.says(a, "did not come from our own page")
		}
	}
	if after, err := h.store.Account(t.Context(), ann.ID); err != nil || after.Name != ann.Name || after.DeleteAfter != 0 {
		t.Errorf("something changed: %v %v", after, err)
	}
	p.says(p.get("/account"), "Hello, Ann Keller")
}

func TestPages_PolicyAndHeaders(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, path := range []string{"/", "/sign-in", "/nothing", "/account"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+path, nil)
		h.must(err)
		r.Header.Set("Accept", "text/html")
		a := h.person().send(r)
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			"Cache-Control":           "no-store", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
	}
}

func TestNotFound_IsAPageForBrowsersOnly(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+"/nothing", nil)
	h.must(err)
	r.Header.Set("Accept", "text/html,*/*")
	a := h.person().send(r)
	h.person().says(a, "There is nothing here")
	if b := h.person().get("/nothing"); a.status != 404 || b.status != 404 || strings.Contains(b.body, "<html") {
		t.Errorf("%d, %d %s", a.status, b.status, b.body)
	}
}

func TestAssets_AreKeptForGoodUnderTheirHash(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	site, err := New(Options{})
	h.must(err)
	p := h.person()
	for name, want := range map[string]string{"style.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8", "icons.svg": "image/svg+xml"} {
		a := p.get(site.assets.url(name))
		if a.status != 200 || a.header.Get("Content-Type") != want || !strings.Contains(a.header.Get("Cache-Control"), "immutable") || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %v", name, a.status, a.header)
		}
	}
	if a := p.get("/assets/other/style.css"); a.status != 200 || a.header.Get("Cache-Control") != "no-cache" {
		t.Errorf("another hash: %d %v", a.status, a.header)
	}
	if a := p.get("/assets/x/..%2fweb.go"); a.status != 404 {
		t.Errorf("outside: %d", a.status)
	}
}

func TestDAV_SetsNoCookies(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.signedIn()
	r, err := http.NewRequestWithContext(t.Context(), "PROPFIND", h.url+"/", nil)
	h.must(err)
	if a := p.send(r); a.status != http.StatusUnauthorized || a.header.Get("Set-Cookie") != "" {
		t.Errorf("a session is no sign-in for DAV: %d %v", a.status, a.header)
	}
}

func TestChangePassword_WellKnown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if a := h.person().get("/.well-known/change-password"); a.status != http.StatusFound || a.header.Get("Location") != "/account/security/password" {
		t.Errorf("%d %q", a.status, a.header.Get("Location"))
	}
}

func TestLanguage_IsChosenForTheBrowserAndTheAccount(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann := h.ann()
	p := h.person()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+"/sign-in", nil)
	h.must(err)
	r.Header.Set("Accept-Language", "it-CH,it;q=0.9")
	p.says(p.send(r), "Password dimenticata?")
	for _, l := range i18n.Languages() {
		p.leads(p.post("/language", url.Values{"language": {l.Tag}, "back": {"/sign-in?next=%2Faccount"}}), "/sign-in?next=%2Faccount")
		if a := p.get("/sign-in"); !strings.Contains(a.body, `<html lang="`+l.Tag+`">`) {
			t.Errorf("%s was not kept", l.Tag)
		}
	}
	p.leads(p.post("/language", url.Values{"language": {"xx"}, "back": {"//evil.example"}}), "/")
	p.signIn("")
	p.says(p.get("/account"), "Hello, Ann Keller") // the account's own goes first
	p.post("/language", url.Values{"language": {"fr"}, "back": {"/account"}})
	p.says(p.get("/account"), "Bonjour Ann Keller")
	if after, err := h.store.Account(t.Context(), ann.ID); err != nil || after.Locale != "fr" || after.Name != ann.Name || after.TimeZone != ann.TimeZone {
		t.Errorf("account: %+v %v", after, err)
	}
}
