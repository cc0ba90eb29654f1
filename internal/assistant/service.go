package assistant

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"ksync/internal/account"
	"ksync/internal/i18n"
	"ksync/internal/profile"
	"ksync/store"
)

// What a page or an answer must tell apart, beside the errors of package account.
var (
	// ErrNoAddress: nobody said where people reach the server, so that no device
	// can be told.
	ErrNoAddress = errors.New("the public address of the server is not set")
	// ErrData: there is no such data, none was chosen, or it is not offered here.
	ErrData = errors.New("that cannot be synced here")
	// ErrPlatform: there is no such platform.
	ErrPlatform = errors.New("unknown kind of device")
	// ErrMailPassword: the mail server refused login and password.
	ErrMailPassword = errors.New("the mail server refused the password")
	// ErrMailServer: the mail server could not be asked.
	ErrMailServer = errors.New("the mail server does not answer")
)

// VerdictError is why an app password that was pasted cannot be used.
type VerdictError struct{ Verdict account.Verdict }

func (e *VerdictError) Error() string { return "app password: " + string(e.Verdict) }

// Settings are what the one who runs the server chose.
type Settings struct {
	URL          *url.URL          // where people reach the server; nil: unknown
	Name         string            // of the service, as phones show it; the organisation or the host by default
	Organization string            // "" leaves it out
	Consent      map[string]string // by language and "default"; nil: none
	Mail         *MailSettings     // nil: mail is not offered
}

// MailSettings are the servers of the mailboxes.
type MailSettings struct {
	IMAP    profile.MailServer
	SMTP    profile.MailServer
	Domains []string // offered to who has an address in one of them; none: to all who have one
}

// Options are the parts of a [Service]. Store, Accounts and Keys are required.
type Options struct {
	Store    *store.Store
	Accounts *account.Service
	Gate     *account.Gate // nil: pasted app passwords cannot be verified
	Keys     *account.Keys
	Settings Settings
	Signer   *profile.Signer // nil: profiles are not signed
	Throttle bool

	MailTLS *tls.Config      // how the mail server is checked; nil: as this machine does
	Now     func() time.Time // time.Now by default
	Rand    io.Reader        // crypto/rand by default
	Logger  *slog.Logger     // discarded by default
}

// Service sets devices up. Its methods may be called from any number of goroutines.
type Service struct {
	Options
	texts     *i18n.Catalogue
	key       []byte // of the identities in profiles
	ticketKey []byte // of the tickets that forms ask for
	tickets   *account.Limiter[netip.Prefix]
	mailbox   *account.Limiter[mailboxKey]
	mailboxes *account.Limiter[string] // by address, whoever tries from wherever
	watch     *watch
}

// New starts a service; the caller closes it. The error says which setting
// would make profiles that devices refuse, and why.
func New(o Options) (*Service, error) {
	o = o.withDefaults()
	if err := o.Settings.Check(); err != nil {
		return nil, err
	}
	key, err := o.Keys.Derive("profile identity 1")
	if err != nil {
		return nil, err
	}
	ticketKey, err := o.Keys.Derive("delivery of a form 1")
	if err != nil {
		return nil, err
	}
	s := &Service{
		Options: o, texts: i18n.Load(), key: key, ticketKey: ticketKey,
		tickets:   account.NewLimiter[netip.Prefix](o.Throttle, ticketTries, ticketWindow, o.Now),
		mailbox:   account.NewLimiter[mailboxKey](o.Throttle, mailTries, mailWindow, o.Now),
		mailboxes: account.NewLimiter[string](o.Throttle, mailboxTries, mailWindow, o.Now),
	}
	s.watch = newWatch(s.saw, o.Logger)
	return s, nil
}

// Close writes down what is still to be noted. Closing twice is no error.
func (s *Service) Close() { s.watch.close() }

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if u := o.Settings.URL; u != nil {
		o.Settings.Name = cmp.Or(o.Settings.Name, o.Settings.Organization, u.Hostname())
	}
	return o
}

// Check says what would make profiles that devices refuse, by the names that
// the settings have.
func (s Settings) Check() error {
	if s.URL != nil {
		if err := profile.CheckHost(s.URL.Hostname()); err != nil {
			return fmt.Errorf("url: the host %w", err)
		}
	}
	if err := profile.CheckConsent(s.Consent); err != nil {
		return fmt.Errorf("profile-consent: %w", err)
	}
	for name, text := range map[string]string{"service-name": s.Name, "organization": s.Organization} {
		const longest = 100
		if len(text) > longest || strings.ContainsAny(text, "\r\n\x00") {
			return fmt.Errorf("%s: must be one line of at most %d bytes", name, longest)
		}
	}
	if s.Mail == nil {
		return nil
	}
	return s.Mail.check()
}

func (m MailSettings) check() error {
	for _, c := range []struct {
		name string
		err  error
	}{
		{"imap-host", profile.CheckHost(m.IMAP.Host)}, {"imap-port", checkIMAPPort(m.IMAP.Port)},
		{"smtp-host", profile.CheckHost(m.SMTP.Host)}, {"smtp-port", profile.CheckPort(m.SMTP.Port)},
		{"mailbox-domains", checkDomains(m.Domains)},
	} {
		if c.err != nil {
			return fmt.Errorf("%s: %w", c.name, c.err)
		}
	}
	return nil
}

func checkDomains(all []string) error {
	for _, domain := range all {
		if err := profile.CheckHost(domain); err != nil {
			return err
		}
	}
	return nil
}

// checkIMAPPort refuses the port where a password could go out before TLS.
func checkIMAPPort(port int) error {
	const clear = 143
	if port == clear {
		return fmt.Errorf("%d: is the port without TLS, give that with TLS, mostly 993", port)
	}
	return profile.CheckPort(port)
}

// owns reports whether the mailbox of an address is on our servers.
func (m *MailSettings) owns(address string) bool {
	_, domain, ok := strings.Cut(address, "@")
	return m != nil && ok && (len(m.Domains) == 0 || slices.ContainsFunc(m.Domains, func(d string) bool { return strings.EqualFold(d, domain) }))
}

// Offer lists what the person's devices can sync.
func (s *Service) Offer(p account.Person) []Data { return s.offer(p.Account) }

func (s *Service) offer(owner store.Account) []Data {
	all := AllData()
	if !s.Settings.Mail.owns(owner.Email) {
		all = all[:len(all)-1]
	}
	return all
}

// printer writes in the first of the wishes that we speak.
func (s *Service) printer(wishes ...string) *i18n.Printer { return s.texts.Printer(nil, wishes...) }

func (s *Service) read(ctx context.Context, f func(*store.Tx) error) error {
	return s.Store.Read(ctx, f)
}
