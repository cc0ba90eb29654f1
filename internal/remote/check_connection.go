package remote

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"
)

// connection looks at what is below HTTP.
func (c *checker) connection(ctx context.Context) bool {
	u := c.options.URL
	if u.Scheme == "http" {
		return c.plain(ctx)
	}
	// The certificate is judged below, with words for what is wrong with it.
	state, err := c.handshake(ctx, &tls.Config{MinVersion: tls.VersionTLS10, NextProtos: []string{"h2", "http/1.1"}})
	if _, other := errors.AsType[tls.RecordHeaderError](err); other {
		c.broken("connection", err, "Something else than TLS answers there: is that the port for http? Behind a proxy the address is that of the proxy.")
		return false
	}
	if err != nil {
		c.broken("connection", err, "Nothing answers with TLS at that address: is it right, does the server run, does a firewall let clients through?")
		return false
	}
	version := tls.VersionName(state.Version)
	if state.Version < tls.VersionTLS12 {
		c.add("connection", Fail, version, "Clients ask for TLS 1.2 or later: switch it on.")
		return false
	}
	c.add("connection", OK, version, "")
	return c.certificate(state)
}

// handshake begins TLS with the server, whatever its certificate, and hangs up.
func (c *checker) handshake(ctx context.Context, config *tls.Config) (tls.ConnectionState, error) {
	raw, err := c.dial(ctx, address(c.options.URL))
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer func() { _ = raw.Close() }() // nothing was sent
	config.InsecureSkipVerify, config.ServerName = true, c.options.URL.Hostname()
	conn := tls.Client(raw, config)
	err = conn.HandshakeContext(ctx)
	return conn.ConnectionState(), err
}

// dialPatience is for an address that swallows everything.
const dialPatience = 15 * time.Second

// dial connects as the client's transport does.
func (c *checker) dial(ctx context.Context, address string) (net.Conn, error) {
	if t, ok := c.options.Transport.(*http.Transport); ok && t.DialContext != nil {
		return t.DialContext(ctx, "tcp", address)
	}
	return (&net.Dialer{Timeout: dialPatience}).DialContext(ctx, "tcp", address)
}

func address(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func (c *checker) plain(ctx context.Context) bool {
	conn, err := c.dial(ctx, address(c.options.URL))
	if err != nil {
		c.broken("connection", err, "Nothing answers at that address: is it right, does the server run, does a firewall let clients through?")
		return false
	}
	_ = conn.Close() // nothing was sent
	if c.speaksTLS(ctx) {
		c.add("connection", Fail, "TLS, without which nothing is answered", "Begin the address with https://, on the devices, too.")
		return false
	}
	c.add("connection", OK, "TCP", "")
	c.add("certificate", Warn, "no TLS", "iPhones and Macs refuse, and passwords are readable on the way: serve https, by a certificate of the server's own or a proxy in front.")
	return true
}

// speaksTLS reports whether what was named without TLS has it. Who has not says
// so, or hangs up.
func (c *checker) speaksTLS(ctx context.Context) bool {
	const patience = 3 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := c.handshake(ctx, &tls.Config{MinVersion: tls.VersionTLS10})
	return err == nil
}

// soon is when a certificate is as good as expired: who renews by machine does
// so 30 days before.
const soon = 14 * 24 * time.Hour

func (c *checker) certificate(state tls.ConnectionState) bool {
	leaf, rest := state.PeerCertificates[0], x509.NewCertPool()
	for _, more := range state.PeerCertificates[1:] {
		rest.AddCert(more)
	}
	now := c.options.Now()
	_, err := leaf.Verify(x509.VerifyOptions{DNSName: c.options.URL.Hostname(), Intermediates: rest, Roots: c.roots(), CurrentTime: now})
	left := leaf.NotAfter.Sub(now).Round(time.Hour)
	until := "valid until " + leaf.NotAfter.UTC().Format(time.DateOnly)
	switch {
	case err != nil:
		c.broken("certificate", err, mendCertificate(err, len(state.PeerCertificates)))
		return false
	case left < soon:
		c.add("certificate", Warn, until, "It ends soon: see that it is renewed, and that the server reads the new one.")
	default:
		c.add("certificate", OK, until, "")
	}
	return true
}

// roots are those of the client's transport; nil is the system's.
func (c *checker) roots() *x509.CertPool {
	if t, ok := c.options.Transport.(*http.Transport); ok && t.TLSClientConfig != nil {
		return t.TLSClientConfig.RootCAs
	}
	return nil
}

func mendCertificate(err error, chain int) string {
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		return "Renew the certificate, and look at this machine's clock."
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "The certificate is for another name: use that one, or get a certificate for this one."
	}
	if chain == 1 {
		return "No client trusts it. If it is from a public authority, the server must send the intermediate certificates, too (the full chain)."
	}
	return "No client trusts it: use a certificate of a public authority."
}
