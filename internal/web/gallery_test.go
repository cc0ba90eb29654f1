package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"ksync/internal/account"
	"ksync/internal/discovery"
	"ksync/internal/i18n"
	"ksync/store"
)

// sample is one page with what it may show.
type sample struct {
	name   string // of the sample
	page   string // "" is the name
	path   string // where the page is
	out    bool   // nobody is signed in
	bare   bool
	data   any
	arrive func(v *visit) // before it is shown
}

var sampleNow = time.Date(2026, time.November, 21, 14, 5, 0, 0, time.UTC)

func ago(d time.Duration) int64 { return sampleNow.Add(-d).UnixMilli() }

func sampleAccount() store.Account {
	return store.Account{Admin: true, ID: 1042, Login: "anna@example.org", Email: "anna@example.org", Name: "Anna Keller", TimeZone: "Europe/Zurich", PasswordSet: ago(800 * time.Hour)}
}

func sampleActivities() []store.Activity {
	kinds := []store.Activity{
		{Kind: string(account.SignedIn), Detail: "password+totp", Session: 7},
		{Kind: string(account.DeviceDenied), Count: 17},
		{Kind: string(account.AppPasswordCreated), Detail: "<b>Anna's</b> phone & \"tablet\""},
		{Kind: string(account.AccountPasswordOnDAV), Client: "DAVx⁵"},
		{Kind: string(account.BackupCodeUsed), Detail: "9"},
	}
	for i := range kinds {
		a := &kinds[i]
		a.ID, a.At, a.Since, a.Place = int64(i+1), ago(time.Duration(i*9)*time.Hour), ago(time.Duration(i*10)*time.Hour), "203.0.113.0/24"
		if a.Client == "" {
			a.Client = "Firefox on Windows"
		}
	}
	return kinds
}

func samplePasswords() []store.AppPassword {
	return []store.AppPassword{
		{ID: 1, Name: "Anna's phone", Scope: store.FullScope, Created: ago(700 * time.Hour), LastUsed: ago(3 * time.Minute), LastPlace: "2001:db8:1::/48", LastAgent: "kSync/4.5.10 (com.infomaniak.sync)"},
		{ID: 2, Name: "Infomaniak Sync - vendredi août 21 2026 10:15:00 on a device with a very long name", Scope: store.ContactsRead | store.CalendarsRead | store.CalendarsWrite, Created: ago(70 * time.Hour), Expires: sampleNow.Add(999 * time.Hour).UnixMilli()},
	}
}

func sampleFactors() account.Factors {
	return account.Factors{
		TOTP: true, TOTPSince: ago(300 * time.Hour), PasskeysPossible: true, BackupCodes: store.BackupCodes{Created: ago(200 * time.Hour), Left: 3, Used: 7},
		Passkeys: []store.Passkey{{ID: 1, Name: "Blue security key", Created: ago(time.Hour)}, {ID: 2, Name: "My laptop", Created: ago(99 * time.Hour), LastUsed: ago(time.Minute)}},
	}
}

func sampleCollections() (all []collection) {
	v := &visit{site: &Site{Options: Options{
		Address: func(*http.Request) *url.URL { return &url.URL{Scheme: "https", Host: "sync.example.org", Path: "/"} },
		Href:    func(c store.Collection) string { return "/dav/" + string(c.Kind) + "s/1042/" + c.URI + "/" },
	}}}
	for _, c := range []store.Collection{
		{Kind: store.AddressBook, URI: "contacts", DisplayName: "Contacts", Count: 12345},
		{Kind: store.AddressBook, URI: "0a1b2c3d-aaaa-4bbb-8ccc-0123456789ab", DisplayName: "Donaudampfschifffahrtsgesellschaftskapitäne und ihre Angehörigen", Count: 1},
		{Kind: store.Calendar, URI: "calendar", DisplayName: "<b>Anna's</b> calendar", Count: 801, Color: "#0b7285ff"},
		{Kind: store.Calendar, URI: "tasks", Components: []string{"VTODO"}, Count: 0},
	} {
		all = append(all, v.collection(c))
	}
	all[0].Actions = []option{{Path: "/duplicates?book=1", Icon: "twins", Key: "home.duplicates-open", Count: 28}}
	all[1].Actions = []option{{Path: "/duplicates?book=2", Icon: "twins", Key: "home.duplicates"}}
	return all
}

