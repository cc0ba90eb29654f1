package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"howett.net/plist"

	"ksync/internal/account"
	"ksync/store"
)

const phone = `{"name":"Ann’s iPhone","platform":"iphone","data":["calendars","contacts","tasks"]}`

func TestDevices_FromTicketToConnected(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	made := ann.want(201, "POST", "/api/v1/devices", phone)
	device := made["device"].(map[string]any)
	path := fmt.Sprintf("/api/v1/devices/%.0f", device["id"])
	if device["state"] != "begun" || made["url"] != "https://sync.example.org/p/"+made["ticket"].(string) || made["expires"] != "2026-11-21T12:10:00Z" || fmt.Sprint(device["data"]) != "[contacts calendars tasks]" {
		t.Errorf("got %v", made)
	}
	handed := ann.want(200, "POST", "/api/v1/tickets/password", `{"ticket":"`+made["ticket"].(string)+`"}`)
	if handed["login"] != "ann@example.org" || len(handed["password"].(string)) != 34 {
		t.Errorf("got %v", handed)
	}
	if got := ann.want(200, "GET", path, ""); got["state"] != "waiting" || got["connected"] != nil {
		t.Errorf("got %v", got)
	}
	app := int64(ann.want(200, "GET", path, "")["app_password"].(float64))
	ann.must(ann.store.Write(t.Context(), func(tx *store.Tx) error { return tx.SeeDevice(t.Context(), ann.account.ID, app, "contacts") }))
	if got := ann.want(200, "GET", path, ""); got["state"] != "connected" || got["connected"] == nil || fmt.Sprint(got["seen"]) != "[contacts]" {
		t.Errorf("got %v", got)
	}
	ann.do("DELETE", path, "")
	if got := ann.want(200, "GET", "/api/v1/devices", ""); len(got["devices"].([]any)) != 0 || fmt.Sprint(got["offered"]) != "[contacts calendars tasks]" {
		t.Errorf("got %v", got)
	}
	for _, p := range ann.appPasswords() {
		if p.ID == app && p.Revoked == 0 {
			t.Error("the app password of a removed device signs in")
		}
	}
}

func (p *person) appPasswords() []store.AppPassword {
	p.Helper()
	all, err := p.accounts.AppPasswords(p.Context(), p.inside())
	p.must(err)
	return all
}

