package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"ksync/internal/account"
	"ksync/internal/assistant"
	"ksync/store"
)

func TestLanding_MayBeLookedAt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.signedIn()
	path := p.setsUp("/setup/iphone", nil)
	for _, method := range []string{"GET", "HEAD", "GET", "GET", "GET", "GET", "GET"} {
		a, body := h.ask(method, h.url+path)
		for name, want := range map[string]string{"X-Robots-Tag": "noindex", "Referrer-Policy": "same-origin", "Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8"} {
			if got := a.Header.Get(name); got != want {
				t.Errorf("%s: %s: got %q, want %q", method, name, got, want)
			}
		}
		if a.StatusCode != http.StatusOK || len(a.Header.Values("Set-Cookie")) != 0 || strings.Contains(body, "/devices/") || strings.Contains(body, `class="qr"`) {
			t.Errorf("%s: %d, or a stranger sees what is its owner's:\n%s", method, a.StatusCode, text(body))
		}
	}
	if h.known()[0].AppPassword != 0 {
		t.Error("looking made an app password")
	}
	p.says(p.get(path), "See the device", "It is for another device")
	p.says(p.get(path+"?on=other"), "Scan this with the other device", "Whoever has it")
}

// postFrom sends a form of a page as browsers do that have no Sec-Fetch-Site,
// which none sends over plain http: Origin says where it comes from, unless the
// page forbids it. Fetch, "append a request Origin header".
func (p *person) postFrom(page answer, path string, values url.Values) answer {
	p.Helper()
	r, err := http.NewRequestWithContext(p.Context(), http.MethodPost, p.url+path, strings.NewReader(values.Encode()))
	p.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", p.url)
	if page.header.Get("Referrer-Policy") == "no-referrer" {
		r.Header.Set("Origin", "null")
	}
	return p.send(r)
}

func TestLanding_ItsFormsWorkInEveryBrowser(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *account.ServiceOptions, _ *Options) { o.Mail = true })
	p := h.signedIn()
	h.address(annsLogin)
	path := p.setsUp("/setup/iphone", nil)
	page := p.get(path)
	p.leads(p.postFrom(page, pathLanguage, url.Values{"language": {"de"}, "back": {path}}), path)
	form := url.Values{"ticket": {strings.TrimPrefix(path, assistant.PathDelivery)}}
	p.leads(p.postFrom(page, devicePath(h.known()[0].ID)+"/mail", form), path+"?on=other")
	ended := p.get(assistant.PathDelivery + strings.Repeat("a", 26))
	p.leads(p.postFrom(ended, pathLanguage, url.Values{"language": {"en"}, "back": {path}}), path)
}

// Unknown, used up, expired: one answer.
func TestLanding_OneAnswerForWhatEnded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.signedIn()
	used, late := p.setsUp("/setup/iphone", nil), p.setsUp("/setup/mac", nil)
	for range 5 {
		h.ask("GET", h.url+used+"/x.mobileconfig")
	}
	h.pass(11 * time.Minute)
	pages := map[string]bool{}
	for _, path := range []string{used, late, "/p/" + strings.Repeat("a", 26), "/p/x"} {
		for _, method := range []string{"GET", "POST"} {
			a, body := h.ask(method, h.url+path)
			if a.StatusCode != http.StatusGone || a.Header.Get("X-Robots-Tag") != "noindex" || a.Header.Get("Referrer-Policy") != "same-origin" {
				t.Errorf("%s %s: %d %v", method, path, a.StatusCode, a.Header)
			}
			body, _, _ = strings.Cut(body, `<footer`) // that of a GET has the way to other languages, with its own address
			pages[method+body] = true
		}
	}
	if len(pages) != 2 {
		t.Errorf("%d answers", len(pages))
	}
}

func TestLanding_ShowsThePasswordToWhoAsks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.signedIn()
	path := p.setsUp("/setup/windows", url.Values{"name": {"Desk"}})
	p.says(p.get(path), "Thunderbird", "GNOME", "KDE Kontact", "Evolution", "eM Client", "Outlook CalDav Synchronizer", "vdirsyncer", "Outlook on phones", h.url+"/", annsLogin)
	a, body := h.ask("POST", h.url+path)
	secret := shown(t, answer{body: body})
	if a.StatusCode != http.StatusOK || strings.Count(body, secret) < 2 {
		t.Errorf("%d %s", a.StatusCode, text(body))
	}
	if strings.Contains(body, "<footer") {
		t.Error("the page with the password leads on to itself, where it would be gone")
	}
	if status, _ := h.dav("/dav/", annsLogin, secret); status != 207 {
		t.Errorf("sync: %d", status)
	}
	if _, again := h.ask("POST", h.url+p.setsUp("/setup/windows", nil)); strings.Contains(again, secret) {
		t.Error("another ticket shows it")
	}
	if _, again := h.ask("POST", h.url+path); !strings.Contains(again, secret) {
		t.Error("looking again shows another, or none")
	}
}

func TestLanding_BrowsersThatAreNotSafari(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		safariOnIPhone: "", chromeOnIPhone: "other", strings.Replace(chromeOnIPhone, "CriOS", "FxiOS", 1): "other", mailOnIPhone: "app",
		safariOnIPhone + " [FBAN/FBIOS]": "app", safariOnMac: "", chromeOnAndroid: "", firefoxOnWindows: "", "": "",
	} {
		if got := browserOf(agent); got != want {
			t.Errorf("%q: %q, want %q", agent, got, want)
		}
	}
	h := newHouse(t)
	p := h.signedIn()
	path := p.setsUp("/setup/iphone", nil)
	p.says(p.getAs(chromeOnIPhone, path), "Open this page in Safari", "hands the profile to Safari")
	p.says(p.getAs(mailOnIPhone, path), "Open this page in Safari", "window of an app")
	if a := p.getAs(safariOnIPhone, path); strings.Contains(a.body, "Open this page in Safari") {
		t.Error("Safari is sent to Safari")
	}
}

func TestDevices_ListAgainRemove(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.signedIn()
	p.says(p.get("/devices"), "No device is set up yet")
	path := p.setsUp("/setup/iphone", nil)
	secret := shown(t, p.post(path, nil))
	own := devicePath(h.known()[0].ID)
	p.says(p.get(own), "Waiting for Ann's phone")
	if body := p.get(own).body; !strings.Contains(body, `<noscript><meta http-equiv="refresh"`) {
		t.Error("without scripts the page does not look again")
	}
	for _, home := range []string{"/dav/addressbooks/", "/dav/calendars/"} {
		h.dav(home, annsLogin, secret)
	}
	h.sees(p, own, "Ann's phone is connected", "contacts and calendars")
	p.says(p.get("/devices"), "Ann's phone", "connected", "iPhone")
	if body := p.get(own).body; strings.Contains(body, `http-equiv="refresh"`) {
		t.Error("the page looks on although it has seen")
	}

	// Again: the page of the new ticket does not take the old app password for the new one.
	form := p.wish(own+"/again", url.Values{"data-calendars": nil})
	a := p.post(own+"/again?on=other", form)
	next := a.header.Get("Location")
	p.says(p.get(next), "Waiting for Ann's phone")
	renewed := shown(t, p.post(strings.TrimSuffix(next, "?on=other"), nil))
	if renewed == secret || len(h.known()) != 1 || !slices.Equal(h.known()[0].Services, []string{"contacts"}) {
		t.Errorf("%+v", h.known())
	}

	a = p.post(own+"/remove", nil)
	p.says(p.follow(a), "The device is shut out", "remove the profile", "No device is set up yet")
	for _, password := range []string{secret, renewed} {
		if status, _ := h.dav("/dav/", annsLogin, password); status != 401 {
			t.Errorf("sync after it was removed: %d", status)
		}
	}
	p.leads(p.post(own+"/remove", nil), "/devices")
}

