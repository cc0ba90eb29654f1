package assistant

import (
	"context"
	"net/url"
	"strconv"

	"ksync/internal/account"
	"ksync/internal/profile"
	"ksync/store"
)

// Connection is how a device of an account reaches the server.
type Connection struct {
	URL   string // base address, from which discovery leads on
	Host  string
	Port  int
	Login string
	Mail  *MailConnection // nil: not offered
}

// MailConnection is the same for mail.
type MailConnection struct {
	Address, Login string
	IMAP, SMTP     profile.MailServer
}

// Connection returns that of the person. [ErrNoAddress].
func (s *Service) Connection(p account.Person) (Connection, error) { return s.connection(p.Account) }

// BearerConnection is [Service.Connection] for an app that has an access token.
// [account.ErrDenied].
func (s *Service) BearerConnection(ctx context.Context, token account.Secret) (Connection, error) {
	owner, err := s.Accounts.Bearer(ctx, token)
	if err != nil {
		return Connection{}, err
	}
	return s.connection(owner)
}

func (s *Service) connection(owner store.Account) (Connection, error) {
	u := s.Settings.URL
	if u == nil {
		return Connection{}, ErrNoAddress
	}
	c := Connection{URL: u.Scheme + "://" + u.Host + "/", Host: u.Hostname(), Port: port(u), Login: loginOf(owner)}
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
