package account_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"ksync/internal/account"
	"ksync/store"
)

func TestSession_EndsByIdlenessAndAge(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		stay       bool
		idle, life time.Duration
	}{{"for now", false, 12 * time.Hour, 24 * time.Hour}, {"stay signed in", true, 14 * 24 * time.Hour, 90 * 24 * time.Hour}} {
		d := newDesk(t)
		open := func() account.Secret {
			p, err := d.SignIn(t.Context(), atHome, account.Attempt{Login: "ann@example.org", Password: annsPassword, Stay: tt.stay})
			d.must(err)
			return p.Done.Token
		}
		good := func(token account.Secret) bool {
			_, err := d.Session(t.Context(), atHome, token)
			d.Settle()
			return err == nil
		}
		idle := open()
		d.pass(tt.idle - time.Second)
		if !good(idle) {
			t.Errorf("%s: ended before its time", tt.name)
		}
		d.pass(tt.idle)
		if good(idle) {
			t.Errorf("%s: idle for too long and good", tt.name)
		}
		used := open()
		for left := tt.life; left > tt.idle/2; left -= tt.idle / 2 {
			if !good(used) {
				t.Errorf("%s: ended %v before its end although used", tt.name, left)
			}
			d.pass(tt.idle / 2)
		}
		d.pass(tt.idle / 2)
		if good(used) {
			t.Errorf("%s: good for ever", tt.name)
		}
	}
}

func TestSession_TokensAreRandomAndNotKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	seen := map[account.Secret]bool{}
	for range 20 {
		p, err := d.signIn(atHome, annsPassword)
		d.must(err)
		if len(p.Done.Token) != 43 || seen[p.Done.Token] {
			t.Fatal("a token is short or not new")
		}
		seen[p.Done.Token] = true
		d.notStored(p.Done.Token.Reveal())
	}
	d.notStored(annsPassword)
	for _, token := range []account.Secret{"", "x", account.Secret(strings.Repeat("A", 43)), account.Secret(strings.Repeat("x", 1<<20))} {
		_, err := d.Session(t.Context(), atHome, token)
		d.want(err, account.ErrDenied)
	}
}

func TestSession_EndOneOthersAndOwn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	own, phone, tablet := d.person(), d.person(), d.person()
	all, err := d.Sessions(t.Context(), own)
	d.must(err)
	if len(all) != 3 || all[0].Place != "192.0.2.0/24" || !strings.Contains(all[0].Agent, "Firefox") {
		t.Errorf("sessions %+v", all)
	}
	d.must(d.EndSession(t.Context(), atHome, own, phone.Session.ID))
	d.want(d.EndSession(t.Context(), atHome, own, phone.Session.ID), store.ErrNotFound)
	d.want(d.EndOtherSessions(t.Context(), atHome, phone), account.ErrDenied) // a request that was on its way
	d.must(d.EndOtherSessions(t.Context(), atHome, own))
	d.want(d.SetProfile(t.Context(), tablet, account.Profile{}), account.ErrDenied)
	d.must(d.SignOut(t.Context(), atHome, own))
	d.must(d.SignOut(t.Context(), atHome, own))
	d.want(d.SetProfile(t.Context(), own, account.Profile{}), account.ErrDenied)
}

// hardening.md A6: ids of others.
func TestSession_IdsOfOthersAreNotFound(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	bob, err := account.Create(t.Context(), d.store, store.Account{Login: "bob"})
	d.must(err)
	d.must(d.ImposePassword(t.Context(), bob.ID, annsPassword))
	his, err := d.SignIn(t.Context(), atHome, account.Attempt{Login: "bob", Password: annsPassword})
	d.must(err)
	ann, mallory := d.person(), d.of(*his.Done)
	_, row, err := d.CreateAppPassword(t.Context(), atHome, ann, account.NewAppPassword{Name: "phone", Scope: store.FullScope})
	d.must(err)
	d.want(d.EndSession(t.Context(), atHome, mallory, ann.Session.ID), store.ErrNotFound)
	d.want(d.RevokeAppPassword(t.Context(), atHome, mallory, row.ID), store.ErrNotFound)
	_, _, err = d.CreateAppPassword(t.Context(), atHome, mallory, account.NewAppPassword{Name: "x", Scope: store.FullScope, Replaces: row.ID})
	d.want(err, store.ErrNotFound)
	d.want(d.NotMe(t.Context(), atHome, mallory, d.happened(account.SignedIn)[0].ID), store.ErrNotFound)
	d.want(d.RemovePasskey(t.Context(), atHome, mallory, 1), store.ErrNotFound)
	all, err := d.Activity(t.Context(), mallory, store.ActivityQuery{Account: d.ann.ID})
	d.must(err)
	for _, a := range all {
		if a.Account != bob.ID {
			t.Fatal("sees another's activity")
		}
	}
	// A session of one with the account of another is nobody's.
	mixed := account.Person{Account: ann.Account, Session: mallory.Session}
	d.want(d.SignOut(t.Context(), atHome, mixed), nil)
	d.want(d.RevokeAppPasswords(t.Context(), atHome, mixed), account.ErrDenied)
}

