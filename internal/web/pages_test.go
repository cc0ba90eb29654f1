package web

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"ksync/internal/account"
	"ksync/internal/assistant"
	"ksync/internal/i18n"
	"ksync/store"
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

func TestSignIn_LeadsWhereThePersonWasGoing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	p := h.person()
	a := p.get("/account/activity?kind=devices")
	p.leads(a, "/sign-in?next=%2Faccount%2Factivity%3Fkind%3Ddevices")
	p.leads(p.post(a.header.Get("Location"), url.Values{"login": {annsLogin}, "password": {annsPassword}}), "/account/activity?kind=devices")
	p.leads(p.get("/sign-in"), "/account")
	p.says(p.follow(p.post("/sign-out", nil)), "You are signed out")
	p.leads(p.get("/account"), "/sign-in")
}

// Nobody is sent to another site by what they typed or clicked.
func TestLocal_KeepsPeopleHere(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"", "//evil.example", "https://evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "evil.example", "/\t/evil.example",
		"/%zz", "///evil.example", "http:evil", "/a\r\nSet-Cookie: x=1", "%2f%2fevil.example", "/%2fevil.example",
	} {
		if got := local(bad, "/account"); got != "/account" {
			t.Errorf("%q leads to %q", bad, got)
		}
	}
	for _, good := range []string{"/", "/account/activity?kind=devices&from=2026-01-01", "/login/v2/flow/abc", "/authorize?redirect_uri=com.infomaniak.sync://oauth2redirect"} {
		if got := local(good, "/x"); got != good {
			t.Errorf("%q leads to %q", good, got)
		}
	}
}

// Unknown login, wrong password and a disabled account are told alike.
// Invariant 9 of the design.
func TestSignIn_OneAnswerForAllThatIsWrong(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann := h.ann()
	ask := func(login, password string) answer {
		return h.person().post("/sign-in", url.Values{"login": {login}, "password": {password}})
	}
	unknown := ask("ann@example.com", "wrong")
	known := ask(annsLogin, "wrong")
	h.must(h.store.SetDisabled(t.Context(), ann.ID, true))
	for name, a := range map[string]answer{"wrong password": known, "disabled": ask(annsLogin, annsPassword)} {
		if a.status != unknown.status || strings.ReplaceAll(a.body, annsLogin, "ann@example.com") != unknown.body {
			t.Errorf("%s is told from unknown: %d\n%s", name, a.status, text(a.body))
		}
	}
	if unknown.status != http.StatusUnprocessableEntity {
		t.Errorf("unknown: %d", unknown.status)
	}
}

func TestSignIn_HostileInput(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	for name, values := range map[string]url.Values{
		"1 MB password": {"login": {annsLogin}, "password": {strings.Repeat("x", 1<<20)}},
		"NUL":           {"login": {"a\x00b"}, "password": {"\x00"}},
		"invalid UTF-8": {"login": {"\xff\xfe"}, "password": {"\xff"}},
		"patterns":      {"login": {".*"}, "password": {"%_"}},
		"paths":         {"login": {"../../etc"}, "password": {"%2F"}},
		"markup":        {"login": {`"><script>alert(1)</script>`}, "password": {"x"}},
	} {
		a := h.person().post("/sign-in", values)
		if a.status != http.StatusUnprocessableEntity && a.status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, a.status)
		}
		if strings.Contains(a.body, "<script>alert") || strings.Contains(a.body, "Something went wrong on our side") {
			t.Errorf("%s:\n%s", name, a.body)
		}
	}
}

func TestSession_CookieIsBoundToThisHost(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		scheme, want string
		stay         bool
	}{
		"plain http":        {"http", "ksync=", false},
		"https":             {"https", "__Host-ksync=", false},
		"https, to be kept": {"https", "__Host-ksync=", true},
		"http, to be kept":  {"http", "ksync=", true},
	} {
		h := newHouse(t, func(_ *account.ServiceOptions, o *Options) {
			o.Address = func(*http.Request) *url.URL { return &url.URL{Scheme: tt.scheme, Host: "sync.example.org", Path: "/"} }
		})
		h.ann()
		values := url.Values{"login": {annsLogin}, "password": {annsPassword}}
		if tt.stay {
			values.Set("stay", "1")
		}
		cookie := h.person().post("/sign-in", values).header.Get("Set-Cookie")
		for part, want := range map[string]bool{"HttpOnly": true, "SameSite=Lax": true, "Path=/": true, "Secure": tt.scheme == "https", "Domain": false, "Expires": tt.stay} {
			if strings.Contains(cookie, part) != want {
				t.Errorf("%s: %s is %v in %q", name, part, !want, cookie)
			}
		}
		if !strings.HasPrefix(cookie, tt.want) {
			t.Errorf("%s: %q", name, cookie)
		}
	}
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
	h.ann()
	p := h.person()
	p.signIn("")
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

