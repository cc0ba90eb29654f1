package web

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"ksync/internal/account"
	"ksync/internal/assistant"
	"ksync/store"
)

// devicePath is where a device is looked at.
func devicePath(id int64) string { return pathDevices + "/" + strconv.FormatInt(id, 10) }

// deviceList is what the page of all devices shows.
type deviceList struct {
	Known  []assistant.Device
	Others []device // app passwords that are of none of them
}

func devicesPage(v *visit) error {
	known, others, err := v.connected()
	if err != nil {
		return err
	}
	return v.page("devices", deviceList{known, others})
}

// device finds the one in the path.
func (v *visit) device() (assistant.Device, error) {
	id, err := v.id()
	if err != nil {
		return assistant.Device{}, err
	}
	return v.site.Assistant.Device(v.ctx(), *v.person, id)
}

// devicePage shows one device, and waits for it: without scripts the page asks
// again by itself.
func devicePage(v *visit) error {
	d, err := v.device()
	if err != nil {
		return err
	}
	return v.page("device", d)
}

func (v *visit) knownDevice() (wishedDevice, assistant.Device, error) {
	d, err := v.device()
	return wishedDevice{Action: devicePath(d.ID) + "/again", Platform: d.Platform, Name: d.Name, Syncs: v.syncable(d.Platform)}, d, err
}

// againPage asks what a known device shall sync from now on.
func againPage(v *visit) error {
	w, d, err := v.knownDevice()
	if err != nil {
		return err
	}
	if v.elsewhere() {
		w.Action += "?" + onOther
	}
	for _, data := range d.Data {
		v.form.set(syncs{Data: data}.Field(), "1")
	}
	if err := v.nameForm(); err != nil {
		return err
	}
	return v.page("setup-device", w)
}

func again(v *visit) error {
	w, d, err := v.knownDevice()
	if err != nil {
		return err
	}
	if v.elsewhere() {
		w.Action += "?" + onOther
	}
	if v.form.value("verify") != "" {
		return v.verify(w)
	}
	wish := assistant.Again{Data: v.wanted(w), Locale: v.Tag(), MailPassword: v.mailPassword()}
	if v.form.failed() {
		return v.again("setup-device", w)
	}
	return v.setUp(w, func(from account.Visit) (assistant.Delivery, error) {
		return v.site.Assistant.SetUpAgain(v.ctx(), from, *v.person, d.ID, wish)
	})
}

// removeDevice shuts a device out, and tells what is still to be done on it.
func removeDevice(v *visit) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	d, err := v.site.Assistant.Remove(v.ctx(), v.from(), *v.person, id)
	if errors.Is(err, store.ErrNotFound) {
		return v.to(pathDevices) // somebody clicked twice
	}
	if err != nil {
		return err
	}
	return v.noted(pathDevices, removed(d.Platform))
}

// removed is the text about a device that is shut out, and what is left to do on it.
func removed(p assistant.Platform) string {
	switch family(p) {
	case "apple":
		return "done.removed-apple"
	case "mac":
		return "done.removed-mac"
	case "android":
		return "done.removed-android"
	}
	return "done.removed-desktop"
}

// mailDevice sends a person the link of a ticket that they hold.
func mailDevice(v *visit) error {
	d, err := v.device()
	if err != nil {
		return err
	}
	ticket := account.Secret(v.form.secret("ticket"))
	l, err := v.site.Assistant.Landing(v.ctx(), v.from(), ticket)
	if err == nil && l.Device.ID != d.ID {
		err = account.ErrLink
	}
	if err != nil {
		return err
	}
	path := assistant.PathDelivery + ticket.Reveal() + "?" + onOther
	err = v.site.accounts.MailDeviceLink(v.ctx(), v.from(), *v.person, d.Name, account.Link{URL: v.deliveryURL(ticket), Expires: l.Expires})
	if errors.Is(err, store.ErrLimit) {
		return v.noted(path, "done.link-mailed-often")
	}
	if err != nil {
		return err
	}
	return v.noted(path, "done.link-mailed")
}

