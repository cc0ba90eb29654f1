package account_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"ksync/internal/account"
	"ksync/store"
)

// verifier is what kSync makes: 33 random bytes, 44 characters.
func verifier(t *testing.T) (v account.Secret, challenge string) {
	t.Helper()
	raw := make([]byte, 33)
	if _, err := rand.Read(raw); err != nil {
		t.Fatal(err)
	}
	text := base64.RawURLEncoding.EncodeToString(raw)
	sum := sha256.Sum256([]byte(text))
	return account.Secret(text), base64.RawURLEncoding.EncodeToString(sum[:])
}

func authorization(challenge string) account.Authorization {
	return account.Authorization{
		ResponseType: "code", ClientID: "CE011334-F75A-4263-9F9F-45FC5A142F59", RedirectURI: "com.infomaniak.sync://oauth2redirect",
		CodeChallengeMethod: "S256", CodeChallenge: challenge,
	}
}

func tokenRequest(code string, v account.Secret) account.TokenRequest {
	return account.TokenRequest{
		GrantType: "authorization_code", ClientID: "CE011334-F75A-4263-9F9F-45FC5A142F59",
		RedirectURI: "com.infomaniak.sync://oauth2redirect", Code: account.Secret(code), CodeVerifier: v,
	}
}

// grant signs Ann in as kSync's page does: no session comes of it.
func (d *desk) grant() account.Secret {
	d.t.Helper()
	p, err := d.SignIn(d.t.Context(), atHome, account.Attempt{Login: "ann@example.org", Password: annsPassword, Intent: account.IntentGrant})
	d.must(err)
	if p.Done == nil || p.Done.Token != "" || p.Done.Session.ID != 0 || p.Done.Grant == "" {
		d.t.Fatalf("got %+v", p)
	}
	return p.Done.Grant
}

func (d *desk) authorize(challenge string) (code string) {
	d.t.Helper()
	target, err := d.Authorize(d.t.Context(), d.grant(), authorization(challenge))
	d.must(err)
	code, ok := strings.CutPrefix(target, "com.infomaniak.sync://oauth2redirect?code=")
	if !ok || code == "" {
		d.t.Fatalf("redirects to %s", target)
	}
	return code
}

// clients.md 1.2: the sequence of kSync, up to the first request on DAV.
func TestOAuth_KSyncGetsItsAppPassword(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v, challenge := verifier(t)
	token, err := d.Exchange(t.Context(), tokenRequest(d.authorize(challenge), v))
	d.must(err)
	if token.Account.ID != d.ann.ID || token.ExpiresIn != 10*time.Minute {
		t.Errorf("token %+v", token)
	}
	a, err := d.Bearer(t.Context(), token.Token)
	if err != nil || a.Login != "ann@example.org" {
		t.Fatal(a, err)
	}
	name := " Infomaniak Sync - mercredi 30 septembre 2026 10:15:00 avec un nom bien trop long pour ça \x00"
	secret, made, err := d.BearerAppPassword(t.Context(), atHome, token.Token, name)
	d.must(err)
	if !strings.HasPrefix(made.Name, "Infomaniak Sync - mercredi 30 septembre") || len(made.Name) > 64 {
		t.Errorf("named %q", made.Name)
	}
	_, _, err = d.BearerAppPassword(t.Context(), atHome, token.Token, "another")
	d.want(err, account.ErrDenied)
	d.must(d.RevokeToken(t.Context(), token.Token))
	d.must(d.RevokeToken(t.Context(), token.Token))
	_, err = d.Bearer(t.Context(), token.Token)
	d.want(err, account.ErrDenied)
	gate := account.NewGate(account.Options{Store: d.store, Keys: d.keys, Now: d.time})
	defer gate.Close()
	if _, err := gate.SignIn(t.Context(), request(home, a.Login, secret.Reveal())); err != nil {
		t.Error(err)
	}
	d.notStored(token.Token.Reveal(), secret.Reveal(), v.Reveal())
}

// Who revokes all app passwords means also those that are about to be made.
func TestRevokeAppPasswords_EndsWhatWouldBecomeOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v, challenge := verifier(t)
	code := d.authorize(challenge)
	other, challenge := verifier(t)
	token, err := d.Exchange(t.Context(), tokenRequest(d.authorize(challenge), other))
	d.must(err)
	d.must(d.RevokeAppPasswords(t.Context(), atHome, d.person()))
	_, _, err = d.BearerAppPassword(t.Context(), atHome, token.Token, "x")
	d.want(err, account.ErrDenied)
	if _, err := d.Exchange(t.Context(), tokenRequest(code, v)); err == nil {
		t.Error("a code from before is exchanged")
	}
}

