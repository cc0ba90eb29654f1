package web

import (
	"errors"
	"fmt"
	"time"

	"ksync/internal/account"
	"ksync/store"
)

// self is what the page of a profile shows.
type self struct {
	Account store.Account
	Zones   []zoneGroup
	Export  bool
}

func profileOf(a store.Account) account.Profile {
	return account.Profile{Name: a.Name, Locale: a.Locale, TimeZone: a.TimeZone}
}

func (v *visit) self() self {
	return self{Account: v.person.Account, Zones: zones(), Export: v.site.Export != nil}
}

func profilePage(v *visit) error {
	a := v.person.Account
	v.form.set("name", a.Name)
	v.form.set("zone", a.TimeZone)
	v.form.set("locale", v.Tag())
	return v.page("profile", v.self())
}

func setProfile(v *visit) error {
	p := account.Profile{Name: v.form.value("name"), Locale: v.form.value("locale"), TimeZone: v.form.value("zone")}
	if !account.ValidZone(p.TimeZone) {
		v.wrong("zone", "zone")
		return v.again("profile", v.self())
	}
	err := v.site.accounts.SetProfile(v.ctx(), *v.person, p)
	if errors.Is(err, account.ErrText) {
		v.wrong("name", "text")
		return v.again("profile", v.self())
	}
	if err != nil {
		return err
	}
	return v.noted(pathProfile, "done.profile-saved")
}

func emailPage(v *visit) error {
	v.form.set("email", v.person.Account.Email)
	return v.page("email", v.person.Account)
}

func setEmail(v *visit) error {
	if v.require("email"); v.form.failed() {
		return v.again("email", v.person.Account)
	}
	changed, err := v.site.accounts.RequestEmail(v.ctx(), v.from(), *v.person, v.form.value("email"))
	switch {
	case errors.Is(err, account.ErrText):
		v.wrong("email", "email")
	case errors.Is(err, store.ErrExists):
		v.wrong("email", "email-taken")
	case errors.Is(err, store.ErrLimit):
		v.wrong("email", "email-often")
	case err != nil:
		return err
	case changed:
		return v.noted(pathProfile, "done.email-changed")
	default:
		return v.noted(pathProfile, "done.email-asked")
	}
	return v.again("email", v.person.Account)
}

func deletePage(v *visit) error { return v.page("delete", v.person.Account) }

func deleteAccount(v *visit) error {
	if !v.form.ticked("sure") {
		v.wrong("sure", "unsure")
		return v.again("delete", v.person.Account)
	}
	if _, err := v.site.accounts.RequestDeletion(v.ctx(), v.from(), *v.person); err != nil {
		return err
	}
	return v.noted(pathHome, "done.deletion-asked")
}

func exportPage(v *visit) error { return v.page("export", nil) }

// export hands out all that the account holds.
func export(v *visit) error {
	if err := v.site.accounts.BeginExport(v.ctx(), v.from(), *v.person); err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="ksync-%s.zip"`, v.site.Now().In(v.Zone()).Format(time.DateOnly)))
	if err := v.site.Export(v.ctx(), *v.person, v.w); err != nil {
		v.breakOff("export", err)
	}
	return nil
}
