package main

import (
	"cmp"
	"net/http"

	"ksync/internal/assistant"
	"ksync/internal/config"
	"ksync/internal/discovery"
)

// published is what apps are told about the server.
func published(p config.Public, o config.Offer) discovery.Service {
	s := discovery.Service{URL: origin(p.URL), Name: cmp.Or(o.ServiceName, o.Organization), Domains: o.MailboxDomains}
	if o.IMAPHost != "" {
		s.IMAP = discovery.MailServer{Host: o.IMAPHost, Port: o.IMAPPort, Security: discovery.TLS}
		s.SMTP = discovery.MailServer{Host: o.SMTPHost, Port: o.SMTPPort, Security: submission(o.SMTPPort)}
	}
	return s
}

// advice is what people are told to type into their programs; nil while the
// server does not know its own address.
func advice(helper *assistant.Service, o config.Offer) *discovery.Service {
	if helper == nil || helper.Settings.URL == nil {
		return nil
	}
	s := published(config.Public{}, o)
	s.URL = helper.Settings.URL
	return &s
}

// submission is how the port is protected by its number: RFC 8314 §3.3 has TLS
// from the first byte on 465, and STARTTLS on 587.
func submission(port int) discovery.Security {
	if port == 587 {
		return discovery.STARTTLS
	}
	return discovery.TLS
}

// tellApps answers who looks for settings; nil while the server does not know
// its own address. What a request says about it is no witness.
func tellApps(p config.Public, o config.Offer) (http.Handler, error) {
	if p.URL.Host == "" {
		return nil, nil
	}
	return discovery.NewHandler(published(p, o))
}
