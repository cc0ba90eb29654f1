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
	stamp   [2]stamp
	checked time.Time
}

// stamp tells one state of a file from another.
type stamp struct {
	size     int64
	modified time.Time
	info     os.FileInfo
}

// LoadCertificate reads the pair; the first time it must be right.
func LoadCertificate(cert, key string, logger *slog.Logger, now func() time.Time) (*Certificate, error) {
	c := &Certificate{cert: cert, key: key, logger: logger, now: now}
	stamps, err := c.stamps()
	if err != nil {
		return nil, fmt.Errorf("TLS: %w", err)
	}
	if err := c.load(stamps); err != nil {
		return nil, fmt.Errorf("TLS: %w", err)
	}
	c.checked = now()
	return c, nil
}

// Config is for a server that offers HTTP/2 and speaks TLS 1.2 or later.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current(), nil },
	}
}

func (c *Certificate) current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.checked) >= tlsCheck || now.Before(c.checked) {
		c.checked = now
		c.renew()
	}
	return c.pair
}

// renew loads the pair if a file is not the one it was.
func (c *Certificate) renew() {
	stamps, err := c.stamps()
	if err == nil {
		if same(stamps[0], c.stamp[0]) && same(stamps[1], c.stamp[1]) {
			return
		}
		err = c.load(stamps)
	}
	if err != nil {
		// Between writing one file and the other they do not fit; the next look finds them whole.
		c.logger.Warn("certificate not renewed, keeping the old one", "err", err)
		return
	}
	c.logger.Info("certificate renewed")
}

// load takes the stamps from before reading: a change in between is seen by the next look.
func (c *Certificate) load(stamps [2]stamp) error {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return err
	}
	c.pair, c.stamp = &pair, stamps
	return nil
}

func (c *Certificate) stamps() (s [2]stamp, err error) {
	for i, name := range []string{c.cert, c.key} {
		info, err := os.Stat(name)
		if err != nil {
			return s, err
		}
		s[i] = stamp{info.Size(), info.ModTime(), info}
	}
	return s, nil
}

// same: renewals replace the file or what a link leads to, or write into it.
func same(a, b stamp) bool {
	return a.size == b.size && a.modified.Equal(b.modified) && os.SameFile(a.info, b.info)
}