// ASVS 7.5.1, 7.5.3: what changes security asks for a full sign-in.
func TestStepUp_WhatChangesSecurityAsksForIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.person()
	d.pass(10*time.Minute + time.Second)
	for name, call := range map[string]func() error{
		"password": func() error {
			return d.SetPassword(t.Context(), atHome, p, account.PasswordChange{New: "another zebra battery"})
		},
		"app password": func() error {
			_, _, err := d.CreateAppPassword(t.Context(), atHome, p, account.NewAppPassword{Name: "x", Scope: store.FullScope})
			return err
		},
		"TOTP":         func() error { _, err := d.BeginTOTP(t.Context(), p); return err },
		"no TOTP":      func() error { return d.RemoveTOTP(t.Context(), atHome, p) },
		"backup codes": func() error { _, err := d.NewBackupCodes(t.Context(), atHome, p); return err },
		"passkey":      func() error { _, err := d.BeginPasskeyEnrolment(t.Context(), p); return err },
		"no passkey":   func() error { return d.RemovePasskey(t.Context(), atHome, p, 1) },
		"e-mail":       func() error { _, err := d.RequestEmail(t.Context(), atHome, p, "new@example.org"); return err },
		"deletion":     func() error { _, err := d.RequestDeletion(t.Context(), atHome, p); return err },
		"export":       func() error { return d.BeginExport(t.Context(), atHome, p) },
		"grant":        func() error { _, err := d.Grant(t.Context(), p); return err },
	} {
		if err := call(); !errors.Is(err, account.ErrStepUp) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if d.Fresh(p) {
		t.Error("fresh after ten minutes")
	}
	d.pass(-time.Hour) // a clock that was set back
	if d.Fresh(p) {
		t.Error("fresh before it was signed in")
	}
}

func TestStepUp_NewTokenForTheSameSession(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first, err := d.signIn(atHome, annsPassword)
	d.must(err)
	p := d.of(*first.Done)
	d.pass(time.Hour)
	_, err = d.StepUp(t.Context(), atHome, p, account.Proof{Password: "x"})
	d.want(err, account.ErrDenied)
	o, err := d.StepUp(t.Context(), atHome, p, account.Proof{Password: annsPassword})
	d.must(err)
	if o.Session.ID != p.Session.ID || o.Token == first.Done.Token {
		t.Error("the token is the old one, or the session another")
	}
	_, err = d.Session(t.Context(), atHome, first.Done.Token)
	d.want(err, account.ErrDenied)
	if !d.Fresh(d.of(o)) {
		t.Error("not fresh")
	}
}

func TestStepUp_AsksForTheSecondFactorToo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.person()
	secret, codes := d.enrol(p)
	for _, code := range []account.Secret{"", "000000", "abc"} {
		_, err := d.StepUp(t.Context(), atHome, p, account.Proof{Password: annsPassword, Code: code})
		d.want(err, account.ErrCode)
	}
	_, err := d.StepUp(t.Context(), atHome, p, account.Proof{Password: "x", Code: codes[0]})
	d.want(err, account.ErrDenied)
	d.pass(time.Minute)
	_, err = d.StepUp(t.Context(), atHome, p, account.Proof{Password: annsPassword, Code: d.code(secret)})
	d.must(err)
	_, err = d.StepUp(t.Context(), atHome, p, account.Proof{Password: annsPassword, Code: codes[0]})
	d.must(err)
}

func TestSetDisabled_EndsWhatIsOpen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.person()
	grant, err := d.Grant(t.Context(), p)
	d.must(err)
	d.must(d.SetDisabled(t.Context(), d.ann.ID, true))
	d.want(d.SetProfile(t.Context(), p, account.Profile{}), account.ErrDenied)
	_, challenge := verifier(t)
	_, err = d.Authorize(t.Context(), grant, authorization(challenge))
	d.want(err, account.ErrLink)
	_, err = d.signIn(atHome, annsPassword)
	d.want(err, account.ErrDenied)
	d.must(d.SetDisabled(t.Context(), d.ann.ID, false))
	d.person()
}

func TestNotMe_EndsAllAndAsksForANewPassword(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p, thief := d.person(), d.person()
	_, _, err := d.CreateAppPassword(t.Context(), atHome, p, account.NewAppPassword{Name: "phone", Scope: store.FullScope})
	d.must(err)
	d.want(d.NotMe(t.Context(), atHome, p, 1), store.ErrNotFound)
	d.must(d.NotMe(t.Context(), atHome, p, d.happened(account.SignedIn)[0].ID))
	d.want(d.SetProfile(t.Context(), thief, account.Profile{}), account.ErrDenied)
	all, err := d.AppPasswords(t.Context(), p)
	d.must(err)
	if all[0].Revoked == 0 {
		t.Error("the app password works")
	}
	_, _, err = d.CreateAppPassword(t.Context(), atHome, p, account.NewAppPassword{Name: "x", Scope: store.FullScope})
	d.want(err, account.ErrNewPassword)
	_, err = d.signIn(atHome, annsPassword) // the thief knows it; the owner gets another one by mail
	d.want(err, account.ErrDenied)
	_, err = d.Grant(t.Context(), p)
	d.want(err, account.ErrNewPassword)
	weak, _ := errors.AsType[*account.WeakPassword](d.SetPassword(t.Context(), atHome, p, account.PasswordChange{New: annsPassword}))
	if weak == nil || weak.Reason != account.Unchanged {
		t.Errorf("the old password again: %v", weak)
	}
	d.must(d.SetPassword(t.Context(), atHome, p, account.PasswordChange{New: "another zebra battery"}))
	_, err = d.signIn(from(9), annsPassword)
	d.want(err, account.ErrDenied)
	d.must(d.SetProfile(t.Context(), p, account.Profile{Name: "Ann"}))
}

// Who waits, and who does not, would tell a spent password from a wrong one.
func TestNotMe_TheSpentPasswordHasToWaitLikeAWrongOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.person()
	d.must(d.NotMe(t.Context(), atHome, p, d.happened(account.SignedIn)[0].ID))
	for _, password := range []string{"x", annsPassword} {
		d.pass(time.Hour)
		place := from(byte(len(password)))
		for range 2 {
			_, err := d.signIn(place, password)
			d.want(err, account.ErrDenied)
		}
		if _, err := d.signIn(place, password); !errors.As(err, new(*account.Throttled)) {
			t.Errorf("%q a third time: %v", password, err)
		}
	}
}

// Without mail there is no other way back than to sign in and choose another one.
func TestNotMe_WithoutMailTheOldPasswordOpensOnlyThePageForANewOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *account.ServiceOptions) { o.Mail = false })
	p := d.person()
	d.must(d.NotMe(t.Context(), atHome, p, d.happened(account.SignedIn)[0].ID))
	again := d.person()
	if !again.Account.NewPassword {
		t.Error("no new password is asked for")
	}
	_, err := d.Grant(t.Context(), again)
	d.want(err, account.ErrNewPassword)
	link, err := d.ResetLink(t.Context(), d.ann.ID)
	d.must(err)
	_, token, _ := strings.Cut(link.URL.Reveal(), account.PathReset)
	_, err = d.Reset(t.Context(), atHome, account.Secret(strings.TrimPrefix(token, "/")), account.PasswordChange{New: annsPassword})
	if weak, _ := errors.AsType[*account.WeakPassword](err); weak == nil || weak.Reason != account.Unchanged {
		t.Errorf("the old password by a link: %v", err)
	}
}

func TestSetPassword_EndsOthersUnlessKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p, other := d.person(), d.person()
	weak, ok := errors.AsType[*account.WeakPassword](d.SetPassword(t.Context(), atHome, p, account.PasswordChange{New: "short"}))
	if !ok || weak.Reason != account.TooShort || weak.Min != account.MinPassword {
		t.Errorf("got %+v", weak)
	}
	_, kept, err := d.CreateAppPassword(t.Context(), atHome, p, account.NewAppPassword{Name: "phone", Scope: store.FullScope})
	d.must(err)
	d.drop()
	d.must(d.SetPassword(t.Context(), atHome, p, account.PasswordChange{New: "second zebra battery", KeepOtherSessions: true}))
	d.must(d.SetProfile(t.Context(), other, account.Profile{}))
	d.must(d.SetPassword(t.Context(), atHome, p, account.PasswordChange{New: "third zebra battery", RevokeAppPasswords: true}))
	d.want(d.SetProfile(t.Context(), other, account.Profile{}), account.ErrDenied)
	all, err := d.AppPasswords(t.Context(), p)
	d.must(err)
	if all[0].ID != kept.ID || all[0].Revoked == 0 {
		t.Error("the app password was not revoked")
	}
	if got := d.letters(); kinds(got) != "password-changed password-changed" || got[0].Address != "ann@example.org" || got[0].Locale != "de" {
		t.Errorf("letters %+v", got)
	}
}

