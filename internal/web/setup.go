package web

import (
	"errors"
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"ksync/internal/account"
	"ksync/internal/assistant"
	"ksync/store"
)

// Setting a device up goes in four steps: which device, what it syncs, what to
// do on it (the page of a ticket, see landing.go), and whether it came
// (config-assistant.md 3.1). Whoever begins proves who they are between the
// first and the second.

const (
	pathSetup   = "/setup"
	pathDevices = "/devices"
)

func (s *Site) setupRoutes(r chi.Router) {
	if s.Assistant == nil {
		return
	}
	get(r, pathSetup, s.member(whichDevice))
	form(r, pathSetup+"/{platform}", s.fresh(newDevicePage), s.fresh(newDevice))
	get(r, pathDevices, s.member(devicesPage))
	get(r, pathDevices+"/{id}", s.member(devicePage))
	form(r, pathDevices+"/{id}/again", s.fresh(againPage), s.fresh(again))
	s.act(r, pathDevices+"/{id}/remove", s.member(removeDevice))
	s.act(r, pathDevices+"/{id}/mail", s.member(mailDevice))
}

// offered is what the first step shows.
type offered struct {
	This  []assistant.Platform // what the browser may run on, the likeliest first
	All   []assistant.Platform
	Known []assistant.Device
}

func whichDevice(v *visit) error {
	if v.site.Assistant.Settings.URL == nil {
		return assistant.ErrNoAddress
	}
	c := offered{All: assistant.Platforms()}
	switch this := assistant.PlatformOf(v.r.UserAgent()); this {
	case assistant.Other:
	case assistant.Mac: // or an iPad, which says that it is one
		c.This = []assistant.Platform{assistant.Mac, assistant.IPad}
	default:
		c.This = []assistant.Platform{this}
	}
	var err error
	if c.Known, err = v.site.Assistant.Devices(v.ctx(), *v.person); err != nil {
		return err
	}
	return v.page("setup", c)
}

// family is of platforms that are set up alike; it ends keys of the catalogue.
func family(p assistant.Platform) string {
	switch p {
	case assistant.IPhone, assistant.IPad, assistant.Vision:
		return "apple"
	case assistant.Mac, assistant.Android:
		return string(p)
	}
	return "desktop"
}

// syncs is one thing that a device may sync.
type syncs struct {
	Data assistant.Data
	Icon string
	Hint string // key of what is to be known about it on that device; "": nothing
}

// Field is the name of its box.
func (s syncs) Field() string { return "data-" + string(s.Data) }

// syncable is what the account, the server and the device can do.
func (v *visit) syncable(p assistant.Platform) (all []syncs) {
	icons := map[assistant.Data]string{assistant.Contacts: "book", assistant.Calendars: "calendar", assistant.Tasks: "tasks", assistant.Mail: "mail"}
	for _, data := range v.site.Assistant.Offer(*v.person) {
		if data == assistant.Mail && !p.Apple() {
			continue // mail is set up by profiles alone; others are told the servers
		}
		one := syncs{Data: data, Icon: icons[data]}
		if key := "setup.hint." + string(data) + "." + family(p); v.Has(key) {
			one.Hint = key
		}
		all = append(all, one)
	}
	return all
}

// wishedDevice is what the second step shows.
type wishedDevice struct {
	Action   string // where the form goes
	Platform assistant.Platform
	Name     string // of a device that is set up again; "": it is a new one
	Syncs    []syncs
	Verified map[string]string // field and key of the text: what was just found good
}

// Mail reports whether mail can be chosen.
func (w wishedDevice) Mail() bool {
	return slices.ContainsFunc(w.Syncs, func(s syncs) bool { return s.Data == assistant.Mail })
}

// FirstField has what is wrong with all boxes together.
func (w wishedDevice) FirstField() string { return w.Syncs[0].Field() }

func (v *visit) newDevice() (wishedDevice, error) {
	p := assistant.Platform(v.param("platform"))
	if !slices.Contains(assistant.Platforms(), p) {
		return wishedDevice{}, store.ErrNotFound
	}
	if v.site.Assistant.Settings.URL == nil {
		return wishedDevice{}, assistant.ErrNoAddress
	}
	return wishedDevice{Action: v.here(), Platform: p, Syncs: v.syncable(p)}, nil
}

