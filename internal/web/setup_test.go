package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/account"
	"ksync/internal/assistant"
	"ksync/internal/profile"
	"ksync/store"
)

// User agents of today.
const (
	safariOnIPhone   = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1"
	chromeOnIPhone   = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/141.0.7390.26 Mobile/15E148 Safari/604.1"
	mailOnIPhone     = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
	safariOnMac      = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15" // or an iPad
	chromeOnAndroid  = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36"
	firefoxOnWindows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
)

// signedIn is Ann with a browser.
func (h house) signedIn() *person {
	h.Helper()
	h.ann()
	p := h.person()
	p.signIn("")
	return p
}

// getAs opens a page with another browser.
func (p *person) getAs(agent, path string) answer {
	p.Helper()
	r, err := http.NewRequestWithContext(p.Context(), http.MethodGet, p.url+path, nil)
	p.must(err)
	r.Header.Set("User-Agent", agent)
	return p.send(r)
}

// wish is the form of the second step, filled in.
func (p *person) wish(path string, change url.Values) url.Values {
	p.Helper()
	form := url.Values{"form": {hidden(p.T, p.get(path), "form")}, "name": {"Ann's phone"}, "data-contacts": {"1"}, "data-calendars": {"1"}}
	for name, values := range change {
		form[name] = values
	}
	return form
}

// setsUp makes a device and returns the path of its ticket.
func (p *person) setsUp(path string, change url.Values) string {
	p.Helper()
	a := p.post(path, p.wish(path, change))
	if a.status != http.StatusSeeOther || !strings.HasPrefix(a.header.Get("Location"), assistant.PathDelivery) {
		p.Fatalf("set up: %d %s", a.status, text(a.body))
	}
	return a.header.Get("Location")
}

// known are the devices of the account.
func (h house) known() []store.Device {
	h.Helper()
	var all []store.Device
	h.must(h.store.Read(h.Context(), func(tx *store.Tx) error {
		owner, err := tx.AccountByLogin(h.Context(), annsLogin)
		if err != nil {
			return err
		}
		all, err = tx.Devices(h.Context(), owner.ID)
		return err
	}))
	return all
}

