package web

import (
	"errors"
	"strconv"
	"time"

	"ksync/internal/account"
	"ksync/store"
)

// devices is what the page of app passwords shows.
type devices struct {
	Active []device
	Ended  []device
}

// device is an app password in a list.
type device struct {
	store.AppPassword
	Expired bool
}

func appPasswords(v *visit) error {
	d, err := v.devices()
	if err != nil {
		return err
	}
	return v.page("app-passwords", d)
}

func (v *visit) devices() (d devices, err error) {
	all, err := v.site.accounts.AppPasswords(v.ctx(), *v.person)
	if err != nil {
		return d, err
	}
	now := v.site.Now().UnixMilli()
	for _, p := range all {
		if p.Active(now) {
			d.Active = append(d.Active, device{p, false})
		} else {
			d.Ended = append(d.Ended, device{p, p.Revoked == 0})
		}
	}
	return d, nil
}

// service is one line of an app password's scope.
type service struct {
	Key         string // scope-contacts names the field, scope.contacts the text
	Icon        string
	read, write store.Scope
}

func services() []service {
	return []service{
		{"contacts", "book", store.ContactsRead, store.ContactsRead | store.ContactsWrite},
		{"calendars", "calendar", store.CalendarsRead, store.CalendarsRead | store.CalendarsWrite},
		{"tasks", "tasks", store.TasksRead, store.TasksRead | store.TasksWrite},
	}
}

// level is how much of a service a scope opens: "write", "read" or "none".
func (s service) level(scope store.Scope) string {
	switch {
	case scope.Has(s.write):
		return "write"
	case scope.Has(s.read):
		return "read"
	}
	return "none"
}

// Scopes are the lines of a scope in words, without what it does not open.
func (p *Page) Scopes(scope store.Scope) (all []string) {
	for _, s := range services() {
		if level := s.level(scope); level != "none" {
			all = append(all, p.T("scope."+s.Key+"."+level))
		}
	}
	return all
}

// wish is what the form of a new app password shows.
type wish struct {
	Services []service
	Days     []int
	Replaces string // id of the app password that it replaces; "": none
	Until    int64  // its end, ms; 0: none
}

// asBefore is what the form sends for the end of the one that is replaced.
const asBefore = "same"

// lifetimes are what is offered, in days; 0 is for ever.
func lifetimes() []int { return []int{0, 7, 30, 90, 365} }

func newAppPasswordPage(v *visit) error {
	again, w, err := v.replaced(v.r.URL.Query().Get("replaces"))
	if err != nil {
		return err
	}
	v.form.set("name", again.Name)
	for _, s := range w.Services {
		v.form.set("scope-"+s.Key, s.level(again.Scope))
	}
	if err := v.nameForm(); err != nil {
		return err
	}
	return v.page("app-password-new", w)
}

// replaced is what the form offers: that of an app password that is set up
// again, or of a new one.
func (v *visit) replaced(text string) (account.NewAppPassword, wish, error) {
	w := wish{Services: services(), Days: lifetimes()}
	id, _ := strconv.ParseInt(text, 10, 64) // what is no number replaces nothing
	again, err := v.site.accounts.SetUpAgain(v.ctx(), *v.person, id)
	if errors.Is(err, store.ErrNotFound) {
		return account.NewAppPassword{Scope: store.FullScope}, w, nil
	}
	w.Replaces = text
	if !again.Expires.IsZero() {
		w.Until = again.Expires.UnixMilli()
	}
	return again, w, err
}

// madeDevice is what is shown once.
type madeDevice struct {
	Name    string
	Secret  string
	Login   string
	Address string
}

func showAppPassword(v *visit, made account.Made) error {
	m := madeDevice{Name: made.Name, Login: v.person.Account.Login, Address: v.address()}
	for _, secret := range made.Secrets {
		m.Secret = secret.Reveal()
	}
	return v.page("app-password-made", m)
}

func newAppPassword(v *visit) error {
	again, w, err := v.replaced(v.form.value("replaces"))
	if err != nil {
		return err
	}
	n := v.wished(again)
	if v.form.value("replaces") != w.Replaces {
		v.wrong("", "replaced-gone")
	}
	if v.form.failed() {
		return v.again("app-password-new", w)
	}
	_, _, err = v.site.accounts.CreateAppPassword(v.ctx(), v.from(), *v.person, n)
	switch {
	case errors.Is(err, account.ErrText):
		v.wrong("name", "device-name")
	case errors.Is(err, store.ErrLimit):
		v.wrong("", "too-many-devices")
	case errors.Is(err, store.ErrNotFound):
		v.wrong("", "replaced-gone")
	case err != nil:
		return err
	default:
		return v.toMade(pathAppPasswordMade)
	}
	return v.again("app-password-new", w)
}

// wished reads the form and notes what is wrong with it.
func (v *visit) wished(again account.NewAppPassword) account.NewAppPassword {
	v.require("name")
	n := account.NewAppPassword{Name: v.form.value("name"), Replaces: again.Replaces}
	for _, s := range services() {
		switch v.form.value("scope-" + s.Key) {
		case "write":
			n.Scope |= s.write
		case "read":
			n.Scope |= s.read
		}
	}
	if n.Scope == 0 {
		v.wrong("scope-"+services()[0].Key, "no-scope")
	}
	if days, err := strconv.Atoi(v.form.value("days")); err == nil && days > 0 {
		n.Expires = v.site.Now().Add(time.Duration(min(days, 3660)) * 24 * time.Hour)
	}
	if v.form.value("days") == asBefore {
		n.Expires = again.Expires
	}
	return n
}

func revokeAppPassword(v *visit) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if err := v.site.accounts.RevokeAppPassword(v.ctx(), v.from(), *v.person, id); err != nil {
		return err
	}
	return v.noted(pathAppPasswords, "done.device-revoked")
}

func revokeAppPasswords(v *visit) error {
	if err := v.site.accounts.RevokeAppPasswords(v.ctx(), v.from(), *v.person); err != nil {
		return err
	}
	return v.noted(pathAppPasswords, "done.devices-revoked")
}
