package account_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"ksync/internal/account"
	"ksync/internal/account/accounttest"
	"ksync/internal/logtest"
	"ksync/store"
	"ksync/store/storetest"
)

// desk is a service with one account, "ann@example.org", that has a password,
// at a time that tests move.
type desk struct {
	*account.Service
	t      *testing.T
	store  *store.Store
	keys   *account.Keys
	clock  *storetest.Clock
	ann    store.Account
	logged *logtest.Log
	path   string
}

const annsPassword = accounttest.Password

func newDesk(t *testing.T, change ...func(*account.ServiceOptions)) *desk {
	t.Helper()
	d, a := openDesk(t, change...)
	d.ann = a.Add(store.Account{Login: "ann@example.org", Name: "Ann Keller", Locale: "de"})
	d.drop()
	return d
}

func emptyDesk(t *testing.T, change ...func(*account.ServiceOptions)) *desk {
	t.Helper()
	d, _ := openDesk(t, change...)
	return d
}

func openDesk(t *testing.T, change ...func(*account.ServiceOptions)) (*desk, *accounttest.Accounts) {
	t.Helper()
	a := accounttest.Open(t, accounttest.Options{Service: func(o *account.ServiceOptions) {
		for _, f := range change {
			f(o)
		}
	}})
	return &desk{Service: a.Service, t: t, store: a.Store, keys: a.Keys, clock: a.Clock, logged: a.Logged, path: filepath.Join(a.Dir, "ksync.db")}, a
}

func (d *desk) time() time.Time { return d.clock.Now() }

func (d *desk) pass(by time.Duration) { d.clock.Advance(by) }

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