func sampleQR() picture {
	p, err := qrCode("otpauth://totp/ksyncd:anna@example.org?algorithm=SHA1&digits=6&issuer=ksyncd&period=30&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
	if err != nil {
		panic(err)
	}
	return p
}

func ksyncEntry() entry {
	return entry{Path: pathAuthorize, Query: url.Values{"client_id": {"x"}}, App: "kSync", intent: account.IntentGrant, end: "com.infomaniak.sync:"}
}

// samples has every page at least once.
func samples(tb testing.TB) []sample {
	tb.Helper()
	a := sampleAccount()
	full := overview{Account: a, Address: "https://sync.example.org/", Used: 25_400_000}
	full.Account.DeleteAfter, full.Account.Email = sampleNow.Add(99*time.Hour).UnixMilli(), ""
	calm := full
	calm.Account, calm.Factors = a, sampleFactors()
	calm.Duplicates, calm.Collections, calm.Devices = 28, sampleCollections(), []syncer{
		{appPasswordOf(sampleDevices()[0]), "phone", devicePath(1)}, {device{samplePasswords()[0], false}, "key", pathAppPasswords}, {device{samplePasswords()[1], false}, "key", pathAppPasswords},
	}
	calm.Devices[0].Name = "Anna’s iPhone"
	half := step{entry: entry{Path: pathSignIn}, Half: "half", Factors: sampleFactors()}
	onlyKeys := half
	onlyKeys.Factors.TOTP = false
	codes := shownCodes{Login: a.Login, Codes: slices.Repeat([]string{"c4tw-9m2k-x7pd-h3vz-q8sn-5bjr"}, 10)}
	withHappenings := func(v *visit) { v.form.set("kind", "devices") }
	all := []sample{
		{name: "start", path: "/", out: true, data: "https://sync.example.org/"},
		{name: "start-unknown", page: "start", path: "/", out: true, data: ""},
		{name: "sign-in", path: pathSignIn, out: true, data: step{entry: entry{Path: pathSignIn}}},
		{name: "sign-in-wrong", page: "sign-in", path: pathSignIn, out: true, data: step{entry: entry{Path: pathSignIn}}, arrive: func(v *visit) {
			v.form.set("login", "anna@example.org")
			v.wrong("password", "denied")
		}},
		{name: "sign-in-ksync", page: "sign-in", path: pathAuthorize, out: true, bare: true, data: step{entry: ksyncEntry()}},
		{name: "code", path: pathSignIn, out: true, data: half},
		{name: "code-passkeys", page: "code", path: pathSignIn, out: true, data: onlyKeys},
		{name: "new-account", path: "/set-up/x", out: true, data: newcomer{Zones: zones()}},
		{name: "new-account-wrong", page: "new-account", path: "/invitation/x", out: true, data: newcomer{Invitation: &account.Invitation{By: "bob"}, Zones: zones()}, arrive: func(v *visit) {
			v.form.set("login", "a b")
			v.form.set("zone", "Europe/Zurich")
			v.wrong("login", "login")
			v.wrong("new-password", "weak.too-short", "Min", 8)
		}},
		{name: "reset-ask", path: pathResetAsk, out: true},
		{name: "reset-sent", path: pathResetAsk, out: true},
		{name: "reset", path: "/reset/x", out: true, data: a.Login},
		{name: "new-password", path: pathNewPassword, data: a.Login, arrive: func(v *visit) { v.person.Account.NewPassword = true }},
		{name: "confirm-email", path: "/confirm-email/x", out: true},
		{name: "consent", path: pathAuthorize, out: true, bare: true, data: consent{entry: ksyncEntry(), Grant: "g", Login: a.Login}},
		{name: "consent-flow", page: "consent", path: "/login/v2/flow/x", out: true, data: consent{entry: entry{Path: "/login/v2/flow/x", App: "DAVx5"}, Grant: "g", Login: a.Login, Flow: true, Agent: "DAVx5/4.5.10-ose (dav4jvm; okhttp/5.3.2) Android/16", Place: "203.0.113.0/24"}},
		{name: "flow-done", path: "/login/v2/flow/x", out: true, data: true},
		{name: "flow-refused", page: "flow-done", path: "/login/v2/flow/x", out: true, data: false},
		{name: "confirm", path: pathConfirm, data: confirmation{Next: pathHome, Factors: sampleFactors()}},
		{name: "home", path: pathHome, data: calm, arrive: func(v *visit) { v.done = "done.account-made" }},
		{name: "home-warnings", page: "home", path: pathHome, data: full},
		{name: "app-passwords", path: pathAppPasswords, data: devices{
			Active: []device{{samplePasswords()[0], false}, {samplePasswords()[1], false}},
			Ended:  []device{{store.AppPassword{Name: "Old", Revoked: ago(99 * time.Hour)}, false}, {store.AppPassword{Name: "Older", Expires: ago(999 * time.Hour)}, true}},
		}},
		{name: "app-passwords-none", page: "app-passwords", path: pathAppPasswords, data: devices{}},
		{name: "app-password-new", path: pathAppPasswords + "/new", data: wish{Services: services(), Days: lifetimes(), Replaces: "1"}, arrive: func(v *visit) {
			v.form.set("name", "Anna's phone")
			v.wrong("scope-contacts", "no-scope")
		}},
		{name: "app-password-made", path: pathAppPasswords + "/new", data: madeDevice{"Anna’s phone", "kq7t-x2mw-9fhd-r4sb-2c8n-v5zj-p3ge", a.Login, "https://sync.example.org/"}},
		{name: "security", path: pathSecurity, data: safety{sampleFactors(), ago(100 * time.Hour)}},
		{name: "security-none", page: "security", path: pathSecurity, data: safety{}},
		{name: "password", path: pathPassword, data: a.Login},
		{name: "authenticator", path: pathTOTP, data: enrolment{Ticket: "t", Secret: "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ", AppURL: "otpauth://totp/x", QR: sampleQR(), Again: true}, arrive: func(v *visit) {
			v.form.set("code", "123456")
			v.wrong("code", "code")
		}},
		{name: "backup-codes-new", path: pathBackupCodes, data: store.BackupCodes{Left: 3}},
		{name: "backup-codes", path: pathBackupCodes, data: codes, arrive: func(v *visit) { v.done = "done.totp-added" }},
		{name: "passkey-new", path: pathPasskeys + "/new"},
		{name: "sessions", path: pathSessions, data: []openSession{
			{store.Session{ID: 7, LastSeen: ago(0), Created: ago(30 * time.Hour), Place: "203.0.113.0/24", Agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", Factor: "password+totp"}, true, sampleNow.Add(99 * time.Hour).UnixMilli()},
			{store.Session{ID: 8, LastSeen: ago(60 * time.Hour), Created: ago(300 * time.Hour), Factor: "passkey"}, false, sampleNow.Add(9 * time.Hour).UnixMilli()},
		}},
		{name: "activity", path: pathActivity, data: record{Groups: groupOrder(), CSV: pathActivity + ".csv", Older: pathActivity + "?before=1.1"}, arrive: withHappenings},
		{name: "not-me", path: pathActivity + "/1/not-me", data: alarm{1, `Authenticator app, passkey “phone”`, "ann@example.org"}},
		{name: "profile", path: pathProfile, data: self{Account: a, Zones: zones(), Export: true}, arrive: func(v *visit) { v.form.set("zone", "Europe/Zurich") }},
		{name: "email", path: pathEmail, data: a},
		{name: "delete", path: pathDelete, data: a, arrive: func(v *visit) { v.wrong("sure", "unsure") }},
		{name: "export", path: pathExport},
		{name: "invitations", path: pathInvitations, data: []account.Invitation{
			{ID: 1, Email: "bobwithaverylongname@department.example.org", Name: "Bob", By: a.Login, Created: ago(30 * time.Hour), Expires: sampleNow.Add(306 * time.Hour).UnixMilli()},
			{ID: 2, Created: ago(30 * time.Hour), Expires: sampleNow.Add(306 * time.Hour).UnixMilli()},
		}},
		{name: "domain", path: pathDomain, data: domainZone{Domain: "example.org", Text: "_carddavs._tcp.example.org. IN SRV 0 1 443 sync.example.org.\n", Purpose: []purpose{
			{Key: "dns.why.contacts", Records: []discovery.Record{{Name: "_carddavs._tcp.example.org.", Type: "SRV", Weight: 1, Port: 443, Target: "sync.example.org."}}},
		}}},
		{name: "domain-bad", page: "domain", path: pathDomain, data: domainZone{Domain: "not a domain", Bad: true}},
		{name: "invitations-none", page: "invitations", path: pathInvitations, data: []account.Invitation(nil)},
		{name: "invitation-new", path: pathInvitationNew, data: true, arrive: func(v *visit) { v.wrong("email", "email-or-name") }},
		{name: "invitation-new-unmailed", page: "invitation-new", path: pathInvitationNew, data: false, arrive: func(v *visit) { v.wrong("", "too-many-invitations") }},
		{name: "invitation-made", path: pathInvitationNew, data: madeInvitation{
			account.Invitation{Email: "bob@example.org", Expires: sampleNow.Add(306 * time.Hour).UnixMilli()}, "https://sync.example.org/invitation/" + strings.Repeat("x", 43), true,
		}},
	}
	all = append(all, setupSamples()...)
	all = append(all, duplicateSamples()...)
	for _, name := range troubles(tb) {
		all = append(all, sample{name: "trouble-" + name, page: "trouble", path: "/x", out: true, data: name})
	}
	return all
}

// gallery shows the samples at /gallery/{name}?language=….
func gallery(tb testing.TB) *chi.Mux {
	tb.Helper()
	site, err := New(Options{Assistant: sampleHelper(), Now: func() time.Time { return sampleNow }, RequestID: func(context.Context) string { return "0123456789abcdef" }})
	if err != nil {
		tb.Fatal(err)
	}
	site.passkeys = true
	r := chi.NewRouter()
	r.Get("/assets/{tag}/{name}", site.assets.serve)
	for _, s := range samples(tb) {
		r.Get("/gallery/"+s.name, func(w http.ResponseWriter, r *http.Request) {
			if err := site.exhibit(w, r, s); err != nil {
				tb.Errorf("%s: %v", s.name, err)
			}
		})
	}
	return r
}

func (s *Site) exhibit(w http.ResponseWriter, r *http.Request, one sample) error {
	asked := httptest.NewRequest(http.MethodGet, one.path, nil).WithContext(r.Context())
	zone, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		return err
	}
	v := &visit{site: s, w: w, r: asked, form: &entries{}, bare: one.bare}
	v.Printer = s.texts.Printer(zone, r.URL.Query().Get("language"))
	if !one.out {
		v.person = &account.Person{Account: sampleAccount(), Session: store.Session{ID: 7}}
	}
	if one.arrive != nil {
		one.arrive(v)
	}
	switch data := one.data.(type) {
	case overview:
		data.Latest = v.happeningsOf(sampleActivities())
		one.data = data
	case record:
		data.All = v.happeningsOf(sampleActivities())
		one.data = data
	}
	page := one.page
	if page == "" {
		page = one.name
	}
	s.headers(w.Header())
	return v.show(http.StatusOK, page, one.data)
}

func (v *visit) happeningsOf(all []store.Activity) []happening { return v.happenings(all) }

func exhibited(t *testing.T, r *chi.Mux, name, language string) string {
	t.Helper()
	rec := httptest.NewRecorder()
	r.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/gallery/"+name+"?language="+language, nil))
	if rec.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", name, rec.Code, rec.Body)
	}
	return rec.Body.String()
}

func pagesOf(t *testing.T, site *Site) *pages {
	t.Helper()
	all, err := site.pages()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestGallery_HasEveryPage(t *testing.T) {
	t.Parallel()
	site, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, s := range samples(t) {
		shown[s.name], shown[s.page] = true, true
	}
	for name := range pagesOf(t, site).wide {
		if !shown[name] {
			t.Errorf("no sample of the page %s", name)
		}
	}
}

// The pages share their templates, which are read and escaped when first shown.
func TestPages_AreShownToManyAtOnce(t *testing.T) {
	t.Parallel()
	alone, together := gallery(t), gallery(t)
	for _, s := range samples(t) {
		want := exhibited(t, alone, s.name, "de")
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, exhibited(t, together, s.name, "de")); diff != "" {
				t.Errorf("(-one by one +together):\n%s", diff)
			}
		})
	}
}

