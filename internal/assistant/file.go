package assistant

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"ksync/internal/account"
	"ksync/internal/i18n"
	"ksync/internal/profile"
	"ksync/store"
)

// File is a profile as it is handed out.
type File struct {
	Name      string // ASCII, with its extension
	Data      []byte
	Signature profile.Signature
}

// ServeHTTP writes it with the headers that make a phone offer to install it,
// and that keep it from being kept on the way (config-assistant.md 2.1).
func (f File) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", profile.MediaType)
	h.Set("Content-Disposition", `attachment; filename="`+f.Name+`"`)
	h.Set("Content-Length", strconv.Itoa(len(f.Data)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex")
	_, _ = w.Write(f.Data) // the client went away: nobody to tell
}

// Secure reports whether a password may go out as the answer to a request: it
// came by https, or from this machine to a server that is only for it.
func (s *Service) Secure(r *http.Request, viaHTTPS func(*http.Request) bool) bool {
	if viaHTTPS(r) {
		return true
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	return err == nil && loopback(host) && (s.Settings.URL == nil || loopback(s.Settings.URL.Hostname()))
}

func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.Unmap().IsLoopback()
}

// Profile returns the profile of a device without a password in it: the device
// asks for one. [store.ErrNotFound], [ErrNoAddress].
func (s *Service) Profile(ctx context.Context, p account.Person, id int64, locale string) (File, error) {
	o := order{owner: p.Account, locale: locale}
	err := s.read(ctx, func(tx *store.Tx) (err error) {
		o.device, err = tx.Device(ctx, p.Account.ID, id)
		return err
	})
	if err != nil {
		return File{}, err
	}
	return s.file(o)
}

// BearerProfile returns a profile without a password for an app that has an
// access token. [account.ErrDenied], [ErrData], [ErrNoAddress].
func (s *Service) BearerProfile(ctx context.Context, token account.Secret, data []Data, locale string) (File, error) {
	owner, err := s.Accounts.Bearer(ctx, token)
	if err != nil {
		return File{}, err
	}
	if data, err = s.choose(owner, data); err != nil {
		return File{}, err
	}
	return s.file(order{owner: owner, locale: locale, device: store.Device{Account: owner.ID, Services: words(data)}})
}

// order is a profile to be written.
type order struct {
	owner    store.Account
	device   store.Device // ID 0: that of an app, which names none
	locale   string
	password account.Secret
	mail     account.Secret
}

func (s *Service) file(o order) (File, error) {
	p, err := s.profile(o)
	if err != nil {
		return File{}, err
	}
	plain, err := p.Marshal()
	if err != nil {
		return File{}, err
	}
	data, signature, err := s.Signer.Sign(plain)
	if err != nil {
		return File{}, err
	}
	if signature.Label == profile.Unsigned && signature.Reason != nil {
		s.Logger.Warn("profile not signed", "account", o.owner.ID, "err", signature.Reason)
	}
	return File{Name: fileName(o.device), Data: data, Signature: signature}, nil
}

// profile says what a device is to be set up for, in its person's language.
func (s *Service) profile(o order) (profile.Profile, error) {
	c, err := s.connection(o.owner)
	if err != nil {
		return profile.Profile{}, err
	}
	t := s.printer(o.locale, o.owner.Locale)
	p := profile.Profile{
		Identity:     profile.Identity{Key: s.key, Host: c.Host, Account: strconv.FormatInt(o.owner.ID, 10), Device: deviceID(o.device)},
		Text:         s.text(t, o, c),
		Organization: s.Settings.Organization,
		Consent:      s.Settings.Consent,
		Target:       Platform(o.device.Platform).target(),
	}
	has := map[Data]bool{}
	for _, d := range dataOf(o.device.Services) {
		has[d] = true
	}
	if has[Contacts] {
		p.Contacts = s.dav(t, o, c, Contacts)
	}
	switch {
	case has[Calendars] && has[Tasks]:
		p.Calendars = s.dav(t, o, c, Calendars+"-"+Tasks)
	case has[Calendars]:
		p.Calendars = s.dav(t, o, c, Calendars)
	case has[Tasks]:
		p.Calendars = s.dav(t, o, c, Tasks)
	}
	if has[Mail] && c.Mail != nil {
		p.Mail = s.mail(t, o, *c.Mail)
	}
	return p, nil
}

// deviceID is the device as identifiers have it.
func deviceID(d store.Device) string {
	if d.ID == 0 {
		return "app"
	}
	return strconv.FormatInt(d.ID, 10)
}

func (s *Service) text(t *i18n.Printer, o order, c Connection) profile.Text {
	var what []string
	for _, d := range o.device.Services {
		what = append(what, t.T("mobileconfig."+d))
	}
	name, about := t.T("mobileconfig.name", "Service", s.Settings.Name, "Device", o.device.Name), "mobileconfig.text-asks"
	if o.device.Name == "" {
		name = t.T("mobileconfig.name", "Service", s.Settings.Name, "Device", c.Login)
	}
	if o.password != "" {
		about = "mobileconfig.text"
	}
	return profile.Text{Name: name, Description: t.T(about, "Login", c.Login, "What", strings.Join(what, ", "))}
}

func (s *Service) dav(t *i18n.Printer, o order, c Connection, what Data) *profile.DAV {
	a := &profile.DAV{
		Text:    profile.Text{Name: t.T("mobileconfig." + string(what)), Description: t.T("mobileconfig."+string(what)+"-text", "Login", c.Login)},
		Account: s.Settings.Name, Host: c.Host, Port: c.Port, Login: c.Login,
	}
	if o.password != "" {
		a.Password = o.password
	}
	return a
}

func (s *Service) mail(t *i18n.Printer, o order, c MailConnection) *profile.Mail {
	m := &profile.Mail{
		Text:    profile.Text{Name: t.T("mobileconfig.mail"), Description: t.T("mobileconfig.mail-text", "Login", c.Address)},
		Account: s.Settings.Name, Person: o.owner.Name, Address: c.Address, Login: c.Login, IMAP: c.IMAP, SMTP: c.SMTP,
	}
	if o.mail != "" {
		m.Password = o.mail
	}
	return m
}

// fileName is a name for the file that every system takes.
func fileName(d store.Device) string {
	parts := strings.FieldsFunc(d.Name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9')
	})
	if len(parts) == 0 {
		parts = []string{"profile"}
	}
	return fmt.Sprintf("%s%s", strings.Join(parts, "-"), profile.Extension)
}