func TestDeletion_ClosesDevicesAtOnceAndCanBeTakenBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	gate := account.NewGate(account.Options{Store: d.store, Keys: d.keys, Now: d.time, Service: d.Service})
	defer gate.Close()
	p := d.person()
	secret, _, err := d.CreateAppPassword(t.Context(), atHome, p, account.NewAppPassword{Name: "phone", Scope: store.FullScope})
	d.must(err)
	phone := func() error {
		_, err := gate.SignIn(t.Context(), request(home, "ann@example.org", secret.Reveal()))
		return err
	}
	d.must(phone())
	end, err := d.RequestDeletion(t.Context(), atHome, p)
	d.must(err)
	d.want(phone(), account.ErrDenied)
	d.must(d.CancelDeletion(t.Context(), atHome, d.person()))
	d.must(phone())
	_, err = d.RequestDeletion(t.Context(), atHome, p)
	d.must(err)
	d.must(d.store.Maintain(t.Context(), store.Retention{}))
	if _, err := d.store.Account(t.Context(), d.ann.ID); err != nil {
		t.Error(err)
	}
	d.pass(end.Sub(d.time()))
	d.must(d.store.Maintain(t.Context(), store.Retention{}))
	_, err = d.store.Account(t.Context(), d.ann.ID)
	d.want(err, store.ErrNotFound)
}

// What another process, or the command line of an older release, changes under
// an open session holds as well.
func TestSession_LooksAgainInTheTransaction(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.person()
	secret, _ := d.enrol(p)
	link, err := d.ResetLink(t.Context(), d.ann.ID)
	d.must(err)
	d.must(d.store.SetDisabled(t.Context(), d.ann.ID, true))
	d.want(d.SetProfile(t.Context(), p, account.Profile{}), account.ErrDenied)
	got, err := d.signIn(from(9), annsPassword)
	d.want(err, account.ErrDenied)
	if got.Half != nil {
		t.Error("a disabled account is asked for its second factor")
	}
	_, err = d.CheckReset(t.Context(), link.Token)
	d.want(err, account.ErrLink)
	d.must(d.store.SetDisabled(t.Context(), d.ann.ID, false))
	d.must(d.store.UpdateAccount(t.Context(), d.ann.ID, func(a *store.Account) error { a.PasswordSet++; return nil }))
	_, err = d.CheckReset(t.Context(), link.Token)
	d.want(err, account.ErrLink)
	half := d.half()
	d.must(d.store.SetDisabled(t.Context(), d.ann.ID, true))
	_, err = d.FinishCode(t.Context(), atHome, half.Token, d.code(secret))
	d.want(err, account.ErrDenied)
	d.must(d.store.SetDisabled(t.Context(), d.ann.ID, false))
	d.pass(25 * time.Hour)
	d.want(d.SetProfile(t.Context(), p, account.Profile{}), account.ErrDenied)
}

func TestEmail_LinkEndsWithAnotherChange(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, err := d.RequestEmail(t.Context(), atHome, d.person(), "anna@new.example")
	d.must(err)
	letter := d.letters()[0]
	d.must(d.store.UpdateAccount(t.Context(), d.ann.ID, func(a *store.Account) error { a.Email = "third@example.org"; return nil }))
	_, err = d.ConfirmEmail(t.Context(), atHome, account.Secret(letter.Data.Link[strings.LastIndex(letter.Data.Link, "/")+1:]))
	d.want(err, account.ErrLink)
}

// A password takes its time to compare, and longer while others wait. What its
// owner does meanwhile counts.
func TestSignIn_PasswordIsStillTheOneWhenItOpens(t *testing.T) {
	t.Parallel()
	changes := map[string]func(*store.Account){
		"another password": func(a *store.Account) { a.PasswordSet++ },
		"not me":           func(a *store.Account) { a.NewPassword = true },
		"disabled":         func(a *store.Account) { a.Disabled = true },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			p := d.person()
			for way, try := range map[string]func() error{
				"sign-in": func() error { _, err := d.signIn(atHome, annsPassword); return err },
				"step-up": func() error {
					_, err := d.StepUp(t.Context(), atHome, p, account.Proof{Password: annsPassword})
					return err
				},
			} {
				if way == "step-up" && name == "not me" {
					continue // it is the session that stayed: the way to the new password
				}
				before, err := d.store.Account(t.Context(), d.ann.ID)
				d.must(err)
				asked, free := d.StallHasher(t.Context())
				done := make(chan error)
				go func() { done <- try() }()
				asked()
				d.must(d.store.UpdateAccount(t.Context(), d.ann.ID, func(a *store.Account) error { change(a); return nil }))
				free()
				if err := <-done; !errors.Is(err, account.ErrDenied) {
					t.Errorf("%s: %v", way, err)
				}
				d.must(d.store.UpdateAccount(t.Context(), d.ann.ID, func(a *store.Account) error { *a = before; return nil }))
				d.pass(time.Hour)
			}
		})
	}
}
