package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"ksync/internal/account"
)

const (
	ksyncRedirect = "com.infomaniak.sync://oauth2redirect"
	ksyncVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk1"
)

// ksyncQuery is the query as kSync sends it: redirect_uri is not encoded.
// clients.md 1.3.
func ksyncQuery() string {
	sum := sha256.Sum256([]byte(ksyncVerifier))
	return "response_type=code&access_type=offline&client_id=" + account.KSync().ID + "&redirect_uri=" + ksyncRedirect +
		"&code_challenge_method=S256&code_challenge=" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// webView is kSync's: without scripts, and here without cookies.
func (h house) webView() *person {
	p := h.person()
	p.client.Jar = nil
	return p
}

var actions = regexp.MustCompile(`<form method="post" action="([^"]*)"`)

// action is where the form of a page goes that ends in a step.
func action(t *testing.T, a answer, step string) string {
	t.Helper()
	for _, found := range actions.FindAllStringSubmatch(a.body, -1) {
		target := unescape(found[1])
		if path, _, _ := strings.Cut(target, "?"); strings.HasSuffix(path, step) {
			return target
		}
	}
	t.Fatalf("%s: %d, no form for %s:\n%s", a.path, a.status, step, text(a.body))
	return ""
}

// multipartBody is as okhttp writes it: parts without file names.
func multipartBody(t *testing.T, fields ...string) (body *bytes.Buffer, contentType string) {
	t.Helper()
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	for i := 0; i < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return body, w.FormDataContentType()
}

func (p *person) call(method, path, bearer string, fields ...string) (int, map[string]any) {
	p.Helper()
	body, contentType := multipartBody(p.T, fields...)
	r, err := http.NewRequestWithContext(p.Context(), method, p.url+path, body)
	p.must(err)
	r.Header.Set("User-Agent", "okhttp/5.3.2")
	if len(fields) > 0 {
		r.Header.Set("Content-Type", contentType)
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	a := p.send(r)
	if a.header.Get("Content-Type") != "application/json" || a.header.Get("Cache-Control") != "no-store" {
		p.Errorf("%s %s: %v", method, path, a.header)
	}
	got := map[string]any{}
	if err := json.Unmarshal([]byte(a.body), &got); err != nil && a.body != "[]\n" {
		p.Errorf("%s %s: %v: %s", method, path, err, a.body)
	}
	return a.status, got
}

// approve walks the web view's side to the code.
func (p *person) approve(query, code string) string {
	p.Helper()
	a := p.get("/authorize?" + query)
	a = p.post(action(p.T, a, "/authorize"), url.Values{"login": {annsLogin}, "password": {annsPassword}})
	if code != "" {
		a = p.post(action(p.T, a, "/code"), url.Values{"half": {hidden(p.T, a, "half")}, "code": {code}})
	}
	p.says(a, "Let kSync sync?", annsLogin)
	a = p.post(action(p.T, a, "/consent"), url.Values{"grant": {hidden(p.T, a, "grant")}, "answer": {"yes"}})
	target, got, ok := strings.Cut(a.header.Get("Location"), "?code=")
	if a.status != http.StatusSeeOther || !ok || target != ksyncRedirect {
		p.Fatalf("%d to %q", a.status, a.header.Get("Location"))
	}
	return got
}

func (p *person) exchange(code, verifier string) (int, map[string]any) {
	p.Helper()
	return p.call(http.MethodPost, "/token", "", "grant_type", "authorization_code", "client_id", account.KSync().ID,
		"code", code, "code_verifier", verifier, "redirect_uri", ksyncRedirect)
}

// The sequence of clients.md 1.2, to the first request of sync.
func TestKSync_SignsInAndSyncs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann, p := h.ann(), h.webView()
	code := p.approve(ksyncQuery(), "")

	status, token := p.exchange(code, ksyncVerifier)
	if id, ok := token["user_id"].(float64); status != 200 || !ok || int64(id) != ann.ID || token["token_type"] != "Bearer" || token["expires_in"] != 600.0 {
		t.Fatalf("token: %d %v", status, token)
	}
	if status, again := p.exchange(code, ksyncVerifier); status != 400 || again["error"] != "invalid_grant" {
		t.Errorf("a code is good once: %d %v", status, again)
	}
	bearer := token["access_token"].(string)

	status, profile := p.call(http.MethodGet, "/1/profile", bearer)
	data, _ := profile["data"].(map[string]any)
	if status != 200 || profile["result"] != "success" || data["login"] != annsLogin || data["firstname"] != "Ann" || data["lastname"] != "Keller" || data["id"] != float64(ann.ID) {
		t.Fatalf("profile: %d %v", status, profile)
	}
	name := "Infomaniak Sync - vendredi août 21 2026 10:15:00"
	status, made := p.call(http.MethodPost, "/1/profile/password", bearer, "name", name)
	data, _ = made["data"].(map[string]any)
	if status != 200 || data["name"] != name {
		t.Fatalf("password: %d %v", status, made)
	}
	if _, isNumber := data["id"].(float64); !isNumber {
		t.Errorf("id is %T", data["id"])
	}
	password := data["password"].(string)
	if status, second := p.call(http.MethodPost, "/1/profile/password", bearer, "name", name); status != 401 {
		t.Errorf("a token makes one password: %d %v", status, second)
	}
	if status, gone := p.call(http.MethodDelete, "/token", bearer); status != 200 || gone["result"] != "success" {
		t.Errorf("revoke: %d %v", status, gone)
	}
	if status, refused := p.call(http.MethodGet, "/1/profile", bearer); status != 401 || refused["result"] != "error" {
		t.Errorf("a revoked token: %d %v", status, refused)
	}
	if status, body := h.dav("/", annsLogin, password); status != 207 || !strings.Contains(body, "/dav/principals/") {
		t.Errorf("sync: %d %s", status, body)
	}
	if status, _ := h.dav("/", annsLogin, annsPassword); status != 401 {
		t.Errorf("the account password on DAV: %d", status)
	}
}

// Whatever happens in the web view, no page has a status that closes it.
// clients.md 1.4 and T3.
func TestKSync_NoPageClosesTheWebView(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	secret := h.enrol()
	h.pass(time.Minute)
	p := h.webView()
	path := "/authorize?" + ksyncQuery()

	first := p.get(path)
	p.says(first, "kSync wants to sync")
	p.says(p.post(path, nil), "still empty")
	p.says(p.post(path, url.Values{"login": {"nobody"}, "password": {"wrong"}}), "do not match")
	half := p.post(path, url.Values{"login": {annsLogin}, "password": {annsPassword}})
	token := hidden(t, half, "half")
	p.says(p.post(action(t, half, "/code"), url.Values{"half": {token}, "code": {"000000"}}), "code is not right")
	p.says(p.post(action(t, half, "/code"), url.Values{"half": {"forged"}, "code": {"000000"}}), "took too long")
	consent := p.post(action(t, half, "/code"), url.Values{"half": {token}, "code": {h.oneTimeCode(secret)}})
	p.says(p.post(action(t, consent, "/consent"), url.Values{"grant": {"forged"}, "answer": {"yes"}}), "took too long")
	denied := p.post(action(t, consent, "/consent"), url.Values{"grant": {hidden(t, consent, "grant")}, "answer": {"no"}})
	if got := denied.header.Get("Location"); denied.status != 303 || got != ksyncRedirect+"?error=access_denied" {
		t.Errorf("denied: %d %q", denied.status, got)
	}
	for range 15 {
		p.post(path, url.Values{"login": {annsLogin}, "password": {"wrong"}})
	}
	p.says(p.post(path, url.Values{"login": {annsLogin}, "password": {"wrong"}}), "Too many tries")
	for name, query := range map[string]string{
		"unknown client":  strings.Replace(ksyncQuery(), account.KSync().ID, "other", 1),
		"other redirect":  strings.Replace(ksyncQuery(), ksyncRedirect, "https://evil.example/", 1),
		"longer redirect": strings.Replace(ksyncQuery(), ksyncRedirect, ksyncRedirect+"/x", 1),
		"nothing":         "",
	} {
		a := p.get("/authorize?" + query)
		p.says(a, "do not know this app")
		if a.header.Get("Location") != "" {
			t.Errorf("%s: redirect to %q", name, a.header.Get("Location"))
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.url+path, strings.NewReader("login=x"))
	h.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	p.says(p.send(r), "did not come from our own page")
	p.says(p.get("/authorize?%zz;;&&&="), "did not arrive as it should")
	p.post("/authorize/passkey", url.Values{"response": {"x"}})
	for _, step := range []string{"/code", "/passkey", "/consent"} { // an address opened again
		p.says(p.follow(p.get("/authorize"+step+"?"+ksyncQuery())), "kSync wants to sync")
		p.says(p.get("/authorize"+step), "do not know this app")
	}
	p.post("/authorize/passkey?"+ksyncQuery(), url.Values{"response": {strings.Repeat("x", 1<<20)}})
	for status := range p.seen {
		if status >= 400 {
			t.Errorf("status %d was met %d times", status, p.seen[status])
		}
	}
	for _, never := range []string{"localStorage", "sessionStorage", "window.open", `target="`} {
		if strings.Contains(first.body, never) {
			t.Errorf("the page has %s", never)
		}
	}
}

func TestKSync_PolicyLetsTheFormEndInTheApp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.webView()
	got := p.get("/authorize?" + ksyncQuery()).header.Get("Content-Security-Policy")
	if !strings.Contains(got, "form-action 'self' com.infomaniak.sync:;") || strings.Contains(got, "unsafe") {
		t.Errorf("policy: %s", got)
	}
}

func TestToken_RefusesAsRFC6749Says(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	p := h.webView()
	if status, got := p.exchange(p.approve(ksyncQuery(), ""), strings.Repeat("x", 44)); status != 400 || got["error"] != "invalid_grant" {
		t.Errorf("wrong verifier: %d %v", status, got)
	}
	if status, got := p.call(http.MethodPost, "/token", "", "grant_type", "password", "username", annsLogin, "password", annsPassword); status != 400 || got["error"] != "unsupported_grant_type" {
		t.Errorf("grant password: %d %v", status, got)
	}
	form := url.Values{"grant_type": {"authorization_code"}, "client_id": {account.KSync().ID}, "code": {p.approve(ksyncQuery(), "")}, "code_verifier": {ksyncVerifier}, "redirect_uri": {ksyncRedirect}}
	if a := p.post("/token", form); a.status != 200 || !strings.Contains(a.body, `"token_type":"Bearer"`) {
		t.Errorf("urlencoded: %d %s", a.status, a.body)
	}
	form.Set("code", strings.Repeat("x", 1<<20))
	if a := p.post("/token", form); a.status != 400 || !strings.Contains(a.body, `"error":"invalid_request"`) {
		t.Errorf("too large: %d %s", a.status, a.body)
	}
}

// A bearer token opens the three calls it is for and nothing else. clients.md T7.
func TestBearer_OpensNothingElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	p := h.webView()
	_, token := p.exchange(p.approve(ksyncQuery(), ""), ksyncVerifier)
	for _, path := range []string{"/account", "/account/app-passwords/new", "/dav/", "/"} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", h.url+path, nil)
		if path == "/dav/" {
			r.Method = "PROPFIND"
		}
		h.must(err)
		r.Header.Set("Authorization", "Bearer "+token["access_token"].(string))
		if a := p.send(r); strings.Contains(a.body, "Ann") || a.status == 207 {
			t.Errorf("%s: %d %s", path, a.status, text(a.body))
		}
	}
}
