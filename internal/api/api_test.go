package api_test

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

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

func TestStepUp_GivesAnotherToken(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	ann.pass(11 * time.Minute)
	if p := ann.do("POST", "/api/v1/app-passwords", `{"name":"phone"}`).problem(t); p != "step-up-required" {
		t.Errorf("got %q", p)
	}
	if a := ann.do("POST", "/api/v1/step-up", `{"password":"wrong"}`); a.problem(t) != "proof-refused" || a.header.Get("Set-Cookie") != "" {
		t.Errorf("got %d %s", a.status, a.body)
	}
	a := ann.do("POST", "/api/v1/step-up", `{"password":"`+password+`"}`)
	cookie, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
	if a.status != 204 || err != nil || cookie.Value == ann.token.Reveal() {
		t.Fatalf("%d, cookie %v", a.status, err)
	}
	if a := ann.do("GET", "/api/v1/account", ""); a.problem(t) != "signed-out" {
		t.Errorf("the old token still opens the session: %d", a.status)
	}
	ann.token = account.Secret(cookie.Value)
	ann.want(201, "POST", "/api/v1/app-passwords", `{"name":"phone"}`)
}

func TestStepUp_SecondFactorIsAsked(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	secret := ann.enrol()
	ann.pass(11 * time.Minute)
	if p := ann.do("POST", "/api/v1/step-up", `{"password":"`+password+`"}`).problem(t); p == "" {
		t.Error("the password alone was enough")
	}
	ann.pass(time.Minute)
	if a := ann.do("POST", "/api/v1/step-up", `{"password":"`+password+`","code":"`+ann.code(secret)+`"}`); a.status != 204 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestStepUp_SlowsDownWhoGuesses(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	for range 20 {
		a := ann.do("POST", "/api/v1/step-up", `{"password":"wrong"}`)
		if a.status == http.StatusTooManyRequests {
			if a.problem(t) != "too-many-tries" || a.header.Get("Retry-After") == "" || a.header.Get("Retry-After") == "0" {
				t.Errorf("%v %s", a.header, a.body)
			}
			return
		}
	}
	t.Error("twenty guesses in a row")
}

func TestAppPasswords_FromCreationToRevocation(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	made := ann.want(201, "POST", "/api/v1/app-passwords", `{"name":"phone","scope":"contacts:ro","expires":"2027-01-31T00:00:00Z"}`)
	if secret, _ := made["secret"].(string); len(secret) != 34 || made["scope"] != "contacts:ro" || made["active"] != true {
		t.Fatalf("got %v", made)
	}
	id := number(t, made["id"])
	next := ann.want(201, "POST", "/api/v1/app-passwords/"+id+"/replacement", `{}`)
	if next["name"] != "phone" || next["scope"] != "contacts:ro" || number(t, next["replaces"]) != id || next["secret"] == made["secret"] || next["expires"] != made["expires"] {
		t.Errorf("set up again: %v", next)
	}
	ann.want(204, "DELETE", "/api/v1/app-passwords/"+number(t, next["id"]), "")
	list := ann.want(200, "GET", "/api/v1/app-passwords", "")["app_passwords"].([]any)
	for _, one := range list {
		p := one.(map[string]any)
		if p["secret"] != nil || p["hash"] != nil || (p["active"] == true) != (number(t, p["id"]) == id) {
			t.Errorf("listed %v", p)
		}
	}
	ann.want(204, "DELETE", "/api/v1/app-passwords", "")
	if a := ann.do("POST", "/api/v1/app-passwords/"+id+"/replacement", `{}`); a.problem(t) != "not-found" {
		t.Errorf("a revoked one can be replaced: %s", a.body)
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

func TestAppPasswords_WhatDoesNotFit(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	for _, tt := range []struct{ body, problem, where string }{
		{`{}`, "invalid-input", "body"},
		{`{"name":""}`, "invalid-input", "body.name"},
		{`{"name":"` + strings.Repeat("x", 65) + `"}`, "invalid-input", "body.name"},
		{`{"name":"a\u0000b"}`, "unusable-text", ""},
		{`{"name":"phone","scope":"mail"}`, "invalid-input", "body.scope"},
		{`{"name":"phone","expires":"2026-11-21T11:59:59Z"}`, "invalid-input", "body.expires"},
		{`{"name":"phone","expires":"tomorrow"}`, "invalid-input", "body.expires"},
		{`{"name":"phone","admin":true}`, "invalid-input", "body.admin"},
		{`{"name":7}`, "invalid-input", "body.name"},
		{`{"name":`, "malformed", ""},
		{`{"name":"` + strings.Repeat("x", 1<<20) + `"}`, "too-large", ""},
	} {
		a := ann.do("POST", "/api/v1/app-passwords", tt.body)
		if a.problem(t) != tt.problem || !strings.Contains(a.body, `"location":"`+tt.where) && tt.where != "" {
			t.Errorf("%.60s: %d %s", tt.body, a.status, a.body)
		}
	}
	a := ann.do("POST", "/api/v1/app-passwords", "name=phone", func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") })
	if a.problem(t) != "unknown-media-type" {
		t.Errorf("a form: %d %s", a.status, a.body)
	}
}

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

func TestFactors_AuthenticatorAppAndBackupCodes(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	setup := ann.want(201, "POST", "/api/v1/factors/totp", "")
	secret, _ := setup["secret"].(string)
	ticket, _ := setup["ticket"].(string)
	if u, _ := setup["url"].(string); !strings.HasPrefix(u, "otpauth://totp/") {
		t.Fatalf("got %v", setup)
	}
	if p := ann.do("POST", "/api/v1/factors/totp/confirm", `{"ticket":"`+ticket+`","code":"000000"}`).problem(t); p != "wrong-code" {
		t.Errorf("got %q", p)
	}
	codes := ann.want(200, "POST", "/api/v1/factors/totp/confirm", `{"ticket":"`+ticket+`","code":"`+ann.code(secret)+`"}`)["backup_codes"].([]any)
	if len(codes) != 10 {
		t.Errorf("%d backup codes", len(codes))
	}
	got := ann.want(200, "GET", "/api/v1/factors", "")
	if got["totp"] != true || got["backup_codes"].(map[string]any)["left"] != float64(10) {
		t.Errorf("got %v", got)
	}
	if again := ann.want(201, "POST", "/api/v1/factors/backup-codes", "")["backup_codes"].([]any); len(again) != 10 || again[0] == codes[0] {
		t.Errorf("got %v", again)
	}
	ann.want(204, "DELETE", "/api/v1/factors/totp", "")
	if got := ann.want(200, "GET", "/api/v1/factors", ""); got["totp"] != false {
		t.Errorf("got %v", got)
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

func TestActivity_PagesAndFilter(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	for range 5 {
		ann.pass(time.Second)
		ann.want(201, "POST", "/api/v1/app-passwords", `{"name":"phone"}`)
	}
	var seen []string
	next := "/api/v1/activity?" + url.Values{"kind": {"app-password-created", "session-ended"}, "limit": {"2"}}.Encode()
	for pages := 0; next != ""; pages++ {
		a := ann.do("GET", next, "")
		if a.status != 200 || pages > 5 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		page := a.json(t)
		for _, one := range page["activity"].([]any) {
			e := one.(map[string]any)
			if e["kind"] != "app-password-created" || e["reference"] == "" || e["own"] != true || e["detail"] != "phone" {
				t.Errorf("listed %v", e)
			}
			seen = append(seen, number(t, e["id"]))
		}
		next, _ = page["next"].(string)
		if (next == "") != (a.header.Get("Link") == "") {
			t.Errorf("Link %q, next %q", a.header.Get("Link"), next)
		}
	}
	if len(seen) != 5 {
		t.Errorf("saw %v", seen)
	}
	none := ann.want(200, "GET", "/api/v1/activity?to=2026-11-21T11:00:00Z", "")
	if len(none["activity"].([]any)) != 0 {
		t.Errorf("before the beginning: %v", none)
	}
}

func TestActivity_WhatDoesNotFit(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	for query, want := range map[string]string{
		"before=x": "malformed", "before=-1--1": "malformed", "before=1": "malformed", "limit=0": "invalid-input", "limit=501": "invalid-input", "limit=x": "invalid-input",
		"from=yesterday": "invalid-input", "account=7": "invalid-input", "kind=" + strings.Repeat("x&kind=", 60): "invalid-input",
	} {
		if a := ann.do("GET", "/api/v1/activity?"+query, ""); a.problem(t) != want {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
	}
}

func TestActivityCSV_IsNoFormula(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	for _, name := range []string{"=cmd|'/c calc'!A1", "+1", "-1", "@SUM(1)", `quoted "name", with comma`} {
		_, _, err := ann.accounts.CreateAppPassword(t.Context(), home(), ann.inside(), account.NewAppPassword{Name: name, Scope: store.FullScope})
		ann.must(err)
	}
	a := ann.do("GET", "/api/v1/activity.csv?kind=app-password-created", "")
	if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/csv") || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") {
		t.Fatalf("%d %v", a.status, a.header)
	}
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil || len(rows) != 6 || rows[0][0] != "at" {
		t.Fatalf("%v\n%s", err, a.body)
	}
	var names []string
	for _, row := range rows[1:] {
		names = append(names, row[6])
		if strings.ContainsAny(row[6][:1], "=+-@") {
			t.Errorf("a formula: %q", row)
		}
	}
	if !strings.Contains(strings.Join(names, "\n"), `quoted "name", with comma`) {
		t.Errorf("names %q", names)
	}
}

func TestActivityCSV_AllPages(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	ann.must(ann.store.Write(t.Context(), func(tx *store.Tx) error {
		for range 1100 {
			if _, err := tx.AddActivity(t.Context(), store.Activity{Account: ann.account.ID, Kind: "exported"}); err != nil {
				return err
			}
		}
		return nil
	}))
	if a := ann.do("GET", "/api/v1/activity.csv?kind=exported", ""); strings.Count(a.body, "\r\n") != 1101 {
		t.Errorf("%d lines", strings.Count(a.body, "\r\n"))
	}
}

func TestNotMe_EndsEverythingElse(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	other := (&person{desk: ann.desk, account: ann.account}).signIn()
	happened, err := ann.accounts.Activity(t.Context(), ann.inside(), store.ActivityQuery{})
	ann.must(err)
	ann.want(204, "POST", "/api/v1/activity/"+itoa(happened[0].ID)+"/not-me", "")
	if p := other.do("GET", "/api/v1/account", "").problem(t); p != "signed-out" {
		t.Errorf("the other session: %q", p)
	}
	if got := ann.want(200, "GET", "/api/v1/account", ""); got["new_password_required"] != true {
		t.Errorf("got %v", got)
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
