package assistant

import (
	"context"
	"net/url"
	"strconv"

	"ksync/internal/account"
	"ksync/internal/profile"
	"ksync/store"
)

// Connection is what somebody types who sets a device up by hand.
type Connection struct {
	URL     string // base address, which is all that most apps need
	Host    string
	Port    int
	Login   string
	CardDAV string // where discovery leads, for apps that do none
	CalDAV  string
	Mail    *MailConnection // nil: not offered
	DAVx5   string          // link that opens DAVx5, without a password
}

// MailConnection is the same for mail.
type MailConnection struct {
	Address, Login string
	IMAP, SMTP     profile.MailServer
}

// Connection returns it for the person. [ErrNoAddress].
func (s *Service) Connection(p account.Person) (Connection, error) { return s.connection(p.Account) }

func (s *Service) connection(owner store.Account) (Connection, error) {
	u := s.Settings.URL
	if u == nil {
		return Connection{}, ErrNoAddress
	}
	base := u.Scheme + "://" + u.Host + "/"
	login := loginOf(owner)
	c := Connection{
		URL: base, Host: u.Hostname(), Port: port(u), Login: login, CardDAV: base + "dav/", CalDAV: base + "dav/",
		DAVx5: (&url.URL{Scheme: "davx5", User: url.User(login), Host: u.Host, Path: "/"}).String(),
	}
	if s.Settings.Mail.owns(owner.Email) {
		c.Mail = &MailConnection{Address: owner.Email, Login: owner.Email, IMAP: s.Settings.Mail.IMAP, SMTP: s.Settings.Mail.SMTP}
	}
	return c, nil
}

// loginOf is what devices sign in with: the address, which people know.
func loginOf(owner store.Account) string {
	if owner.Email != "" {
		return owner.Email
	}
	return owner.Login
}

func port(u *url.URL) int {
	if n, err := strconv.Atoi(u.Port()); err == nil {
		return n
	}
	if u.Scheme == "http" {
		return 80
	}
	return 443
}

// BearerConnection is [Service.Connection] for an app that has an access token.
// [account.ErrDenied].
func (s *Service) BearerConnection(ctx context.Context, token account.Secret) (Connection, error) {
	owner, err := s.Accounts.Bearer(ctx, token)
	if err != nil {
		return Connection{}, err
	}
	return s.connection(owner)
}
