package account_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"ksync/internal/account"
)

// authenticator is a security key in software, with one credential, which does
// what a browser and a key do together. Its fields can be made to lie.
type authenticator struct {
	t       *testing.T
	key     *ecdsa.PrivateKey
	id      []byte
	handle  []byte
	counter uint32

	origin   string
	rpID     string
	verified bool
}

func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	if _, err := rand.Read(id); err != nil {
		t.Fatal(err)
	}
	return &authenticator{t: t, key: key, id: id, origin: "https://sync.example.org", rpID: "sync.example.org", verified: true}
}

// options are what of a challenge the key needs.
type options struct {
	PublicKey struct {
		Challenge string `json:"challenge"`
		User      struct {
			ID string `json:"id"`
		} `json:"user"`
		UserVerification       string `json:"userVerification"`
		AuthenticatorSelection struct {
			UserVerification string `json:"userVerification"`
		} `json:"authenticatorSelection"`
		AllowCredentials []any `json:"allowCredentials"`
	} `json:"publicKey"`
}

func (a *authenticator) read(c account.Challenge) (o options) {
	a.t.Helper()
	if err := json.Unmarshal(c.Options, &o); err != nil {
		a.t.Fatal(err)
	}
	return o
}

func b64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

func (a *authenticator) clientData(kind, challenge string) []byte {
	data, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.origin, "crossOrigin": false})
	if err != nil {
		a.t.Fatal(err)
	}
	return data
}

// authData is WebAuthn §6.1.
func (a *authenticator) authData(attested []byte) []byte {
	hash := sha256.Sum256([]byte(a.rpID))
	flags := byte(0x01) // user present
	if a.verified {
		flags |= 0x04
	}
	if attested != nil {
		flags |= 0x40
	}
	data := append(hash[:], flags)
	data = binary.BigEndian.AppendUint32(data, a.counter)
	return append(data, attested...)
}

// create answers navigator.credentials.create.
func (a *authenticator) create(c account.Challenge) []byte {
	a.t.Helper()
	o := a.read(c)
	handle, err := base64.RawURLEncoding.DecodeString(o.PublicKey.User.ID)
	if err != nil {
		a.t.Fatal(err)
	}
	a.handle = handle
	public, err := a.key.PublicKey.Bytes() // 0x04 X Y
	if err != nil {
		a.t.Fatal(err)
	}
	cose, err := cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: public[1:33], -3: public[33:]})
	if err != nil {
		a.t.Fatal(err)
	}
	attested := append(make([]byte, 16), byte(len(a.id)>>8), byte(len(a.id)))
	attested = append(append(attested, a.id...), cose...)
	object, err := cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": a.authData(attested)})
	if err != nil {
		a.t.Fatal(err)
	}
	return a.answer(map[string]any{
		"clientDataJSON": b64(a.clientData("webauthn.create", o.PublicKey.Challenge)), "attestationObject": b64(object), "transports": []string{"internal"},
	})
}

// get answers navigator.credentials.get.
func (a *authenticator) get(c account.Challenge) []byte {
	a.t.Helper()
	a.counter++
	client := a.clientData("webauthn.get", a.read(c).PublicKey.Challenge)
	data := a.authData(nil)
	clientHash := sha256.Sum256(client)
	signed := sha256.Sum256(append(append([]byte{}, data...), clientHash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, signed[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return a.answer(map[string]any{
		"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature), "userHandle": b64(a.handle),
	})
}

func (a *authenticator) answer(response map[string]any) []byte {
	data, err := json.Marshal(map[string]any{
		"id": b64(a.id), "rawId": b64(a.id), "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}, "authenticatorAttachment": "platform",
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return data
}
