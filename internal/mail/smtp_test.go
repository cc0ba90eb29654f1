package mail_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"ksync/internal/mail"
	"ksync/internal/mail/mailtest"
)

func newSMTP(t *testing.T, o mail.SMTPOptions) *mail.SMTP {
	t.Helper()
	s, err := mail.NewSMTP(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func letter() mail.Letter {
	return mail.Letter{ID: "0123@sync.example.org", To: "ann@example.org", Subject: "Häuser", Text: "Text\n", HTML: "<p>HTML</p>\n", Language: "de",
		Date: time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)}
}

func TestSMTP_EachWayOfProtection(t *testing.T) {
	t.Parallel()
	for _, security := range []mail.Security{mail.TLS, mail.StartTLS, mail.Plain} {
		t.Run(string(security), func(t *testing.T) {
			t.Parallel()
			s := new(mailtest.Server).Start(t, security)
			if err := newSMTP(t, s.Options(security)).Send(t.Context(), letter()); err != nil {
				t.Fatal(err)
			}
			got := s.Letters()
			if len(got) != 1 || got[0].TLS != (security != mail.Plain) || got[0].To != "ann@example.org" || got[0].From != "sync@example.org" {
				t.Errorf("received %+v", got)
			}
		})
	}
}

func TestSMTP_SignsIn(t *testing.T) {
	t.Parallel()
	for _, security := range []mail.Security{mail.TLS, mail.StartTLS} {
		s := (&mailtest.Server{User: "sync", Password: "right"}).Start(t, security)
		if err := newSMTP(t, s.Options(security)).Send(t.Context(), letter()); err != nil {
			t.Fatal(err)
		}
		if len(s.SignedIn()) != 1 || len(s.Letters()) != 1 {
			t.Errorf("%s: signed in %q, received %d", security, s.SignedIn(), len(s.Letters()))
		}
		wrong := s.Options(security)
		wrong.Password = "not-the-one"
		err := newSMTP(t, wrong).Send(t.Context(), letter())
		if err == nil || errors.Is(err, mail.ErrRefused) || strings.Contains(err.Error(), "not-the-one") {
			t.Errorf("%s: wrong password of ours: %v, want an error that may pass and names no secret", security, err)
		}
	}
}

func TestSMTP_UnknownCertificateIsNoReasonToGoOn(t *testing.T) {
	t.Parallel()
	for _, security := range []mail.Security{mail.TLS, mail.StartTLS} {
		s := new(mailtest.Server).Start(t, security)
		o := s.Options(security)
		o.TLS = nil
		if err := newSMTP(t, o).Send(t.Context(), letter()); err == nil || len(s.Letters()) != 0 {
			t.Errorf("%s: sent to a server that nobody vouches for (%v)", security, err)
		}
	}
}

// A server in between that hides STARTTLS must not get the letter.
func TestSMTP_StartTLSIsNotDroppedWhenNotOffered(t *testing.T) {
	t.Parallel()
	s := new(mailtest.Server).Start(t, mail.Plain)
	if err := newSMTP(t, s.Options(mail.StartTLS)).Send(t.Context(), letter()); err == nil || len(s.Letters()) != 0 {
		t.Errorf("sent in the clear (%v)", err)
	}
}

func TestSMTP_PasswordNeverInTheClear(t *testing.T) {
	t.Parallel()
	_, err := mail.NewSMTP(mail.SMTPOptions{Host: "mx.example.org", Security: mail.Plain, User: "sync", Password: "secret"})
	if err == nil {
		t.Error("took a password for an unprotected connection")
	}
}

func TestSMTP_WhichErrorsAreForGood(t *testing.T) {
	t.Parallel()
	busy := &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "later"}
	never := &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user ann@example.org"}
	for _, tt := range []struct {
		name    string
		server  *mailtest.Server
		refused bool
	}{
		{"recipient put off", &mailtest.Server{RecipientErr: busy}, false},
		{"recipient refused", &mailtest.Server{RecipientErr: never}, true},
		{"letter put off", &mailtest.Server{DataErr: busy}, false},
		{"letter refused", &mailtest.Server{DataErr: never}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := tt.server.Start(t, mail.Plain)
			err := newSMTP(t, s.Options(mail.Plain)).Send(t.Context(), letter())
			if err == nil || errors.Is(err, mail.ErrRefused) != tt.refused {
				t.Errorf("got %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "ann@") {
				t.Errorf("the error names the address: %v", err)
			}
		})
	}
}

func TestSMTP_ServerAway(t *testing.T) {
	t.Parallel()
	o := new(mailtest.Server).Start(t, mail.Plain).Options(mail.Plain)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.Port = l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	if err := newSMTP(t, o).Send(t.Context(), letter()); err == nil || errors.Is(err, mail.ErrRefused) {
		t.Errorf("got %v, want an error that may pass", err)
	}
}

// A server that takes the connection and says nothing holds nobody for long.
func TestSMTP_SilentServer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	o := new(mailtest.Server).Start(t, mail.Plain).Options(mail.Plain)
	o.Port, o.Timeout = l.Addr().(*net.TCPAddr).Port, time.Minute
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	began := time.Now()
	if err := newSMTP(t, o).Send(ctx, letter()); err == nil || time.Since(began) > 20*time.Second {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
}

func TestSMTP_AddressThatIsMoreThanOne(t *testing.T) {
	t.Parallel()
	s := new(mailtest.Server).Start(t, mail.Plain)
	sender := newSMTP(t, s.Options(mail.Plain))
	for _, to := range []string{
		"", "ann", "a@example.org, b@example.org", "Your Bank <a@example.org>", "a@example.org\r\nBcc: b@example.org", "a@example.org>\r\nRCPT TO:<b@example.org",
		"\"a b\"@example.org", "<a@example.org>", "a@example.org (comment)", strings.Repeat("a", 300) + "@example.org", "a@example.org\x00",
	} {
		l := letter()
		l.To = to
		if err := sender.Send(t.Context(), l); !errors.Is(err, mail.ErrRefused) {
			t.Errorf("%q: got %v", to, err)
		}
	}
	if got := s.Letters(); len(got) != 0 {
		t.Errorf("the server got %d letters", len(got))
	}
}