func TestStepUp_StandsBeforeWhatMatters(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	secret := h.enrol()
	h.pass(time.Minute)
	p := h.person()
	p.signIn(h.oneTimeCode(secret))
	h.pass(11 * time.Minute)
	for _, path := range []string{"/account/app-passwords/new", pathPassword, pathTOTP, pathPasskeys + "/new", pathBackupCodes, pathEmail, pathDelete, pathExport} {
		want := "/account/confirm?next=" + url.QueryEscape(path)
		p.leads(p.get(path), want)
		p.leads(p.post(path, url.Values{"name": {"x"}, "sure": {"1"}, "new-password": {"correct zebra staple"}, "password-again": {"correct zebra staple"}}), want)
	}
	p.leads(p.post(pathTOTP+"/remove", nil), "/account/confirm?next=%2Faccount%2Fsecurity")
	before := p.client.Jar.Cookies(mustURL(t, h.url))[0].Value
	confirm := "/account/confirm?next=%2Faccount%2Fsecurity%2Fpassword"
	p.says(p.get(confirm), "counts for ten minutes", "Code")
	p.says(p.post(confirm, url.Values{"password": {"wrong"}, "code": {h.oneTimeCode(secret)}}), "do not match")
	h.pass(time.Minute)
	p.leads(p.post(confirm, url.Values{"password": {annsPassword}, "code": {h.oneTimeCode(secret)}}), pathPassword)
	if after := p.client.Jar.Cookies(mustURL(t, h.url))[0].Value; after == before {
		t.Error("the session kept its token over the step-up")
	}
	p.says(p.get(pathPassword), "Change password")
}

func TestPassword_ChangeAndWeakOnes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	p, other := h.person(), h.person()
	p.signIn("")
	other.signIn("")
	set := func(password, again string) answer {
		return p.post(pathPassword, url.Values{"new-password": {password}, "password-again": {again}, "end-others": {"1"}})
	}
	p.says(set("", ""), "still empty")
	p.says(set("correct zebra staple", "other"), "two passwords differ")
	p.says(set("short", "short"), "too short", "at least")
	p.says(set("ann@example.org", "ann@example.org"), "contains your name")
	p.says(p.follow(set("correct zebra staple", "correct zebra staple")), "Your password is changed")
	other.leads(other.get("/account"), "/sign-in")
	p.says(p.get(pathSecurity), "Last changed today")
}

func TestProfile_NameLanguageZone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	p := h.person()
	p.signIn("")
	p.says(p.post(pathProfile, url.Values{"name": {"A"}, "locale": {"de"}, "zone": {"Mars/Olympus"}}), "do not know this time zone")
	p.says(p.post(pathProfile, url.Values{"name": {strings.Repeat("x", 999)}, "locale": {"de"}}), "too long")
	p.says(p.follow(p.post(pathProfile, url.Values{"name": {"<b>Zoë</b>"}, "locale": {"de"}, "zone": {"Pacific/Apia"}})), "Gespeichert", "Zeitzone")
	p.says(p.get("/account"), "Guten Tag, <b>Zoë</b>")
}

func TestEmail_ChangesAtOnceWithoutMail(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	_, err := account.Create(t.Context(), h.store, store.Account{Login: "bob", Email: "bob@example.org"})
	h.must(err)
	p := h.person()
	p.signIn("")
	p.says(p.post(pathEmail, url.Values{"email": {"nonsense"}}), "no e‑mail address")
	p.says(p.post(pathEmail, url.Values{"email": {"bob@example.org"}}), "already belongs")
	p.says(p.follow(p.post(pathEmail, url.Values{"email": {"ann@example.net"}})), "address is changed", "ann@example.net")
}

func TestEmail_IsConfirmedByItsLink(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *account.ServiceOptions, _ *Options) { o.Mail = true })
	h.ann()
	p := h.person()
	p.signIn("")
	p.says(p.follow(p.post(pathEmail, url.Values{"email": {"ann@example.net"}})), "We wrote to the new address")
	path := h.linkIn(account.NoticeConfirmEmail)
	stranger := h.person()
	stranger.says(stranger.get(path), "Use this address")
	stranger.says(stranger.follow(stranger.post(path, nil)), "address is changed")
	p.says(p.get(pathProfile), "ann@example.net")
	stranger.says(stranger.post(path, nil), "no longer works")
}

