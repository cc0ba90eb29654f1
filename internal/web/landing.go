package web

import (
	"html/template"
	"net/url"
	"slices"
	"strings"

	"ksync/internal/account"
	"ksync/internal/assistant"
	"ksync/internal/discovery"
)

// onOther is the query of pages about another device than the one they are read on.
const onOther = "on=other"

// elsewhere reports whether the page is about another device.
func (v *visit) elsewhere() bool { return v.r.URL.Query().Get("on") == "other" }

// landing is what the page of a ticket shows: how to go on, on the device or
// from another one. It holds the ticket, as its address does, and no other
// secret, until the password is asked for.
type landing struct {
	assistant.Landing
	Path    string         // of the page
	URL     account.Secret // the whole of it, for who carries it to the device
	Ticket  account.Secret
	Owner   bool // reads it, signed in
	Code    picture
	Carry   bool // to another device: the QR code comes first
	Mails   bool // the owner can have the link mailed
	Browser string
	Clients []discovery.Client
	DAVx5   template.URL // "": no link can say it
	Scan    picture      // the same

	Asked    bool // for the password
	Password account.Secret
}

// File is the address of the profile.
func (l landing) File() string { return l.Path + "/" + url.PathEscape(l.Landing.File) }

// SyncsDAV reports whether there is an app password; mail alone has none.
func (l landing) SyncsDAV() bool {
	return slices.ContainsFunc(l.Device.Data, func(d assistant.Data) bool { return d != assistant.Mail })
}

// deliveryHeaders keep the address of a ticket from search engines. From where
// links lead every page keeps its address.
func (v *visit) deliveryHeaders() { v.w.Header().Set("X-Robots-Tag", "noindex") }

func (v *visit) deliveryURL(ticket account.Secret) account.Secret {
	u := v.site.Assistant.Settings.URL
	return account.Secret(u.Scheme + "://" + u.Host + assistant.PathDelivery + ticket.Reveal())
}

// landingPage changes nothing: previews of messages may look at it.
func landingPage(v *visit) error {
	v.deliveryHeaders()
	l, err := v.landing()
	if err != nil {
		return err
	}
	return v.page("landing", l)
}

// showPassword shows it on the page of the ticket. It needs no cookie, so no
// form of another site can do what its sender could not.
func showPassword(v *visit) error {
	v.deliveryHeaders()
	if !v.site.Assistant.Secure(v.r, v.site.ViaHTTPS) {
		return errInsecure
	}
	handed, err := v.site.Assistant.Password(v.ctx(), v.from(), v.ticket())
	if err != nil {
		return err
	}
	l, err := v.landing()
	if err != nil {
		return err
	}
	l.Asked, l.Password = true, handed.Password
	v.fleeting = true
	return v.page("landing", l)
}

func (v *visit) ticket() account.Secret { return account.Secret(strings.ToLower(v.param("ticket"))) }

func (v *visit) landing() (l landing, err error) {
	l = landing{Ticket: v.ticket(), Browser: browserOf(v.r.UserAgent())}
	if l.Landing, err = v.site.Assistant.Landing(v.ctx(), v.from(), l.Ticket); err != nil {
		return l, err
	}
	l.Path, l.URL = assistant.PathDelivery+l.Ticket.Reveal(), v.deliveryURL(l.Ticket)
	if l.Owner = v.person != nil && v.person.Account.Login == l.Login; l.Owner {
		l.Carry = v.elsewhere()
		l.Mails = v.site.accounts.Mails() && v.person.Account.Email != ""
		if l.Code, err = qrCode(l.URL.Reveal()); err != nil {
			return l, err
		}
	}
	return l, v.describe(&l)
}

// describe adds what programs without profiles are told.
func (v *visit) describe(l *landing) (err error) {
	offer := v.site.Discovery
	if offer == nil || l.Device.Platform.Apple() {
		return nil
	}
	if l.Device.Platform != assistant.Android {
		who := discovery.Account{Login: l.Reach.Login}
		if l.Reach.Mail != nil {
			who.Email = l.Reach.Mail.Address
		}
		l.Clients = offer.Clients(who)
		return nil
	}
	if link := offer.DAVx5(l.Reach.Login); link != "" {
		l.DAVx5 = template.URL(link) //nolint:gosec // its scheme is not in the list of safe ones; all of it is escaped
		l.Scan, err = qrCode(link)
	}
	return err
}

// browserOf is "" for those that can fetch a profile, "app" for the windows of
// apps in which that mostly fails, and "other" for browsers that hand it to
// Safari (config-assistant.md 3.2).
func browserOf(agent string) string {
	ios := strings.Contains(agent, "iPhone") || strings.Contains(agent, "iPad")
	if !ios {
		return ""
	}
	for _, mark := range []string{"CriOS/", "FxiOS/", "EdgiOS/", "OPT/", "DuckDuckGo/", "Brave/"} {
		if strings.Contains(agent, mark) {
			return "other"
		}
	}
	for _, mark := range []string{"FBAN/", "FBAV/", "Instagram", "Line/", "GSA/", "MicroMessenger", "WhatsApp", "Telegram"} {
		if strings.Contains(agent, mark) {
			return "app"
		}
	}
	if !strings.Contains(agent, "Safari/") { // the bare web view of an app
		return "app"
	}
	return ""
}