// Family is how a platform is set up.
func (p *Page) Family(platform assistant.Platform) string { return family(platform) }

// Platform names one.
func (p *Page) Platform(platform assistant.Platform) string {
	return p.T("platform." + string(platform))
}

// PlatformIcon is its picture.
func (p *Page) PlatformIcon(platform assistant.Platform) string { return platformIcon(platform) }

func platformIcon(platform assistant.Platform) string {
	if handheld(platform) {
		return "phone"
	}
	return "screens"
}

// Handheld reports whether it has a camera to scan with at hand.
func (p *Page) Handheld(platform assistant.Platform) bool { return handheld(platform) }

func handheld(platform assistant.Platform) bool {
	return slices.Contains([]assistant.Platform{assistant.IPhone, assistant.IPad, assistant.Vision, assistant.Android}, platform)
}

// Things are kinds of data in words: "contacts, calendars and tasks".
func (p *Page) Things(data []assistant.Data) string {
	var text string
	for i, d := range data {
		word := p.T("things." + string(d))
		switch {
		case i == 0:
			text = word
		case i == len(data)-1:
			text = p.T("things.and", "Before", text, "Last", word)
		default:
			text += ", " + word
		}
	}
	return text
}

// Synced is what a device asked for so far, or else what it is set up for.
func (p *Page) Synced(d assistant.Device) string {
	if seen, err := assistant.CleanData(d.Seen); err == nil { // in our order, not in that of the device
		return p.Things(seen)
	}
	return p.Things(d.Data)
}

// Clock is a time as people say it today.
func (p *Page) Clock(t time.Time) string { return p.When(t, p.visit.site.Now()) }

// Live is what the template of a device's state needs: where it is asked for,
// and where when that address has ended.
func (p *Page) Live(d assistant.Device, poll, then string) any {
	return struct {
		Page       *Page
		Device     assistant.Device
		Poll, Then string
	}{p, d, poll, then}
}

// DevicePath is where a device is looked at.
func (p *Page) DevicePath(d assistant.Device) string { return devicePath(d.ID) }

// AppPasswordOf is a device's app password, for the template of its last use.
func (p *Page) AppPasswordOf(d assistant.Device) device { return appPasswordOf(d) }

// AllDevices is where all are listed.
func (p *Page) AllDevices() string {
	if p.visit.site.Assistant == nil {
		return pathAppPasswords
	}
	return pathDevices
}

// SetUpPath is where a device is set up: step by step, or with what its owner
// types by hand where the server cannot tell its address.
func (p *Page) SetUpPath() string {
	if s := p.visit.site; s.Assistant == nil || s.Assistant.Settings.URL == nil {
		return pathAppPasswordNew
	}
	return pathSetup
}

// OwnPath is where an owner sees the device when the ticket has ended; "" for
// who only has the ticket.
func (p *Page) OwnPath(l landing) string {
	if !l.Owner {
		return ""
	}
	return devicePath(l.Device.ID)
}

// Awaited reports whether a device may be about to come.
func (p *Page) Awaited(d assistant.Device) bool {
	return d.State == assistant.Begun || d.State == assistant.Waiting
}

// stage is where among the steps a page is.
type stage struct {
	Page *Page
	At   int
}

// Number is that of the step at an index.
func (s stage) Number(index int) int { return index + 1 }

// Way is what the template of the steps needs.
func (p *Page) Way(at int) stage { return stage{p, at} }

// Drawn is what the template of a QR code needs; key says what it leads to.
func (p *Page) Drawn(code picture, key string) any {
	return struct {
		Page    *Page
		Picture picture
		Key     string
	}{p, code, key}
}

// Verdict is what the template of a verified field needs.
func (p *Page) Verdict(field, key string) any {
	return struct {
		Page       *Page
		Field, Key string
	}{p, field, key}
}