// linkIn is the path of the link in a letter of that kind. Letters come in their
// own time: that about a reset is written after the answer.
func (h house) linkIn(kind account.NoticeKind) string {
	h.Helper()
	late := time.After(time.Minute)
	for seen := 0; ; {
		all, err := h.accounts.ClaimNotices(h.Context(), 20)
		h.must(err)
		for _, n := range all {
			if n.Kind == kind {
				return strings.TrimPrefix(n.Data.Link, h.url)
			}
		}
		seen += len(all)
		select {
		case <-h.accounts.NoticeWaiting():
		case <-late:
			h.Fatalf("no letter of the kind %s among %d", kind, seen)
		}
	}
}

func TestReset_AsksForTheSecondFactor(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *account.ServiceOptions, _ *Options) { o.Mail = true })
	ann := h.ann()
	h.must(h.store.UpdateAccount(t.Context(), ann.ID, func(a *store.Account) error { a.Email = annsLogin; return nil }))
	secret := h.enrol()
	h.pass(time.Minute)
	p := h.person()
	p.says(p.post(pathResetAsk, url.Values{"login": {"nobody"}}), "If there is such an account")
	p.says(p.post(pathResetAsk, url.Values{"login": {annsLogin}}), "If there is such an account")
	path := h.linkIn(account.NoticeReset)
	p.says(p.get(path), "Set a new password", annsLogin)
	p.says(p.post(path, url.Values{"new-password": {"short"}, "password-again": {"short"}}), "too short")
	half := p.post(path, url.Values{"new-password": {"correct zebra staple"}, "password-again": {"correct zebra staple"}})
	p.says(half, "Second step")
	p.leads(p.post("/sign-in/code", url.Values{"half": {hidden(t, half, "half")}, "code": {h.oneTimeCode(secret)}}), "/account")
	p.says(p.post("/sign-in", url.Values{"login": {annsLogin}, "password": {annsPassword}}), "do not match")
}

func TestInvitation_MakesAnAccount(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	_, link, err := h.accounts.Invite(t.Context(), account.Invitation{Email: "bob@example.org", Name: "Bob", By: annsLogin})
	h.must(err)
	path := strings.TrimPrefix(link.URL.Reveal(), h.url)
	p := h.person()
	a := p.get(path)
	p.says(a, annsLogin+" invites you")
	if hidden(t, a, "email") != "bob@example.org" || hidden(t, a, "name") != "Bob" {
		t.Error("the form knows nothing of the invitation")
	}
	send := func(login, password string) answer {
		return p.post(path, url.Values{"login": {login}, "email": {"bob@example.org"}, "name": {"Bob"}, "new-password": {password}, "password-again": {password}, "zone": {"Europe/Zurich"}})
	}
	p.says(send("a/b", "correct zebra staple"), "cannot be used on every device")
	p.says(send(annsLogin, "correct zebra staple"), "already belongs")
	p.says(send("bob", "password"), "too short", "Create your account")
	p.says(p.follow(send("bob", "correct zebra staple")), "Your account is ready", "Hello, Bob")
	p.says(h.person().get(path), "no longer works")
}

func TestInvitations_AreOfAdmins(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann := h.ann() // the first account
	p := h.person()
	p.signIn("")
	if home := p.get(pathHome); !strings.Contains(home.body, `href="`+pathInvitations+`"`) {
		t.Error("the pages of an admin do not name invitations")
	}
	p.says(p.get(pathInvitations), "No invitation is open")
	p.says(p.post(pathInvitations+"/new", url.Values{"email": {"nonsense"}}), "cannot be used")
	p.says(p.post(pathInvitations+"/new", url.Values{"email": {annsLogin}}), "already belongs")
	made := p.post(pathInvitations+"/new", url.Values{"email": {"bob@example.org"}, "name": {"Bob"}})
	link := regexp.MustCompile(`/invitation/[A-Za-z0-9_-]{43}`).FindString(made.body)
	p.says(made, "shown only now", "Good until")
	p.says(h.person().get(link), annsLogin+" invites you")
	list := p.get(pathInvitations)
	p.says(list, "bob@example.org", "Made by "+annsLogin)
	if strings.Contains(list.body, link) {
		t.Error("the list has the link")
	}
	revoke := regexp.MustCompile(`/account/invitations/\d+/revoke`).FindString(list.body)
	p.leads(p.post(revoke, nil), pathInvitations)
	p.says(p.get(pathInvitations), "withdrawn", "No invitation is open")
	p.says(h.person().get(link), "no longer works")
	p.says(p.get(pathActivity), "Somebody was invited: bob@example.org", "Invitation withdrawn: bob@example.org")
	h.pass(11 * time.Minute)
	p.leads(p.get(pathInvitations+"/new"), pathConfirm+"?next="+url.QueryEscape(pathInvitations+"/new"))

	h.must(h.accounts.SetAdmin(t.Context(), ann.ID, false))
	if home := p.get(pathHome); strings.Contains(home.body, "nvitations") {
		t.Error("the pages of others name invitations")
	}
	for _, path := range []string{pathInvitations, pathInvitations + "/new"} {
		if a := p.get(path); a.status != http.StatusNotFound {
			t.Errorf("%s for others: %d to %q", path, a.status, a.header.Get("Location"))
		}
	}
	for _, path := range []string{pathInvitations + "/new", revoke} {
		if a := p.post(path, url.Values{"email": {"cy@example.org"}}); a.status != http.StatusNotFound {
			t.Errorf("POST %s for others: %d to %q", path, a.status, a.header.Get("Location"))
		}
	}
}

