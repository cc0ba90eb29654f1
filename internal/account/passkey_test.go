package account_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"ksync/internal/account"
	"ksync/store"
)

// addPasskey enrols a key for Ann.
func (d *desk) addPasskey(p account.Person, key *authenticator, name string) ([]account.Secret, error) {
	d.t.Helper()
	c, err := d.BeginPasskeyEnrolment(d.t.Context(), p)
	d.must(err)
	if got := key.read(c).PublicKey.AuthenticatorSelection.UserVerification; got != "required" {
		d.t.Errorf("user verification %q", got)
	}
	_, codes, err := d.FinishPasskeyEnrolment(d.t.Context(), atHome, p, c.Ticket, name, key.create(c))
	return codes, err
}

// alone signs in with a passkey and nothing else.
func (d *desk) alone(key *authenticator) (account.Opened, error) {
	d.t.Helper()
	c, err := d.BeginPasskey(d.t.Context(), atHome, "")
	d.must(err)
	if o := key.read(c); o.PublicKey.UserVerification != "required" || len(o.PublicKey.AllowCredentials) != 0 {
		d.t.Errorf("asks %s", c.Options)
	}
	return d.FinishPasskey(d.t.Context(), atHome, account.PasskeyAnswer{Ticket: c.Ticket, Response: key.get(c)})
}

func TestPasskey_EnrolledUsedRemoved(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	key, other := newAuthenticator(t), newAuthenticator(t)
	p := d.person()
	codes, err := d.addPasskey(p, key, "My phone")
	d.must(err)
	if len(codes) != 10 {
		t.Errorf("%d backup codes", len(codes))
	}
	codes, err = d.addPasskey(p, other, "Blue key")
	if err != nil || codes != nil {
		t.Errorf("the second: %v, new codes %v", err, codes)
	}
	if got := d.letters(); kinds(got) != "factors-changed factors-changed factors-changed" || got[0].Data.Name != "My phone" && got[1].Data.Name != "My phone" {
		t.Errorf("letters %+v", got)
	}
	o, err := d.alone(key)
	d.must(err)
	if o.Session.Factor != "passkey" || !d.Fresh(d.of(o)) {
		t.Errorf("session %+v", o.Session)
	}
	half := d.half()
	if len(half.Factors.Passkeys) != 2 || !half.Factors.PasskeysPossible {
		t.Errorf("offers %+v", half.Factors)
	}
	c, err := d.BeginPasskey(t.Context(), atHome, half.Token)
	d.must(err)
	o, err = d.FinishPasskey(t.Context(), atHome, account.PasskeyAnswer{Half: half.Token, Ticket: c.Ticket, Response: other.get(c)})
	d.must(err)
	if o.Session.Factor != "password+passkey" {
		t.Errorf("session %+v", o.Session)
	}
	p = d.of(o)
	factors, err := d.Factors(t.Context(), p)
	d.must(err)
	d.must(d.RenamePasskey(t.Context(), p, factors.Passkeys[0].ID, "Old phone"))
	d.want(d.RenamePasskey(t.Context(), p, factors.Passkeys[0].ID, "a\nb"), account.ErrText)
	for _, k := range factors.Passkeys {
		d.must(d.RemovePasskey(t.Context(), atHome, p, k.ID))
	}
	_, err = d.alone(key)
	d.want(err, account.ErrPasskey)
	if factors, err = d.Factors(t.Context(), p); err != nil || factors.Any() || factors.BackupCodes.Left != 0 {
		t.Errorf("left %+v, %v", factors, err)
	}
	d.person()
}

// hardening.md A5.
func TestPasskey_RefusesWhatDoesNotBelong(t *testing.T) {
	t.Parallel()
	for name, lie := range map[string]func(*authenticator){
		"another origin":       func(a *authenticator) { a.origin = "https://sync.example.org.evil.example" },
		"plain http":           func(a *authenticator) { a.origin = "http://sync.example.org" },
		"another RP id":        func(a *authenticator) { a.rpID = "evil.example" },
		"no user verification": func(a *authenticator) { a.verified = false },
		"another key":          func(a *authenticator) { a.key = newAuthenticator(a.t).key },
		"another handle":       func(a *authenticator) { a.handle = []byte{0, 0, 0, 0, 0, 0, 0, 1} },
		"no handle":            func(a *authenticator) { a.handle = nil },
		"unknown credential":   func(a *authenticator) { a.id = []byte("unknown") },
		"counter went back":    func(a *authenticator) { a.counter = 0 },
		"counter stood still":  func(a *authenticator) { a.counter = 4 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			key := newAuthenticator(t)
			_, err := d.addPasskey(d.person(), key, "key")
			d.must(err)
			key.counter = 4
			_, err = d.alone(key) // 5
			d.must(err)
			lie(key)
			_, err = d.alone(key)
			d.want(err, account.ErrPasskey)
			if strings.HasPrefix(name, "counter") && len(d.happened(account.PasskeyRefused)) != 1 {
				t.Error("its owner is not told")
			}
		})
	}
}

func TestPasskey_EnrolmentRefusesLies(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.person()
	for name, lie := range map[string]func(*authenticator){
		"another origin":       func(a *authenticator) { a.origin = "https://evil.example" },
		"another RP id":        func(a *authenticator) { a.rpID = "evil.example" },
		"no user verification": func(a *authenticator) { a.verified = false },
	} {
		key := newAuthenticator(t)
		lie(key)
		if _, err := d.addPasskey(p, key, "key"); !errors.Is(err, account.ErrPasskey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	key := newAuthenticator(t)
	_, err := d.addPasskey(p, key, "key")
	d.must(err)
	if _, err = d.addPasskey(p, key, "twice"); !errors.Is(err, store.ErrExists) {
		t.Errorf("twice: %v", err)
	}
}

func TestPasskey_ChallengeOnceAndOnlyForWhatItWasMade(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	key := newAuthenticator(t)
	p := d.person()
	_, err := d.addPasskey(p, key, "key")
	d.must(err)
	c, err := d.BeginPasskey(t.Context(), atHome, "")
	d.must(err)
	answer := account.PasskeyAnswer{Ticket: c.Ticket, Response: key.get(c)}
	won := wins(4, func() error {
		_, err := d.FinishPasskey(t.Context(), atHome, answer)
		return err
	})
	if won != 1 {
		t.Errorf("the answer was good %d times", won)
	}
	old, err := d.BeginPasskey(t.Context(), atHome, "")
	d.must(err)
	fresh, err := d.BeginPasskey(t.Context(), atHome, "")
	d.must(err)
	_, err = d.FinishPasskey(t.Context(), atHome, account.PasskeyAnswer{Ticket: fresh.Ticket, Response: key.get(old)})
	d.want(err, account.ErrPasskey)
	late, err := d.BeginPasskey(t.Context(), atHome, "")
	d.must(err)
	d.pass(5 * time.Minute)
	_, err = d.FinishPasskey(t.Context(), atHome, account.PasskeyAnswer{Ticket: late.Ticket, Response: key.get(late)})
	d.want(err, account.ErrLink)

	one, other := d.half(), d.half()
	c, err = d.BeginPasskey(t.Context(), atHome, one.Token)
	d.must(err)
	_, err = d.FinishPasskey(t.Context(), atHome, account.PasskeyAnswer{Half: other.Token, Ticket: c.Ticket, Response: key.get(c)})
	d.want(err, account.ErrLink)
	c, err = d.BeginPasskeyStepUp(t.Context(), p)
	d.must(err)
	_, err = d.FinishPasskey(t.Context(), atHome, account.PasskeyAnswer{Half: one.Token, Ticket: c.Ticket, Response: key.get(c)})
	d.want(err, account.ErrLink)
}

// Who was in for ten minutes has left a way back.
func TestNotMe_UndoesWhatWouldLetThemInAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	own, theirs := newAuthenticator(t), newAuthenticator(t)
	first, err := d.signIn(atHome, annsPassword)
	d.must(err)
	stayed, p := first.Done.Token, d.of(*first.Done)
	_, err = d.addPasskey(p, own, "mine")
	d.must(err)
	d.pass(time.Hour)
	thief, err := d.alone(own) // on a computer that was left open
	d.must(err)
	was := d.happened(account.SignedIn)[0].ID
	_, err = d.addPasskey(d.of(thief), theirs, "theirs")
	d.must(err)
	d.enrol(d.of(thief))
	_, err = d.RequestEmail(t.Context(), atHome, d.of(thief), "thief@example.net")
	d.must(err)
	_, err = d.ConfirmEmail(t.Context(), atHome, d.linkIn(account.NoticeConfirmEmail))
	d.must(err)

	d.pass(30 * time.Minute)
	p, err = d.Session(t.Context(), atHome, stayed)
	d.must(err)
	d.want(d.NotMe(t.Context(), atHome, p, was), account.ErrStepUp) // a session that was stolen does not do
	back, err := d.alone(own)
	d.must(err)
	changed, err := d.ChangedSince(t.Context(), d.of(back), was)
	d.must(err)
	if !changed.TOTP || changed.BackupCodes || len(changed.Passkeys) != 1 || changed.Email != "ann@example.org" {
		t.Errorf("changed %+v", changed)
	}
	d.must(d.NotMe(t.Context(), atHome, d.of(back), was))
	if _, err := d.alone(theirs); !errors.Is(err, account.ErrPasskey) {
		t.Errorf("their passkey: %v", err)
	}
	if _, err := d.alone(own); err != nil {
		t.Errorf("the owner's: %v", err)
	}
	now, err := d.store.Account(t.Context(), d.ann.ID)
	d.must(err)
	f, err := d.Factors(t.Context(), d.of(back))
	d.must(err)
	if now.Email != "ann@example.org" || now.Login != "ann@example.org" || f.TOTP || len(f.Passkeys) != 1 || f.BackupCodes.Left == 0 {
		t.Errorf("left %+v %+v", now, f)
	}
}

func TestPasskey_StepUp(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	key := newAuthenticator(t)
	p := d.person()
	_, err := d.addPasskey(p, key, "key")
	d.must(err)
	d.pass(time.Hour)
	_, err = d.StepUp(t.Context(), atHome, p, account.Proof{Password: annsPassword})
	d.want(err, account.ErrCode) // the password alone does not
	c, err := d.BeginPasskeyStepUp(t.Context(), p)
	d.must(err)
	o, err := d.FinishPasskeyStepUp(t.Context(), atHome, p, c.Ticket, key.get(c))
	d.must(err)
	if !d.Fresh(d.of(o)) {
		t.Error("not fresh")
	}
}

func TestRemoveFactors_TakesAllAndSaysSo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.person()
	_, err := d.addPasskey(p, newAuthenticator(t), "key") // no authenticator app
	d.must(err)
	d.drop()
	d.must(d.RemoveFactors(t.Context(), d.ann.ID))
	if factors, err := d.Factors(t.Context(), p); err != nil || factors.Any() || factors.BackupCodes.Left != 0 {
		t.Errorf("left %+v, %v", factors, err)
	}
	if got := d.letters(); kinds(got) != "factors-changed" || got[0].Data.Change != account.FactorsRemoved {
		t.Errorf("letters %+v", got)
	}
	if n := len(d.happened(account.TOTPRemoved)); n != 0 {
		t.Error("says that an authenticator app was removed, which there was not")
	}
	d.want(d.SetProfile(t.Context(), p, account.Profile{}), account.ErrDenied)
}

