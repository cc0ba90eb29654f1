package web

import (
	"errors"
	"html/template"

	"ksync/internal/account"
	"ksync/store"
)

// safety is what the page of password and second factors shows.
type safety struct {
	account.Factors
	PasswordSet int64 // ms; 0: not known
}

func security(v *visit) error {
	factors, err := v.site.accounts.Factors(v.ctx(), *v.person)
	if err != nil {
		return err
	}
	return v.page("security", safety{factors, v.person.Account.PasswordSet})
}

func passwordPage(v *visit) error {
	v.form.set("end-others", "1")
	return v.page("password", v.person.Account.Login)
}

func setPassword(v *visit) error {
	login := v.person.Account.Login
	if v.newPassword(); v.form.failed() {
		return v.again("password", login)
	}
	err := v.site.accounts.SetPassword(v.ctx(), v.from(), *v.person, account.PasswordChange{
		New:               account.Secret(v.form.secret("new-password")),
		KeepOtherSessions: !v.form.ticked("end-others"), RevokeAppPasswords: v.form.ticked("revoke"),
	})
	if v.weak(err) {
		return v.again("password", login)
	}
	if err != nil {
		return err
	}
	return v.noted(pathSecurity, "done.password-changed")
}

// newPasswordPage stands before everything else when an account must get a
// new password.
func newPasswordPage(v *visit) error {
	if !v.person.Account.NewPassword {
		return v.to(pathHome)
	}
	if !v.site.accounts.Fresh(*v.person) { // before one is typed in vain
		return account.ErrStepUp
	}
	return v.page("new-password", v.person.Account.Login)
}

func newPassword(v *visit) error {
	if v.newPassword(); v.form.failed() {
		return v.again("new-password", v.person.Account.Login)
	}
	err := v.site.accounts.SetPassword(v.ctx(), v.from(), *v.person, account.PasswordChange{New: account.Secret(v.form.secret("new-password"))})
	if v.weak(err) {
		return v.again("new-password", v.person.Account.Login)
	}
	if err != nil {
		return err
	}
	return v.noted(pathHome, "done.password-changed")
}

// enrolment is a secret for an authenticator app, as a picture and as text.
type enrolment struct {
	Ticket string
	Secret string // in groups of four
	AppURL template.URL
	QR     picture
	Again  bool // in place of one that there is
}

func totpPage(v *visit) error {
	setup, err := v.site.accounts.BeginTOTP(v.ctx(), *v.person)
	if err != nil {
		return err
	}
	if err := v.nameForm(); err != nil {
		return err
	}
	return v.showTOTP(setup)
}

func (v *visit) showTOTP(setup account.TOTPSetup) error {
	factors, err := v.site.accounts.Factors(v.ctx(), *v.person)
	if err != nil {
		return err
	}
	code, err := qrCode(setup.URL.Reveal())
	if err != nil {
		return err
	}
	e := enrolment{Ticket: setup.Ticket.Reveal(), Secret: grouped(setup.Secret.Reveal()), AppURL: template.URL(setup.URL.Reveal()), QR: code, Again: factors.TOTP}
	if v.form.failed() {
		return v.again("authenticator", e)
	}
	return v.page("authenticator", e)
}

// confirmTOTP keeps the secret once the app shows the right code.
func confirmTOTP(v *visit) error {
	ticket := account.Secret(v.form.secret("ticket"))
	if v.require("code"); !v.form.failed() {
		codes, err := v.site.accounts.ConfirmTOTP(v.ctx(), v.from(), *v.person, ticket, account.Secret(v.form.value("code")))
		wait, throttled := v.retryAfter(err)
		switch {
		case err == nil:
			return v.enrolled(codes, "done.totp-added")
		case errors.Is(err, account.ErrCode):
			v.wrong("code", "code")
		case throttled:
			v.wrong("code", "throttled", "Count", seconds(wait))
		case errors.Is(err, account.ErrLink):
			return v.noted(pathTOTP, "done.totp-too-late")
		default:
			return err
		}
	}
	setup, err := v.site.accounts.TOTPSetup(v.ctx(), *v.person, ticket)
	if errors.Is(err, account.ErrLink) {
		return v.noted(pathTOTP, "done.totp-too-late")
	}
	if err != nil {
		return err
	}
	return v.showTOTP(setup)
}

// enrolled leads to the first backup codes, when there are any, and else back.
func (v *visit) enrolled(codes []account.Secret, done string) error {
	if len(codes) == 0 {
		return v.noted(pathSecurity, done)
	}
	v.leaveNote(done)
	return v.toMade(pathBackupCodesMade)
}

func removeTOTP(v *visit) error {
	if err := gone(v.site.accounts.RemoveTOTP(v.ctx(), v.from(), *v.person)); err != nil {
		return err
	}
	return v.noted(pathSecurity, "done.totp-removed")
}

func backupCodesPage(v *visit) error {
	factors, err := v.site.accounts.Factors(v.ctx(), *v.person)
	if err != nil {
		return err
	}
	if !factors.Any() {
		return v.to(pathSecurity)
	}
	if err := v.nameForm(); err != nil {
		return err
	}
	return v.page("backup-codes-new", factors.BackupCodes)
}

func newBackupCodes(v *visit) error {
	if _, err := v.site.accounts.NewBackupCodes(v.ctx(), v.from(), *v.person); err != nil {
		return err
	}
	return v.toMade(pathBackupCodesMade)
}

// shownCodes are backup codes, this once.
type shownCodes struct {
	Codes []string
	Login string
}

func showCodes(v *visit, made account.Made) error {
	shown := shownCodes{Login: v.person.Account.Login}
	for _, c := range made.Secrets {
		shown.Codes = append(shown.Codes, c.Reveal())
	}
	return v.page("backup-codes", shown)
}

func newPasskeyPage(v *visit) error {
	if err := v.nameForm(); err != nil {
		return err
	}
	return v.page("passkey-new", nil)
}

func passkeyOptions(v *visit) error {
	challenge, err := v.site.accounts.BeginPasskeyEnrolment(v.ctx(), *v.person)
	if err != nil {
		return v.refusedOptions(err)
	}
	return v.options(challenge)
}

func newPasskey(v *visit) error {
	if v.require("name"); v.form.failed() {
		return v.again("passkey-new", nil)
	}
	_, codes, err := v.site.accounts.FinishPasskeyEnrolment(v.ctx(), v.from(), *v.person,
		account.Secret(v.form.secret("ticket")), v.form.value("name"), []byte(v.form.secret("response")))
	switch {
	case err == nil:
		return v.enrolled(codes, "done.passkey-added")
	case errors.Is(err, account.ErrText):
		v.wrong("name", "device-name")
	case errors.Is(err, store.ErrExists):
		v.wrong("", "passkey-twice")
	case errors.Is(err, store.ErrLimit):
		v.wrong("", "too-many-passkeys")
	default:
		_, err := v.refused(err, "", "passkey-new", nil) // handled: err was not nil
		return err
	}
	return v.again("passkey-new", nil)
}

func renamePasskey(v *visit) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	err = v.site.accounts.RenamePasskey(v.ctx(), *v.person, id, v.form.value("name"))
	if errors.Is(err, account.ErrText) {
		return v.noted(pathSecurity, "done.name-refused")
	}
	if err != nil {
		return err
	}
	return v.noted(pathSecurity, "done.passkey-renamed")
}

func removePasskey(v *visit) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if err := gone(v.site.accounts.RemovePasskey(v.ctx(), v.from(), *v.person, id)); err != nil {
		return err
	}
	return v.noted(pathSecurity, "done.passkey-removed")
}