func TestSetup_OffersThisDevice(t *testing.T) {
	t.Parallel()
	p := newHouse(t).signedIn()
	for name, tt := range map[string]struct {
		agent string
		want  []string
	}{
		"iPhone": {safariOnIPhone, []string{"iphone"}}, "Mac, which may be an iPad": {safariOnMac, []string{"mac", "ipad"}}, "Android": {chromeOnAndroid, []string{"android"}},
		"Windows": {firefoxOnWindows, []string{"windows"}}, "something else": {"curl/8", nil},
	} {
		a := p.getAs(tt.agent, "/setup")
		var got []string
		for _, platform := range assistant.Platforms() {
			if strings.Contains(a.body, `href="/setup/`+string(platform)+`"`) {
				got = append(got, string(platform))
			}
			if !strings.Contains(a.body, `href="/setup/`+string(platform)+`?on=other"`) {
				t.Errorf("%s: %s is not offered as another device", name, platform)
			}
		}
		if diff := cmp.Diff(map[bool][]string{true: {"ipad", "mac"}, false: tt.want}[len(tt.want) == 2], got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	p.says(p.get("/account"), "Set up a device")
}

func TestSetup_AsksWhoItIsAndComesBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.signedIn()
	form := p.wish("/setup/iphone", nil)
	h.pass(11 * time.Minute)
	for name, a := range map[string]answer{"page": p.get("/setup/iphone?on=other"), "form": p.post("/setup/iphone?on=other", form)} {
		p.leads(a, "/account/confirm?next=%2Fsetup%2Fiphone%3Fon%3Dother")
		if name == "form" && len(h.known()) != 0 {
			t.Error("a device was made")
		}
	}
	a := p.post("/account/confirm?next=%2Fsetup%2Fiphone%3Fon%3Dother", url.Values{"password": {annsPassword}})
	p.leads(a, "/setup/iphone?on=other")
	p.says(p.follow(a), "Set up: iPhone", "What is it to sync?")
}

// A second click, a reload and the way back lead to what the first made.
func TestSetup_AFormMakesOneDevice(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.signedIn()
	form := p.wish("/setup/iphone", nil)
	first, second := p.post("/setup/iphone?on=other", form), p.post("/setup/iphone?on=other", form)
	if a, b := first.header.Get("Location"), second.header.Get("Location"); a != b || !strings.HasSuffix(a, "?on=other") {
		t.Errorf("%q and %q", a, b)
	}
	if n := len(h.known()); n != 1 {
		t.Errorf("%d devices", n)
	}
	form.Del("form")
	p.says(p.post("/setup/iphone", form), "did not arrive as it should")
	if other := p.setsUp("/setup/iphone", nil); strings.HasPrefix(first.header.Get("Location"), other) {
		t.Error("two forms have one ticket")
	}
}

func TestSetup_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.signedIn()
	none := url.Values{"data-contacts": nil, "data-calendars": nil}
	for name, tt := range map[string]struct {
		change url.Values
		want   string
	}{
		"no name":              {url.Values{"name": {" "}}, "still empty"},
		"a name that turns":    {url.Values{"name": {"a\u202eb"}}, "characters that cannot be shown"},
		"two lines":            {url.Values{"name": {"a\r\nb"}}, "characters that cannot be shown"},
		"too long":             {url.Values{"name": {strings.Repeat("é", 65)}}, "too long"},
		"nothing ticked":       {none, "Nothing is ticked"},
		"mail is not offered":  {url.Values{"data-mail": {"1"}, "data-contacts": nil, "data-calendars": nil}, "Nothing is ticked"},
		"the account password": {url.Values{"existing": {annsPassword}}, "This is no app password"},
		"unknown":              {url.Values{"existing": {"kq7t-x2mw-9fhd-r4sb-2c8n-v5zj-p3ge"}}, "mistake in it"},
	} {
		a := p.post("/setup/iphone", p.wish("/setup/iphone", tt.change))
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(text(a.body), tt.want) {
			t.Errorf("%s: %d %s", name, a.status, text(a.body))
		}
	}
	if n := len(h.known()); n != 0 {
		t.Errorf("%d devices were made", n)
	}
	for _, path := range []string{"/setup/fridge", "/devices/77", "/devices/x", "/devices/77/again"} {
		if a := p.get(path); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

func (p *person) appPassword(scope store.Scope) string {
	p.Helper()
	who := p.whoami()
	secret, _, err := p.accounts.CreateAppPassword(p.Context(), account.Visit{}, who, account.NewAppPassword{Name: "x", Scope: scope})
	p.must(err)
	return secret.Reveal()
}

// whoami is the person of the browser's session.
func (p *person) whoami() account.Person {
	p.Helper()
	for _, c := range p.client.Jar.Cookies(mustURL(p.T, p.url)) {
		if c.Name == sessionCookie {
			who, err := p.accounts.Session(p.Context(), account.Visit{}, account.Secret(c.Value))
			p.must(err)
			return who
		}
	}
	p.Fatal("nobody is signed in")
	return account.Person{}
}

func TestSetup_VerifiesAnAppPasswordAndTakesIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.signedIn()
	good, narrow := p.appPassword(store.FullScope), p.appPassword(store.ContactsRead|store.ContactsWrite)
	for name, tt := range map[string]struct {
		given  string
		status int
		want   string
	}{
		"works":         {good, http.StatusOK, "This app password works"},
		"not for all":   {narrow, http.StatusUnprocessableEntity, "does not open all that is ticked"},
		"a piece of it": {good[:9], http.StatusUnprocessableEntity, "This is no app password"},
	} {
		form := p.wish("/setup/android", url.Values{"existing": {tt.given}, "verify": {"app"}})
		a := p.post("/setup/android", form)
		if a.status != tt.status || !strings.Contains(text(a.body), tt.want) || !strings.Contains(a.body, tt.given) || !strings.Contains(a.body, form.Get("form")) {
			t.Errorf("%s: %d %s", name, a.status, text(a.body))
		}
	}
	if len(h.known()) != 0 {
		t.Error("verifying made a device")
	}
	path := p.setsUp("/setup/android", url.Values{"existing": {good}})
	p.says(p.post(path, nil), good)
	p.says(p.post("/setup/android", p.wish("/setup/android", url.Values{"existing": {good}})), "belongs to another device")
}

func TestSetup_MailServerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	nowhere := profile.MailServer{Host: "imap.invalid", Port: 993}
	h.helper.Settings.Mail = &assistant.MailSettings{IMAP: nowhere, SMTP: nowhere}
	p := h.signedIn()
	h.address(annsLogin)
	p.says(p.get("/setup/iphone"), "The mailbox is set up in the Mail app")
	if a := p.get("/setup/android"); strings.Contains(a.body, "data-mail") {
		t.Error("Android is offered mail, which nothing here can set up")
	}
	const secret = "secret of the mailbox"
	for _, verify := range []string{"mail", ""} {
		a := p.post("/setup/iphone", p.wish("/setup/iphone", url.Values{"data-mail": {"1"}, "mail-password": {secret}, "verify": {verify}}))
		p.says(a, "The mail server did not answer")
		if strings.Contains(a.body, secret) {
			t.Error("the page repeats the password")
		}
	}
	path := p.setsUp("/setup/iphone", url.Values{"data-contacts": nil, "data-calendars": nil, "data-mail": {"1"}})
	if a := p.get(path); strings.Contains(a.body, "Show the app password") || strings.Contains(a.body, "data-watch") {
		t.Error("mail alone has no app password, and nothing here sees it come")
	}
}

