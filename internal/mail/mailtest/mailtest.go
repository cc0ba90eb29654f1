// Package mailtest is a mail server for tests, that keeps what it gets.
package mailtest

import (
	"crypto/tls"
	"io"
	"net"
	netmail "net/mail"
	"slices"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"ksync/internal/account"
	"ksync/internal/certtest"
	"ksync/internal/mail"
)

// Server is a real mail server on this machine. The zero value takes every
// letter from everybody, once it is started.
type Server struct {
	RecipientErr, DataErr error  // what it answers instead of taking a letter; see Refuse
	User, Password        string // of who must sign in; "": nobody
	Host                  string
	Port                  int

	tls *tls.Config // for clients: trusts it

	mu       sync.Mutex
	received []Letter
	tries    int
	signedIn []string
}

// Letter is what was received, and from whom and to whom the envelope said.
type Letter struct {
	From, To string
	Data     string
	TLS      bool // it came so
}

// Start runs s with a way of protection until the test ends.
func (s *Server) Start(t testing.TB, security mail.Security) *Server {
	t.Helper()
	certificate := certtest.Local(t, 1)
	s.tls = certtest.Trust(certificate)
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, conn: c}, nil
	}))
	srv.Domain, srv.MaxLineLength = "mx.example.org", 1000
	if security != mail.Plain {
		srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().(*net.TCPAddr)
	s.Host, s.Port = address.IP.String(), address.Port
	if security == mail.TLS {
		l = tls.NewListener(l, srv.TLSConfig)
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	t.Cleanup(func() {
		_ = srv.Close()
		_ = l.Close() // the server knows it only when it came to serve it
		<-done
	})
	return s
}

// Options are those of a client that sends by it.
func (s *Server) Options(security mail.Security) mail.SMTPOptions {
	return mail.SMTPOptions{
		Host: s.Host, Port: s.Port, Security: security, User: s.User, Password: account.Secret(s.Password),
		From: netmail.Address{Name: "Example Sync", Address: "sync@example.org"}, Hello: "sync.example.org", TLS: s.tls,
	}
}

// Refuse changes what it answers to a recipient from now on.
func (s *Server) Refuse(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.RecipientErr = err
}

// Tried is how many recipients were named so far.
func (s *Server) Tried() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tries
}

// Letters are those that it took.
func (s *Server) Letters() []Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.received)
}

// SignedIn are who did, once for each time.
func (s *Server) SignedIn() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.signedIn)
}

type session struct {
	server   *Server
	conn     *smtp.Conn
	from, to string
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.server.User || password != s.server.Password {
			return smtp.ErrAuthFailed
		}
		s.server.mu.Lock()
		defer s.server.mu.Unlock()
		s.server.signedIn = append(s.server.signedIn, user)
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error { s.from = from; return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.tries++
	return s.server.RecipientErr
}

func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.server.DataErr != nil {
		return s.server.DataErr
	}
	_, encrypted := s.conn.TLSConnectionState()
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.received = append(s.server.received, Letter{s.from, s.to, string(data), encrypted})
	return nil
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }
