package web

import (
	"html/template"
	"net/url"
	"strings"
	"time"

	"ksync/internal/account"
	"ksync/internal/assistant"
	"ksync/internal/discovery"
)

// sampleHelper knows where the server is, and nothing else.
func sampleHelper() *assistant.Service {
	return &assistant.Service{Options: assistant.Options{Settings: assistant.Settings{URL: &url.URL{Scheme: "https", Host: "sync.example.org"}}}}
}

func sampleDevices() []assistant.Device {
	all := assistant.AllData()
	return []assistant.Device{
		{ID: 1, Name: "Anna’s iPhone", Platform: assistant.IPhone, Data: all, State: assistant.Connected, Created: ago(30 * time.Hour), Connected: ago(29 * time.Hour), Seen: all[:2], AppPassword: 4, LastUsed: ago(4 * time.Minute), LastPlace: "203.0.113.0/24", LastAgent: "iOS/26.1 (23B85) dataaccessd/1.0"},
		{ID: 2, Name: "<b>Anna's</b> \"tablet\" \u202eevil with a name that goes on and on and on", Platform: assistant.Android, Data: all[:3], State: assistant.Waiting, Created: ago(time.Hour), AppPassword: 5},
		{ID: 3, Name: "Work", Platform: assistant.Windows, Data: all[1:2], State: assistant.Ended, Created: ago(900 * time.Hour), AppPassword: 6, LastUsed: ago(600 * time.Hour)},
		{ID: 4, Name: "Mac", Platform: assistant.Mac, Data: all[:3], State: assistant.Begun, Created: ago(time.Minute)},
	}
}

func sampleSyncs(family string) []syncs {
	all := []syncs{{assistant.Contacts, "book", ""}, {assistant.Calendars, "calendar", ""}, {assistant.Tasks, "tasks", "setup.hint.tasks." + family}}
	if family == "apple" {
		all = append(all, syncs{assistant.Mail, "mail", "setup.hint.mail.apple"})
	}
	return all
}

// sampleLanding is the page of a ticket, as a stranger sees it.
func sampleLanding(d assistant.Device) landing {
	ticket := strings.Repeat("k7", 13)
	l := landing{
		Landing: assistant.Landing{Login: "anna@example.org", Reach: assistant.Connection{URL: "https://sync.example.org/", Login: "anna@example.org"},
			Device: d, Expires: sampleNow.Add(9 * time.Minute), Downloads: 5, File: "Annas-iPhone.mobileconfig"},
		Path: assistant.PathDelivery + ticket, URL: account.Secret("https://sync.example.org/p/" + ticket), Ticket: account.Secret(ticket),
	}
	offer := discovery.Service{URL: &url.URL{Scheme: "https", Host: "sync.example.org"}, IMAP: discovery.MailServer{Host: "imap.example.org", Port: 993, Security: discovery.TLS}, SMTP: discovery.MailServer{Host: "smtp.example.org", Port: 465, Security: discovery.TLS}}
	switch family(d.Platform) {
	case "android":
		link := offer.DAVx5(l.Login)
		l.DAVx5, l.Scan = template.URL(link), mustQR(link)
	case "desktop":
		l.Clients = offer.Clients(discovery.Account{Login: l.Login, Email: l.Login})
	}
	return l
}

func mustQR(text string) picture {
	p, err := qrCode(text)
	if err != nil {
		panic(err)
	}
	return p
}

// owned is the page for who made the ticket.
func (l landing) owned(carry bool) landing {
	l.Owner, l.Carry, l.Mails, l.Code = true, carry, true, mustQR(l.URL.Reveal())
	return l
}

func (l landing) showing() landing {
	l.Asked, l.Password = true, "kq7t-x2mw-9fhd-r4sb-2c8n-v5zj-p3ge"
	return l
}

func setupSamples() []sample {
	d := sampleDevices()
	onPhone, onAndroid, onDesktop := sampleLanding(d[3]), sampleLanding(d[1]), sampleLanding(d[2])
	onPhone.Device.Platform, onPhone.Device.Name = assistant.IPhone, "iPhone"
	inApp := onPhone
	inApp.Browser = "app"
	onDesktop.Device.State = assistant.Begun
	apple := wishedDevice{Action: "/setup/iphone", Platform: assistant.IPhone, Syncs: sampleSyncs("apple")}
	verified := apple
	verified.Verified = map[string]string{"existing": "verdict.works", "mail-password": "verdict.mail-works"}
	ticked := func(v *visit) {
		v.form.set("name", "iPhone")
		v.form.set("data-contacts", "1")
	}
	path := onPhone.Path
	return []sample{
		{name: "setup", path: pathSetup, data: offered{This: []assistant.Platform{assistant.Mac, assistant.IPad}, All: assistant.Platforms(), Known: d}},
		{name: "setup-first", page: "setup", path: pathSetup, data: offered{All: assistant.Platforms()}},
		{name: "setup-device", path: pathSetup + "/iphone", data: apple, arrive: ticked},
		{name: "setup-device-wrong", page: "setup-device", path: pathSetup + "/iphone", data: apple, arrive: func(v *visit) {
			v.form.set("existing", "kq7t-x2mw-9fhd-r4sb-2c8n-v5zj-p3gf")
			v.wrong("data-contacts", "no-data")
			v.wrong("mail-password", "mail-refused")
			v.wrong("existing", "verdict.typo")
		}},
		{name: "setup-device-verified", page: "setup-device", path: pathSetup + "/iphone", data: verified, arrive: ticked},
		{name: "setup-device-again", page: "setup-device", path: pathDevices + "/2/again", data: wishedDevice{Action: "/devices/2/again", Platform: assistant.Android, Name: d[1].Name, Syncs: sampleSyncs("android")}, arrive: ticked},
		{name: "devices", path: pathDevices, data: deviceList{d, []device{{samplePasswords()[0], false}, {samplePasswords()[1], false}}}, arrive: func(v *visit) { v.done = "done.removed-apple" }},
		{name: "devices-none", page: "devices", path: pathDevices, data: deviceList{}},
		{name: "device", path: pathDevices + "/1", data: d[0]},
		{name: "device-awaited", page: "device", path: pathDevices + "/2", data: d[1]},
		{name: "device-ended", page: "device", path: pathDevices + "/3", data: d[2]},
		{name: "landing-iphone", page: "landing", path: path, out: true, data: onPhone},
		{name: "landing-in-app", page: "landing", path: path, out: true, data: inApp.showing()},
		{name: "landing-own-iphone", page: "landing", path: path, data: onPhone.owned(false)},
		{name: "landing-carry", page: "landing", path: path + "?on=other", data: onPhone.owned(true), arrive: func(v *visit) { v.done = "done.link-mailed" }},
		{name: "landing-mac", page: "landing", path: path, data: sampleLanding(d[3]).owned(false)},
		{name: "landing-android", page: "landing", path: path, out: true, data: onAndroid},
		{name: "landing-desktop", page: "landing", path: path, data: onDesktop.owned(false)},
		{name: "landing-desktop-shown", page: "landing", path: path, data: onDesktop.owned(true).showing()},
	}
}