// from is a visit from a numbered network.
func from(n byte) account.Visit {
	return account.Visit{Address: netip.AddrFrom4([4]byte{192, 0, n, 7}), Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
}

var atHome = from(2)

func (d *desk) signIn(v account.Visit, password string) (account.Progress, error) {
	return d.SignIn(d.t.Context(), v, account.Attempt{Login: "ann@example.org", Password: account.Secret(password)})
}

// person signs Ann in, who has no second factor.
func (d *desk) person() account.Person {
	d.t.Helper()
	p, err := d.signIn(atHome, annsPassword)
	d.must(err)
	if p.Done == nil {
		d.t.Fatal("only half a sign-in")
	}
	return d.of(*p.Done)
}

func (d *desk) of(o account.Opened) account.Person {
	d.t.Helper()
	p, err := d.Session(d.t.Context(), atHome, o.Token)
	d.must(err)
	return p
}

// half signs Ann in up to her second factor.
func (d *desk) half() account.Half {
	d.t.Helper()
	p, err := d.signIn(atHome, annsPassword)
	d.must(err)
	if p.Half == nil || p.Done != nil {
		d.t.Fatal("no half sign-in")
	}
	return *p.Half
}

// enrol gives Ann an authenticator app.
func (d *desk) enrol(p account.Person) (secret string, codes []account.Secret) {
	d.t.Helper()
	setup, err := d.BeginTOTP(d.t.Context(), p)
	d.must(err)
	codes, err = d.ConfirmTOTP(d.t.Context(), atHome, p, setup.Ticket, d.code(setup.Secret.Reveal()))
	d.must(err)
	d.pass(time.Minute) // the code of now is used
	d.drop()
	return setup.Secret.Reveal(), codes
}

// code is what the app shows now.
func (d *desk) code(secret string) account.Secret {
	d.t.Helper()
	code, err := totp.GenerateCode(secret, d.time())
	d.must(err)
	return account.Secret(code)
}

// letters takes what waits in the outbox, and what was delayed.
func (d *desk) letters() []account.Notice {
	d.t.Helper()
	d.Settle()
	d.pass(11 * time.Minute)
	all, err := d.ClaimNotices(d.t.Context(), 100)
	d.must(err)
	for _, n := range all {
		d.must(d.NoticeSent(d.t.Context(), n))
	}
	return all
}

func (d *desk) drop() {
	d.t.Helper()
	now := d.time()
	d.letters()
	d.pass(now.Sub(d.time()))
}

func kinds(all []account.Notice) string {
	var names []string
	for _, n := range all {
		names = append(names, string(n.Kind))
	}
	return strings.Join(names, " ")
}

func (d *desk) activity() []store.Activity {
	d.t.Helper()
	d.Settle()
	all, err := d.Activity(d.t.Context(), account.Person{Account: d.ann}, store.ActivityQuery{})
	d.must(err)
	return all
}

func (d *desk) happened(what account.ActivityKind) (found []store.Activity) {
	d.t.Helper()
	for _, a := range d.activity() {
		if a.Kind == string(what) {
			found = append(found, a)
		}
	}
	return found
}

func wins(n int, f func() error) (won int) {
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range errs {
		wg.Go(func() { errs[i] = f() })
	}
	wg.Wait()
	for _, err := range errs {
		if err == nil {
			won++
		}
	}
	return won
}

// hardening.md A2: what cannot sign in costs the same and gets the same answer.
func TestSignIn_SameAnswerSameWork(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *account.ServiceOptions) { o.Throttle = false })
	bob, err := account.Create(t.Context(), d.store, store.Account{Login: "bob"})
	d.must(err)
	d.must(d.ImposePassword(t.Context(), bob.ID, annsPassword))
	d.must(d.SetDisabled(t.Context(), bob.ID, true))
	carol, err := account.Create(t.Context(), d.store, store.Account{Login: "carol"}) // without a password
	d.must(err)
	for _, tt := range []struct{ name, login, password string }{
		{"unknown", "nobody", "x"},
		{"wrong", "ann@example.org", "x"},
		{"disabled, right", "bob", annsPassword},
		{"disabled, wrong", "bob", "x"},
		{"no password", carol.Login, ""},
		{"empty", "", ""},
		{"megabyte password", "ann@example.org", strings.Repeat("x", 1<<20)},
		{"megabyte login", strings.Repeat("x", 1<<20), "x"},
		{"NUL", "ann@example.org\x00", annsPassword},
		{"invalid UTF-8", "ann\xff", "\xff"},
		{"metacharacters", ".*%_", annsPassword},
		{"path", "../ann@example.org", annsPassword},
		{"encoded", "ann%40example.org%2F", annsPassword},
	} {
		before := d.Hashes()
		p, err := d.SignIn(t.Context(), atHome, account.Attempt{Login: tt.login, Password: account.Secret(tt.password)})
		if err != account.ErrDenied || p != (account.Progress{}) { //nolint:errorlint // nothing may be wrapped around it that tells more
			t.Errorf("%s: got %+v, %v", tt.name, p, err)
		}
		if n := d.Hashes() - before; n != 1 {
			t.Errorf("%s: %d hashes, want 1", tt.name, n)
		}
	}
	if _, err := d.signIn(atHome, annsPassword); err != nil {
		t.Errorf("the right one: %v", err)
	}
}

// hardening.md A1; config-assistant.md 5.4.
func TestSignIn_SlowsDownGuessingOfOneAccountFromOneAddress(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i, want := range []time.Duration{0, 0, 1, 2, 4, 8, 16, 32, 60, 60} {
		want *= time.Second
		_, err := d.signIn(atHome, "x")
		throttled, is := errors.AsType[*account.Throttled](err)
		if want == 0 {
			d.want(err, account.ErrDenied)
			continue
		}
		if !is || throttled.RetryAfter != want {
			t.Fatalf("try %d: got %v, want a wait of %v", i+1, err, want)
		}
		d.pass(want)
		_, err = d.signIn(atHome, "x")
		d.want(err, account.ErrDenied)
	}
	if _, err := d.signIn(from(9), annsPassword); err != nil {
		t.Errorf("the owner from elsewhere: %v", err)
	}
	d.pass(time.Minute)
	if _, err := d.signIn(atHome, annsPassword); err != nil {
		t.Errorf("the owner after the wait: %v", err)
	}
	_, err := d.signIn(atHome, "x")
	d.want(err, account.ErrDenied) // a success forgives
}