func TestSessions_ListAndEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	p, other, third := h.person(), h.person(), h.person()
	for _, one := range []*person{p, other, third} {
		one.signIn("")
	}
	a := p.get(pathSessions)
	p.says(a, "this one", "Go program", "End all other sessions")
	if n := strings.Count(a.body, `/end"`); n != 3 {
		t.Fatalf("%d sessions", n)
	}
	own := h.ownSession(p)
	for _, found := range actions.FindAllStringSubmatch(a.body, -1) {
		if strings.HasSuffix(found[1], "/end") && !strings.Contains(found[1], own) {
			p.says(p.follow(p.post(found[1], nil)), "The session is ended")
			break
		}
	}
	p.says(p.follow(p.post(pathSessions+"/end-others", nil)), "All other sessions are ended")
	other.leads(other.get("/account"), "/sign-in")
	third.leads(third.get("/account"), "/sign-in")
	p.says(p.follow(p.post(pathSessions+"/12345/end", nil)), "The session is ended") // by a second click, say
	p.leads(p.post(pathSessions+"/"+own+"/end", nil), "/sign-in")
	p.leads(p.get("/account"), "/sign-in")
}

func TestActivity_FilterPagesAndCSV(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	p := h.person()
	p.signIn("")
	const many = 60
	for i := range many {
		a := p.makeAppPassword(url.Values{"name": {"=cmd" + string(rune('a'+i%26))}, "scope-contacts": {"read"}})
		p.says(a, "App password for =cmd")
		p.leads(p.post(strings.Replace(pathAppPasswords+"/{id}/revoke", "{id}", h.newestAppPassword(), 1), nil), pathAppPasswords)
		h.pass(time.Second)
	}
	a := p.get(pathActivity + "?kind=devices")
	if n := strings.Count(a.body, "not-me"); n > activityPage || !strings.Contains(a.body, "before=") {
		t.Errorf("%d on the first page", n)
	}
	p.says(p.get(pathActivity+"?kind=sign-in"), "Signed in: password")
	p.says(p.get(pathActivity+"?from=2000-01-01&to=2000-01-02"), "Nothing here")
	p.says(p.get(pathActivity+"?from=x&to=%00&kind=%27&before=a.b"), "App password")
	reference := account.Reference(h.newestActivity())
	p.says(p.get(pathActivity), "Reference "+reference) // as letters name it
	c := p.get(pathActivity + ".csv?kind=devices")
	if !strings.Contains(c.body, ","+reference+"\r\n") {
		t.Errorf("no %s in the file", reference)
	}
	rows, err := csv.NewReader(strings.NewReader(c.body)).ReadAll()
	if err != nil || len(rows) != 2*many+1 || !strings.HasPrefix(c.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%d rows: %v %v", len(rows), err, c.header)
	}
	for _, row := range rows {
		for _, cell := range row {
			if strings.HasPrefix(cell, "=") || strings.HasPrefix(cell, "@") {
				t.Errorf("a formula: %q", cell)
			}
		}
	}
}

func (h house) newestActivity() (id int64) {
	h.Helper()
	a, err := h.store.AccountByLogin(h.Context(), annsLogin)
	h.must(err)
	h.must(h.store.Read(h.Context(), func(tx *store.Tx) error {
		all, err := tx.Activities(h.Context(), store.ActivityQuery{Account: a.ID, Limit: 1})
		if err == nil {
			id = all[0].ID
		}
		return err
	}))
	return id
}

