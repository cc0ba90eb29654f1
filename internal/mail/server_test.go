package mail_test

import (
	"crypto/tls"
	"io"
	"net"
	netmail "net/mail"
	"strconv"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"ksync/internal/account"
	"ksync/internal/certtest"
	"ksync/internal/mail"
)

// server is a real mail server that keeps what it gets.
type server struct {
	rcptErr, dataErr error // what it answers instead of taking a letter; see refuse
	user, password   string

	host string
	port int
	tls  *tls.Config // for clients: trusts it

	mu       sync.Mutex
	received []envelope
	tries    int // recipients named so far
	signedIn []string
}

type envelope struct {
	from, to string
	data     string
	tls      bool
}

// start runs s with a way of protection until the test ends.
func (s *server) start(t *testing.T, security mail.Security) *server {
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
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s.host = host
	s.port, _ = strconv.Atoi(port)
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

func (s *server) options(security mail.Security) mail.SMTPOptions {
	return mail.SMTPOptions{
		Host: s.host, Port: s.port, Security: security, User: s.user, Password: account.Secret(s.password),
		From: netmail.Address{Name: "Example Sync", Address: "sync@example.org"}, Hello: "sync.example.org", TLS: s.tls,
	}
}

// refuse changes what it answers to a recipient from now on.
func (s *server) refuse(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rcptErr = err
}

func (s *server) tried() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tries
}

func (s *server) letters() []envelope {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]envelope(nil), s.received...)
}

type session struct {
	server *server
	conn   *smtp.Conn
	envelope
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.server.user || password != s.server.password {
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
	return s.server.rcptErr
}

func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.server.dataErr != nil {
		return s.server.dataErr
	}
	_, encrypted := s.conn.TLSConnectionState()
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.received = append(s.server.received, envelope{s.from, s.to, string(data), encrypted})
	return nil
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }
