package api_test

import (
	"strconv"
	"strings"
	"testing"

	"ksync/internal/account"
	"ksync/store"
)

func TestAccount_ShownAndChanged(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	got := ann.want(200, "GET", "/api/v1/account", "")
	if got["login"] != "ann@example.org" || got["fresh"] != true || got["new_password_required"] != false || got["created"] != "2026-11-21T12:00:00Z" {
		t.Errorf("got %v", got)
	}
	ann.want(200, "PATCH", "/api/v1/account", `{"name":"Ann Keller","time_zone":"Europe/Zurich"}`)
	got = ann.want(200, "PATCH", "/api/v1/account", `{"locale":"de"}`)
	if got["name"] != "Ann Keller" || got["locale"] != "de" || got["time_zone"] != "Europe/Zurich" {
		t.Errorf("what is not named must stay: %v", got)
	}
}

func number(t *testing.T, v any) string {
	t.Helper()
	n, ok := v.(float64)
	if !ok || n != float64(int64(n)) || n >= 1<<53 {
		t.Fatalf("%v is no id", v)
	}
	return itoa(int64(n))
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// Errors repeat nothing that was sent: it may be a password.
func TestProblems_HoldNoSecrets(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	for _, tt := range []struct{ method, path, body string }{
		{"PUT", "/account/password", `{"password":"hunter2"}`},
		{"PUT", "/account/password", `{"password":["hunter2"]}`},
		{"PUT", "/account/password", `{"passwort":"hunter2"}`},
		{"PUT", "/account/password", `{"password":"hunter2`},
		{"POST", "/step-up", `{"password":"hunter2"}`},
		{"POST", "/step-up", `{"password":{"a":"hunter2"}}`},
		{"POST", "/factors/totp/confirm", `{"ticket":"hunter2","code":"hunter2"}`},
		{"POST", "/factors/totp/confirm", `{"ticket":"` + strings.Repeat("hunter2", 40) + `","code":"1"}`},
		{"GET", "/activity?before=hunter2", ""},
		{"GET", "/activity?hunter2=1", ""},
	} {
		a := ann.do(tt.method, "/api/v1"+tt.path, tt.body)
		if a.status < 400 || a.problem(t) == "fault" {
			t.Errorf("%s %s: %d", tt.path, tt.body, a.status)
		}
		if strings.Contains(a.body, "hunter2") && !strings.Contains(tt.path, "?hunter2") {
			t.Errorf("%s %s: %s", tt.path, tt.body, a.body)
		}
	}
	if strings.Contains(ann.logged.String(), "hunter2") {
		t.Errorf("log:\n%s", ann.logged)
	}
}

func TestPassword_WeakOnesAreExplained(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	got := ann.do("PUT", "/api/v1/account/password", `{"password":"short"}`)
	if p := got.json(t); got.problem(t) != "weak-password" || p["reason"] != "too-short" || p["shortest"] == nil {
		t.Errorf("%d %s", got.status, got.body)
	}
	other := (&person{desk: ann.desk, account: ann.account}).signIn()
	ann.want(204, "PUT", "/api/v1/account/password", `{"password":"another zebra battery","revoke_app_passwords":true}`)
	if p := other.do("GET", "/api/v1/account", "").problem(t); p != "signed-out" {
		t.Errorf("the other session is open: %q", p)
	}
}

func TestSessions_OthersAndOwn(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	other := (&person{desk: ann.desk, account: ann.account}).signIn()
	list := ann.want(200, "GET", "/api/v1/sessions", "")["sessions"].([]any)
	var own, ids []string
	for _, one := range list {
		s := one.(map[string]any)
		ids = append(ids, number(t, s["id"]))
		if s["own"] == true {
			own = append(own, number(t, s["id"]))
		}
		if s["hash"] != nil || s["token"] != nil {
			t.Errorf("listed %v", s)
		}
	}
	if len(ids) != 2 || len(own) != 1 {
		t.Fatalf("sessions %v, own %v", ids, own)
	}
	ann.want(204, "DELETE", "/api/v1/sessions", "")
	if p := other.do("GET", "/api/v1/account", "").problem(t); p != "signed-out" {
		t.Errorf("got %q", p)
	}
	a := ann.do("DELETE", "/api/v1/sessions/"+own[0], "")
	if a.status != 204 || !strings.Contains(a.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("signed out with %d and cookie %q", a.status, a.header.Get("Set-Cookie"))
	}
	if p := ann.do("GET", "/api/v1/account", "").problem(t); p != "signed-out" {
		t.Errorf("got %q", p)
	}
}

func TestSessions_AllAtOnce(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	ann.want(204, "DELETE", "/api/v1/sessions?own=true", "")
	if p := ann.do("GET", "/api/v1/account", "").problem(t); p != "signed-out" {
		t.Errorf("got %q", p)
	}
}

func TestInvitations_FromTheLinkToTheAccount(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ann := d.add("ann@example.org")
	if me := ann.want(200, "GET", "/api/v1/account", ""); me["admin"] != true {
		t.Errorf("the first account: %v", me)
	}
	if p := ann.do("POST", "/api/v1/invitations", `{"email":"x@example.org\r\nBcc: y@example.org"}`).problem(t); p != "unusable-text" {
		t.Errorf("got %q", p)
	}
	made := ann.want(201, "POST", "/api/v1/invitations", `{"email":"bob@example.org","name":"Bob","quota":1000}`)
	link, _ := made["url"].(string)
	token, ok := strings.CutPrefix(link, "https://sync.example.org/invitation/")
	if !ok || made["by"] != "ann@example.org" {
		t.Fatalf("made %v", made)
	}
	listed := ann.do("GET", "/api/v1/invitations", "")
	if all := listed.json(t)["invitations"].([]any); len(all) != 1 || all[0].(map[string]any)["email"] != "bob@example.org" || strings.Contains(listed.body, token) {
		t.Errorf("listed %s", listed.body)
	}
	if _, err := d.accounts.AcceptInvitation(t.Context(), home(), account.Secret(token), account.NewAccount{Login: "bob@example.org", Password: "another zebra battery"}); err != nil {
		t.Fatal(err)
	}
	if all := ann.want(200, "GET", "/api/v1/invitations", "")["invitations"].([]any); len(all) != 0 {
		t.Errorf("after it was accepted: %v", all)
	}
	bob := (&person{desk: d, account: store.Account{Login: "bob@example.org"}}).signInWith("another zebra battery")
	if me := bob.want(200, "GET", "/api/v1/account", ""); me["admin"] != false {
		t.Errorf("the second account: %v", me)
	}
}

func TestDeletion_AskedForAndTakenBack(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	if got := ann.want(200, "PUT", "/api/v1/account/deletion", ""); got["delete_after"] != "2026-12-05T12:00:00Z" {
		t.Errorf("got %v", got)
	}
	if me := ann.want(200, "GET", "/api/v1/account", ""); me["delete_after"] != "2026-12-05T12:00:00Z" {
		t.Errorf("got %v", me)
	}
	ann.want(204, "DELETE", "/api/v1/account/deletion", "")
	if me := ann.want(200, "GET", "/api/v1/account", ""); me["delete_after"] != nil {
		t.Errorf("got %v", me)
	}
}

func TestExport_IsAnArchiveOfOnesOwn(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	got := ann.do("POST", "/api/v1/account/export", "")
	if got.body != "all of ann@example.org" || got.header.Get("Content-Type") != "application/zip" || got.header.Get("Content-Disposition") != `attachment; filename="ksync-2026-11-21.zip"` {
		t.Errorf("%d %v %q", got.status, got.header, got.body)
	}
	if all := ann.want(200, "GET", "/api/v1/activity?kind=exported", "")["activity"].([]any); len(all) != 1 {
		t.Errorf("noted %v", all)
	}
}

func TestUnknownAddressesAndMethods(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, tt := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/api/v1/", 404}, {"GET", "/api/v2/account", 404}, {"GET", "/api/v1/accounts/1", 404}, {"POST", "/api/v1/account", 405}, {"PROPFIND", "/api/v1/account", 405},
		{"GET", "/api/openapi.yaml", 404}, {"GET", "/api/docs", 404}, {"GET", "/api/schemas/Account.json", 404}, {"FROBNICATE", "/api/v1/account", 405},
	} {
		if a := d.do(tt.method, tt.path, ""); a.status != tt.status || a.problem(t) == "" {
			t.Errorf("%s %s: %d %s", tt.method, tt.path, a.status, a.body)
		}
	}
}
