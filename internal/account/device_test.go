package account_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"ksync/internal/account"
	"ksync/store"
)

// devices is a desk with a gate that tells it what happens.
type devices struct {
	*desk
	gate *account.Gate
}

func newDevices(t *testing.T) *devices {
	t.Helper()
	return &devices{desk: newDesk(t)}
}

// ask sends one request through a gate of its own, so that its uses are written.
func (d *devices) ask(from, agent, password string) error {
	d.t.Helper()
	d.gate = account.NewGate(account.Options{Store: d.store, Keys: d.keys, Now: d.time, Throttle: true, Service: d.Service})
	defer d.Settle()
	defer d.gate.Close()
	r := request(from, "ann@example.org", password)
	r.Header.Set("User-Agent", agent)
	_, err := d.gate.SignIn(d.t.Context(), r)
	return err
}

func (d *devices) create(n account.NewAppPassword) (string, store.AppPassword) {
	d.t.Helper()
	n.Name, n.Scope = "phone", store.FullScope
	secret, row, err := d.CreateAppPassword(d.t.Context(), atHome, d.person(), n)
	d.must(err)
	d.drop()
	return secret.Reveal(), row
}

const davx5 = "DAVx5/4.5.10-ose (2026/08/01; dav4jvm; okhttp/5.1.0) Android/16"

func TestDevice_FirstUseIsNotedAndOnlyToldWhenUnexpected(t *testing.T) {
	t.Parallel()
	d := newDevices(t)
	expected, _ := d.create(account.NewAppPassword{})
	d.must(d.ask("203.0.113.9:1", davx5, expected))
	if got := d.letters(); len(got) != 0 {
		t.Errorf("a first use at once is told: %+v", got)
	}
	late, row := d.create(account.NewAppPassword{})
	d.pass(2 * time.Hour)
	d.must(d.ask("203.0.113.9:1", davx5, late))
	got := d.letters()
	if kinds(got) != "app-password-elsewhere" || got[0].Data.Place != "203.0.113.0/24" || got[0].Data.Client != "DAVx5" || got[0].Data.Name != "phone" {
		t.Errorf("letters %+v", got)
	}
	if n := d.happened(account.AppPasswordFirstUsed); len(n) != 2 || n[0].AppPassword != row.ID {
		t.Errorf("noted %+v", n)
	}
}

func TestDevice_PhonesRoamButOtherProgramsAreTold(t *testing.T) {
	t.Parallel()
	d := newDevices(t)
	secret, _ := d.create(account.NewAppPassword{})
	d.must(d.ask("192.0.2.9:1", davx5, secret))
	d.pass(time.Hour)
	d.must(d.ask("198.51.100.9:1", davx5, secret))
	d.pass(time.Hour)
	d.must(d.ask("198.51.100.9:1", "DAVx5/9.9 another version", secret))
	if got := d.letters(); len(got) != 0 {
		t.Errorf("roaming or an update is told: %+v", got)
	}
	d.pass(time.Hour)
	d.must(d.ask("198.51.100.9:1", "curl/8.0", secret))
	d.pass(time.Hour)
	d.must(d.ask("198.51.100.9:1", "python-requests/2", secret))
	if got := d.letters(); kinds(got) != "app-password-elsewhere" || got[0].Data.Client != "curl" { // one a day
		t.Errorf("letters %+v", got)
	}
	if n := d.happened(account.AppPasswordNewClient); len(n) != 2 {
		t.Errorf("noted %+v", n)
	}
}

// A device that comes back after its programs were forgotten brings another
// one along after every long pause: that is noted, and no news.
func TestDevice_AfterLongAbsenceNothingIsKnownToCompareWith(t *testing.T) {
	t.Parallel()
	d := newDevices(t)
	secret, _ := d.create(account.NewAppPassword{})
	d.must(d.ask("192.0.2.9:1", davx5, secret))
	d.pass(300 * 24 * time.Hour)
	d.must(d.store.Maintain(t.Context(), store.Retention{}))
	d.must(d.ask("192.0.2.9:1", "curl/8.0", secret))
	if got := d.letters(); len(got) != 0 {
		t.Errorf("told of a program although none is remembered: %+v", got)
	}
	if n := d.happened(account.AppPasswordNewClient); len(n) != 1 || n[0].Client != "curl" {
		t.Errorf("noted %+v", n)
	}
	d.pass(time.Hour)
	d.must(d.ask("192.0.2.9:1", davx5, secret)) // now there is one to differ from
	if got := d.letters(); kinds(got) != "app-password-elsewhere" || got[0].Data.Client != "DAVx5" {
		t.Errorf("letters %+v", got)
	}
}

