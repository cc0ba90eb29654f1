package assistant_test

import (
	"crypto/tls"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"howett.net/plist"

	"ksync/internal/account"
	"ksync/internal/account/accounttest"
	"ksync/internal/assistant"
	"ksync/internal/logtest"
	"ksync/internal/profile"
	"ksync/store"
)

// desk is an assistant with one person, Ann, who just signed in, at a time
// that tests move.
type desk struct {
	*assistant.Service
	t        *testing.T
	all      *accounttest.Accounts
	store    *store.Store
	accounts *account.Service
	gate     *account.Gate
	ann      account.Person
	dir      string
	logged   *logtest.Log // of the assistant
}

const password = accounttest.Password

func newDesk(t *testing.T, change ...func(*assistant.Options)) *desk {
	t.Helper()
	a := accounttest.Open(t, accounttest.Options{Limits: store.Limits{AppPasswords: 6}})
	d := &desk{t: t, all: a, store: a.Store, accounts: a.Service, gate: a.Gate, dir: a.Dir, logged: &logtest.Log{}}
	d.Service = d.assistant(change...)
	d.ann = d.person("ann@example.org")
	t.Cleanup(func() { d.Close() })
	return d
}

func public() *url.URL { return &url.URL{Scheme: "https", Host: "sync.example.org"} }

// assistant is another one on the same data, as after a restart.
func (d *desk) assistant(change ...func(*assistant.Options)) *assistant.Service {
	d.t.Helper()
	o := assistant.Options{
		Store: d.store, Accounts: d.accounts, Gate: d.gate, Keys: d.all.Keys, Throttle: true, Now: d.time,
		Settings: assistant.Settings{URL: public(), Name: "Example Sync"}, Logger: d.logged.Logger(slog.LevelInfo),
	}
	for _, f := range change {
		f(&o)
	}
	s, err := assistant.New(o)
	d.must(err)
	return s
}

func (d *desk) person(login string) account.Person {
	d.t.Helper()
	d.all.Add(store.Account{Login: login, Name: "Ann Keller"})
	return d.signIn(login)
}

func (d *desk) signIn(login string) account.Person {
	d.t.Helper()
	p, err := d.accounts.SignIn(d.t.Context(), from(1), account.Attempt{Login: login, Password: password})
	d.must(err)
	who, err := d.accounts.Session(d.t.Context(), from(1), p.Done.Token)
	d.must(err)
	return who
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) want(err, target error) {
	d.t.Helper()
	if !errors.Is(err, target) {
		d.t.Errorf("got error %v, want %v", err, target)
	}
}

func (d *desk) time() time.Time { return d.all.Clock.Now() }

func (d *desk) pass(by time.Duration) { d.all.Clock.Advance(by) }

// from is a visit from a numbered network.
func from(n byte) account.Visit {
	return account.Visit{Address: netip.AddrFrom4([4]byte{192, 0, n, 7}), Agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X)"}
}

func phone() assistant.NewDevice {
	return assistant.NewDevice{Name: "Ann’s iPhone", Platform: assistant.IPhone, Data: []assistant.Data{assistant.Contacts, assistant.Calendars, assistant.Tasks}}
}

func (d *desk) setUp(n assistant.NewDevice) assistant.Delivery {
	d.t.Helper()
	made, err := d.SetUp(d.t.Context(), from(1), d.ann, n)
	d.must(err)
	return made
}

func (d *desk) download(ticket account.Secret) assistant.File {
	d.t.Helper()
	f, err := d.Download(d.t.Context(), from(2), ticket)
	d.must(err)
	return f
}

// dav tries a password as a device does.
func (d *desk) dav(secret string) error {
	r := httptest.NewRequestWithContext(d.t.Context(), "PROPFIND", "https://sync.example.org/dav/", nil)
	r.RemoteAddr = "198.51.100.7:1"
	r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("ann%40example.org:"+secret)))
	id, err := d.gate.SignIn(d.t.Context(), r)
	if err == nil {
		d.Saw(id.Account.ID, id.AppPassword.ID, "")
	}
	return err
}

// used notes a use, which the gate does a few seconds later.
func (d *desk) used(appPassword int64) {
	d.t.Helper()
	d.must(d.store.TouchAppPassword(d.t.Context(), d.ann.Account.ID, appPassword, d.time().UnixMilli(), "", ""))
}

func (d *desk) appPasswords() []store.AppPassword {
	d.t.Helper()
	all, err := d.store.AppPasswords(d.t.Context(), d.ann.Account.ID)
	d.must(err)
	return all
}

// payloads are what an unsigned profile sets up, by type.
func payloads(t *testing.T, f assistant.File) (top map[string]any, all map[string]map[string]any) {
	t.Helper()
	if _, err := plist.Unmarshal(f.Data, &top); err != nil {
		t.Fatalf("%v\n%s", err, f.Data)
	}
	all = map[string]map[string]any{}
	for _, v := range top["PayloadContent"].([]any) {
		d := v.(map[string]any)
		all[strings.TrimPrefix(d["PayloadType"].(string), "com.apple.")] = d
	}
	return top, all
}

func secretIn(t *testing.T, f assistant.File) string {
	t.Helper()
	_, all := payloads(t, f)
	contacts, calendars := all["carddav.account"]["CardDAVPassword"], all["caldav.account"]["CalDAVPassword"]
	if contacts != calendars || contacts == nil {
		t.Fatalf("passwords %v and %v", contacts, calendars)
	}
	return contacts.(string)
}

func withMail(host string, port int, c *tls.Config) func(*assistant.Options) {
	return func(o *assistant.Options) {
		o.MailTLS = c
		o.Settings.Mail = &assistant.MailSettings{IMAP: profile.MailServer{Host: host, Port: port}, SMTP: profile.MailServer{Host: "smtp.example.org", Port: 465}, Domains: []string{"Example.org"}}
	}
}

var _ http.Handler = assistant.File{}
