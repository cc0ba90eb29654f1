package config

import (
	"errors"
)

// Offer is what people and their devices are told of the service beside its
// address.
type Offer struct {
	ServiceName    string   `name:"service-name" env:"KSYNC_SERVICE_NAME" placeholder:"NAME" help:"What the service is called on phones, like Example Sync; the organization or the host name by default."`
	Organization   string   `name:"organization" env:"KSYNC_ORGANIZATION" placeholder:"NAME" help:"Who runs it, as phones show it before they install a profile."`
	IMAPHost       string   `name:"imap-host" env:"KSYNC_IMAP_HOST" placeholder:"HOST" help:"Server of people's mailboxes, which devices are then set up for, too, and where the password of a mailbox is tried out. The host name alone. Needs smtp-host."`
	IMAPPort       int      `name:"imap-port" env:"KSYNC_IMAP_PORT" default:"993" least:"1" most:"65535" placeholder:"N" help:"Its port, with TLS from the first byte."`
	SMTPHost       string   `name:"smtp-host" env:"KSYNC_SMTP_HOST" placeholder:"HOST" help:"Server by which their mail is sent."`
	SMTPPort       int      `name:"smtp-port" env:"KSYNC_SMTP_PORT" default:"465" least:"1" most:"65535" placeholder:"N" help:"Its port: 465, or 587 for STARTTLS."`
	MailboxDomains []string `name:"mailbox-domains" env:"KSYNC_MAILBOX_DOMAINS" placeholder:"DOMAIN" help:"Domains whose mailboxes are there, separated by commas; of every e-mail address by default."`
}

// Profiles is how configuration profiles for Apple's devices are made.
type Profiles struct {
	Sign    Switch `name:"sign" env:"KSYNC_PROFILE_SIGN" default:"on" placeholder:"on|off" help:"Sign profiles, so that devices show who they are from: with profile-cert, or with the certificate of tls-cert. Without either they are not signed."`
	Cert    string `name:"cert" env:"KSYNC_PROFILE_CERT" placeholder:"FILE" help:"Certificate chain (PEM) to sign profiles with. Read again when the file changes."`
	Key     string `name:"key" env:"KSYNC_PROFILE_KEY" placeholder:"FILE" help:"Private key of that certificate (PEM), RSA or ECDSA."`
	Consent string `name:"consent" env:"KSYNC_PROFILE_CONSENT" placeholder:"FILE" help:"Text that people must agree to before they install a profile. A file whose name ends in .json has one for each language: {\"default\": …, \"de\": …}."`
}

// CheckOffer is the part of [Settings.Check] about what fits together here.
func (o Offer) CheckOffer() error {
	if (o.IMAPHost == "") != (o.SMTPHost == "") {
		return errors.New("imap-host and smtp-host go together: give both or none")
	}
	if o.IMAPHost == "" && len(o.MailboxDomains) > 0 {
		return errors.New("mailbox-domains: needs imap-host and smtp-host")
	}
	return nil
}

// CheckProfiles is the part of [Settings.Check] about profiles.
func (p Profiles) CheckProfiles() error {
	switch {
	case (p.Cert == "") != (p.Key == ""):
		return errors.New("profile-cert and profile-key go together: give both or none")
	case p.Cert != "" && !bool(p.Sign):
		return errors.New("profile-cert: profile-sign is off")
	}
	return nil
}

// Pair is the certificate with which the server itself speaks TLS.
type Pair struct {
	TLSCert string `name:"tls-cert" env:"KSYNC_TLS_CERT" placeholder:"FILE" help:"Certificate chain (PEM). Read again when the file changes."`
	TLSKey  string `name:"tls-key" env:"KSYNC_TLS_KEY" placeholder:"FILE" help:"Private key of the certificate (PEM)."`
}

// TLS reports whether there is one.
func (p Pair) TLS() bool { return p.TLSCert != "" }

// CheckPair reports half a pair.
func (p Pair) CheckPair() error {
	if (p.TLSCert == "") != (p.TLSKey == "") {
		return errors.New("tls-cert and tls-key go together: give both or none")
	}
	return nil
}