func (h house) newestAppPassword() string {
	h.Helper()
	a, err := h.store.AccountByLogin(h.Context(), annsLogin)
	h.must(err)
	all, err := h.store.AppPasswords(h.Context(), a.ID)
	h.must(err)
	newest := all[0]
	for _, p := range all {
		if p.Revoked == 0 {
			newest = p
		}
	}
	return decimal(newest.ID)
}

func TestNotMe_LocksEverybodyElseOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	p, thief := h.person(), h.person()
	thief.signIn("")
	p.signIn("")
	made := p.makeAppPassword(url.Values{"name": {"phone"}, "scope-contacts": {"write"}})
	secret := shown(t, made)
	a := p.get(pathActivity)
	path := firstMatch(t, a.body, `/account/activity/\d+/not-me`)
	p.says(p.get(path), "all app passwords are revoked")
	p.leads(p.post(path, nil), pathNewPassword)
	thief.leads(thief.get("/account"), "/sign-in")
	if status, _ := h.dav("/dav/", annsLogin, secret); status != 401 {
		t.Errorf("the phone: %d", status)
	}
	p.leads(p.get("/account"), pathNewPassword)
	p.says(p.get(pathNewPassword), "Choose a new password")
	p.says(p.follow(p.post(pathNewPassword, url.Values{"new-password": {"correct zebra staple"}, "password-again": {"correct zebra staple"}})), "Your password is changed")
}

func TestAppPassword_SetUpAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	p := h.person()
	p.signIn("")
	p.says(p.makeAppPassword(url.Values{"name": {""}}), "still empty", "Nothing is chosen")
	first := shown(t, p.makeAppPassword(url.Values{"name": {"Ann's phone"}, "scope-contacts": {"read"}, "scope-tasks": {"write"}, "days": {"30"}}))
	p.says(p.get(pathAppPasswords), "contacts (read only), tasks", "expires on", "Never used")
	id := h.newestAppPassword()
	again := p.get(pathAppPasswords + "/new?replaces=" + id)
	if hidden(t, again, "name") != "Ann's phone" || hidden(t, again, "replaces") != id || !strings.Contains(again.body, `value="read" selected`) {
		t.Errorf("the form knows nothing of the old one:\n%s", again.body)
	}
	second := shown(t, p.makeAppPassword(url.Values{"name": {"Ann's phone"}, "scope-contacts": {"read"}, "replaces": {id}}))
	for _, step := range []struct {
		password string
		want     int
	}{{first, 207}, {second, 207}} {
		if status, _ := h.dav("/dav/", annsLogin, step.password); status != step.want {
			t.Errorf("%d, want %d", status, step.want)
		}
	}
	if a := p.post(pathAppPasswords+"/999999/revoke", nil); a.status != 404 {
		t.Errorf("one that is not there: %d", a.status)
	}
	p.says(p.follow(p.post(pathAppPasswords+"/revoke-all", nil)), "All app passwords are revoked")
	if status, _ := h.dav("/dav/", annsLogin, second); status != 401 {
		t.Errorf("after all were revoked: %d", status)
	}
}

func TestDelete_HasAWayBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	p := h.person()
	p.signIn("")
	p.says(p.post(pathDelete, nil), "Nothing was deleted")
	p.says(p.follow(p.post(pathDelete, url.Values{"sure": {"1"}})), "Your account will be deleted on")
	p.says(p.follow(p.post("/account/keep", nil)), "Your account stays")
}

func TestExport_IsAFile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	p := h.person()
	p.signIn("")
	p.says(p.get(pathExport), "One ZIP file")
	a := p.post(pathExport, nil)
	if a.body != "all of "+annsLogin || a.header.Get("Content-Type") != "application/zip" || !strings.Contains(a.header.Get("Content-Disposition"), ".zip") {
		t.Errorf("%d %v %s", a.status, a.header, a.body)
	}
}

// What `ksyncd dns` prints stands in the browser, for admins.
func TestDomain_ShowsItsRecordsToAdmins(t *testing.T) {
	t.Parallel()
	h := newHouse(t, onHTTPS)
	ann := h.ann() // the first account
	p := h.person()
	p.signIn("")
	p.says(p.get(pathDomain+"?domain=mail.example.org"), "_carddavs._tcp.mail.example.org.", "_caldavs._tcp.mail.example.org.")
	p.says(p.get(pathDomain+"?domain="+url.QueryEscape("<script>")), "not the name of a domain")
	h.must(h.accounts.SetAdmin(t.Context(), ann.ID, false))
	if got := p.get(pathDomain); got.status != http.StatusNotFound {
		t.Errorf("status %d for who is no admin", got.status)
	}
}