func TestSignIn_UnknownAccountsAreSlowedDownAlike(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	waits := func(login string, v account.Visit) (all []string) {
		for range 4 {
			_, err := d.SignIn(t.Context(), v, account.Attempt{Login: login, Password: "x"})
			all = append(all, err.Error())
		}
		return all
	}
	if a, b := strings.Join(waits("ann@example.org", from(3)), "\n"), strings.Join(waits("nobody@example.org", from(4)), "\n"); a != b {
		t.Errorf("known:\n%s\nunknown:\n%s", a, b)
	}
}

func TestSignIn_ManyAtOnceDoNotPassTheDelayTogether(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var denied int
	var mu sync.Mutex
	wins(30, func() error {
		_, err := d.signIn(atHome, "x")
		if errors.Is(err, account.ErrDenied) {
			mu.Lock()
			denied++
			mu.Unlock()
		}
		return err
	})
	if denied != 2 {
		t.Errorf("%d were tried at once, want 2", denied)
	}
}

func TestSignIn_AnAddressHasFiftyFailuresAnHour(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i := range 60 {
		_, err := d.SignIn(t.Context(), atHome, account.Attempt{Login: "user" + strings.Repeat("x", i), Password: "x"})
		_, throttled := errors.AsType[*account.Throttled](err)
		if throttled != (i >= 50) {
			t.Fatalf("account %d: %v", i, err)
		}
	}
}

func TestSignIn_StopsAfterAHundredInARowUntilAReset(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i := range 100 {
		_, err := d.signIn(from(byte(i)), "x")
		d.want(err, account.ErrDenied)
		d.Settle()
	}
	_, err := d.signIn(from(200), annsPassword)
	d.want(err, account.ErrDenied)
	gate := account.NewGate(account.Options{Store: d.store, Keys: d.keys, Now: d.time, Throttle: true, Service: d.Service})
	defer gate.Close()
	secret, _, err := account.Issuer{Store: d.store, Keys: d.keys, Rand: rand.Reader}.Issue(t.Context(), store.AppPassword{Account: d.ann.ID, Name: "phone", Scope: store.FullScope})
	d.must(err)
	if _, err := gate.SignIn(t.Context(), request(home, "ann@example.org", secret.Reveal())); err != nil {
		t.Errorf("the owner's phone: %v", err)
	}
	link, err := d.ResetLink(t.Context(), d.ann.ID)
	d.must(err)
	_, err = d.Reset(t.Context(), atHome, link.Token, account.PasswordChange{New: "another zebra battery"})
	d.must(err)
	if _, err := d.signIn(from(200), "another zebra battery"); err != nil {
		t.Errorf("after the reset: %v", err)
	}
}

func TestSignIn_HashOfAnotherCostIsMadeAnew(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	other, err := account.NewService(account.ServiceOptions{Store: d.store, Keys: d.keys, Now: d.time, Cost: account.HashCost{Memory: 16, Passes: 2}})
	d.must(err)
	defer other.Close()
	for range 2 {
		if _, err := other.SignIn(t.Context(), atHome, account.Attempt{Login: "ann@example.org", Password: annsPassword}); err != nil {
			t.Fatal(err)
		}
		other.Settle()
		a, err := d.store.Account(t.Context(), d.ann.ID)
		d.must(err)
		if !strings.HasPrefix(a.PasswordHash, "$argon2id$v=19$m=16,t=2,p=1$") {
			t.Errorf("hash %s", a.PasswordHash[:40])
		}
	}
	if _, err := d.signIn(atHome, annsPassword); err != nil {
		t.Error(err)
	}
}

func TestSignIn_DefaultCost(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *account.ServiceOptions) { o.Cost = account.HashCost{} })
	a, err := d.store.Account(t.Context(), d.ann.ID)
	d.must(err)
	if !strings.HasPrefix(a.PasswordHash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash %s", a.PasswordHash[:40])
	}
}

