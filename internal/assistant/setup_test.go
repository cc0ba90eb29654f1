package assistant_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/account"
	"ksync/internal/assistant"
	"ksync/internal/profile"
	"ksync/store"
)

func sorted(s []string) []string { slices.Sort(s); return s }

func TestSetUp_WantsAFreshPerson(t *testing.T) {
	t.Parallel()
	d := newDesk(t, withMail("imap.invalid", 993, nil))
	made := d.setUp(phone())
	d.pass(10*time.Minute + time.Second)
	_, err := d.SetUp(t.Context(), from(1), d.ann, phone())
	d.want(err, account.ErrStepUp)
	_, err = d.SetUpAgain(t.Context(), from(1), d.ann, made.Device.ID, assistant.Again{})
	d.want(err, account.ErrStepUp)
	d.want(d.VerifyMail(t.Context(), from(1), d.ann, "x"), account.ErrStepUp)
	_, err = d.Remove(t.Context(), from(1), d.ann, made.Device.ID) // takes away: no need
	d.must(err)
}

func TestSetUp_RefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, tt := range map[string]struct {
		change func(*assistant.NewDevice)
		want   error
	}{
		"no name":         {func(n *assistant.NewDevice) { n.Name = " " }, account.ErrText},
		"long name":       {func(n *assistant.NewDevice) { n.Name = strings.Repeat("x", 65) }, account.ErrText},
		"no platform":     {func(n *assistant.NewDevice) { n.Platform = "" }, assistant.ErrPlatform},
		"nothing to sync": {func(n *assistant.NewDevice) { n.Data = nil }, assistant.ErrData},
		"unknown data":    {func(n *assistant.NewDevice) { n.Data = []assistant.Data{"photos"} }, assistant.ErrData},
		"mail, not here":  {func(n *assistant.NewDevice) { n.Data = []assistant.Data{assistant.Mail} }, assistant.ErrData},
		"mail password":   {func(n *assistant.NewDevice) { n.MailPassword = "x" }, assistant.ErrData},
	} {
		n := phone()
		tt.change(&n)
		if _, err := d.SetUp(t.Context(), from(1), d.ann, n); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	nowhere := d.assistant(func(o *assistant.Options) { o.Settings.URL = nil })
	defer nowhere.Close()
	_, err := nowhere.SetUp(t.Context(), from(1), d.ann, phone())
	d.want(err, assistant.ErrNoAddress)
	if all, err := d.Devices(t.Context(), d.ann); err != nil || len(all) != 0 {
		t.Errorf("made %+v, %v", all, err)
	}
}

func TestSetUp_OthersReachNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.setUp(phone())
	bob := d.person("bob@example.org")
	_, err := d.Device(t.Context(), bob, made.Device.ID)
	d.want(err, store.ErrNotFound)
	_, err = d.Remove(t.Context(), from(1), bob, made.Device.ID)
	d.want(err, store.ErrNotFound)
	_, err = d.SetUpAgain(t.Context(), from(1), bob, made.Device.ID, assistant.Again{})
	d.want(err, store.ErrNotFound)
	_, err = d.Profile(t.Context(), bob, made.Device.ID, "")
	d.want(err, store.ErrNotFound)
	if all, err := d.Devices(t.Context(), bob); err != nil || len(all) != 0 {
		t.Errorf("sees %+v, %v", all, err)
	}
}

