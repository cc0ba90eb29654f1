// Package discovery is what apps and people are told so that nobody has to type
// a server's name: answers for machines (autoconfig, PACC, autodiscover), the
// DNS records of a domain, links, and the settings of desktop programs.
//
// # Model
//
// A [Service] says what there is: one address for contacts, calendars and
// tasks, mail servers if somebody runs them for the same accounts, and names.
// Everything else is computed from it and from nothing else: no request, no
// account, no clock. So each answer is the same for everybody, says nothing
// about who has an account, and its bytes change only with the settings (DNS
// carries a digest of one of them).
//
// What is about mail is left out where there are no mail servers; what is about
// contacts and calendars is always there. The package prints no sentences:
// where people read, it names texts of the catalogues.
package discovery

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Security is how a mail server's connection is protected. There is no way to
// publish an unprotected one.
type Security string

// TLS protects from the first byte (RFC 8314 §3), STARTTLS after a greeting.
const (
	TLS      Security = "tls"
	STARTTLS Security = "starttls"
)

// MailServer is where mail is read or sent. The zero value is none.
type MailServer struct {
	Host     string // a name, without port
	Port     int
	Security Security
}

// Service is what a provider offers to each of its accounts. People sign in to
// all of it by their e-mail address.
type Service struct {
	URL       *url.URL // where people reach the server: scheme and host
	Domains   []string // of the accounts' addresses; the URL's host if there are none
	Name      string   // of the provider, for people; the URL's host if empty
	ShortName string   // at most 20 characters; Name's beginning if empty
	IMAP      MailServer
	SMTP      MailServer
}

// Mail reports whether there are servers to read and send mail.
func (s Service) Mail() bool { return s.IMAP.Host != "" && s.SMTP.Host != "" }

// davPath is where DAV begins on our host.
const davPath = "/dav/"

// DAV is the address of contacts, calendars and tasks.
func (s Service) DAV() string { return s.URL.JoinPath(davPath).String() }

// Base is the address that people type: the server alone.
func (s Service) Base() string { return s.URL.JoinPath("/").String() }

// host is the public host without a port.
func (s Service) host() string { return s.URL.Hostname() }

// port is the one that the address means.
func (s Service) port() int {
	if n, err := strconv.Atoi(s.URL.Port()); err == nil {
		return n
	}
	if s.URL.Scheme == "http" {
		return 80
	}
	return 443
}

func (s Service) domains() []string {
	if len(s.Domains) == 0 {
		return []string{s.host()}
	}
	return s.Domains
}

// Bounds of both drafts on names: autoconfig "displayName", PACC "info.provider".
const (
	maxName      = 60
	maxShortName = 20
)

func (s Service) name() string {
	if s.Name == "" {
		return truncate(s.host(), maxName)
	}
	return truncate(s.Name, maxName)
}

func (s Service) shortName() string {
	if s.ShortName == "" {
		return truncate(s.name(), maxShortName)
	}
	return truncate(s.ShortName, maxShortName)
}

// truncate keeps whole characters.
func truncate(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return strings.TrimRightFunc(string(runes[:most]), unicode.IsSpace)
}

// Check refuses what would come out as a broken answer.
func (s Service) Check() error {
	if s.URL == nil || s.host() == "" {
		return errors.New("the public address is missing")
	}
	if s.URL.Scheme != "https" && s.URL.Scheme != "http" {
		return fmt.Errorf("%q: the public address starts with https://", s.URL.Redacted())
	}
	for _, d := range s.Domains {
		if err := checkName(d); err != nil {
			return fmt.Errorf("mail domain %q: %w", d, err)
		}
	}
	if (s.IMAP.Host == "") != (s.SMTP.Host == "") {
		return errors.New("IMAP and SMTP go together: name both servers or none")
	}
	for _, text := range []string{s.Name, s.ShortName} {
		if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
			return fmt.Errorf("%q: a name has no control characters", text)
		}
	}
	return errors.Join(s.IMAP.check("IMAP"), s.SMTP.check("SMTP"))
}

func (m MailServer) check(what string) error {
	if m.Host == "" {
		return nil
	}
	if err := checkName(m.Host); err != nil {
		return fmt.Errorf("%s host %q: %w", what, m.Host, err)
	}
	if m.Port < 1 || m.Port > 65535 {
		return fmt.Errorf("%s port %d: there is no such port", what, m.Port)
	}
	if m.Security != TLS && m.Security != STARTTLS {
		return fmt.Errorf("%s: %q is neither %s nor %s", what, m.Security, TLS, STARTTLS)
	}
	return nil
}

// CheckDomain refuses what is no domain name of the public kind.
func CheckDomain(name string) error { return checkName(name) }

// checkName refuses what is no host name. RFC 1123 §2.1, RFC 1035 §2.3.4.
func checkName(name string) error {
	switch {
	case strings.Contains(name, "://"):
		return errors.New("give the name alone, without a scheme")
	case strings.Contains(name, ":"):
		return errors.New("give the name alone, without a port")
	case net.ParseIP(name) != nil:
		return errors.New("give a name, not an address: certificates are for names")
	case name == "" || len(name) > 253:
		return errors.New("is no host name")
	}
	for label := range strings.SplitSeq(name, ".") {
		if !isLabel(label) {
			return errors.New("is no host name (names with other letters go in their xn-- form)")
		}
	}
	return nil
}

func isLabel(label string) bool {
	if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
		return false
	}
	return !strings.ContainsFunc(label, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-'
	})
}
