package proxy

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"path/filepath"
	"testing"
	"time"

	"ksync/internal/certtest"
)

// certificate writes cert.pem and key.pem for localhost, and ca.pem, whom to
// trust for it.
func certificate(t *testing.T, dir string) {
	t.Helper()
	soon := time.Now().Add(90 * 24 * time.Hour) // far enough for the doctor
	authority := certtest.Issue(t, x509.Certificate{IsCA: true, KeyUsage: x509.KeyUsageCertSign, Subject: pkix.Name{CommonName: "test"}, NotAfter: soon}, certtest.Key(t), nil)
	cert, key := certtest.PEM(t, certtest.Issue(t, x509.Certificate{
		DNSNames: []string{"localhost"}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, NotAfter: soon,
	}, certtest.Key(t), &authority))
	ca, _ := certtest.PEM(t, authority)
	for name, text := range map[string]string{"ca.pem": ca, "cert.pem": cert, "key.pem": key} {
		write(t, filepath.Join(dir, name), text)
	}
}
