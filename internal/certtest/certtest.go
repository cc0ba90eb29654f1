// Package certtest makes certificates for tests.
package certtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"testing"
	"time"
)

// Key returns a new P-256 key.
func Key(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Issue makes a certificate for a key, signed by another one or, without, by
// itself. It is good for an hour, and has a number of its own, unless the
// template says otherwise.
func Issue(t testing.TB, template x509.Certificate, key crypto.Signer, by *tls.Certificate) tls.Certificate {
	t.Helper()
	now := time.Now()
	if template.SerialNumber == nil {
		template.SerialNumber = big.NewInt(now.UnixNano())
	}
	if template.NotBefore.IsZero() {
		template.NotBefore = now.Add(-time.Hour)
	}
	if template.NotAfter.IsZero() {
		template.NotAfter = now.Add(time.Hour)
	}
	template.BasicConstraintsValid = true
	parent, signer := &template, crypto.PrivateKey(key)
	if by != nil {
		parent, signer = by.Leaf, by.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// Local is a server's on this machine, localhost and 127.0.0.1, signed by itself.
func Local(t testing.TB, serial int64) tls.Certificate {
	t.Helper()
	return Issue(t, x509.Certificate{
		SerialNumber: big.NewInt(serial), DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true,
	}, Key(t), nil)
}

// Trust is for clients of whom it signed.
func Trust(c tls.Certificate) *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(c.Leaf)
	return &tls.Config{RootCAs: roots}
}

// PEM returns the certificate and its key as files have them.
func PEM(t testing.TB, c tls.Certificate) (cert, key string) {
	t.Helper()
	pkcs8, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return block("CERTIFICATE", c.Leaf.Raw), block("PRIVATE KEY", pkcs8)
}
