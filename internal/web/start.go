package web

import (
	"time"

	"ksync/internal/i18n"
)

// start is what a browser sees at the root: what this is, and how to connect.
func start(v *visit) error {
	if v.person != nil {
		return v.to(pathHome)
	}
	return v.page("start", v.address())
}

// address is what people type into an app. Host is what a client chose to
// send, so without a setting or a trusted proxy's word there is none.
func (v *visit) address() string {
	if address := v.site.Address(v.r); address != nil {
		return address.String()
	}
	return ""
}

// setLanguage keeps the choice for this browser and for the account.
func setLanguage(v *visit) error {
	const year = 365 * 24 * time.Hour
	back := local(v.form.secret("back"), pathStart)
	for _, l := range i18n.Languages() {
		if l.Tag != v.form.value("language") {
			continue
		}
		v.setCookie(languageCookie, l.Tag, v.site.Now().Add(year))
		if v.person != nil && !v.person.Account.NewPassword {
			profile := profileOf(v.person.Account)
			profile.Locale = l.Tag
			if err := v.site.accounts.SetProfile(v.ctx(), *v.person, profile); err != nil {
				return err
			}
		}
	}
	return v.to(back)
}