func TestSignIn_ComposedAndDecomposedAreTheSame(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.must(d.ImposePassword(t.Context(), d.ann.ID, "größe der zebras"))
	if _, err := d.signIn(atHome, "gro\u0308ße der zebras"); err != nil {
		t.Error(err)
	}
}

// hardening.md A4: the step cannot be skipped, and half a sign-in does nothing.
func TestHalfSignIn_OpensNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.enrol(d.person())
	half := d.half()
	_, err := d.Session(t.Context(), atHome, half.Token)
	d.want(err, account.ErrDenied)
	_, challenge := verifier(t)
	_, err = d.Authorize(t.Context(), half.Token, authorization(challenge))
	d.want(err, account.ErrLink)
	_, err = d.Bearer(t.Context(), half.Token)
	d.want(err, account.ErrDenied)
	_, err = d.CheckReset(t.Context(), half.Token)
	d.want(err, account.ErrLink)
	d.want(d.CheckSetUp(t.Context(), half.Token), account.ErrLink)
	// Enrolling takes a person, whose session must be there.
	forged := account.Person{Account: d.ann, Session: store.Session{ID: 1, Account: d.ann.ID, Fresh: d.time().UnixMilli(), Expires: 1 << 60}}
	_, err = d.BeginTOTP(t.Context(), forged)
	d.want(err, account.ErrDenied)
	_, err = d.BeginPasskeyEnrolment(t.Context(), forged)
	d.want(err, account.ErrDenied)
	got, err := d.HalfSignIn(t.Context(), half.Token)
	d.must(err)
	if !got.Factors.TOTP || got.Factors.BackupCodes.Left != 10 {
		t.Errorf("offers %+v", got.Factors)
	}
	d.pass(10 * time.Minute)
	_, err = d.HalfSignIn(t.Context(), half.Token)
	d.want(err, account.ErrLink)
}

func TestTOTP_CodeOncePerStepAlsoAtTheSameTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *account.ServiceOptions) { o.Throttle = false })
	secret, _ := d.enrol(d.person())
	code := d.code(secret)
	halves := make(chan account.Half, 8)
	for range 8 {
		halves <- d.half()
	}
	won := wins(8, func() error {
		_, err := d.FinishCode(t.Context(), atHome, (<-halves).Token, code)
		return err
	})
	if won != 1 {
		t.Errorf("the code was good %d times", won)
	}
	_, err := d.FinishCode(t.Context(), atHome, d.half().Token, code)
	d.want(err, account.ErrCode)
	d.pass(30 * time.Second)
	_, err = d.FinishCode(t.Context(), atHome, d.half().Token, code) // within the drift, but used
	d.want(err, account.ErrCode)
	if _, err := d.FinishCode(t.Context(), atHome, d.half().Token, d.code(secret)); err != nil {
		t.Errorf("the next code: %v", err)
	}
}

func TestTOTP_OneStepEitherWay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		steps int
		good  bool
	}{{-2, false}, {-1, true}, {0, true}, {1, true}, {2, false}} {
		d := newDesk(t)
		secret, _ := d.enrol(d.person())
		half := d.half()
		code, err := totp.GenerateCode(secret, d.time().Add(time.Duration(tt.steps)*30*time.Second))
		d.must(err)
		if _, err = d.FinishCode(t.Context(), atHome, half.Token, account.Secret(code)); (err == nil) != tt.good {
			t.Errorf("%d steps off: %v", tt.steps, err)
		}
	}
}

