package web

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"howett.net/plist"

	"ksync/internal/account"
	"ksync/internal/discovery"
	"ksync/internal/need"
)

// as makes the browser say that it is another.
func (b tab) as(agent string) {
	b.Helper()
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: agent})
		return err
	}))
}

// scanned is what a camera reads in the picture of a page.
func (b tab) scanned(selector string) string {
	b.Helper()
	zbarimg := need.Program(b, "zbarimg", "that a camera reads the QR codes")
	png, err := chromedp.Run(b.ctx, chromedp.Screenshot(chromedp.CSS(selector)))
	if err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(b.TempDir(), "code.png")
	if err := os.WriteFile(file, png, 0o600); err != nil {
		b.Fatal(err)
	}
	text, err := exec.CommandContext(b.Context(), zbarimg, "--quiet", "--raw", file).Output()
	if err != nil {
		b.Fatalf("no code in the picture of %s: %v", selector, err)
	}
	return strings.TrimSpace(string(text))
}

// account is one that a profile sets up.
type profileAccount struct {
	Type     string `plist:"PayloadType"`
	CardUser string `plist:"CardDAVUsername"`
	CardPass string `plist:"CardDAVPassword"`
	CalUser  string `plist:"CalDAVUsername"`
	CalPass  string `plist:"CalDAVPassword"`
}

// installed is the profile at an address, as a phone fetches it: without a
// cookie, and more than once.
func (h house) installed(address string) (accounts []profileAccount) {
	h.Helper()
	for range 2 {
		a, body := h.ask("GET", address)
		var file struct {
			Content []profileAccount `plist:"PayloadContent"`
		}
		if _, err := plist.Unmarshal([]byte(body), &file); err != nil || a.StatusCode != 200 {
			h.Fatalf("%s: %d %v", address, a.StatusCode, err)
		}
		accounts = file.Content
	}
	return accounts
}

// syncs does what the device does first with a profile.
func (h house) syncs(accounts []profileAccount) {
	h.Helper()
	if len(accounts) != 2 {
		h.Fatalf("%+v", accounts)
	}
	for _, a := range accounts {
		path, user, password := "/dav/calendars/", a.CalUser, a.CalPass
		if a.Type == "com.apple.carddav.account" {
			path, user, password = "/dav/addressbooks/", a.CardUser, a.CardPass
		}
		h.dav(path, user, password) // there is nothing at the address itself
		if status, _ := h.dav("/dav/", strings.ReplaceAll(user, "@", "%40"), password); status != 207 {
			h.Errorf("%s: %d", a.Type, status)
		}
	}
}

// connected waits until the page, by itself, says that the device is there.
func (b tab) connected(words ...string) {
	b.Helper()
	b.do(chromedp.WaitVisible(chromedp.CSS(`#state[data-state="connected"]`)))
	seen := b.textOf("#state")
	for _, w := range words {
		if !strings.Contains(seen, w) {
			b.Errorf("without %q: %s", w, seen)
		}
	}
}