func TestDevices_Problems(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	for body, want := range map[string]string{
		`{"name":"x","platform":"toaster","data":["contacts"]}`:                        "invalid-input",
		`{"name":"x","platform":"mac","data":["photos"]}`:                              "not-offered",
		`{"name":"x","platform":"mac","data":[]}`:                                      "invalid-input",
		`{"name":"x","platform":"mac","data":["mail"]}`:                                "not-offered",
		`{"name":"\u0000","platform":"mac","data":["contacts"]}`:                       "unusable-text",
		`{"name":"x","platform":"mac","data":["contacts"],"app_password":"x"}`:         "app-password-refused",
		`{"name":"x","platform":"mac","data":["contacts"],"mail_password":"x"}`:        "not-offered",
		`{"name":"x","platform":"mac","data":["contacts"],"host":"evil.example"}`:      "invalid-input",
		`{"name":"x","platform":"mac","data":["contacts","contacts","tasks","tasks"]}`: "",
	} {
		if got := ann.do("POST", "/api/v1/devices", body).problem(t); got != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
	if got := ann.want(200, "POST", "/api/v1/verify/app-password", `{"app_password":"0000-0000-0000-0000-0000-0000-0000","data":["contacts"]}`); got["verdict"] != "typo" {
		t.Errorf("got %v", got)
	}
}

func TestDevices_NoPasswordWithoutHTTPS(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	plain := func(r *http.Request) { r.TLS, r.URL.Scheme = nil, "http" }
	for path, body := range map[string]string{"/devices": phone, "/tickets/password": `{"ticket":"x"}`, "/verify/mailbox": `{"password":"x"}`} {
		if got := ann.do("POST", "/api/v1"+path, body, plain).problem(t); got != "https-only" {
			t.Errorf("%s: got %q", path, got)
		}
	}
	if got := ann.desk.do("GET", "/api/sync/dav/download?carddav=1", "", bearer(ann.access()), plain).problem(t); got != "https-only" {
		t.Errorf("got %q", got)
	}
}

// profileOf reads an unsigned profile, and holds its headers against the rules.
func profileOf(t *testing.T, a answer) map[string]any {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Type": "application/x-apple-aspen-config", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Content-Length": fmt.Sprint(len(a.body)), "X-Robots-Tag": "noindex",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if d := a.header.Get("Content-Disposition"); !strings.HasPrefix(d, `attachment; filename="`) || !strings.HasSuffix(d, `.mobileconfig"`) {
		t.Errorf("Content-Disposition %q", d)
	}
	var top map[string]any
	if _, err := plist.Unmarshal([]byte(a.body), &top); err != nil || a.status != 200 {
		t.Fatalf("%d, %v\n%s", a.status, err, a.body)
	}
	return top
}

func TestDevices_ProfileBySessionHasNoPassword(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	made := ann.want(201, "POST", "/api/v1/devices", phone)
	a := ann.do("GET", fmt.Sprintf("/api/v1/devices/%.0f/profile?language=de", made["device"].(map[string]any)["id"]), "")
	top := profileOf(t, a)
	if strings.Contains(a.body, "Password") || !strings.Contains(a.body, "Adressbücher von ann@example.org") || top["PayloadOrganization"] != "Example Org" {
		t.Error(a.body)
	}
}

func TestSync_ProfileByToken(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@mail.example")
	token := ann.access()
	for query, want := range map[string]string{
		"carddav=1&caldav=1":        "[com.apple.carddav.account com.apple.caldav.account]",
		"carddav=1&caldav=0":        "[com.apple.carddav.account]",
		"carddav=0&caldav=1":        "[com.apple.caldav.account]",
		"carddav=0&caldav=0&imap=1": "[com.apple.mail.managed]",
		"caldav=1&imap=1":           "[com.apple.caldav.account com.apple.mail.managed]",
	} {
		a := ann.desk.do("GET", "/api/sync/dav/download?"+query, "", bearer(token))
		var kinds []any
		for _, p := range profileOf(t, a)["PayloadContent"].([]any) {
			kinds = append(kinds, p.(map[string]any)["PayloadType"])
		}
		if fmt.Sprint(kinds) != want || strings.Contains(a.body, "<key>CardDAVPassword") || strings.Contains(a.body, "<key>IncomingPassword<") {
			t.Errorf("%s: %v", query, kinds)
		}
	}
	for query, want := range map[string]string{"": "not-offered", "carddav=0": "not-offered", "carddav=2": "invalid-input", "carddav=yes": "invalid-input", "host=evil.example": "invalid-input"} {
		if got := ann.desk.do("GET", "/api/sync/dav/download?"+query, "", bearer(token)).problem(t); got != want {
			t.Errorf("%q: got %q, want %q", query, got, want)
		}
	}
}

// A Host header is what a client chose to send: none of it is in a profile.
func TestSync_HostHeaderNeverReachesAProfile(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	evil := func(r *http.Request) {
		r.Host = "evil.example:99\"><"
		for _, name := range []string{"X-Forwarded-Host", "Forwarded", "Origin", "Referer"} {
			r.Header.Set(name, "evil.example")
		}
	}
	body := ann.desk.do("GET", "/api/sync/dav/download?carddav=1&caldav=1", "", bearer(ann.access()), evil).body
	if strings.Contains(body, "evil") || strings.Count(body, "<string>sync.example.org</string>") != 2 {
		t.Error(body)
	}
}

func TestSync_Connection(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@mail.example")
	a := ann.desk.do("GET", "/api/sync-connection", "", bearer(ann.access()))
	var got any
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		t.Fatal(err)
	}
	want := `map[data:map[host:sync.example.org login:ann@mail.example mail:map[address:ann@mail.example imap_host:imap.invalid imap_port:993 login:ann@mail.example smtp_host:smtp.invalid smtp_port:465] port:443 url:https://sync.example.org/] result:success]`
	if fmt.Sprint(got) != want {
		t.Errorf("got %v", got)
	}
}

func TestTickets_GuessesAreSlowedDown(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	made := ann.want(201, "POST", "/api/v1/devices", phone)
	for range 30 {
		if got := ann.do("POST", "/api/v1/tickets/password", `{"ticket":"`+strings.Repeat("a", 26)+`"}`).problem(t); got != "expired" {
			t.Fatal(got)
		}
	}
	if got := ann.do("POST", "/api/v1/tickets/password", `{"ticket":"`+made["ticket"].(string)+`"}`); got.problem(t) != "too-many-tries" || got.header.Get("Retry-After") == "" {
		t.Errorf("%d %v", got.status, got.header)
	}
	ann.pass(time.Minute)
	if got := ann.do("POST", "/api/v1/tickets/password", `{"ticket":"`+made["ticket"].(string)+`"}`); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestDevices_SetUpAgainKeepsTheDevice(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	made := ann.want(201, "POST", "/api/v1/devices", phone)
	id := made["device"].(map[string]any)["id"]
	ann.want(200, "POST", "/api/v1/tickets/password", `{"ticket":"`+made["ticket"].(string)+`"}`)
	again := ann.want(201, "POST", fmt.Sprintf("/api/v1/devices/%.0f/again", id), `{"data":["contacts"]}`)
	handed := ann.want(200, "POST", "/api/v1/tickets/password", `{"ticket":"`+again["ticket"].(string)+`"}`)
	if got := again["device"].(map[string]any); got["id"] != id || fmt.Sprint(got["data"]) != "[contacts]" {
		t.Errorf("got %v", got)
	}
	got := ann.want(200, "POST", "/api/v1/verify/app-password", fmt.Sprintf(`{"app_password":%q,"data":["calendars"]}`, handed["password"]))
	if got["verdict"] != string(account.LacksScope) {
		t.Errorf("got %v", got)
	}
}