func TestTOTP_FiveTriesAQuarterOfAnHour(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	secret, codes := d.enrol(d.person())
	half := d.half()
	wrong := account.Secret("000000")
	if d.code(secret) == wrong {
		wrong = "111111"
	}
	for range 5 {
		_, err := d.FinishCode(t.Context(), atHome, half.Token, wrong)
		d.want(err, account.ErrCode)
	}
	_, err := d.FinishCode(t.Context(), from(77), half.Token, d.code(secret))
	if _, throttled := errors.AsType[*account.Throttled](err); !throttled {
		t.Errorf("the sixth: %v", err)
	}
	if _, err := d.FinishCode(t.Context(), atHome, half.Token, codes[0]); err != nil {
		t.Errorf("a backup code: %v", err)
	}
	if n := d.happened(account.SecondFactorFailed); len(n) != 1 || n[0].Count != 5 {
		t.Errorf("noted %+v", n)
	}
	d.pass(15 * time.Minute)
	if _, err := d.FinishCode(t.Context(), atHome, d.half().Token, d.code(secret)); err != nil {
		t.Errorf("after the window: %v", err)
	}
}

// Five tries in a quarter of an hour are 480 a day, of which three codes in a
// million are right: within a year that is more likely than heads.
func TestTOTP_StopsAfterAHundredWrongCodesInARow(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	secret, codes := d.enrol(d.person())
	guess := func(n int) {
		t.Helper()
		for i := range n {
			if i%5 == 0 {
				d.pass(15 * time.Minute)
			}
			wrong := account.Secret("000000")
			if now := d.code(secret); now == wrong {
				wrong = "111111"
			}
			_, err := d.FinishCode(t.Context(), from(9), d.half().Token, wrong)
			d.want(err, account.ErrCode)
			d.Settle()
		}
	}
	guess(95)
	d.pass(15 * time.Minute)
	_, err := d.FinishCode(t.Context(), atHome, d.half().Token, codes[0]) // the owner comes in between
	d.must(err)
	guess(100)
	d.pass(time.Hour)
	_, err = d.FinishCode(t.Context(), atHome, d.half().Token, d.code(secret))
	d.want(err, account.ErrCode)
	link, err := d.ResetLink(t.Context(), d.ann.ID) // who reads the mailbox
	d.must(err)
	p, err := d.Reset(t.Context(), from(9), link.Token, account.PasswordChange{New: "another zebra battery"})
	d.must(err)
	_, err = d.FinishCode(t.Context(), from(9), p.Half.Token, d.code(secret))
	d.want(err, account.ErrCode)
	_, err = d.FinishCode(t.Context(), atHome, d.half().Token, codes[1])
	d.must(err)
	d.pass(time.Minute)
	_, err = d.FinishCode(t.Context(), atHome, d.half().Token, d.code(secret))
	d.must(err)
}

func TestTOTP_NewSecretAtEachEnrolmentAndNoneInTheDatabase(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.person()
	first, _ := d.enrol(p)
	second, codes := d.enrol(d.refresh(p, first))
	if first == second || codes != nil {
		t.Errorf("secrets %v, new codes %v", first == second, codes)
	}
	for _, secret := range []string{first, second} {
		raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
		if err != nil || len(raw) != 20 {
			t.Fatalf("secret of %d bytes, %v", len(raw), err)
		}
		d.notStored(secret, string(raw))
	}
	_, err := d.FinishCode(t.Context(), atHome, d.half().Token, d.code(first))
	d.want(err, account.ErrCode)
}

// refresh steps up with password and code.
func (d *desk) refresh(p account.Person, secret string) account.Person {
	d.t.Helper()
	d.pass(30 * time.Second)
	o, err := d.StepUp(d.t.Context(), atHome, p, account.Proof{Password: annsPassword, Code: d.code(secret)})
	d.must(err)
	d.pass(30 * time.Second)
	return d.of(o)
}