// An iPhone sets itself up: from the sign-in, with a step-up because that was
// long ago, to the page that says that it is connected.
func TestWalk_SetUpAnIPhoneOnItself(t *testing.T) {
	t.Parallel()
	h, b := newHouse(t), newTab(t)
	h.ann()
	b.look(320, "dark")
	b.as(safariOnIPhone)
	b.signIn(h, annsPassword)
	b.at("/account", "Hello, Ann Keller")
	h.pass(11 * time.Minute)
	b.click(`a.main-act[href="/setup"]`)
	b.at("/setup", "Set up a device")
	b.click(`a.main-act[href="/setup/iphone"]`)
	b.at("/account/confirm", "Confirm that it is you")
	b.fill("password", annsPassword)
	b.click(mainAct)
	b.at("/setup/iphone", "Set up: iPhone")
	b.fill("name", "Ann’s 📱")

	// An app password that is mistyped is told without losing what was typed.
	b.do(chromedp.Click(chromedp.CSS("details.more summary")))
	b.fill("existing", "kq7t-x2mw-9fhd-r4sb-2c8n-v5zj-p3ge")
	b.do(chromedp.Click(chromedp.CSS(`button[name="verify"]`)), chromedp.Poll[chromedp.Void](`document.getElementById("existing-verdict").textContent.includes("mistake in it")`))
	b.fill("existing", " ")
	b.click(mainAct)
	b.at("/p/*", "Set up Ann’s 📱")
	if n := eval[int](b, `document.querySelectorAll(".pictured svg").length`); n != 3 {
		t.Errorf("%d pictures of the steps", n)
	}

	// The click starts the eight minutes; the phone fetches the file by itself.
	const click = `(() => { addEventListener("click", (e) => e.preventDefault(), { once: true, capture: true });
		document.querySelector("[data-starts]").click(); return document.getElementById("countdown").textContent; })()`
	if got := eval[string](b, click); !strings.HasPrefix(got, "8:00 left") {
		t.Errorf("the countdown says %q", got)
	}
	h.syncs(h.installed(h.url + eval[string](b, `document.querySelector("[data-starts]").getAttribute("href")`)))
	b.connected("Ann’s 📱 is connected", "contacts and calendars")
}

// A computer shows a code, an iPhone that nobody is signed in on reads it. The
// link in it is good for what it is good for, and then no more.
func TestWalk_SetUpAnIPhoneFromWindows(t *testing.T) {
	t.Parallel()
	h, pc, phone := newHouse(t), newTab(t), newTab(t)
	h.ann()
	pc.look(1280, "light")
	pc.as(firefoxOnWindows)
	pc.signIn(h, annsPassword)
	pc.at("/account", "Hello, Ann Keller")
	pc.open(h.url + "/setup")
	pc.click(`a[href="/setup/iphone?on=other"]`)
	pc.at("/setup/iphone", "Set up: iPhone")
	pc.click(mainAct)
	pc.at("/p/*", "Set up iPhone")
	link := pc.scanned(".qr")
	if !strings.HasPrefix(link, h.url+"/p/") || strings.ContainsAny(link, "?#@") {
		t.Fatalf("the code leads to %q", link)
	}

	phone.look(320, "light")
	phone.as(safariOnIPhone)
	phone.open(link)
	phone.at("/p/*", "Set up iPhone")
	file := h.url + eval[string](phone, `document.querySelector("[data-starts]").getAttribute("href")`)
	h.syncs(h.installed(file))
	pc.connected("iPhone is connected", "contacts and calendars")
	phone.connected("iPhone is connected")
	for range 3 {
		if a, _ := h.ask("GET", file); a.StatusCode != 200 {
			t.Errorf("a download that is left: %d", a.StatusCode)
		}
	}
	for _, address := range []string{file, link} {
		if a, _ := h.ask("GET", address); a.StatusCode != 410 {
			t.Errorf("%s after five downloads: %d", address, a.StatusCode)
		}
	}
	pc.open(h.url + "/devices")
	pc.at("/devices", "Devices")
	pc.click("details.more summary")
	pc.click("details.more[open] button")
	pc.at("/devices", "Devices")
	if seen := pc.seen(); !strings.Contains(seen, "remove the profile") {
		t.Errorf("what is to be done on the phone is not said:\n%s", seen)
	}
}

