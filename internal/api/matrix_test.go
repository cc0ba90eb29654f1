package api_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ksync/internal/account"
	"ksync/internal/assistant"
	"ksync/store"
)

// route is one operation as the matrix asks for it. The places {app}, {session},
// {activity}, {invitation}, {passkey} and {device} are things of Ann's.
type route struct {
	method, path, body string
	fresh              int  // status for Ann right after her sign-in
	stale              int  // for Ann later; 0: the same
	other              int  // for Bob, right after his sign-in; 0: as for Ann, since it is about himself
	limited            bool // also works before a new password was chosen
}

// address is the path as the document has it.
func (r route) address() string {
	path, _, _ := strings.Cut(r.path, "?")
	return thing.ReplaceAllString(path, "{id}")
}

// world is what must be there besides an account: things that others are in the way of.
func (r route) world() string {
	switch {
	case strings.Contains(r.path, "{passkey}"):
		return "passkey" // signs in differently
	case strings.HasPrefix(r.path, "/duplicates"), strings.HasPrefix(r.path, "/merges"):
		return "cards"
	}
	return ""
}

// strange is the problem of who names what is not theirs. That cards are somebody else's is told like that they are gone.
func (r route) strange() string {
	if r.other == http.StatusConflict {
		return "cards-gone"
	}
	return "not-found"
}

var thing = regexp.MustCompile(`\{\w+\}`)

func routes() []route {
	const stepUp = http.StatusForbidden
	return []route{
		{"GET", "/account", "", 200, 0, 0, true},
		{"PATCH", "/account", `{"name":"Ann"}`, 200, 0, 0, false},
		{"PUT", "/account/password", `{"password":"another zebra battery"}`, 204, stepUp, 0, true},
		{"PUT", "/account/email", `{"address":"new@example.org"}`, 200, stepUp, 0, false},
		{"POST", "/step-up", `{"password":"` + password + `"}`, 204, 0, 0, true},
		{"POST", "/step-up/passkey", "", 409, 0, 0, true}, // there is none
		{"POST", "/step-up/passkey/answer", `{"ticket":"x","response":{}}`, 410, 0, 0, true},
		{"PUT", "/account/deletion", "", 200, stepUp, 0, false},
		{"DELETE", "/account/deletion", "", 204, 0, 0, false},
		{"POST", "/account/export", "", 200, stepUp, 0, false},
		{"GET", "/app-passwords", "", 200, 0, 0, false},
		{"POST", "/app-passwords", `{"name":"phone"}`, 201, stepUp, 0, false},
		{"DELETE", "/app-passwords", "", 204, 0, 0, false},
		{"DELETE", "/app-passwords/{app}", "", 204, 0, 404, false},
		{"POST", "/app-passwords/{app}/replacement", `{}`, 201, stepUp, 404, false},
		{"GET", "/sessions", "", 200, 0, 0, false},
		{"DELETE", "/sessions", "", 204, 0, 0, false},
		{"DELETE", "/sessions/{session}", "", 204, 0, 404, false},
		{"GET", "/factors", "", 200, 0, 0, false},
		{"POST", "/factors/totp", "", 201, stepUp, 0, false},
		{"POST", "/factors/totp/confirm", `{"ticket":"x","code":"123456"}`, 410, stepUp, 0, false},
		{"DELETE", "/factors/totp", "", 404, stepUp, 0, false}, // there is none
		{"POST", "/factors/backup-codes", "", 201, stepUp, 0, false},
		{"GET", "/factors/passkeys", "", 200, 0, 0, false},
		{"POST", "/factors/passkeys", "", 201, stepUp, 0, false},
		{"POST", "/factors/passkeys/answer", `{"ticket":"x","name":"key","response":{}}`, 410, stepUp, 0, false},
		{"PATCH", "/factors/passkeys/{passkey}", `{"name":"key"}`, 204, 0, 404, false},
		{"DELETE", "/factors/passkeys/{passkey}", "", 204, stepUp, 404, false},
		{"GET", "/activity", "", 200, 0, 0, false},
		{"GET", "/activity.csv", "", 200, 0, 0, false},
		{"POST", "/activity/{activity}/not-me", "", 204, 0, 404, false},
		{"GET", "/devices", "", 200, 0, 0, false},
		{"POST", "/devices", `{"name":"phone","platform":"iphone","data":["contacts"]}`, 201, stepUp, 0, false},
		{"GET", "/devices/{device}", "", 200, 0, 404, false},
		{"GET", "/devices/{device}/profile", "", 200, 0, 404, false},
		{"DELETE", "/devices/{device}", "", 204, 0, 404, false},
		{"POST", "/devices/{device}/again", `{}`, 201, stepUp, 404, false},
		{"POST", "/tickets/password", `{"ticket":"x"}`, 410, stepUp, 0, false},
		{"POST", "/verify/app-password", `{"app_password":"x","data":["contacts"]}`, 200, 0, 0, false},
		{"POST", "/verify/mailbox", `{"password":"x"}`, 422, stepUp, 0, false}, // not of our domain
		{"GET", "/invitations", "", 200, 0, 404, false},                        // Ann's account is the first, so she may invite
		{"POST", "/invitations", `{"email":"new@example.org"}`, 201, stepUp, 404, false},
		{"DELETE", "/invitations/{invitation}", "", 204, 0, 404, false},
		{"GET", "/duplicates", "", 200, 0, 0, false},
		{"GET", "/duplicates/books", "", 200, 0, 0, false},
		{"GET", "/duplicates/{group}", "", 200, 0, 404, false},
		{"GET", "/duplicates/photo?book={book}&uri=ann.vcf", "", 200, 0, 404, false},
		{"POST", "/duplicates/preview", `{merge}`, 200, 0, 409, false},
		{"POST", "/duplicates/merge", `{merge}`, 200, 0, 409, false},
		{"POST", "/duplicates/hide", `{hide}`, 204, 0, 409, false},
		{"GET", "/duplicates/hidden", "", 200, 0, 0, false},
		{"DELETE", "/duplicates/hidden/{hidden}", "", 204, 0, 404, false},
		{"POST", "/duplicates/merge-sure", `{}`, 202, 0, 0, false},
		{"GET", "/duplicates/jobs/{job}", "", 200, 0, 404, false},
		{"GET", "/merges", "", 200, 0, 0, false},
		{"GET", "/merges/{done}/undo", "", 200, 0, 404, false},
		{"POST", "/merges/{done}/undo", "", 200, 0, 404, false},
	}
}

// appRoutes are those for apps with an access token.
func appRoutes() []route {
	return []route{
		{"GET", "/sync/dav/download?carddav=1&caldav=0", "", 200, 0, 0, false},
		{"GET", "/sync-connection", "", 200, 0, 0, false},
	}
}

func TestRoutes_TheMatrixHasAll(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	document := d.do("GET", "/api/openapi.json", "").json(t)
	var there, tested []string
	for path, item := range document["paths"].(map[string]any) {
		for method := range item.(map[string]any) {
			there = append(there, strings.ToUpper(method)+" "+strings.TrimPrefix(path, "/api/v1"))
		}
	}
	for _, r := range routes() {
		tested = append(tested, r.method+" "+r.address())
	}
	for _, r := range appRoutes() {
		path, _, _ := strings.Cut(r.path, "?")
		tested = append(tested, r.method+" /api"+path)
	}
	slices.Sort(there)
	slices.Sort(tested)
	if !slices.Equal(there, tested) {
		t.Errorf("operations %q\ntested     %q", there, tested)
	}
}

// role is who asks: it prepares the server and returns what comes along, with
// the status and the kind of problem that a route then has.
type role struct {
	name string
	ask  func(d *desk, ann *person) func(*http.Request)
	want func(r route) (status int, problem string)
}

func all(status int, problem string) func(route) (int, string) {
	return func(route) (int, string) { return status, problem }
}