func TestTOTP_ConfirmNeedsTheRightPersonAndCode(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.person()
	setup, err := d.BeginTOTP(t.Context(), p)
	d.must(err)
	again, err := d.TOTPSetup(t.Context(), p, setup.Ticket)
	d.must(err)
	if again != setup || !strings.HasPrefix(setup.URL.Reveal(), "otpauth://totp/sync.example.org:ann@example.org?") || !strings.Contains(setup.URL.Reveal(), "secret="+setup.Secret.Reveal()) {
		t.Errorf("got %q", setup.URL.Reveal())
	}
	_, err = d.ConfirmTOTP(t.Context(), atHome, p, setup.Ticket, "12345")
	d.want(err, account.ErrCode)
	bob, err := account.Create(t.Context(), d.store, store.Account{Login: "bob"})
	d.must(err)
	d.must(d.ImposePassword(t.Context(), bob.ID, annsPassword))
	his, err := d.SignIn(t.Context(), from(5), account.Attempt{Login: "bob", Password: annsPassword})
	d.must(err)
	_, err = d.ConfirmTOTP(t.Context(), atHome, d.of(*his.Done), setup.Ticket, d.code(setup.Secret.Reveal()))
	d.want(err, account.ErrLink)
	d.pass(11 * time.Minute)
	_, err = d.ConfirmTOTP(t.Context(), atHome, p, setup.Ticket, d.code(setup.Secret.Reveal()))
	d.want(err, account.ErrStepUp)
}

// hardening.md A4: a factor that cannot be checked lets nobody in.
func TestTOTP_WithoutTheKeysItStaysClosed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	secret, codes := d.enrol(d.person())
	keys, _, err := account.OpenKeys(filepath.Join(t.TempDir(), "keys"), rand.Reader)
	d.must(err)
	other, err := account.NewService(account.ServiceOptions{Store: d.store, Keys: keys, Now: d.time, Cost: account.HashCost{Memory: 8, Passes: 1}})
	d.must(err)
	defer other.Close()
	p, err := other.SignIn(t.Context(), atHome, account.Attempt{Login: "ann@example.org", Password: annsPassword})
	d.must(err)
	if p.Done != nil {
		t.Fatal("the second factor was left out")
	}
	o, err := other.FinishCode(t.Context(), atHome, p.Half.Token, d.code(secret))
	if err == nil || errors.Is(err, account.ErrCode) || o.Token != "" {
		t.Errorf("got %v: a fault is no wrong code", err)
	}
	_, err = other.FinishCode(t.Context(), atHome, p.Half.Token, codes[0])
	d.want(err, account.ErrCode)
}

func TestBackupCodes_OnceAlsoAtTheSameTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *account.ServiceOptions) { o.Throttle = false })
	_, codes := d.enrol(d.person())
	if len(codes) != 10 || len(codes[0]) != 29 {
		t.Fatalf("%d codes like %q", len(codes), codes[0].Reveal())
	}
	halves := make(chan account.Half, 8)
	for range 8 {
		halves <- d.half()
	}
	typed := account.Secret(strings.ToUpper(strings.ReplaceAll(codes[3].Reveal(), "-", " ")))
	won := wins(8, func() error {
		_, err := d.FinishCode(t.Context(), atHome, (<-halves).Token, typed)
		return err
	})
	if won != 1 {
		t.Errorf("the code was good %d times", won)
	}
	for _, code := range codes {
		d.notStored(code.Reveal(), strings.ReplaceAll(code.Reveal(), "-", ""))
	}
	got := d.letters()
	if kinds(got) != "backup-code-used" || got[0].Data.Left != 9 || got[0].Reference != account.Reference(d.happened(account.BackupCodeUsed)[0].ID) {
		t.Errorf("letters %+v", got)
	}
	o, err := d.FinishCode(t.Context(), atHome, d.half().Token, codes[4])
	d.must(err)
	fresh, err := d.NewBackupCodes(t.Context(), atHome, d.of(o))
	d.must(err)
	_, err = d.FinishCode(t.Context(), atHome, d.half().Token, codes[5])
	d.want(err, account.ErrCode)
	_, err = d.FinishCode(t.Context(), atHome, d.half().Token, fresh[5])
	d.must(err)
}

// notStored looks for texts in the files of the database.
func (d *desk) notStored(texts ...string) {
	d.t.Helper()
	for _, file := range databaseFiles(d.t, d.path) {
		for _, text := range texts {
			if bytes.Contains(file, []byte(text)) {
				d.t.Error("a secret is in the database")
			}
			if strings.Contains(d.logged.String(), text) {
				d.t.Error("a secret is in the log")
			}
		}
	}
}
