package web

import (
	"errors"

	"ksync/internal/account"
	"ksync/store"
)

// newcomer is what the page of a new account shows.
type newcomer struct {
	Invitation *account.Invitation // nil: the first account
	Zones      []zoneGroup
}

func setUpPage(v *visit) error {
	if err := v.site.accounts.CheckSetUp(v.ctx(), v.token()); err != nil {
		return err
	}
	return v.page("new-account", newcomer{Zones: zones()})
}

// setUp makes the first account.
func setUp(v *visit) error {
	n, at := v.newAccount(), newcomer{Zones: zones()}
	if v.form.failed() {
		return v.again("new-account", at)
	}
	opened, err := v.site.accounts.SetUp(v.ctx(), v.from(), v.token(), n)
	if handled, err := v.refusedAccount(err, at); handled {
		return err
	}
	v.keepSession(opened)
	return v.noted(pathHome, "done.account-made")
}

func invitationPage(v *visit) error {
	invited, err := v.site.accounts.Invitation(v.ctx(), v.token())
	if err != nil {
		return err
	}
	v.form.set("email", invited.Email)
	v.form.set("name", invited.Name)
	return v.page("new-account", newcomer{Invitation: &invited, Zones: zones()})
}

func acceptInvitation(v *visit) error {
	invited, err := v.site.accounts.Invitation(v.ctx(), v.token())
	if err != nil {
		return err
	}
	n, at := v.newAccount(), newcomer{Invitation: &invited, Zones: zones()}
	if v.form.failed() {
		return v.again("new-account", at)
	}
	opened, err := v.site.accounts.AcceptInvitation(v.ctx(), v.from(), v.token(), n)
	if handled, err := v.refusedAccount(err, at); handled {
		return err
	}
	v.keepSession(opened)
	return v.noted(pathHome, "done.account-made")
}

// newAccount reads the form of a new account and notes what is missing.
func (v *visit) newAccount() account.NewAccount {
	v.require("login")
	v.newPassword()
	return account.NewAccount{
		Login: v.form.value("login"), Email: v.form.value("email"), Name: v.form.value("name"),
		Locale: v.Tag(), TimeZone: v.form.value("zone"), Password: account.Secret(v.form.secret("new-password")),
	}
}

// newPassword checks that a chosen password was typed twice alike.
func (v *visit) newPassword() {
	password, again := v.form.secret("new-password"), v.form.secret("password-again")
	switch {
	case password == "":
		v.wrong("new-password", "empty")
	case password != again:
		v.wrong("password-again", "unequal")
	}
}

// refusedAccount shows the form once more when the account cannot be made so.
func (v *visit) refusedAccount(err error, at newcomer) (handled bool, _ error) {
	switch {
	case v.weak(err):
	case errors.Is(err, account.ErrLogin):
		v.wrong("login", "login")
	case errors.Is(err, store.ErrExists):
		v.wrong("login", "login-taken")
	case errors.Is(err, account.ErrText):
		v.wrong("", "text")
	default:
		return err != nil, err
	}
	return true, v.again("new-account", at)
}

// weak notes why a password was not taken.
func (v *visit) weak(err error) bool {
	weak, ok := errors.AsType[*account.WeakPassword](err)
	if ok {
		v.wrong("new-password", "weak."+string(weak.Reason), "Min", weak.Min)
	}
	return ok
}

func resetAskPage(v *visit) error { return v.page("reset-ask", nil) }

// resetAsk mails a link, if there is such an account; the page says the same
// either way.
func resetAsk(v *visit) error {
	if v.require("login"); v.form.failed() {
		return v.again("reset-ask", nil)
	}
	err := v.site.accounts.RequestReset(v.ctx(), v.from(), v.form.value("login"))
	if handled, err := v.refused(err, "login", "reset-ask", nil); handled {
		return err
	}
	return v.page("reset-sent", nil)
}

func resetPage(v *visit) error {
	a, err := v.site.accounts.CheckReset(v.ctx(), v.token())
	if err != nil {
		return err
	}
	v.form.set("revoke", "1")
	return v.page("reset", a.Login)
}

// reset sets a new password. With a second factor that is still to be shown.
func reset(v *visit) error {
	a, err := v.site.accounts.CheckReset(v.ctx(), v.token())
	if err != nil {
		return err
	}
	if v.newPassword(); v.form.failed() {
		return v.again("reset", a.Login)
	}
	progress, err := v.site.accounts.Reset(v.ctx(), v.from(), v.token(), account.PasswordChange{
		New: account.Secret(v.form.secret("new-password")), RevokeAppPasswords: v.form.ticked("revoke"),
	})
	if v.weak(err) {
		return v.again("reset", a.Login)
	}
	if err != nil {
		return err
	}
	e, err := signInEntry(v)
	if err != nil {
		return err
	}
	return v.proceed(e, progress)
}

// confirmEmailPage asks before it confirms: programs that look into letters
// open links, too.
func confirmEmailPage(v *visit) error { return v.page("confirm-email", nil) }

func confirmEmail(v *visit) error {
	_, err := v.site.accounts.ConfirmEmail(v.ctx(), v.from(), v.token())
	if err != nil {
		return err
	}
	if v.person == nil {
		return v.noted(pathSignIn, "done.email-changed")
	}
	return v.noted(pathProfile, "done.email-changed")
}