func TestDevice_SetUpAgainEndsTheOldOneAtTheFirstUse(t *testing.T) {
	t.Parallel()
	d := newDevices(t)
	old, row := d.create(account.NewAppPassword{})
	fresh, _ := d.create(account.NewAppPassword{Replaces: row.ID})
	d.must(d.ask(home, davx5, old))
	d.must(d.ask(home, davx5, fresh))
	d.want(d.ask(home, davx5, old), account.ErrDenied)

	old, row = d.create(account.NewAppPassword{})
	d.create(account.NewAppPassword{Replaces: row.ID})
	d.pass(24*time.Hour - time.Minute)
	d.must(d.ask(home, davx5, old))
	d.pass(time.Minute)
	d.want(d.ask(home, davx5, old), account.ErrDenied)
}

func TestDevice_RevokedOneStillTryingIsSeenAndNotTold(t *testing.T) {
	t.Parallel()
	d := newDevices(t)
	secret, row := d.create(account.NewAppPassword{})
	d.must(d.RevokeAppPassword(t.Context(), atHome, d.person(), row.ID))
	d.must(d.RevokeAppPassword(t.Context(), atHome, d.person(), row.ID))
	d.pass(time.Hour)
	d.want(d.ask("203.0.113.9:1", davx5, secret), account.ErrDenied)
	all, err := d.AppPasswords(t.Context(), d.person())
	d.must(err)
	if all[0].LastUsed != d.time().UnixMilli() || all[0].LastPlace != "203.0.113.0/24" {
		t.Errorf("got %+v", all[0])
	}
	if got := d.letters(); len(got) != 0 {
		t.Errorf("letters %+v", got)
	}
	if n := d.happened(account.DeviceDenied); len(n) != 0 {
		t.Errorf("noted %+v", n)
	}
}

// Who was forgotten while it polled would become a stranger overnight: waits
// for the whole house, and letters about an attack.
func TestDevice_RevokedOneIsKnownAsLongAsItTries(t *testing.T) {
	t.Parallel()
	d := newDevices(t)
	secret, row := d.create(account.NewAppPassword{})
	d.must(d.RevokeAppPassword(t.Context(), atHome, d.person(), row.ID))
	for range 8 {
		d.pass(60 * 24 * time.Hour)
		d.must(d.store.Maintain(t.Context(), store.Retention{}))
		d.want(d.ask(home, davx5, secret), account.ErrDenied)
		if got, n := d.letters(), d.happened(account.DeviceDenied); len(got)+len(n) != 0 {
			t.Fatalf("taken for a guess: letters %+v, noted %+v", got, n)
		}
	}
	d.pass(90 * 24 * time.Hour)
	d.must(d.store.Maintain(t.Context(), store.Retention{}))
	if all, err := d.store.AppPasswords(t.Context(), d.ann.ID); err != nil || len(all) != 0 {
		t.Errorf("still there: %+v, %v", all, err)
	}
}

// The account password opens no DAV; its owner learns why.
func TestDevice_AccountPasswordIsRecognisedRarely(t *testing.T) {
	t.Parallel()
	d := newDevices(t)
	before := d.Hashes()
	for range 15 {
		d.want(d.ask("203.0.113.9:1", davx5, annsPassword), account.ErrDenied)
	}
	if n := d.Hashes() - before; n != 1 {
		t.Errorf("%d hashes for 15 requests", n)
	}
	if n := d.happened(account.AccountPasswordOnDAV); len(n) != 1 || n[0].Count != 1 || n[0].Client != "DAVx5" {
		t.Errorf("noted %+v", n)
	}
	if n := d.happened(account.DeviceDenied); len(n) != 1 || n[0].Count != 14 {
		t.Errorf("noted %+v", n)
	}
	if got := d.letters(); len(got) != 0 { // it is the owner
		t.Errorf("letters %+v", got)
	}
	d.pass(10 * time.Minute)
	d.want(d.ask("203.0.113.9:1", davx5, annsPassword), account.ErrDenied)
	if n := d.Hashes() - before; n != 2 {
		t.Errorf("%d hashes", n)
	}
	if n := d.happened(account.AccountPasswordOnDAV); n[0].Count != 2 {
		t.Errorf("noted %+v", n)
	}
	d.notStored(annsPassword)
}

// Who keeps the server busy with hashes hides no guesses behind them.
func TestDevice_GuessesAreCountedWhileNothingCanBeHashed(t *testing.T) {
	t.Parallel()
	d := newDevices(t)
	free := d.FillHasher()
	d.want(d.ask("203.0.113.9:1", "curl/8", "guess"), account.ErrDenied)
	free()
	if n := d.happened(account.DeviceDenied); len(n) != 1 || n[0].Count != 1 {
		t.Errorf("noted %+v", n)
	}
}

func TestDevice_GuessesAreToldWhenShapedOrMany(t *testing.T) {
	t.Parallel()
	d := newDevices(t)
	for range 9 {
		d.want(d.ask("203.0.113.9:1", "curl/8", "guess"), account.ErrDenied)
	}
	if got := d.letters(); len(got) != 0 {
		t.Errorf("nine guesses are told: %+v", got)
	}
	d.want(d.ask("203.0.113.9:1", "curl/8", "guess"), account.ErrDenied)
	got := d.letters()
	if kinds(got) != "wrong-password" || got[0].Data.Count != 10 || got[0].Data.Change != account.DeviceDenied {
		t.Errorf("letters %+v", got)
	}
	bob, err := account.Create(t.Context(), d.store, store.Account{Login: "bob", Email: "bob@example.org"})
	d.must(err)
	his, _, err := account.Issuer{Store: d.store, Keys: d.keys, Rand: zeros{}}.Issue(t.Context(), store.AppPassword{Account: bob.ID, Name: "x", Scope: store.FullScope})
	d.must(err)
	d.must(d.store.DeleteAccount(t.Context(), bob.ID)) // nobody's now, and well shaped
	d.want(d.ask("198.51.100.1:1", "curl/8", his.Reveal()), account.ErrDenied)
	if got := d.letters(); kinds(got) != "wrong-password" || got[0].Data.Count != 1 {
		t.Errorf("letters %+v", got)
	}
}

// zeros are random bytes that are known.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestDevice_FormerAddressStillSignsIn(t *testing.T) {
	t.Parallel()
	d := newDevices(t)
	secret, _ := d.create(account.NewAppPassword{})
	d.must(d.store.UpdateAccount(t.Context(), d.ann.ID, func(a *store.Account) error {
		a.Login, a.Email = "anna@new.example", "anna@new.example"
		return nil
	}))
	d.must(d.ask(home, davx5, secret))
	_, err := account.Create(t.Context(), d.store, store.Account{Login: "bob"})
	d.must(err)
	gate := account.NewGate(account.Options{Store: d.store, Keys: d.keys, Now: d.time})
	defer gate.Close()
	_, err = gate.SignIn(t.Context(), request(home, "bob", secret)) // somebody's, but not hers
	d.want(err, account.ErrDenied)
	d.pass(30 * 24 * time.Hour)
	d.want(d.ask(home, davx5, secret), account.ErrDenied)
}

func TestCreateAppPassword_ChecksWhatIsAsked(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.person()
	for name, n := range map[string]account.NewAppPassword{
		"no name":       {Scope: store.FullScope},
		"line end":      {Name: "a\nb", Scope: store.FullScope},
		"no scope":      {Name: "x"},
		"unknown scope": {Name: "x", Scope: 0x80},
		"over":          {Name: "x", Scope: store.FullScope, Expires: d.time()},
	} {
		if _, _, err := d.CreateAppPassword(t.Context(), atHome, p, n); !errors.Is(err, account.ErrText) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, row, err := d.CreateAppPassword(t.Context(), atHome, p, account.NewAppPassword{Name: "phone", Scope: store.ContactsRead, Expires: d.time().Add(time.Hour)})
	d.must(err)
	if row.Scope != store.ContactsRead || row.MadePlace != "192.0.2.0/24" {
		t.Errorf("made %+v", row)
	}
	if got := d.letters(); kinds(got) != "app-password-created" || got[0].Data.Name != "phone" {
		t.Errorf("letters %+v", got)
	}
}

// hardening.md A3: an app password opens no page.
func TestAppPassword_OpensNoPage(t *testing.T) {
	t.Parallel()
	d := newDevices(t)
	secret, _ := d.create(account.NewAppPassword{})
	_, err := d.signIn(atHome, secret)
	d.want(err, account.ErrDenied)
	_, err = d.Session(t.Context(), atHome, account.Secret(secret))
	d.want(err, account.ErrDenied)
	_, err = d.Bearer(t.Context(), account.Secret(secret))
	d.want(err, account.ErrDenied)
	if _, err := d.Session(t.Context(), account.VisitOf(&http.Request{}), account.Secret(secret)); err == nil {
		t.Error("opened")
	}
}