func TestOAuth_CodeIsGoodOnceAndSoonAndForItsClientOnly(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v, challenge := verifier(t)
	other, _ := verifier(t)
	for name, change := range map[string]func(*account.TokenRequest){
		"another verifier": func(r *account.TokenRequest) { r.CodeVerifier = other },
		"no verifier":      func(r *account.TokenRequest) { r.CodeVerifier = "" },
		"the challenge":    func(r *account.TokenRequest) { r.CodeVerifier = account.Secret(challenge) },
		"another client":   func(r *account.TokenRequest) { r.ClientID = "x" },
		"another redirect": func(r *account.TokenRequest) { r.RedirectURI += "/" },
		"late":             func(*account.TokenRequest) { d.pass(2 * time.Minute) },
	} {
		r := tokenRequest(d.authorize(challenge), v)
		right := r
		change(&r)
		_, err := d.Exchange(t.Context(), r)
		if e, ok := errors.AsType[*account.OAuthError](err); !ok || e.Code != "invalid_grant" {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := d.Exchange(t.Context(), right); err == nil {
			t.Errorf("%s: the code was not spent", name)
		}
	}
	for _, grant := range []string{"password", "refresh_token", ""} {
		_, err := d.Exchange(t.Context(), account.TokenRequest{GrantType: grant})
		if e, ok := errors.AsType[*account.OAuthError](err); !ok || e.Code != "unsupported_grant_type" {
			t.Errorf("%s: %v", grant, err)
		}
	}
	r := tokenRequest(d.authorize(challenge), v)
	tokens := make(chan account.Secret, 8)
	won := wins(8, func() error {
		token, err := d.Exchange(t.Context(), r)
		if err == nil {
			tokens <- token.Token
		}
		return err
	})
	if won != 1 {
		t.Fatalf("the code was good %d times", won)
	}
	token := <-tokens // still good although kSync asked again
	won = wins(8, func() error {
		_, _, err := d.BearerAppPassword(t.Context(), atHome, token, "kSync")
		return err
	})
	if won != 1 {
		t.Errorf("the token made %d app passwords", won)
	}
}

// hardening.md A9: nothing goes where the client does not live.
func TestOAuth_ChecksTheAuthorization(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, challenge := verifier(t)
	for _, tt := range []struct {
		name, code string
		redirects  bool
		change     func(*account.Authorization)
	}{
		{"another client", "invalid_client", false, func(a *account.Authorization) { a.ClientID = "x" }},
		{"another redirect", "invalid_request", false, func(a *account.Authorization) { a.RedirectURI = "https://evil.example" }},
		{"a longer redirect", "invalid_request", false, func(a *account.Authorization) { a.RedirectURI += ".evil" }},
		{"a token", "unsupported_response_type", true, func(a *account.Authorization) { a.ResponseType = "token" }},
		{"no challenge", "invalid_request", true, func(a *account.Authorization) { a.CodeChallenge = "" }},
		{"plain", "invalid_request", true, func(a *account.Authorization) { a.CodeChallengeMethod = "plain" }},
		{"no base64", "invalid_request", true, func(a *account.Authorization) { a.CodeChallenge = strings.Repeat("!", 43) }},
		{"long state", "invalid_request", false, func(a *account.Authorization) { a.State = strings.Repeat("x", 1000) }},
	} {
		a := authorization(challenge)
		tt.change(&a)
		_, err := d.CheckAuthorization(a)
		e, ok := errors.AsType[*account.OAuthError](err)
		if !ok || e.Code != tt.code || tt.redirects != strings.HasPrefix(e.Redirect, "com.infomaniak.sync://oauth2redirect?error=") {
			t.Errorf("%s: %+v", tt.name, err)
		}
		grant := d.grant()
		if _, err := d.Authorize(t.Context(), grant, a); err == nil {
			t.Errorf("%s: authorized", tt.name)
		}
		if _, err := d.Authorize(t.Context(), grant, authorization(challenge)); err != nil {
			t.Errorf("%s: the grant was spent: %v", tt.name, err)
		}
	}
	a := authorization(challenge)
	a.State = "a&b=c"
	target, err := d.Deny(a)
	d.must(err)
	if target != "com.infomaniak.sync://oauth2redirect?error=access_denied&state="+url.QueryEscape(a.State) {
		t.Errorf("denied to %s", target)
	}
}

func TestGrant_OnceAndOpensNothingElse(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, challenge := verifier(t)
	grant := d.grant()
	_, err := d.Session(t.Context(), atHome, grant)
	d.want(err, account.ErrDenied)
	won := wins(4, func() error {
		_, err := d.Authorize(t.Context(), grant, authorization(challenge))
		return err
	})
	if won != 1 {
		t.Errorf("the grant was good %d times", won)
	}
	grant, err = d.Grant(t.Context(), d.person())
	d.must(err)
	d.pass(10 * time.Minute)
	_, err = d.Authorize(t.Context(), grant, authorization(challenge))
	d.want(err, account.ErrLink)
}

func TestOAuth_AccountThatWasDisabledMeanwhile(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v, challenge := verifier(t)
	code := d.authorize(challenge)
	token, err := d.Exchange(t.Context(), tokenRequest(d.authorize(challenge), v))
	d.must(err)
	d.must(d.store.SetDisabled(t.Context(), d.ann.ID, true)) // without ending anything
	_, err = d.Exchange(t.Context(), tokenRequest(code, v))
	if e, ok := errors.AsType[*account.OAuthError](err); !ok || e.Code != "invalid_grant" {
		t.Error(err)
	}
	_, err = d.Bearer(t.Context(), token.Token)
	d.want(err, account.ErrDenied)
	_, _, err = d.BearerAppPassword(t.Context(), atHome, token.Token, "x")
	d.want(err, account.ErrDenied)
}

// clients.md 1.9.
func TestFlow_PasswordIsMadeForThePollAndOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	app := account.Visit{Address: from(3).Address, Agent: "DAVx5/4.5.10-ose"}
	f, err := d.BeginFlow(t.Context(), app)
	d.must(err)
	_, err = d.PollFlow(t.Context(), app, f.Poll)
	d.want(err, account.ErrPending)
	_, err = d.PollFlow(t.Context(), app, f.Login)
	d.want(err, account.ErrLink)
	r, err := d.FlowRequest(t.Context(), f.Login)
	if err != nil || r.Agent != app.Agent || r.Place != "192.0.3.0/24" {
		t.Errorf("asks %+v, %v", r, err)
	}
	grant, again := d.grant(), d.grant()
	d.must(d.ApproveFlow(t.Context(), grant, f.Login))
	d.want(d.ApproveFlow(t.Context(), again, f.Login), account.ErrLink)
	passwords, err := d.store.AppPasswords(t.Context(), d.ann.ID)
	if err != nil || len(passwords) != 0 {
		t.Errorf("%d made before the app asked, %v", len(passwords), err)
	}
	results := make(chan account.FlowResult, 8)
	won := wins(8, func() error {
		r, err := d.PollFlow(t.Context(), app, f.Poll)
		if err == nil {
			results <- r
		}
		return err
	})
	if won != 1 {
		t.Fatalf("the app got it %d times", won)
	}
	got := <-results
	gate := account.NewGate(account.Options{Store: d.store, Keys: d.keys, Now: d.time})
	defer gate.Close()
	if _, err := gate.SignIn(t.Context(), request(home, got.Login, got.AppPassword.Reveal())); err != nil {
		t.Error(err)
	}
	d.notStored(f.Poll.Reveal(), f.Login.Reveal(), got.AppPassword.Reveal())
}