func TestSetup_WithoutAnAddress(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.helper.Settings.URL = nil
	p := h.signedIn()
	p.says(p.get("/setup"), "does not know its address")
	p.says(p.get("/setup/iphone"), "does not know its address")
	if a := p.get("/account"); strings.Contains(a.body, `href="/setup"`) {
		t.Error("the first page leads to what cannot be done")
	}
}

// What people call their devices is text, wherever it stands.
func TestSetup_HostileNames(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.signedIn()
	const name = `"><script>alert(1)</script>{{.}}</title>📱`
	path := p.setsUp("/setup/iphone", url.Values{"name": {name}})
	for _, page := range []string{path, path + "?on=other", "/devices", devicePath(h.known()[0].ID), devicePath(h.known()[0].ID) + "/again", "/setup"} {
		a := p.get(page)
		if a.status != http.StatusOK || strings.Contains(a.body, "<script>alert") || !strings.Contains(unescape(a.body), name) {
			t.Errorf("%s: %d %s", page, a.status, text(a.body))
		}
	}
	body := p.get(path).body
	file := firstMatch(t, body, `/p/[a-z2-7]+/[^"]+`)
	a, data := h.ask("GET", h.url+file)
	if a.StatusCode != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Disposition"), `attachment; filename="`) || !strings.Contains(data, "&lt;script&gt;") && !strings.Contains(data, "&#34;") {
		t.Errorf("%d %s", a.StatusCode, a.Header)
	}
}

// setupKeys are the keys that platforms, data, states and verdicts end.
func setupKeys(used map[string]bool) {
	for _, p := range assistant.Platforms() {
		for _, key := range []string{"platform." + string(p), "devices.remove-" + family(p), removed(p)} {
			used[key] = true
		}
	}
	for _, d := range assistant.AllData() {
		used["things."+string(d)], used["setup.data."+string(d)] = true, true
	}
	for _, s := range []assistant.State{assistant.Begun, assistant.Waiting, assistant.Connected, assistant.Ended} {
		used["state."+string(s)], used["state.tag."+string(s)] = true, true
	}
	for _, v := range []account.Verdict{account.NoAppPassword, account.Typo, account.Unknown, account.Revoked, account.Expired, account.OtherAccount, account.LacksScope} {
		used["wrong.verdict."+string(v)] = true
	}
}
