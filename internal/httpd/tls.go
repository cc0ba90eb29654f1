package httpd

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// tlsCheck is how often at most the files are looked at.
const tlsCheck = 2 * time.Second

// Certificate is a key pair in two files that may be renewed while the server
// runs. A handshake looks whether they changed; a pair that cannot be read or
// does not fit leaves the old one in place.
type Certificate struct {
	cert, key string
	now       func() time.Time
	logger    *slog.Logger

	mu      sync.Mutex
	pair    *tls.Certificate
	seen    os.FileInfo // of the certificate that was loaded
	checked time.Time
}

// LoadCertificate reads the pair; the first time it must be right.
func LoadCertificate(cert, key string, logger *slog.Logger, now func() time.Time) (*Certificate, error) {
	c := &Certificate{cert: cert, key: key, logger: logger, now: now}
	info, err := os.Stat(cert)
	if err == nil {
		err = c.load(info)
	}
	if err != nil {
		return nil, fmt.Errorf("TLS: certificate %s with key %s: %w", cert, key, err)
	}
	c.checked = now()
	return c, nil
}

// Config is for a server that offers HTTP/2 and speaks TLS 1.2 or later.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.Current(), nil },
	}
}

// Current returns the pair as it is now: also what else the server signs with.
func (c *Certificate) Current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.checked) >= tlsCheck || now.Before(c.checked) {
		c.checked = now
		c.renew()
	}
	return c.pair
}

// renew loads the pair if the certificate is not the one it was. A new key
// without a new certificate fits nothing, so there is no need to look at it.
func (c *Certificate) renew() {
	info, err := os.Stat(c.cert)
	if err == nil {
		if same(info, c.seen) {
			return
		}
		err = c.load(info)
	}
	if err != nil {
		// Between writing one file and the other they do not fit; the next look finds them whole.
		c.logger.Warn("certificate not renewed, keeping the old one", "err", err)
		return
	}
	c.logger.Info("certificate renewed")
}

// load takes what the file was before reading: a change in between is seen by the next look.
func (c *Certificate) load(info os.FileInfo) error {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return err
	}
	c.pair, c.seen = &pair, info
	if now := c.now(); now.After(pair.Leaf.NotAfter) || now.Before(pair.Leaf.NotBefore) {
		c.logger.Warn("the certificate is not valid today: devices do not trust it",
			"file", c.cert, "from", pair.Leaf.NotBefore.Format(time.DateOnly), "to", pair.Leaf.NotAfter.Format(time.DateOnly))
	}
	return nil
}

// same: renewals replace the file or what a link leads to, or write into it.
func same(a, b os.FileInfo) bool {
	return a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && os.SameFile(a, b)
}
