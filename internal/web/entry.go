package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"ksync/internal/account"
)

// entry is one way in: where its forms lead, and what a finished sign-in is for.
type entry struct {
	Path   string     // of its first page
	Query  url.Values // what comes along
	App    string     // for whom; "": the person's own browser
	intent account.Intent
	end    string               // source of the policy of content: the app, where the walk ends
	known  func(v *visit) error // for a browser that is signed in already; nil: ask all the same
	done   func(v *visit, o account.Opened) error
}

// entryOf finds out which way a request takes. An error is shown in its place.
type entryOf func(v *visit) (entry, error)

// To is the address of a step of the walk.
func (e entry) To(step string) string {
	path := e.Path
	if step != "" {
		path += "/" + step
	}
	if len(e.Query) > 0 {
		path += "?" + e.Query.Encode()
	}
	return path
}

// step is what the pages of a way in show.
type step struct {
	entry
	Half    string
	Factors account.Factors
	CanMail bool
}

func (of entryOf) with(v *visit, do func(entry) error) error {
	e, err := of(v)
	if err != nil {
		return err
	}
	if e.end != "" {
		v.w.Header().Set("Content-Security-Policy", policy(e.end))
	}
	return do(e)
}

// first shows the page of login and password.
func (of entryOf) first(v *visit) error {
	return of.with(v, func(e entry) error {
		if v.person != nil && e.known != nil {
			return e.known(v)
		}
		return v.page("sign-in", step{entry: e})
	})
}

// restart leads to the first page.
func (of entryOf) restart(v *visit) error {
	return of.with(v, func(e entry) error { return v.to(e.To("")) })
}

// password takes login and password.
func (of entryOf) password(v *visit) error {
	return of.with(v, func(e entry) error {
		attempt := account.Attempt{
			Login: v.form.value("login"), Password: account.Secret(v.form.secret("password")),
			Intent: e.intent, Stay: v.form.ticked("stay"),
		}
		if v.require("login"); v.form.secret("password") == "" {
			v.wrong("password", "empty")
		}
		if v.form.failed() {
			return v.again("sign-in", step{entry: e})
		}
		progress, err := v.site.accounts.SignIn(v.ctx(), v.from(), attempt)
		if handled, err := v.refused(err, "password", "sign-in", step{entry: e}); handled {
			return err
		}
		return v.proceed(e, progress)
	})
}

// proceed goes on with what is still missing.
func (v *visit) proceed(e entry, p account.Progress) error {
	if p.Done != nil {
		return e.done(v, *p.Done)
	}
	return v.page("code", step{entry: e, Half: p.Half.Token.Reveal(), Factors: p.Half.Factors})
}

// code takes a code of an authenticator app, or a backup code.
func (of entryOf) code(v *visit) error {
	return of.with(v, func(e entry) error {
		half, err := v.site.accounts.HalfSignIn(v.ctx(), account.Secret(v.form.secret("half")))
		if errors.Is(err, account.ErrLink) {
			v.wrong("", "too-late")
			return v.again("sign-in", step{entry: e})
		}
		if err != nil {
			return err
		}
		at := step{entry: e, Half: v.form.secret("half"), Factors: half.Factors}
		if v.require("code"); v.form.failed() {
			return v.again("code", at)
		}
		opened, err := v.site.accounts.FinishCode(v.ctx(), v.from(), half.Token, account.Secret(v.form.value("code")))
		if handled, err := v.refused(err, "code", "code", at); handled {
			return err
		}
		return e.done(v, opened)
	})
}

// passkeyOptions tells the browser what to ask a passkey.
func (of entryOf) passkeyOptions(v *visit) error {
	challenge, err := v.site.accounts.BeginPasskey(v.ctx(), v.from(), account.Secret(v.form.secret("half")))
	if err != nil {
		return v.refusedOptions(err)
	}
	return v.options(challenge)
}

// passkey takes a passkey's answer.
func (of entryOf) passkey(v *visit) error {
	return of.with(v, func(e entry) error {
		opened, err := v.site.accounts.FinishPasskey(v.ctx(), v.from(), account.PasskeyAnswer{
			Half: account.Secret(v.form.secret("half")), Ticket: account.Secret(v.form.secret("ticket")),
			Response: []byte(v.form.secret("response")), Intent: e.intent, Stay: v.form.ticked("stay"),
		})
		if handled, err := v.refused(err, "", "sign-in", step{entry: e}); handled {
			return err
		}
		return e.done(v, opened)
	})
}

// refused shows a page once more when a secret was not taken. handled is false
// when err is nil.
func (v *visit) refused(err error, field, page string, data any) (handled bool, _ error) {
	wait, throttled := v.retryAfter(err)
	switch {
	case err == nil:
		return false, nil
	case throttled:
		v.wrong(field, "throttled", "Count", seconds(wait))
		return true, v.show(http.StatusTooManyRequests, page, data)
	case errors.Is(err, account.ErrDenied):
		v.wrong(field, "denied")
	case errors.Is(err, account.ErrCode):
		v.wrong("code", "code")
	case errors.Is(err, account.ErrPasskey), errors.Is(err, account.ErrNoPasskeys):
		v.wrong("", "passkey")
	case errors.Is(err, account.ErrLink):
		v.wrong("", "too-late")
	default:
		return true, err
	}
	return true, v.again(page, data)
}

// require notes fields that were left empty.
func (v *visit) require(names ...string) {
	for _, name := range names {
		if v.form.value(name) == "" {
			v.wrong(name, "empty")
		}
	}
}

// options answers the script of a passkey's form.
func (v *visit) options(c account.Challenge) error {
	return v.json(http.StatusOK, struct {
		Ticket  string          `json:"ticket"`
		Options json.RawMessage `json:"options"`
	}{c.Ticket.Reveal(), c.Options})
}

// refusedOptions tells the script no more than that it cannot be.
func (v *visit) refusedOptions(err error) error {
	t := troubleOf(err)
	if t.status >= http.StatusInternalServerError && !errors.Is(err, account.ErrNoPasskeys) && !errors.Is(err, account.ErrStepUp) {
		v.site.Logger.ErrorContext(v.ctx(), "passkey", "err", err)
	}
	v.retryAfter(err)
	return v.json(http.StatusConflict, struct {
		Error string `json:"error"`
	}{"refused"})
}

func (v *visit) json(status int, value any) error { return writeJSON(v.w, status, value) }