// An Android phone reads the code: DAVx5 gets address and login, its owner the
// app password, when they ask for it.
func TestWalk_SetUpAndroid(t *testing.T) {
	t.Parallel()
	h, phone := newHouse(t, onHTTPS), newTab(t)
	p := h.signedIn()
	link := p.setsUp("/setup/android?on=other", nil)
	phone.look(320, "dark")
	phone.as(chromeOnAndroid)
	phone.open(h.url + strings.TrimSuffix(link, "?on=other"))
	phone.at("/p/*", "Set up Ann's phone")
	const davx5 = "davx5://ann%40example.org@sync.example.org/"
	if got := eval[string](phone, `document.querySelector('a[href^="davx5:"]').getAttribute("href")`); got != davx5 {
		t.Errorf("DAVx5 is opened by %q", got)
	}
	phone.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach((d) => { d.open = true })`))
	if got := phone.scanned(".qr"); got != davx5 {
		t.Errorf("the code for DAVx5 says %q", got)
	}
	phone.click(mainAct)
	phone.do(chromedp.WaitVisible(chromedp.CSS("#secret")))
	password := phone.textOf("#secret")
	for _, path := range []string{"/dav/calendars/", "/dav/addressbooks/", "/dav/"} {
		h.dav(path, annsLogin, password)
	}
	phone.connected("Ann's phone is connected", "contacts and calendars")
	seen := eval[string](phone, `document.querySelector("main").textContent`)
	for _, want := range []string{"kSync", "Tasks.org, jtx Board or OpenTasks", "battery", "90 days", "Nextcloud"} {
		if !strings.Contains(seen, want) {
			t.Errorf("without %q", want)
		}
	}
}

// onHTTPS has programs told an address with https, as links for DAVx5 need.
func onHTTPS(_ *account.ServiceOptions, o *Options) {
	o.Discovery = &discovery.Service{URL: &url.URL{Scheme: "https", Host: "sync.example.org"}}
}

// A Windows PC sets itself up: exact settings to copy.
func TestWalk_SetUpWindows(t *testing.T) {
	t.Parallel()
	h, b := newHouse(t), newTab(t)
	h.ann()
	b.look(1280, "dark")
	b.as(firefoxOnWindows)
	b.signIn(h, annsPassword)
	b.at("/account", "Hello, Ann Keller")
	b.click(`a.main-act[href="/setup"]`)
	b.at("/setup", "Set up a device")
	b.click(`a.main-act[href="/setup/windows"]`)
	b.at("/setup/windows", "Set up: Windows")
	b.click(mainAct)
	b.at("/p/*", "Set up Windows")
	b.click(mainAct)
	b.do(chromedp.WaitVisible(chromedp.CSS("#secret")), chromedp.Click(chromedp.CSS("details.more summary")))
	for id, want := range map[string]string{"thunderbird-address": h.url + "/", "thunderbird-login": annsLogin, "thunderbird-password": b.textOf("#secret")} {
		if got := b.textOf("#" + id); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
		b.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("said").textContent = ""`), chromedp.Click(chromedp.CSS(`button[data-copy="`+id+`"]`)),
			chromedp.Poll[chromedp.Void](`document.getElementById("said").textContent === "Copied"`))
	}
	h.dav("/dav/calendars/", annsLogin, b.textOf("#secret"))
	b.connected("Windows is connected", "calendars")
}

// Without scripts the page of a device asks again by itself.
func TestWalk_WaitsWithoutScripts(t *testing.T) {
	t.Parallel()
	h, b := newHouse(t), newTab(t)
	h.ann()
	b.look(320, "light")
	b.signIn(h, annsPassword)
	b.at("/account", "Hello, Ann Keller")
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	b.open(h.url + "/setup/windows")
	b.do(chromedp.Click(chromedp.CSS(mainAct)), chromedp.WaitVisible(chromedp.CSS(`main a[href^="/devices/"]`)), chromedp.Click(chromedp.CSS(mainAct)), chromedp.WaitVisible(chromedp.CSS("#secret")))
	password := b.textOf("#secret")
	b.do(chromedp.Click(chromedp.CSS(`main a[href^="/devices/"]`)), chromedp.WaitVisible(chromedp.CSS(`#state[data-state="waiting"]`)))
	h.dav("/dav/calendars/", annsLogin, password)
	b.connected("Windows is connected")
}