func roles() []role {
	return []role{
		{"anonymous", func(*desk, *person) func(*http.Request) { return func(*http.Request) {} }, all(401, "signed-out")},
		{"a cookie of nobody", func(d *desk, _ *person) func(*http.Request) { return (&person{desk: d, token: "invented"}).with }, all(401, "signed-out")},
		{"right after the sign-in", func(_ *desk, ann *person) func(*http.Request) { return ann.with }, func(r route) (int, string) { return r.fresh, "" }},
		{"later", func(d *desk, ann *person) func(*http.Request) { d.pass(11 * time.Minute); return ann.with }, func(r route) (int, string) {
			if r.stale != 0 {
				return r.stale, "step-up-required"
			}
			return r.fresh, ""
		}},
		{"another account", func(d *desk, _ *person) func(*http.Request) { return d.add("bob@example.org").with }, func(r route) (int, string) {
			if r.other != 0 {
				return r.other, r.strange()
			}
			return r.fresh, ""
		}},
		{"another account later", func(d *desk, _ *person) func(*http.Request) {
			bob := d.add("bob@example.org")
			d.pass(11 * time.Minute)
			return bob.with
		}, func(r route) (int, string) {
			switch {
			case strings.HasPrefix(r.path, "/invitations"):
				return 404, "not-found" // not a word about a step-up
			case r.stale != 0:
				return r.stale, "step-up-required"
			case r.other != 0:
				return r.other, r.strange()
			}
			return r.fresh, ""
		}},
		{"may not invite any more", func(d *desk, ann *person) func(*http.Request) {
			d.must(d.accounts.SetAdmin(d.Context(), ann.account.ID, false))
			return ann.with
		}, func(r route) (int, string) {
			if strings.HasPrefix(r.path, "/invitations") {
				return 404, "not-found"
			}
			return r.fresh, ""
		}},
		{"disabled", func(d *desk, ann *person) func(*http.Request) {
			d.must(d.accounts.SetDisabled(d.Context(), ann.account.ID, true))
			return ann.with
		}, all(401, "signed-out")},
		{"signed out", func(d *desk, ann *person) func(*http.Request) {
			d.must(d.accounts.SignOut(d.Context(), home(), ann.inside()))
			return ann.with
		}, all(401, "signed-out")},
		{"session over", func(d *desk, ann *person) func(*http.Request) { d.pass(100 * 24 * time.Hour); return ann.with }, all(401, "signed-out")},
		{"app password", func(d *desk, ann *person) func(*http.Request) {
			secret, _ := d.all.AppPassword(store.AppPassword{Account: ann.account.ID})
			return basic(ann.account.Login, secret)
		}, all(401, "no-credentials-here")},
		{"account password as Basic", func(_ *desk, ann *person) func(*http.Request) { return basic(ann.account.Login, password) }, all(401, "no-credentials-here")},
		{"session as bearer token", func(_ *desk, ann *person) func(*http.Request) {
			return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+ann.token.Reveal()) }
		}, all(401, "no-credentials-here")},
		{"needs a new password", func(d *desk, ann *person) func(*http.Request) {
			d.must(d.store.UpdateAccount(d.Context(), ann.account.ID, func(a *store.Account) error { a.NewPassword = true; return nil }))
			return ann.with
		}, func(r route) (int, string) {
			if r.limited {
				return r.fresh, ""
			}
			return 403, "new-password-required"
		}},
		{"from another site", func(_ *desk, ann *person) func(*http.Request) {
			return func(r *http.Request) { ann.with(r); r.Header.Set("Sec-Fetch-Site", "cross-site") }
		}, func(r route) (int, string) {
			if r.method == "GET" {
				return r.fresh, ""
			}
			return 403, "cross-origin"
		}},
	}
}

func basic(login, secret string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(login+":"+secret)))
	}
}

// What the package comment promises: who may ask for what.
func TestRoutes_RouteByRole(t *testing.T) {
	t.Parallel()
	for _, who := range roles() {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			var d *desk
			var along func(*http.Request)
			var things *strings.Replacer
			var world string
			for _, r := range routes() {
				if d == nil || r.world() != world {
					d, world = newDesk(t), r.world()
					ann := d.add("ann@example.org")
					things = ann.things(world)
					along = who.ask(d, ann)
				}
				got := d.do(r.method, "/api/v1"+things.Replace(r.path), things.Replace(r.body), along)
				status, problem := who.want(r)
				check(t, r, got, status, problem)
				if world == "passkey" || r.method != http.MethodGet && got.status < 300 {
					d = nil // the next one gets a world in which nothing happened
				}
			}
		})
	}
}

func check(t *testing.T, r route, got answer, status int, problem string) {
	t.Helper()
	kind := got.problem(t)
	if got.status != status || problem != "" && kind != problem {
		t.Errorf("%s %s: %d %s, want %d %s\n%s", r.method, r.path, got.status, kind, status, problem, got.body)
	}
	if got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s %s: Cache-Control %q", r.method, r.path, got.header.Get("Cache-Control"))
	}
	if challenge := got.header.Get("WWW-Authenticate"); strings.Contains(challenge, "Basic") || (challenge == "") == (got.status == 401) {
		t.Errorf("%s %s: %d with the challenge %q", r.method, r.path, got.status, challenge)
	}
}

