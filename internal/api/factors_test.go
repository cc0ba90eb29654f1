package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"ksync/internal/account"
)

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
