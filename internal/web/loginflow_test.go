package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ksync/store"
)

type begun struct {
	Poll struct {
		Token    string
		Endpoint string
	}
	Login string
}

// beginFlow asks as DAVx5 does: no body, no type. clients.md 1.9.
func (p *person) beginFlow() begun {
	p.Helper()
	r, err := http.NewRequestWithContext(p.Context(), http.MethodPost, p.url+"/index.php/login/v2", nil)
	p.must(err)
	r.Header.Set("User-Agent", "DAVx5/4.5.10-ose (dav4jvm; okhttp/5.3.2) Android/16")
	a := p.send(r)
	var b begun
	if err := json.Unmarshal([]byte(a.body), &b); err != nil || a.status != 200 {
		p.Fatalf("begin: %d %v %s", a.status, err, a.body)
	}
	if b.Poll.Endpoint != p.url+"/login/v2/poll" || !strings.HasPrefix(b.Login, p.url+"/login/v2/flow/") {
		p.Fatalf("begin: %s", a.body)
	}
	return b
}

func (p *person) poll(b begun) answer {
	p.Helper()
	return p.post("/login/v2/poll", url.Values{"token": {b.Poll.Token}})
}

func TestLoginFlow_GivesTheAppItsPasswordOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	app, p := h.person(), h.person()
	b := app.beginFlow()
	if a := app.poll(b); a.status != 404 {
		t.Errorf("poll before: %d %s", a.status, a.body)
	}
	path := strings.TrimPrefix(b.Login, h.url)
	a := p.get(path)
	p.says(a, "DAVx5", "wants to sync")
	a = p.post(path, url.Values{"login": {annsLogin}, "password": {annsPassword}})
	p.says(a, "Let DAVx5 sync?", "It calls itself “DAVx5/4.5.10-ose (dav4jvm; okhttp/5.3.2) Android/16”", "Go on only if you have just started this", annsLogin)
	a = p.post(path+"/consent", url.Values{"grant": {hidden(t, a, "grant")}, "answer": {"yes"}})
	p.says(a, "the app is connected")
	if len(p.client.Jar.Cookies(mustURL(t, h.url))) != 0 {
		t.Error("a sign-in for an app left a cookie")
	}

	a = app.poll(b)
	var got struct{ Server, LoginName, AppPassword string }
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.status != 200 || got.Server != h.url || got.LoginName != annsLogin {
		t.Fatalf("poll: %d %v %s", a.status, err, a.body)
	}
	if again := app.poll(b); again.status != 404 {
		t.Errorf("poll after: %d", again.status)
	}
	if status, body := h.dav("/remote.php/dav", got.LoginName, got.AppPassword); status != 207 || !strings.Contains(body, "/dav/principals/") {
		t.Errorf("sync: %d %s", status, body)
	}
	if a := p.get(path); a.status != 410 {
		t.Errorf("the link after: %d", a.status)
	}
}

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// Somebody who is signed in, lately, only has to agree.
func TestLoginFlow_UsesTheSessionOfTheBrowser(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	app, p := h.person(), h.person()
	p.signIn("")
	b := app.beginFlow()
	path := strings.TrimPrefix(b.Login, h.url)
	a := p.get(path)
	p.says(a, "Let DAVx5", annsLogin)
	p.says(p.post(path+"/consent", url.Values{"grant": {hidden(t, a, "grant")}, "answer": {"no"}}), "Nothing was granted")
	if got := app.poll(b); got.status != 404 {
		t.Errorf("poll after a no: %d %s", got.status, got.body)
	}
	h.pass(11 * 60e9)
	p.says(p.get(path), "Password", "wants to sync")
}

func TestLoginFlow_UnknownLinksAreAnsweredAlike(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.person()
	for _, path := range []string{"/login/v2/flow/x", "/login/v2/flow/" + strings.Repeat("A", 43), "/set-up/x", "/invitation/x", "/reset/x"} {
		a := p.get(path)
		if a.status != 410 {
			t.Errorf("%s: %d", path, a.status)
		}
		p.says(a, "This link no longer works")
	}
	if a := p.post("/login/v2/poll", nil); a.status != 404 {
		t.Errorf("poll without a token: %d", a.status)
	}
}

// An app that is told of a fault asks again for twenty minutes, and its person
// waits without knowing for what.
func TestLoginFlow_SaysThatThereAreTooMany(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann := h.ann()
	for range 50 {
		h.all.AppPassword(store.AppPassword{Account: ann.ID})
	}
	app, p := h.person(), h.person()
	b := app.beginFlow()
	path := strings.TrimPrefix(b.Login, h.url)
	a := p.post(path, url.Values{"login": {annsLogin}, "password": {annsPassword}})
	p.says(p.post(path+"/consent", url.Values{"grant": {hidden(t, a, "grant")}, "answer": {"yes"}}), "the app is connected")
	if a := app.poll(b); a.status != http.StatusForbidden || !strings.Contains(a.body, "too_many_app_passwords") {
		t.Errorf("flow: %d %s", a.status, a.body)
	}
	k := h.webView()
	_, token := k.exchange(k.approve(ksyncQuery(), ""), ksyncVerifier)
	if status, got := k.call(http.MethodPost, "/1/profile/password", token["access_token"].(string), "name", "phone"); status != http.StatusForbidden {
		t.Errorf("kSync: %d %v", status, got)
	}
}