func newDevicePage(v *visit) error {
	w, err := v.newDevice()
	if err != nil {
		return err
	}
	v.form.set("name", v.T("platform."+string(w.Platform)))
	for _, s := range w.Syncs {
		if s.Data != assistant.Mail {
			v.form.set(s.Field(), "1")
		}
	}
	if err := v.nameForm(); err != nil {
		return err
	}
	return v.page("setup-device", w)
}

func newDevice(v *visit) error {
	w, err := v.newDevice()
	if err != nil {
		return err
	}
	if v.form.value("verify") != "" {
		return v.verify(w)
	}
	v.require("name")
	n := assistant.NewDevice{
		Name: v.form.value("name"), Platform: w.Platform, Data: v.wanted(w), Locale: v.Tag(),
		Existing: account.Secret(v.form.value("existing")), MailPassword: v.mailPassword(),
	}
	if v.form.failed() {
		return v.again("setup-device", w)
	}
	return v.setUp(w, func(from account.Visit) (assistant.Delivery, error) {
		return v.site.Assistant.SetUp(v.ctx(), from, *v.person, n)
	})
}

// wanted are the boxes that were ticked.
func (v *visit) wanted(w wishedDevice) (all []assistant.Data) {
	for _, s := range w.Syncs {
		if v.form.ticked(s.Field()) {
			all = append(all, s.Data)
		}
	}
	if len(all) == 0 {
		v.wrong(w.Syncs[0].Field(), "no-data")
	}
	return all
}

// mailPassword is that of the mailbox, when mail is to be set up.
func (v *visit) mailPassword() account.Secret {
	if !v.form.ticked("data-" + string(assistant.Mail)) {
		return ""
	}
	return account.Secret(v.form.secret("mail-password"))
}

// setUp leads to what was made, or shows the form once more. A form that was
// sent before leads to what it made then.
func (v *visit) setUp(w wishedDevice, do func(account.Visit) (assistant.Delivery, error)) error {
	from := v.from()
	if from.Form == "" {
		return errForm
	}
	made, err := do(from)
	if err != nil && !errors.Is(err, account.ErrRepeated) {
		return v.refusedDevice(err, w)
	}
	path := assistant.PathDelivery + made.Ticket.Reveal()
	if v.elsewhere() {
		path += "?" + onOther
	}
	return v.to(path)
}

// refusedDevice shows the form with why a device cannot be set up so.
func (v *visit) refusedDevice(err error, w wishedDevice) error {
	if verdict, ok := errors.AsType[*assistant.VerdictError](err); ok {
		v.wrong("existing", "verdict."+string(verdict.Verdict))
		return v.again("setup-device", w)
	}
	switch {
	case errors.Is(err, account.ErrText):
		v.wrong("name", "device-name")
	case errors.Is(err, assistant.ErrData):
		v.wrong(w.Syncs[0].Field(), "no-data")
	case errors.Is(err, assistant.ErrMailPassword):
		v.wrong("mail-password", "mail-refused")
	case errors.Is(err, assistant.ErrMailServer):
		v.wrong("mail-password", "mail-unreachable")
	case errors.Is(err, store.ErrExists):
		v.wrong("existing", "app-password-taken")
	case errors.Is(err, store.ErrLimit):
		v.wrong("", "setup-limit")
	default:
		_, err := v.refused(err, "", "setup-device", w)
		return err
	}
	return v.again("setup-device", w)
}

// verify tries a password out and says in words what is wrong with it. Nothing
// is made.
func (v *visit) verify(w wishedDevice) error {
	var err error
	field, good := "existing", "verdict.works"
	if v.form.value("verify") == "mail" {
		field, good = "mail-password", "verdict.mail-works"
		err = v.site.Assistant.VerifyMail(v.ctx(), v.from(), *v.person, account.Secret(v.form.secret(field)))
	} else {
		err = v.verifyAppPassword(w)
	}
	if err != nil {
		return v.refusedDevice(err, w)
	}
	w.Verified = map[string]string{field: good}
	return v.show(http.StatusOK, "setup-device", w)
}

func (v *visit) verifyAppPassword(w wishedDevice) error {
	var data []assistant.Data
	for _, s := range w.Syncs {
		if v.form.ticked(s.Field()) {
			data = append(data, s.Data)
		}
	}
	verdict, _, err := v.site.Assistant.VerifyAppPassword(v.ctx(), v.from(), *v.person, account.Secret(v.form.value("existing")), data)
	if err == nil && verdict != account.Works {
		err = &assistant.VerdictError{Verdict: verdict}
	}
	return err
}
