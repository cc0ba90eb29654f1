package web

import (
	"net/url"

	"ksync/internal/account"
)

// confirmation is what the page of a step-up shows.
type confirmation struct {
	Next    string
	Factors account.Factors
}

// To is the address of a step of it.
func (c confirmation) To(step string) string {
	path := pathConfirm
	if step != "" {
		path += "/" + step
	}
	return path + "?" + url.Values{"next": {c.Next}}.Encode()
}

func (v *visit) confirmation() (confirmation, error) {
	factors, err := v.site.accounts.Factors(v.ctx(), *v.person)
	return confirmation{Next: local(v.r.URL.Query().Get("next"), pathHome), Factors: factors}, err
}

// confirmPage asks once more who it is, before something that matters.
func confirmPage(v *visit) error {
	c, err := v.confirmation()
	if err != nil {
		return err
	}
	return v.page("confirm", c)
}

func confirm(v *visit) error {
	c, err := v.confirmation()
	if err != nil {
		return err
	}
	proof := account.Proof{Password: account.Secret(v.form.secret("password")), Code: account.Secret(v.form.value("code"))}
	if proof.Password == "" {
		v.wrong("password", "empty")
	}
	if c.Factors.Any() {
		v.require("code")
	}
	if v.form.failed() {
		return v.again("confirm", c)
	}
	opened, err := v.site.accounts.StepUp(v.ctx(), v.from(), *v.person, proof)
	if handled, err := v.refused(err, "password", "confirm", c); handled {
		return err
	}
	return v.enter(opened, c.Next)
}

func confirmPasskeyOptions(v *visit) error {
	challenge, err := v.site.accounts.BeginPasskeyStepUp(v.ctx(), *v.person)
	if err != nil {
		return v.refusedOptions(err)
	}
	return v.options(challenge)
}

func confirmPasskey(v *visit) error {
	c, err := v.confirmation()
	if err != nil {
		return err
	}
	opened, err := v.site.accounts.FinishPasskeyStepUp(v.ctx(), v.from(), *v.person, account.Secret(v.form.secret("ticket")), []byte(v.form.secret("response")))
	if handled, err := v.refused(err, "", "confirm", c); handled {
		return err
	}
	return v.enter(opened, c.Next)
}