// Every page in every language: no key shows, nothing is inline, every field
// has its label, and what people named is text.
func TestPages_AreWholeInEveryLanguage(t *testing.T) {
	t.Parallel()
	r := gallery(t)
	for _, s := range samples(t) {
		for _, l := range i18n.Languages() {
			checkPage(t, s.name+" "+l.Tag, exhibited(t, r, s.name, l.Tag), l.Tag)
		}
	}
}

var mainHeading = regexp.MustCompile(`<h1[ >]`)

func checkPage(t *testing.T, name, html, language string) {
	t.Helper()
	if !strings.HasPrefix(html, "<!DOCTYPE html>\n<html lang=\""+language+"\">") {
		t.Errorf("%s begins with %.60q", name, html)
	}
	for _, never := range []string{"<no value>", "ZgotmplZ", "style=", " onclick", "javascript:", "<b>Anna", "%!", "***", "target="} {
		if strings.Contains(html, never) {
			t.Errorf("%s has %q", name, never)
		}
	}
	if key := keyInText(html); key != "" {
		t.Errorf("%s shows the key %q", name, key)
	}
	if n := len(mainHeading.FindAllString(html, -1)); n != 1 {
		t.Errorf("%s has %d main headings", name, n)
	}
	checkLabels(t, name, html)
}
