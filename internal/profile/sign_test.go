package profile_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ksync/internal/certtest"
	"ksync/internal/need"
	"ksync/internal/profile"
)

// authority is a root, an intermediate, and a leaf for one host, as web servers have them.
type authority struct {
	root, middle *x509.Certificate
	leaf         tls.Certificate // with the intermediate and, needlessly, the root
}

var now = time.Now() // of certificates and of what checks them: openssl has no other clock

func newAuthority(t *testing.T, key crypto.Signer, change ...func(*x509.Certificate)) authority {
	t.Helper()
	root := certtest.Issue(t, certificate("Root", true), certtest.Key(t), nil)
	middle := certtest.Issue(t, certificate("Intermediate", true), certtest.Key(t), &root)
	template := certificate("sync.example.org", false)
	for _, f := range change {
		f(&template)
	}
	leaf := certtest.Issue(t, template, key, &middle)
	return authority{root.Leaf, middle.Leaf, tls.Certificate{Certificate: [][]byte{leaf.Leaf.Raw, root.Leaf.Raw, middle.Leaf.Raw}, PrivateKey: key}}
}

func certificate(name string, ca bool) x509.Certificate {
	c := x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IsCA: ca, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	if ca {
		c.KeyUsage |= x509.KeyUsageCertSign
	} else {
		c.ExtKeyUsage, c.DNSNames = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, []string{name}
	}
	return c
}

func (a authority) signer() *profile.Signer {
	roots := x509.NewCertPool()
	roots.AddCert(a.root)
	return &profile.Signer{Source: func() *tls.Certificate { return &a.leaf }, Now: time.Now, Roots: roots}
}

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func TestSign_OpensslVerifies(t *testing.T) {
	t.Parallel()
	program := need.Program(t, "openssl", "that others verify the signatures of profiles")
	data, err := full().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{"RSA": rsaKey(), "P-256": certtest.Key(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAuthority(t, key)
			signed, state, err := a.signer().Sign(data)
			if err != nil || state.Label != profile.Verified || state.Reason != nil || !state.Until.Equal(now.Add(time.Hour).UTC().Truncate(time.Second)) {
				t.Fatalf("%+v, %v", state, err)
			}
			root := filepath.Join(t.TempDir(), "root.pem")
			if err := os.WriteFile(root, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.root.Raw}), 0o600); err != nil {
				t.Fatal(err)
			}
			// As a device does: with nothing but the root, so that the chain must be inside.
			got := run(t, signed, program, "cms", "-verify", "-inform", "DER", "-CAfile", root, "-purpose", "any", "-binary")
			if !bytes.Equal(got, data) {
				t.Error("what is inside is something else")
			}
			printed := string(run(t, signed, program, "cms", "-cmsout", "-print", "-inform", "DER"))
			for _, want := range []string{"sha256", "signingTime", "messageDigest", "eContentType: pkcs7-data", "CN=Intermediate"} {
				if !strings.Contains(strings.ReplaceAll(printed, "CN = ", "CN="), want) {
					t.Errorf("no %s in\n%s", want, printed)
				}
			}
			if strings.Contains(printed, "sha1 ") || strings.Contains(printed, "subject: CN=Root") || strings.Contains(printed, "subject: CN = Root") {
				t.Errorf("SHA-1, or the root:\n%s", printed)
			}
		})
	}
}

func TestSign_NeverWithWhatIsNotGoodNow(t *testing.T) {
	t.Parallel()
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := newAuthority(t, certtest.Key(t))
	from := func(pair *tls.Certificate) *profile.Signer {
		return &profile.Signer{Source: func() *tls.Certificate { return pair }, Now: time.Now}
	}
	at := func(d time.Duration) *profile.Signer {
		s := good.signer()
		s.Now = func() time.Time { return now.Add(d) }
		return s
	}
	for name, tt := range map[string]struct {
		signer *profile.Signer
		label  profile.Label
		reason string
	}{
		"off":            {nil, profile.Unsigned, ""},
		"no source":      {&profile.Signer{}, profile.Unsigned, ""},
		"no pair":        {from(nil), profile.Unsigned, ""},
		"expired":        {at(time.Hour), profile.Unsigned, "expired on"},
		"just before":    {at(time.Hour - 2*time.Second), profile.Verified, ""},
		"not yet good":   {at(-2 * time.Hour), profile.Unsigned, "good only from"},
		"no certificate": {from(&tls.Certificate{PrivateKey: certtest.Key(t)}), profile.Unsigned, "there is no certificate"},
		"broken":         {from(&tls.Certificate{Certificate: [][]byte{{1}}, PrivateKey: certtest.Key(t)}), profile.Unsigned, "certificate: "},
		"Ed25519":        {newAuthority(t, edKey).signer(), profile.Unsigned, "neither RSA nor ECDSA"},
		"of a stranger":  {from(&good.leaf), profile.NotVerified, "not verified"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, state, err := tt.signer.Sign([]byte("<plist/>"))
			if err != nil || state.Label != tt.label || (state.Reason == nil) != (tt.reason == "") || state.Reason != nil && !strings.Contains(state.Reason.Error(), tt.reason) {
				t.Errorf("got %+v, %v", state, err)
			}
			if plain := string(out) == "<plist/>"; plain != (tt.label == profile.Unsigned) {
				t.Errorf("%s, and plain is %v", tt.label, plain)
			}
			if again := tt.signer.State(); again.Label != state.Label {
				t.Errorf("State says %s", again.Label)
			}
		})
	}
}

func TestCheckPair_ShortKey(t *testing.T) {
	t.Parallel()
	// 1024 bits, which crypto/rsa no longer makes: only its length is looked at.
	short := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 1023), E: 65537}}
	pair := newAuthority(t, certtest.Key(t)).leaf
	if err := profile.CheckPair(&pair); err != nil {
		t.Error(err)
	}
	pair.PrivateKey = short
	if err := profile.CheckPair(&pair); err == nil || !strings.Contains(err.Error(), "1024 bits") {
		t.Errorf("got %v", err)
	}
}

// A certificate that is renewed while the server runs signs from then on.
func TestSign_TakesTheRenewedPair(t *testing.T) {
	t.Parallel()
	old, renewed := newAuthority(t, certtest.Key(t)), newAuthority(t, certtest.Key(t), func(c *x509.Certificate) { c.NotAfter = now.Add(30 * time.Minute) })
	current := &old.leaf
	s := &profile.Signer{Source: func() *tls.Certificate { return current }, Now: time.Now}
	first := s.State()
	current = &renewed.leaf
	if second := s.State(); !second.Until.Before(first.Until) {
		t.Errorf("%v, then %v", first.Until, second.Until)
	}
}