func TestPasskey_OpensAfterAHundredWrongPasswords(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	key := newAuthenticator(t)
	_, err := d.addPasskey(d.person(), key, "key")
	d.must(err)
	d.must(d.store.UpdateAccount(t.Context(), d.ann.ID, func(a *store.Account) error { a.Failures = 100; return nil }))
	_, err = d.signIn(atHome, annsPassword)
	d.want(err, account.ErrDenied)
	_, err = d.alone(key)
	d.must(err)
	d.half()
}

func TestPasskey_NeedsAPublicName(t *testing.T) {
	t.Parallel()
	for address, possible := range map[string]bool{
		"": false, "http://192.0.2.1:8008": false, "https://192.0.2.1": false, "http://sync.example.org": false,
		"http://localhost:8008": true, "https://Sync.Example.org": true,
	} {
		d := newDesk(t, func(o *account.ServiceOptions) {
			o.URL = nil
			if address != "" {
				o.URL, _ = url.Parse(address)
			}
		})
		_, err := d.BeginPasskey(t.Context(), atHome, "")
		if possible != (err == nil) || !possible && !errors.Is(err, account.ErrNoPasskeys) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func FuzzFinishPasskey(f *testing.F) {
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA","userHandle":"AA"}}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, response []byte) {
		d := emptyDesk(t)
		c, err := d.BeginPasskey(t.Context(), atHome, "")
		d.must(err)
		_, err = d.FinishPasskey(t.Context(), atHome, account.PasskeyAnswer{Ticket: c.Ticket, Response: response})
		d.want(err, account.ErrPasskey)
	})
}
