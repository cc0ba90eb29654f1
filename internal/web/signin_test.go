package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"ksync/internal/account"
)

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
