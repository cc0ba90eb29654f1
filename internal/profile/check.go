package profile

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckHost says why a text is no bare host: what a profile calls a host name
// has no scheme, port, path or user, or the device refuses the account.
func CheckHost(host string) error {
	switch {
	case host == "":
		return errors.New("is empty")
	case strings.Contains(host, "://"):
		return fmt.Errorf("%q: must not begin with a scheme like https://", host)
	case strings.Contains(host, "@"):
		return fmt.Errorf("%q: must not hold a user name", host)
	case strings.ContainsAny(host, "/?#"):
		return fmt.Errorf("%q: must end after the host name", host)
	}
	if address, err := netip.ParseAddr(host); err == nil && address.Zone() == "" {
		return nil
	}
	switch {
	case strings.Contains(host, ":"):
		return fmt.Errorf("%q: must not hold a port", host)
	case strings.ContainsFunc(host, func(r rune) bool { return r > unicode.MaxASCII }):
		return fmt.Errorf("%q: must be written in its ASCII form, like xn--bcher-kva.example", host)
	case len(host) > 253 || !labels(host):
		return fmt.Errorf("%q: is no host name", host)
	}
	return nil
}

// labels reports whether the parts of a host are as RFC 1123 §2.1 has them;
// underscores, which some networks use at home, are let pass.
func labels(host string) bool {
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.ContainsFunc(label, func(r rune) bool { return !letterOrDigit(r) && r != '-' && r != '_' }) {
			return false
		}
	}
	return true
}

func letterOrDigit(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// CheckPort says why a number is no port.
func CheckPort(port int) error {
	if port < 1 || port > 65535 {
		return fmt.Errorf("%d: is no port from 1 to 65535", port)
	}
	return nil
}

// CheckConsent says why texts cannot be asked to be agreed to.
func CheckConsent(texts map[string]string) error {
	if len(texts) == 0 {
		return nil
	}
	if paragraphs(texts["default"]) == "" {
		return errors.New(`has no text for "default", which devices show in other languages`)
	}
	for language, text := range texts {
		if language == "" || len(language) > 35 || strings.ContainsFunc(language, func(r rune) bool { return !letterOrDigit(r) && r != '-' }) {
			return fmt.Errorf("%q: is no language tag like de or pt-BR", language)
		}
		if paragraphs(text) == "" {
			return fmt.Errorf("%s: is empty", language)
		}
	}
	return nil
}

// Check says what would make a device refuse the profile, or set up something
// that does not work.
func (p Profile) Check() error {
	i := p.Identity
	checks := []check{
		{"identity host", CheckHost(i.Host)}, {"identity account", checkID(i.Account)}, {"identity device", checkID(i.Device)},
		{"name", checkText(line(p.Text.Name))}, {"consent", CheckConsent(p.Consent)}, {"target", checkTarget(p)},
	}
	if len(i.Key) == 0 {
		checks = append(checks, check{"identity key", errors.New("is empty")})
	}
	if p.Contacts == nil && p.Calendars == nil && p.Mail == nil && len(p.Feeds) == 0 {
		checks = append(checks, check{"services", errors.New("none are chosen")})
	}
	for name, a := range map[string]*DAV{"contacts": p.Contacts, "calendars": p.Calendars} {
		if a != nil {
			checks = append(checks, check{name, a.check()})
		}
	}
	if p.Mail != nil {
		checks = append(checks, check{"mail", p.Mail.check()})
	}
	return first("profile", append(checks, check{"feeds", checkFeeds(p.Feeds)}))
}

type check struct {
	name string
	err  error
}

// first is the first problem there is, with its place.
func first(place string, checks []check) error {
	for _, c := range checks {
		if c.err != nil {
			return fmt.Errorf("%s: %s: %w", place, c.name, c.err)
		}
	}
	return nil
}

func (a DAV) check() error {
	return first("account", []check{
		{"host", CheckHost(a.Host)}, {"port", CheckPort(a.Port)}, {"login", checkText(a.Login)},
		{"password", checkSecret(a.Password)}, {"principal", checkPrincipal(a.Principal)},
	})
}

func (m Mail) check() error {
	return first("account", []check{
		{"imap host", CheckHost(m.IMAP.Host)}, {"imap port", CheckPort(m.IMAP.Port)},
		{"smtp host", CheckHost(m.SMTP.Host)}, {"smtp port", CheckPort(m.SMTP.Port)},
		{"address", checkAddress(m.Address)}, {"login", checkText(m.Login)}, {"password", checkSecret(m.Password)},
	})
}

func checkFeeds(all []Feed) error {
	seen := map[string]bool{}
	for _, f := range all {
		if err := checkID(f.ID); err != nil {
			return fmt.Errorf("id: %w", err)
		}
		if seen[f.ID] {
			return fmt.Errorf("id %s: is there twice", f.ID)
		}
		seen[f.ID] = true
		u, err := url.Parse(f.URL)
		if err != nil || u.Scheme != "https" || u.Host == "" {
			return fmt.Errorf("%s: its address does not begin with https://", f.ID)
		}
	}
	return nil
}

func checkTarget(p Profile) error {
	switch {
	case p.Target < AnyDevice || p.Target > Vision:
		return fmt.Errorf("%d: is no kind of device", p.Target)
	case p.Target == Mac && len(p.Feeds) > 0:
		return errors.New("a Mac takes no subscribed calendars from a profile")
	}
	return nil
}

// checkID keeps what identifiers are made of opaque and plain.
func checkID(id string) error {
	if id == "" || len(id) > 64 || strings.ContainsFunc(id, func(r rune) bool { return !letterOrDigit(r) || r >= 'A' && r <= 'Z' }) {
		return fmt.Errorf("%q: must be lower-case letters and digits", id)
	}
	return nil
}

func checkText(s string) error {
	switch {
	case s == "":
		return errors.New("is empty")
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return errors.New("has characters that cannot be printed")
	}
	return nil
}

func checkSecret(s Secret) error {
	if s == nil || s.Reveal() == "" {
		return nil
	}
	return checkText(s.Reveal())
}

func checkAddress(address string) error {
	if local, domain, ok := strings.Cut(address, "@"); !ok || local == "" || domain == "" {
		return errors.New("is no e-mail address")
	}
	return checkText(address)
}

func checkPrincipal(path string) error {
	if path != "" && (path[0] != '/' || !strings.HasSuffix(path, "/")) {
		return errors.New("must be a path that begins and ends with /")
	}
	return checkText("/" + path)
}
