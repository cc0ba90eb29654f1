package assistant

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"ksync/internal/account"
	"ksync/store"
)

// VerifyAppPassword says what a device that syncs that data would meet with an
// app password that the person pasted. [*account.Throttled].
func (s *Service) VerifyAppPassword(ctx context.Context, v account.Visit, p account.Person, given account.Secret, data []Data) (account.Verdict, store.AppPassword, error) {
	if s.Gate == nil {
		return "", store.AppPassword{}, errors.New("assistant: made without a gate")
	}
	return s.Gate.Verify(ctx, v, p, given, scope(data))
}

// What trying a mailbox's password may take.
const (
	mailTries    = 5  // that fail, of one account from one address
	mailboxTries = 15 // that fail, at one mailbox: an account may change its address, and have many networks
	mailWindow   = 15 * time.Minute
	mailTimeout  = 10 * time.Second
	mailAnswer   = 64 << 10 // bytes that the server may say
	mailLongest  = 1024     // bytes of a password
)

type mailboxKey struct {
	account int64
	from    netip.Prefix
}

// VerifyMail signs in at the configured mail server with the person's address
// and that password, and out again: nil when it works. Only the result is
// kept. [account.ErrStepUp], [ErrData] when mail is not offered,
// [ErrMailPassword], [ErrMailServer], [*account.Throttled].
func (s *Service) VerifyMail(ctx context.Context, v account.Visit, p account.Person, password account.Secret) error {
	switch {
	case !s.Accounts.Fresh(p):
		return account.ErrStepUp
	case !s.Settings.Mail.owns(p.Account.Email):
		return ErrData
	}
	key := mailboxKey{p.Account.ID, v.Network()}
	if err := s.mailbox.Take(key); err != nil {
		return err
	}
	box := strings.ToLower(p.Account.Email)
	if err := s.mailboxes.Take(box); err != nil {
		return err
	}
	if len(password) > mailLongest || password == "" || strings.ContainsFunc(password.Reveal(), unicode.IsControl) {
		return ErrMailPassword
	}
	err := s.logIn(ctx, p.Account.Email, password)
	if err == nil {
		s.mailbox.Give(key)
		s.mailboxes.Give(box)
	}
	return err
}

// logIn is one sign-in by IMAP. The host is the setting's, whoever asks.
func (s *Service) logIn(ctx context.Context, login string, password account.Secret) error {
	ctx, cancel := context.WithTimeout(ctx, mailTimeout)
	defer cancel()
	server := s.Settings.Mail.IMAP
	dialer := tls.Dialer{Config: s.mailTLS(server.Host)}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(server.Host, strconv.Itoa(server.Port)))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMailServer, err)
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })() // the client sets deadlines of its own
	client := imapclient.New(&bounded{Conn: conn, left: mailAnswer}, nil)
	defer client.Close() //nolint:errcheck // nothing is to be saved
	if err := client.WaitGreeting(); err != nil {
		return fmt.Errorf("%w: %w", ErrMailServer, err)
	}
	if client.State() != imap.ConnStateNotAuthenticated { // RFC 9051 §7.1.4: PREAUTH would take any password
		return fmt.Errorf("%w: it asks for no password", ErrMailServer)
	}
	return loginResult(client.Login(login, password.Reveal()).Wait())
}

// loginResult tells a refusal from a server that could not decide.
// RFC 5530 §3: UNAVAILABLE is no word about the password.
func loginResult(err error) error {
	if err == nil {
		return nil
	}
	said, ok := errors.AsType[*imap.Error](err)
	if ok && said.Type == imap.StatusResponseTypeNo && said.Code != imap.ResponseCodeUnavailable {
		return ErrMailPassword
	}
	return fmt.Errorf("%w: %w", ErrMailServer, err)
}

func (s *Service) mailTLS(host string) *tls.Config {
	c := &tls.Config{}
	if s.MailTLS != nil {
		c = s.MailTLS.Clone()
	}
	c.ServerName, c.MinVersion = host, tls.VersionTLS12
	return c
}

// bounded is a connection that ends when the other side says too much.
type bounded struct {
	net.Conn
	left int
}

// Read reads what is left of the bound.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
