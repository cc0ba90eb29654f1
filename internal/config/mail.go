package config

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
)

// Public is where people reach the server. Links and letters name it.
type Public struct {
	URL PublicURL `name:"url" env:"KSYNC_URL" placeholder:"URL" help:"Address under which people reach this server, like https://sync.example.org. Scheme and host only."`
}

// Mail says how letters get out. Without a host there are none.
type Mail struct {
	Host         string      `name:"host" env:"KSYNC_MAIL_HOST" placeholder:"HOST" help:"Mail server that takes security messages, invitations and links to a new password. Without one none are sent, and what happens to an account stands only in its recent activity. Needs url and mail-from."`
	Port         int         `name:"port" env:"KSYNC_MAIL_PORT" default:"0" least:"0" most:"65535" placeholder:"N" help:"Port of the mail server; 0 for 465, 587 or 25, as mail-tls has it."`
	TLS          MailTLS     `name:"tls" env:"KSYNC_MAIL_TLS" default:"tls" placeholder:"tls|starttls|none" help:"How the connection to the mail server is protected: tls from the first byte, starttls, or none, for a mail server on this machine."`
	User         string      `name:"user" env:"KSYNC_MAIL_USER" placeholder:"LOGIN" help:"Login at the mail server, if it wants one."`
	PasswordFile string      `name:"password-file" env:"KSYNC_MAIL_PASSWORD_FILE" placeholder:"FILE" help:"File whose first line is the password for it."`
	From         MailAddress `name:"from" env:"KSYNC_MAIL_FROM" placeholder:"ADDRESS" help:"Sender of the messages, like Example Sync <sync@example.org>."`
}

// CheckMail is the part of [Settings.Check] about letters.
func (s *Settings) CheckMail() error {
	m := s.Mail
	switch {
	case m.Host == "":
		return nil
	case s.URL.Host == "":
		return errors.New("mail-host: needs url, the address that messages lead to")
	case m.From.Address == "":
		return errors.New("mail-host: needs mail-from, the sender of the messages")
	case (m.User == "") != (m.PasswordFile == ""):
		return errors.New("mail-user and mail-password-file go together: give both or none")
	}
	return nil
}

// MailTLS is how a connection to a mail server is protected.
type MailTLS string

// UnmarshalText refuses other ways.
func (m *MailTLS) UnmarshalText(text []byte) error {
	switch in := strings.ToLower(strings.TrimSpace(string(text))); in {
	case "tls", "starttls", "none":
		*m = MailTLS(in)
		return nil
	}
	return fmt.Errorf("%q is neither tls, starttls nor none", text)
}

// MailAddress is an address with an optional name before it.
type MailAddress mail.Address

// UnmarshalText takes an address in the form of RFC 5322 §3.4.
func (m *MailAddress) UnmarshalText(text []byte) error {
	in := strings.TrimSpace(string(text))
	if in == "" {
		*m = MailAddress{}
		return nil
	}
	a, err := mail.ParseAddress(in)
	if err != nil || strings.ContainsAny(in, "\r\n\x00") {
		return fmt.Errorf("%q is no address like Example Sync <sync@example.org>", in)
	}
	*m = MailAddress(*a)
	return nil
}

// String prints the form that UnmarshalText takes.
func (m MailAddress) String() string {
	if m.Address == "" {
		return ""
	}
	return (*mail.Address)(&m).String()
}
