package web

import (
	"context"
	pathpkg "path"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// at waits until the browser is on a page, another one than that of the last
// click. The last part of the path may be *.
func (b tab) at(path, heading string) {
	b.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		got := eval[string](b, `document.readyState === "complete" && !window.left ? location.pathname + " " + (document.querySelector("h1")?.textContent ?? "") : ""`)
		if at, h1, _ := strings.Cut(got, " "); h1 == heading && (at == path || strings.HasSuffix(path, "*") && pathpkg.Dir(at) == pathpkg.Dir(path)) {
			return
		}
		if time.Now().After(deadline) {
			b.Fatalf("at %q, want %q\n%s", got, path+" "+heading, b.seen())
		}
		b.do(chromedp.Sleep(20 * time.Millisecond))
	}
}

// fill types into fields, by their ids.
func (b tab) fill(namesAndValues ...string) {
	b.Helper()
	for i := 0; i+1 < len(namesAndValues); i += 2 {
		field := chromedp.CSS("#" + namesAndValues[i])
		b.do(chromedp.WaitVisible(field), chromedp.Evaluate[chromedp.Void](`document.getElementById("`+namesAndValues[i]+`").value = ""`), chromedp.SendKeys(field, namesAndValues[i+1]))
	}
}

func (b tab) click(selector string) {
	b.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](`window.left = true`), chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

func (b tab) textOf(selector string) string {
	b.Helper()
	return strings.TrimSpace(eval[string](b, `document.querySelector(`+"`"+selector+"`"+`).textContent`))
}

const mainAct = "main button.main-act"

func (b tab) signOut() {
	b.Helper()
	b.click(".aside button")
	b.at("/sign-in", "Sign in")
}

func (b tab) signIn(h house, password string) {
	b.Helper()
	b.open(h.url + "/sign-in")
	b.fill("login", annsLogin, "password", password)
	b.click(mainAct)
}

// From the set-up link of a new server to a device that syncs, and out again.
func TestWalk_FromTheSetUpLinkToARevokedDevice(t *testing.T) {
	t.Parallel()
	h, b := newHouse(t), newTab(t)
	b.look(1280, "light")
	link, err := h.accounts.SetUpLink(t.Context())
	h.must(err)
	b.open(link.URL.Reveal())
	b.fill("name", "Ann Keller", "login", annsLogin, "email", annsLogin, "new-password", annsPassword, "password-again", "another one")
	b.click(mainAct)
	b.at(strings.TrimPrefix(link.URL.Reveal(), h.url), "Create your account")
	if got := eval[string](b, `document.activeElement.id`); got != "password-again" {
		t.Errorf("the mistake is not where the cursor is: %q", got)
	}
	b.fill("new-password", annsPassword, "password-again", annsPassword)
	b.click(mainAct)
	b.at("/account", "Hello, Ann Keller")

	// Sign out, and in again with the keyboard alone.
	b.signOut()
	b.do(chromedp.KeyEvent(annsLogin + "\t" + annsPassword + "\r"))
	b.at("/account", "Hello, Ann Keller")

	// The second factor.
	b.open(h.url + "/account/security")
	b.click(`a[href="/account/security/authenticator"]`)
	b.at("/account/security/authenticator", "Set up an authenticator app")
	secret := b.textOf("#totp-secret")
	b.fill("code", "000000")
	b.click(mainAct)
	b.at("/account/security/authenticator", "Set up an authenticator app")
	if again := b.textOf("#totp-secret"); again != secret {
		t.Errorf("a wrong code changed the secret")
	}
	b.fill("code", h.oneTimeCode(secret))
	b.click(mainAct)
	b.at("/account/security/backup-codes/made/*", "Your backup codes")
	backup := b.textOf("#codes li")
	if n := eval[int](b, `document.querySelectorAll("#codes li").length`); n != 10 {
		t.Errorf("%d backup codes", n)
	}
	b.click("main a.main-act")
	b.at("/account/security", "Security")
	b.signOut()

	// With the app, then with a backup code.
	h.pass(time.Minute)
	b.signIn(h, annsPassword)
	b.at("/sign-in", "Second step")
	b.fill("code", h.oneTimeCode(secret))
	b.click(mainAct)
	b.at("/account", "Hello, Ann Keller")
	b.signOut()
	b.signIn(h, annsPassword)
	b.at("/sign-in", "Second step")
	b.fill("code", strings.ToUpper(backup))
	b.click(mainAct)
	b.at("/account", "Hello, Ann Keller")

	// A device that is connected by hand.
	b.click(`nav.aside a[href="/account/app-passwords"]`)
	b.at("/account/app-passwords", "App passwords")
	b.click(`a.main-act[href="/account/app-passwords/new"]`)
	b.at("/account/app-passwords/new", "New app password")
	b.fill("name", "Ann's phone")
	b.click(mainAct)
	b.at("/account/app-passwords/made/*", "App password for Ann's phone")
	password := b.textOf("#secret")
	b.click(`button[data-copy="secret"]`)
	b.do(chromedp.Poll[chromedp.Void](`document.getElementById("said").textContent === "Copied"`))
	if status, _ := h.dav("/dav/", annsLogin, password); status != 207 {
		t.Errorf("the device: %d", status)
	}
	b.click("main a.main-act")
	b.at("/account/app-passwords", "App passwords")
	b.click("details.more summary")
	b.click("details.more[open] button")
	b.at("/account/app-passwords", "App passwords")
	if status, _ := h.dav("/dav/", annsLogin, password); status != 401 {
		t.Errorf("the revoked device: %d", status)
	}
	b.open(h.url + "/account/activity")
	b.at("/account/activity", "Recent activity")
	for _, want := range []string{"App password revoked: Ann's phone", "App password created: Ann's phone", "Backup code used", "Authenticator app set up", "password + code of the app"} {
		if seen := b.seen(); !strings.Contains(seen, want) {
			t.Errorf("recent activity has no %q:\n%s", want, seen)
		}
	}
}

// authenticator is a passkey's home in Chromium itself.
func (b tab) authenticator() {
	b.Helper()
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
		return err
	}))
}

func TestWalk_Passkey(t *testing.T) {
	t.Parallel()
	h, b := newHouse(t), newTab(t)
	h.ann()
	b.look(1280, "dark")
	b.signIn(h, annsPassword)
	b.at("/account", "Hello, Ann Keller")
	b.authenticator()
	b.open(h.url + "/account/security")
	b.click(`a[href="/account/security/passkeys/new"]`)
	b.at("/account/security/passkeys/new", "Add a passkey")
	b.fill("name", "My laptop")
	b.click(mainAct)
	b.at("/account/security/backup-codes/made/*", "Your backup codes")
	b.click("main a.main-act")
	b.at("/account/security", "Security")
	if seen := b.seen(); !strings.Contains(seen, "My laptop") {
		t.Errorf("no passkey in the list:\n%s", seen)
	}

	// Alone, it is both factors.
	b.signOut()
	b.click("form[data-passkey] button")
	b.at("/account", "Hello, Ann Keller")

	// As the second factor after the password.
	b.signOut()
	b.signIn(h, annsPassword)
	b.at("/sign-in", "Second step")
	b.click("form[data-passkey] button")
	b.at("/account", "Hello, Ann Keller")

	// As the proof before something that matters.
	h.pass(11 * time.Minute)
	b.open(h.url + "/account/app-passwords/new")
	b.at("/account/confirm", "Confirm that it is you")
	b.click("form[data-passkey] button")
	b.at("/account/app-passwords/new", "New app password")

	// Remove it: the account is as before.
	b.open(h.url + "/account/security")
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details.more").forEach(d => d.open = true)`))
	b.click(`form[action*="/passkeys/"][action$="/remove"] button`)
	b.at("/account/security", "Security")
	if seen := b.seen(); strings.Contains(seen, "My laptop") {
		t.Errorf("the passkey is still there:\n%s", seen)
	}
}

// A passkey that is refused, or a person who cancels, leads nowhere and says so.
func TestWalk_PasskeyRefused(t *testing.T) {
	t.Parallel()
	h, b := newHouse(t), newTab(t)
	h.ann()
	b.look(320, "light")
	b.open(h.url + "/sign-in")
	b.authenticator() // holds none for this server
	b.click("form[data-passkey] button")
	b.do(chromedp.WaitVisible(chromedp.CSS("[data-failed]")))
	if got := eval[string](b, `location.pathname`); got != "/sign-in" {
		t.Errorf("at %s", got)
	}
}

// The web view of kSync, as far as Chromium is one: no scripts, and the policy
// of content lets the last form end at the app. A refusal of the policy would be
// told by the browser, see watch.
func TestWalk_KSyncWithoutScripts(t *testing.T) {
	t.Parallel()
	h, b := newHouse(t), newTab(t)
	h.ann()
	b.look(320, "light")
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, network.Enable, network.EnableParams{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	left := make(chan string, 10)
	h.must(chromedp.Listen(b.ctx, func(event any) {
		if e, ok := event.(*network.EventRequestWillBeSent); ok && strings.HasPrefix(e.Request.URL, "com.infomaniak.sync:") {
			left <- e.Request.URL
		}
	}))
	b.open(h.url + "/authorize?" + ksyncQuery())
	for _, id := range []string{"login", "password"} {
		b.do(chromedp.SendKeys(chromedp.CSS("#"+id), map[string]string{"login": annsLogin, "password": annsPassword}[id]))
	}
	b.do(chromedp.Click(chromedp.CSS(mainAct)), chromedp.WaitVisible(chromedp.CSS(`button[value="yes"]`)), chromedp.Click(chromedp.CSS(`button[value="yes"]`)))
	select {
	case url := <-left:
		if !strings.HasPrefix(url, ksyncRedirect+"?code=") {
			t.Errorf("left for %s", url)
		}
	case <-time.After(time.Minute):
		t.Errorf("the browser did not leave for the app")
	}
}
