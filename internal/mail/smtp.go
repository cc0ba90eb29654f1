package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"ksync/internal/account"
)

// Security is how a connection to a mail server is protected.
type Security string

// The ways. With StartTLS a server that does not offer it is an error, not a
// reason to go on unprotected.
const (
	TLS      Security = "tls"      // from the first byte; RFC 8314 §3.3
	StartTLS Security = "starttls" // RFC 3207
	Plain    Security = "none"     // for a server on this machine
)

// Port is the usual one.
func (s Security) Port() int {
	switch s {
	case TLS:
		return 465
	case StartTLS:
		return 587
	}
	return 25
}

// SMTPOptions say how to reach a mail server. Host and From are required.
type SMTPOptions struct {
	Host     string
	Port     int // 0: the usual one of Security
	Security Security
	User     string // "": without signing in
	Password account.Secret
	From     netmail.Address
	Hello    string        // how we name ourselves; "": this machine's name
	Timeout  time.Duration // of one letter; 30 s by default
	TLS      *tls.Config   // nil: the system's roots
}

// SMTP sends letters through a mail server, each on a connection of its own:
// there are few of them. It may be used by any number of goroutines.
type SMTP struct{ o SMTPOptions }

// NewSMTP checks the options. It does not connect.
func NewSMTP(o SMTPOptions) (*SMTP, error) {
	if o.Port == 0 {
		o.Port = o.Security.Port()
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.TLS == nil {
		o.TLS = &tls.Config{}
	}
	o.TLS = o.TLS.Clone()
	o.TLS.MinVersion, o.TLS.ServerName = max(o.TLS.MinVersion, tls.VersionTLS12), o.Host
	if o.Security == Plain && o.User != "" && !loopback(o.Host) {
		return nil, errors.New("a password must not cross the network unencrypted")
	}
	s := &SMTP{o}
	_, err := s.client(&conn{})
	return s, err
}

func loopback(host string) bool {
	address := net.ParseIP(host)
	return host == "localhost" || address != nil && address.IsLoopback()
}

// Send hands the letter to the server, within the timeout and the context.
func (s *SMTP) Send(ctx context.Context, l Letter) error {
	m, err := message(s.o.From, l)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	c := &conn{ctx: ctx, tls: s.implicitTLS()}
	defer c.close()
	client, err := s.client(c)
	if err != nil {
		return err
	}
	err = client.DialAndSendWithContext(ctx, m)
	if err == nil || m.IsDelivered() { // what goes wrong after that does not matter
		return nil
	}
	return s.meaning(m, err)
}

// meaning tells errors that concern this letter for good from those that may
// pass: a server that is away, full or set up wrongly, a wrong password of ours.
func (s *SMTP) meaning(m *gomail.Msg, err error) error {
	var failed *gomail.SendError
	if !errors.As(m.SendError(), &failed) {
		return fmt.Errorf("mail server %s: %w", s.o.Host, err)
	}
	refused := fmt.Errorf("mail server %s answered %d %s (%v)", s.o.Host, failed.ErrorCode(), failed.EnhancedStatusCode(), failed.Reason)
	switch failed.Reason {
	case gomail.ErrSMTPRcptTo, gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
		if failed.ErrorCode() >= 500 {
			return fmt.Errorf("%w: %w", ErrRefused, refused)
		}
	}
	return refused
}

func (s *SMTP) implicitTLS() *tls.Config {
	if s.o.Security == TLS {
		return s.o.TLS
	}
	return nil
}

func (s *SMTP) client(c *conn) (*gomail.Client, error) {
	options := []gomail.Option{
		gomail.WithPort(s.o.Port), gomail.WithTimeout(s.o.Timeout), gomail.WithTLSConfig(s.o.TLS),
		gomail.WithDialContextFunc(c.dial),
	}
	switch s.o.Security {
	case TLS:
		options = append(options, gomail.WithSSL())
	case StartTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case Plain:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return nil, fmt.Errorf("%q is no way to protect a connection", s.o.Security)
	}
	if s.o.Hello != "" {
		options = append(options, gomail.WithHELO(s.o.Hello))
	}
	if s.o.User != "" {
		options = append(options, gomail.WithUsername(s.o.User), gomail.WithPassword(s.o.Password.Reveal()),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256PLUS, gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	client, err := gomail.NewClient(s.o.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("mail server %s:%s: %w", s.o.Host, strconv.Itoa(s.o.Port), err)
	}
	return client, nil
}

// conn is the connection of one letter. It ends with its context: go-mail
// listens to that only until it is connected, and leaves the connection open
// when the greeting fails.
type conn struct {
	ctx    context.Context
	tls    *tls.Config // nil: plain at first
	closes func()
}

func (c *conn) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var opened net.Conn
	var err error
	if c.tls != nil {
		opened, err = (&tls.Dialer{Config: c.tls}).DialContext(ctx, network, address)
	} else {
		opened, err = (&net.Dialer{}).DialContext(ctx, network, address)
	}
	if err != nil {
		return nil, err
	}
	end := func() { _ = opened.Close() } // it is over, one way or the other
	stop := context.AfterFunc(c.ctx, end)
	c.closes = func() { stop(); end() }
	return opened, nil
}

func (c *conn) close() {
	if c.closes != nil {
		c.closes()
	}
}