// things makes one of each thing that a path names, and puts their ids in.
func (p *person) things(world string) *strings.Replacer {
	p.Helper()
	if world == "cards" {
		return p.cardThings()
	}
	_, made, err := p.accounts.CreateAppPassword(p.Context(), home(), p.inside(), account.NewAppPassword{Name: "tablet", Scope: store.FullScope})
	p.must(err)
	other := (&person{desk: p.desk, account: p.account}).signIn()
	var key store.Passkey
	p.must(p.store.Write(p.Context(), func(tx *store.Tx) (err error) {
		if world != "passkey" {
			return nil
		}
		key, err = tx.CreatePasskey(p.Context(), store.Passkey{Account: p.account.ID, Hash: []byte("key"), Name: "key", Credential: []byte("{}")})
		return err
	}))
	device, err := p.helper.SetUp(p.Context(), home(), p.inside(), assistant.NewDevice{Name: "phone", Platform: assistant.IPhone, Data: []assistant.Data{assistant.Contacts}})
	p.must(err)
	invited, _, err := p.accounts.Invite(p.Context(), account.Invitation{})
	p.must(err)
	happened, err := p.accounts.Activity(p.Context(), p.inside(), store.ActivityQuery{})
	p.must(err)
	return strings.NewReplacer("{app}", fmt.Sprint(made.ID), "{session}", fmt.Sprint(other.inside().Session.ID),
		"{passkey}", fmt.Sprint(key.ID), "{activity}", fmt.Sprint(happened[0].ID), "{invitation}", fmt.Sprint(invited.ID), "{device}", fmt.Sprint(device.Device.ID))
}

// bearer is the header of an app.
func bearer(token account.Secret) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token.Reveal()) }
}

// access is the token that kSync's sign-in ends with.
func (p *person) access() account.Secret {
	p.Helper()
	grant, err := p.accounts.Grant(p.Context(), p.inside())
	p.must(err)
	verifier := strings.Repeat("v", 43)
	sum := sha256.Sum256([]byte(verifier))
	app := account.KSync()
	target, err := p.accounts.Authorize(p.Context(), home(), grant, account.Authorization{
		ResponseType: "code", ClientID: app.ID, RedirectURI: app.RedirectURIs[0], CodeChallengeMethod: "S256", CodeChallenge: base64.RawURLEncoding.EncodeToString(sum[:]),
	})
	p.must(err)
	u, err := url.Parse(target)
	p.must(err)
	token, err := p.accounts.Exchange(p.Context(), home(), account.TokenRequest{
		GrantType: "authorization_code", ClientID: app.ID, RedirectURI: app.RedirectURIs[0], Code: account.Secret(u.Query().Get("code")), CodeVerifier: account.Secret(verifier),
	})
	p.must(err)
	return token.Token
}

// An access token opens what is for apps, and nothing that is for people; what
// opens people's routes opens none of those.
func TestAppRoutes_RouteByRole(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		ask     func(d *desk, ann *person) func(*http.Request)
		status  int
		problem string
	}{
		"access token":            {func(_ *desk, ann *person) func(*http.Request) { return bearer(ann.access()) }, 200, ""},
		"with an app password":    {func(_ *desk, ann *person) func(*http.Request) { return basic(ann.account.Login, password) }, 401, "no-token"},
		"anonymous":               {func(*desk, *person) func(*http.Request) { return func(*http.Request) {} }, 401, "no-token"},
		"empty token":             {func(*desk, *person) func(*http.Request) { return bearer("") }, 401, "no-token"},
		"token of nobody":         {func(*desk, *person) func(*http.Request) { return bearer("invented") }, 401, "token-refused"},
		"session":                 {func(_ *desk, ann *person) func(*http.Request) { return ann.with }, 401, "no-token"},
		"session as bearer token": {func(_ *desk, ann *person) func(*http.Request) { return bearer(ann.token) }, 401, "token-refused"},
		"token that is over": {func(d *desk, ann *person) func(*http.Request) {
			token := ann.access()
			d.pass(11 * time.Minute)
			return bearer(token)
		}, 401, "token-refused"},
		"token that was revoked": {func(d *desk, ann *person) func(*http.Request) {
			token := ann.access()
			d.must(d.accounts.RevokeToken(d.Context(), token))
			return bearer(token)
		}, 401, "token-refused"},
		"disabled": {func(d *desk, ann *person) func(*http.Request) {
			token := ann.access()
			d.must(d.accounts.SetDisabled(d.Context(), ann.account.ID, true))
			return bearer(token)
		}, 401, "token-refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			along := tt.ask(d, d.add("ann@example.org"))
			for _, r := range appRoutes() {
				got := d.do(r.method, "/api"+r.path, "", along)
				check(t, r, got, tt.status, tt.problem)
				if challenge := got.header.Get("WWW-Authenticate"); got.status == 401 && !strings.HasPrefix(challenge, "Bearer ") {
					t.Errorf("%s: challenge %q", r.path, challenge)
				}
			}
			for _, r := range routes() {
				if strings.Contains(r.path, "{") || tt.problem == "no-token" {
					continue
				}
				if got := d.do(r.method, "/api/v1"+r.path, r.body, along); got.status != 401 {
					t.Errorf("%s %s: %d with what is for apps", r.method, r.path, got.status)
				}
			}
		})
	}
}