func TestSetUp_ProfileIsOfThisDevice(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := phone()
	n.Locale = "de-CH"
	top, all := payloads(t, d.download(d.setUp(n).Ticket))
	if top["PayloadDisplayName"] != "Example Sync – Ann’s iPhone" || top["TargetDeviceType"] != uint64(1) || !strings.Contains(top["PayloadDescription"].(string), "Kontakte, Kalender, Aufgaben") {
		t.Errorf("got %v", top)
	}
	for prefix, a := range map[string]map[string]any{"CardDAV": all["carddav.account"], "CalDAV": all["caldav.account"]} {
		got := map[string]any{"host": a[prefix+"HostName"], "port": a[prefix+"Port"], "tls": a[prefix+"UseSSL"], "login": a[prefix+"Username"], "name": a[prefix+"AccountDescription"]}
		if diff := cmp.Diff(map[string]any{"host": "sync.example.org", "port": uint64(443), "tls": true, "login": "ann@example.org", "name": "Example Sync"}, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestSetUp_OnlyWhatWasChosen(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]store.Scope{
		"contacts":        store.ContactsRead | store.ContactsWrite,
		"calendars":       store.CalendarsRead | store.CalendarsWrite,
		"tasks":           store.TasksRead | store.TasksWrite,
		"tasks,calendars": store.TasksRead | store.TasksWrite | store.CalendarsRead | store.CalendarsWrite,
	} {
		d := newDesk(t)
		n := phone()
		var err error
		n.Data, err = assistant.ParseData(data)
		d.must(err)
		_, all := payloads(t, d.download(d.setUp(n).Ticket))
		if _, contacts := all["carddav.account"]; contacts != (data == "contacts") || len(all) != 1 {
			t.Errorf("%s: %v", data, all)
		}
		if got := d.appPasswords()[0].Scope; got != want {
			t.Errorf("%s: opens %s", data, got)
		}
	}
}

// identity is how a profile and its payloads are called.
func identity(t *testing.T, f assistant.File) map[string]string {
	t.Helper()
	top, all := payloads(t, f)
	names := map[string]string{"": top["PayloadIdentifier"].(string) + " " + top["PayloadUUID"].(string)}
	for kind, p := range all {
		names[kind] = p["PayloadIdentifier"].(string) + " " + p["PayloadUUID"].(string)
	}
	return names
}

func TestSetUpAgain_SameProfileNewPasswordTheOldOneGoesOn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.setUp(phone())
	before := d.download(made.Ticket)
	old := secretIn(t, before)
	d.must(d.dav(old))
	d.used(d.device(made.Device.ID).AppPassword)
	if got := d.device(made.Device.ID); got.State != assistant.Connected {
		t.Errorf("got %+v", got)
	}
	again, err := d.SetUpAgain(t.Context(), from(1), d.ann, made.Device.ID, assistant.Again{Locale: "fr"})
	d.must(err)
	d.must(d.dav(old)) // nothing was handed out yet
	after := d.download(again.Ticket)
	if diff := cmp.Diff(identity(t, before), identity(t, after)); diff != "" {
		t.Error(diff)
	}
	if got := d.device(made.Device.ID); got.State != assistant.Waiting || got.Connected != 0 {
		t.Errorf("got %+v", got)
	}
	d.must(d.dav(old))
	d.must(d.dav(secretIn(t, after)))
	d.used(d.device(made.Device.ID).AppPassword)
	d.want(d.dav(old), account.ErrDenied)
	d.must(d.dav(secretIn(t, after)))
	if got := d.device(made.Device.ID); got.State != assistant.Connected {
		t.Errorf("got %+v", got)
	}
}

func TestSetUpAgain_OldPasswordEndsAfterADayAnyway(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.setUp(phone())
	old := secretIn(t, d.download(made.Ticket))
	d.used(d.device(made.Device.ID).AppPassword)
	again, err := d.SetUpAgain(t.Context(), from(1), d.ann, made.Device.ID, assistant.Again{})
	d.must(err)
	d.download(again.Ticket)
	d.pass(24*time.Hour - time.Second)
	d.must(d.dav(old))
	d.pass(time.Second)
	d.want(d.dav(old), account.ErrDenied)
}

func TestSetUpAgain_AfterRevocation(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.setUp(phone())
	d.download(made.Ticket)
	d.must(d.accounts.RevokeAppPasswords(t.Context(), from(1), d.ann))
	if got := d.device(made.Device.ID); got.State != assistant.Ended {
		t.Errorf("got %+v", got)
	}
	again, err := d.SetUpAgain(t.Context(), from(1), d.ann, made.Device.ID, assistant.Again{Data: []assistant.Data{assistant.Contacts}})
	d.must(err)
	_, all := payloads(t, d.download(again.Ticket))
	d.must(d.dav(all["carddav.account"]["CardDAVPassword"].(string)))
	if got := d.device(made.Device.ID); len(got.Data) != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestRemove_NextRequestIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.setUp(phone())
	secret := secretIn(t, d.download(made.Ticket))
	d.must(d.dav(secret))
	removed, err := d.Remove(t.Context(), from(1), d.ann, made.Device.ID)
	d.must(err)
	d.want(d.dav(secret), account.ErrDenied)
	_, err = d.Remove(t.Context(), from(1), d.ann, made.Device.ID)
	d.want(err, store.ErrNotFound)
	if removed.Name != "Ann’s iPhone" || removed.Platform != assistant.IPhone {
		t.Errorf("got %+v", removed)
	}
}

// Identities are for ever: after a restart, with another name of the same
// server, another language; and of this account and device alone.
func TestIdentity_ForEverAndForOneDevice(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	one := d.setUp(phone())
	first := identity(t, d.download(one.Ticket))
	restarted := d.assistant(func(o *assistant.Options) { o.Settings.Name, o.Settings.Organization = "New Name", "New Org" })
	defer restarted.Close()
	f, err := restarted.Profile(t.Context(), d.ann, one.Device.ID, "it")
	d.must(err)
	if diff := cmp.Diff(first, identity(t, f)); diff != "" {
		t.Error(diff)
	}
	seen := map[string]bool{}
	for _, name := range first {
		for part := range strings.FieldsSeq(name) {
			seen[part] = true
		}
	}
	other := identity(t, d.download(d.setUp(phone()).Ticket))
	d.ann = d.person("bob@example.org")
	bobs := identity(t, d.download(d.setUp(phone()).Ticket))
	for _, names := range []map[string]string{other, bobs} {
		for _, name := range names {
			for part := range strings.FieldsSeq(name) {
				if seen[part] {
					t.Errorf("%s is shared", part)
				}
				seen[part] = true
			}
		}
	}
}

func TestExisting_PastedPasswordIsUsedAndNotMadeAnew(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	secret, old, err := d.accounts.CreateAppPassword(t.Context(), from(1), d.ann, account.NewAppPassword{Name: "old", Scope: store.FullScope})
	d.must(err)
	n := phone()
	n.Existing = account.Secret(strings.ToUpper(secret.Reveal()))
	made := d.setUp(n)
	if made.Device.AppPassword != old.ID {
		t.Errorf("got %+v", made.Device)
	}
	d.must(d.dav(secretIn(t, d.download(made.Ticket))))
	if all := d.appPasswords(); len(all) != 1 || all[0].UnlessUsed != 0 {
		t.Errorf("got %+v", all)
	}
	_, err = d.SetUp(t.Context(), from(1), d.ann, n)
	d.want(err, store.ErrExists)
	n.Existing = "0000-0000-0000-0000-0000-0000-0000"
	_, err = d.SetUp(t.Context(), from(1), d.ann, n)
	if v, ok := errors.AsType[*assistant.VerdictError](err); !ok || v.Verdict != account.Typo {
		t.Errorf("got %v", err)
	}
}

// TestExisting_UsedBefore: the page that waits for a device must not wait for ever because its app password was used
// when it was no device's.
func TestExisting_UsedBefore(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	secret, old, err := d.accounts.CreateAppPassword(t.Context(), from(1), d.ann, account.NewAppPassword{Name: "old", Scope: store.FullScope})
	d.must(err)
	ask := func() {
		for _, data := range []assistant.Data{"", assistant.Contacts} {
			d.Saw(d.ann.Account.ID, old.ID, data)
		}
		d.Settle()
	}
	ask()
	n := phone()
	n.Existing = secret
	made := d.setUp(n)
	if got := d.device(made.Device.ID); got.State != assistant.Waiting {
		t.Errorf("before it comes: %+v", got)
	}
	ask()
	if got := d.device(made.Device.ID); got.State != assistant.Connected || len(got.Seen) != 1 {
		t.Errorf("when it comes: %+v", got)
	}
}

func TestTicket_EndsWhenAllAppPasswordsAreRevoked(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.setUp(phone())
	d.must(d.accounts.RevokeAppPasswords(t.Context(), from(1), d.ann))
	_, err := d.Download(t.Context(), from(1), made.Ticket)
	d.want(err, account.ErrLink)
	if all := d.appPasswords(); len(all) != 0 {
		t.Errorf("got %+v", all)
	}
}

func TestLimits_PasswordsAndDevices(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for range 6 {
		d.download(d.setUp(phone()).Ticket)
	}
	made := d.setUp(phone())
	_, err := d.Download(t.Context(), from(1), made.Ticket)
	d.want(err, store.ErrLimit)
	d.must(d.accounts.RevokeAppPassword(t.Context(), from(1), d.ann, d.appPasswords()[0].ID))
	d.download(made.Ticket) // nothing was spent
}

func TestSaw_ConnectedAndWhatItAskedFor(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.setUp(phone())
	d.download(made.Ticket)
	app := d.device(made.Device.ID).AppPassword
	d.pass(time.Minute)
	at := d.time().UnixMilli()
	for _, data := range []assistant.Data{"", assistant.Contacts, assistant.Contacts, assistant.Calendars} {
		d.Saw(d.ann.Account.ID, app, data)
	}
	d.Saw(d.ann.Account.ID, app+1, assistant.Contacts) // no device's
	got := d.device(made.Device.ID)
	if diff := cmp.Diff([]assistant.Data{assistant.Calendars, assistant.Contacts}, got.Seen); diff != "" || got.State != assistant.Connected || got.Connected != at {
		t.Errorf("%+v\n%s", got, diff)
	}
}

func TestIssue_ForTheCommandLine(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	f, err := d.Issue(t.Context(), d.ann.Account, phone())
	d.must(err)
	d.pass(48 * time.Hour)
	d.must(d.dav(secretIn(t, f)))
	all, err := d.Devices(t.Context(), d.ann)
	if err != nil || len(all) != 1 || all[0].Name != "Ann’s iPhone" || all[0].State != assistant.Waiting {
		t.Errorf("got %+v, %v", all, err)
	}
}

func TestSettings_SayWhatIsWrong(t *testing.T) {
	t.Parallel()
	mail := func(change func(*assistant.MailSettings)) func(*assistant.Settings) {
		return func(s *assistant.Settings) {
			s.Mail = &assistant.MailSettings{IMAP: profile.MailServer{Host: "imap.example.org", Port: 993}, SMTP: profile.MailServer{Host: "smtp.example.org", Port: 587}}
			change(s.Mail)
		}
	}
	for name, tt := range map[string]struct {
		change func(*assistant.Settings)
		want   string
	}{
		"good":              {mail(func(*assistant.MailSettings) {}), ""},
		"nothing":           {func(s *assistant.Settings) { *s = assistant.Settings{} }, ""},
		"host of the URL":   {func(s *assistant.Settings) { s.URL = &url.URL{Scheme: "https", Host: "bücher.example"} }, "url: the host \"bücher.example\": must be written in its ASCII form"},
		"name of two lines": {func(s *assistant.Settings) { s.Name = "a\nb" }, "service-name: must be one line"},
		"long organization": {func(s *assistant.Settings) { s.Organization = strings.Repeat("x", 101) }, "organization: must be one line of at most 100"},
		"consent":           {func(s *assistant.Settings) { s.Consent = map[string]string{"de": "x"} }, "profile-consent: has no text for \"default\""},
		"imap with port":    {mail(func(m *assistant.MailSettings) { m.IMAP.Host = "imap.example.org:993" }), "imap-host: \"imap.example.org:993\": must not hold a port"},
		"imap with scheme":  {mail(func(m *assistant.MailSettings) { m.IMAP.Host = "imaps://imap.example.org" }), "imap-host: \"imaps://imap.example.org\": must not begin with a scheme"},
		"imap empty":        {mail(func(m *assistant.MailSettings) { m.IMAP.Host = "" }), "imap-host: is empty"},
		"imap without TLS":  {mail(func(m *assistant.MailSettings) { m.IMAP.Port = 143 }), "imap-port: 143: is the port without TLS"},
		"smtp with path":    {mail(func(m *assistant.MailSettings) { m.SMTP.Host = "smtp.example.org/" }), "smtp-host: \"smtp.example.org/\": must end after the host name"},
		"smtp port":         {mail(func(m *assistant.MailSettings) { m.SMTP.Port = 0 }), "smtp-port: 0: is no port"},
		"domain":            {mail(func(m *assistant.MailSettings) { m.Domains = []string{"@example.org"} }), "mailbox-domains: \"@example.org\": must not hold a user name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := assistant.Settings{URL: public()}
			tt.change(&s)
			err := s.Check()
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestSecure_OnlyByHTTPSOrOnTheMachineItself(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	local := d.assistant(func(o *assistant.Options) { o.Settings.URL = &url.URL{Scheme: "http", Host: "127.0.0.1:8008"} })
	defer local.Close()
	for _, tt := range []struct {
		name   string
		s      *assistant.Service
		remote string
		https  bool
		want   bool
	}{
		{"https", d.Service, "192.0.2.7:1", true, true},
		{"plain", d.Service, "192.0.2.7:1", false, false},
		{"a proxy here that nobody trusts", d.Service, "127.0.0.1:1", false, false},
		{"development", local, "127.0.0.1:1", false, true},
		{"development, IPv6", local, "[::1]:1", false, true},
		{"from elsewhere to a local address", local, "192.0.2.7:1", false, false},
		{"unreadable", local, "@", false, false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = tt.remote
		if got := tt.s.Secure(r, func(*http.Request) bool { return tt.https }); got != tt.want {
			t.Errorf("%s: got %v", tt.name, got)
		}
	}
}

func TestPlatformOf(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]assistant.Platform{
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15":   assistant.IPhone,
		"Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) CriOS/137.0":                     assistant.IPad,
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15":          assistant.Mac,
		"Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/140":        assistant.Android,
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/140.0":        assistant.Windows,
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":        assistant.Linux,
		"Mozilla/5.0 (X11; CrOS x86_64 16181.61.0) AppleWebKit/537.36 Chrome/134.0.0.0": assistant.Other,
		"": assistant.Other,
	} {
		if got := assistant.PlatformOf(agent); got != want {
			t.Errorf("%s: got %s", agent, got)
		}
	}
}

func TestClose_WritesWhatWasSeen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	other := d.assistant()
	made := d.setUp(phone())
	d.download(made.Ticket)
	other.Saw(d.ann.Account.ID, d.device(made.Device.ID).AppPassword, assistant.Contacts)
	other.Close()
	if got, err := d.Device(context.Background(), d.ann, made.Device.ID); err != nil || got.State != assistant.Connected {
		t.Errorf("got %+v, %v", got, err)
	}
}