// One story: what can sync is on the first page and on that of the devices,
// each once and under its own name.
func TestDevices_WhatCanSyncIsListedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.signedIn()
	p.says(p.get(pathHome), "Nothing syncs with this account yet")
	path := p.setsUp("/setup/iphone", nil)
	if a := p.get(pathHome); strings.Contains(a.body, devicePath(h.known()[0].ID)) {
		t.Error("what has no password yet is listed as if it could sync")
	}
	secret, own := shown(t, p.post(path, nil)), devicePath(h.known()[0].ID)
	h.dav("/dav/addressbooks/", annsLogin, secret)
	p.appPassword(store.FullScope)
	again := p.post(own+"/again", p.wish(own+"/again", nil)).header.Get("Location")
	p.post(again, nil) // now both its passwords sign in, until the new one is used
	for page, want := range map[string]map[string]int{
		pathHome:    {`href="` + own + `"`: 1, "><bdi>Ann&#39;s phone</bdi></a>": 1, "><bdi>x</bdi></a>": 1, `href="` + pathDevices + `">All devices`: 1},
		pathDevices: {"><bdi>Ann&#39;s phone</bdi></a>": 1, "<h3><bdi>x</bdi></h3>": 1, "Connected another way": 1},
	} {
		a := p.get(page)
		for what, n := range want {
			if got := strings.Count(a.body, what); got != n {
				t.Errorf("%s: %d times %s, want %d\n%s", page, got, what, n, text(a.body))
			}
		}
	}
}

// sees waits for what devices do: it is written down beside their requests.
func (h house) sees(p *person, path string, want ...string) {
	h.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		seen := text(p.get(path).body)
		if !slices.ContainsFunc(want, func(w string) bool { return !strings.Contains(seen, w) }) {
			return
		}
		if time.Now().After(deadline) {
			h.Fatalf("%s never says %q:\n%s", path, want, seen)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestDevices_OfOthersAreNotThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.signedIn()
	ticket := p.setsUp("/setup/iphone", nil)
	own := devicePath(h.known()[0].ID)
	bob, err := account.Create(t.Context(), h.store, store.Account{Login: "bob@example.org"})
	h.must(err)
	h.must(h.accounts.ImposePassword(t.Context(), bob.ID, annsPassword))
	b := h.person()
	b.follow(b.post("/sign-in", url.Values{"login": {"bob@example.org"}, "password": {annsPassword}}))
	for _, path := range []string{own, own + "/again"} {
		if a := b.get(path); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	for _, path := range []string{own + "/again", own + "/mail"} {
		if a := b.post(path, url.Values{"form": {"x"}, "ticket": {strings.TrimPrefix(ticket, assistant.PathDelivery)}}); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	b.post(own+"/remove", nil)
	if len(h.known()) != 1 {
		t.Error("Bob removed Ann's device")
	}
	if a := b.get(ticket); strings.Contains(a.body, own) || strings.Contains(a.body, `class="qr"`) {
		t.Error("who was given a ticket sees the owner's page")
	}
}

// address gives Ann's account one.
func (h house) address(email string) {
	h.Helper()
	h.must(h.store.Write(h.Context(), func(tx *store.Tx) error {
		owner, err := tx.AccountByLogin(h.Context(), annsLogin)
		if err != nil {
			return err
		}
		return tx.UpdateAccount(h.Context(), owner.ID, func(a *store.Account) error { a.Email = email; return nil })
	}))
}

func TestDevices_LinkByMail(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *account.ServiceOptions, _ *Options) { o.Mail = true })
	p := h.signedIn()
	ticket := p.setsUp("/setup/iphone", nil)
	h.address("")
	if a := p.get(ticket + "?on=other"); strings.Contains(a.body, "by e-mail") {
		t.Error("an account without address is offered a letter")
	}
	h.address(annsLogin)
	p.says(p.get(ticket+"?on=other"), "Send it to me by e-mail")
	own, form := devicePath(h.known()[0].ID), url.Values{"ticket": {strings.TrimPrefix(ticket, assistant.PathDelivery)}}
	p.says(p.follow(p.post(own+"/mail", form)), "The link is on its way")
	if got := h.linkIn(account.NoticeDeviceLink); got != ticket {
		t.Errorf("the letter leads to %s, want %s", got, ticket)
	}
	p.post(own+"/mail", form)
	p.post(own+"/mail", form)
	p.says(p.follow(p.post(own+"/mail", form)), "Several links were sent just now")
	other := p.setsUp("/setup/mac", nil)
	if a := p.post(own+"/mail", url.Values{"ticket": {strings.TrimPrefix(other, assistant.PathDelivery)}}); a.status != http.StatusGone {
		t.Errorf("the ticket of another device: %d", a.status)
	}
}
