package profile

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/smallstep/pkcs7"
)

// Label is what a device says about where a profile comes from.
type Label string

// The labels.
const (
	Verified    Label = "verified"     // signed, and the chain ends at a root that systems trust
	NotVerified Label = "not-verified" // signed by somebody whom the device does not know
	Unsigned    Label = "unsigned"
)

// Signature is how profiles are signed at a time.
type Signature struct {
	Label  Label
	Reason error     // why it is no better; nil when verified, or when there is to be no signature
	Until  time.Time // end of the certificate; zero without one
}

// Signer signs profiles. A nil one leaves them unsigned.
type Signer struct {
	// Source returns the pair to sign with, which may be another one each time:
	// certificates are renewed while the server runs. Nil: there is none.
	Source func() *tls.Certificate
	Now    func() time.Time
	Roots  *x509.CertPool // whom devices trust; nil: whom this machine does
}

// minRSA is the shortest RSA key that systems still accept.
const minRSA = 2048

// Sign returns the profile in a signature, or the profile itself when there is
// no certificate that is good now; the signature says which and why. An
// expired certificate is as good as none, so it is never used.
func (s *Signer) Sign(data []byte) ([]byte, Signature, error) {
	chain, key, state := s.material()
	if state.Label == Unsigned {
		return data, state, nil
	}
	signed, err := pkcs7.NewSignedData(data)
	if err != nil {
		return nil, state, fmt.Errorf("sign profile: %w", err)
	}
	signed.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256) // SHA-1 by default
	if err := signed.AddSignerChain(chain[0], key, chain[1:], pkcs7.SignerInfoConfig{}); err != nil {
		return nil, state, fmt.Errorf("sign profile: %w", err)
	}
	der, err := signed.Finish()
	if err != nil {
		return nil, state, fmt.Errorf("sign profile: %w", err)
	}
	return der, state, nil
}

// State tells how a profile would be signed now.
func (s *Signer) State() Signature {
	_, _, state := s.material()
	return state
}

func (s *Signer) material() ([]*x509.Certificate, crypto.PrivateKey, Signature) {
	if s == nil || s.Source == nil {
		return nil, nil, Signature{Label: Unsigned}
	}
	pair := s.Source()
	if pair == nil {
		return nil, nil, Signature{Label: Unsigned}
	}
	chain, err := chainOf(pair)
	if err != nil {
		return nil, nil, Signature{Label: Unsigned, Reason: err}
	}
	now, leaf := s.Now(), chain[0]
	state := Signature{Label: Unsigned, Until: leaf.NotAfter}
	switch {
	case !now.Before(leaf.NotAfter):
		state.Reason = fmt.Errorf("the certificate expired on %s", leaf.NotAfter.UTC().Format(time.DateOnly))
	case now.Before(leaf.NotBefore):
		state.Reason = fmt.Errorf("the certificate is good only from %s", leaf.NotBefore.UTC().Format(time.DateOnly))
	default:
		state.Label, state.Reason = s.verify(chain, now)
	}
	return chain, pair.PrivateKey, state
}

// verify guesses what a device will say: it has much the same roots.
func (s *Signer) verify(chain []*x509.Certificate, now time.Time) (Label, error) {
	pool := x509.NewCertPool()
	for _, c := range chain[1:] {
		pool.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{
		Roots: s.Roots, Intermediates: pool, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return NotVerified, fmt.Errorf("devices will call it not verified: %w", err)
	}
	return Verified, nil
}

// CheckPair says why a pair cannot sign.
func CheckPair(pair *tls.Certificate) error {
	_, err := chainOf(pair)
	return err
}

// chainOf puts the certificates of a pair in order: the leaf, and each one's
// issuer after it, without the root, which the device has or does not trust.
func chainOf(pair *tls.Certificate) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	for _, der := range pair.Certificate {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("certificate: %w", err)
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, errors.New("there is no certificate")
	}
	if err := checkKey(pair.PrivateKey); err != nil {
		return nil, err
	}
	chain := all[:1:1]
	for len(chain) <= len(all) {
		next := issuerOf(chain[len(chain)-1], all)
		if next == nil {
			break
		}
		chain = append(chain, next)
	}
	return chain, nil
}

// issuerOf finds who signed c; nil when it is a root, or not there.
func issuerOf(c *x509.Certificate, among []*x509.Certificate) *x509.Certificate {
	for _, candidate := range among {
		root := bytes.Equal(candidate.RawSubject, candidate.RawIssuer)
		if !root && bytes.Equal(c.RawIssuer, candidate.RawSubject) && c.CheckSignatureFrom(candidate) == nil {
			return candidate
		}
	}
	return nil
}

func checkKey(key crypto.PrivateKey) error {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if bits := key.N.BitLen(); bits < minRSA {
			return fmt.Errorf("its RSA key has %d bits, devices want %d", bits, minRSA)
		}
		return nil
	case *ecdsa.PrivateKey:
		return nil
	}
	return errors.New("its key is neither RSA nor ECDSA, which is what devices can check")
}