func TestFlow_EndsAfterTwentyMinutesAndIsBoundedPerAddress(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	f, err := d.BeginFlow(t.Context(), atHome)
	d.must(err)
	d.pass(19 * time.Minute)
	d.must(d.ApproveFlow(t.Context(), d.grant(), f.Login))
	d.pass(time.Minute)
	_, err = d.PollFlow(t.Context(), atHome, f.Poll)
	d.want(err, account.ErrLink)
	throttled := 0
	for range 80 {
		_, err := d.BeginFlow(t.Context(), atHome)
		if _, is := errors.AsType[*account.Throttled](err); is {
			throttled++
		}
	}
	if throttled != 20 {
		t.Errorf("%d of 80 were refused", throttled)
	}
	d.pass(time.Hour)
	d.must(d.store.Maintain(t.Context(), store.Retention{}))
}

func TestShortened_IsTextThatFits(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"": "App", " \t\n ": "App", "Anna's phone": "Anna's phone", "a\x00b\r\nc": "abc", "\xff\xfex": "x",
		strings.Repeat("é", 100): strings.Repeat("é", 32), strings.Repeat("x", 63) + "é": strings.Repeat("x", 63),
	} {
		if got := account.Shortened(sent, "App"); got != want {
			t.Errorf("%q: %q, want %q", sent, got, want)
		}
	}
}
