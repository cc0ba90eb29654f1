package account

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// errSealed reports bytes that were sealed under another key, for another
// purpose or account, or changed.
var errSealed = errors.New("cannot be opened with the server's keys")

// seal encrypts what must be read back but must not be readable in a copy of
// the database. What was sealed for one purpose and account opens for no other.
func (k *Keys) seal(random io.Reader, purpose string, account int64, plain []byte) ([]byte, error) {
	aead, err := k.keys[0].aead()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := io.ReadFull(random, nonce); err != nil {
		return nil, fmt.Errorf("draw nonce: %w", err)
	}
	return aead.Seal(nonce, nonce, plain, sealedFor(purpose, account)), nil
}

// open reverses seal, with whichever key it was.
func (k *Keys) open(purpose string, account int64, sealed []byte) ([]byte, error) {
	for _, key := range k.keys {
		aead, err := key.aead()
		if err != nil {
			return nil, err
		}
		n := aead.NonceSize()
		if len(sealed) < n {
			break
		}
		if plain, err := aead.Open(nil, sealed[:n], sealed[n:], sealedFor(purpose, account)); err == nil {
			return plain, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", purpose, errSealed)
}

// aead is AES-256-GCM under a key of its own, derived from the server's: the
// one that makes hashes encrypts nothing.
func (k key) aead() (cipher.AEAD, error) {
	derived, err := hkdf.Key(sha256.New, k.bytes, nil, "ksyncd seal 1", keyBytes)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func sealedFor(purpose string, account int64) []byte {
	return binary.BigEndian.AppendUint64([]byte(purpose+"\x00"), uint64(account))
}

// tokenBytes of a token: 256 bits, which nobody guesses, so that the hash that
// is kept needs neither salt nor key (ASVS 6.5.2).
const tokenBytes = 32

func newToken(random io.Reader) (Secret, error) {
	var raw [tokenBytes]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", fmt.Errorf("draw token: %w", err)
	}
	return Secret(base64.RawURLEncoding.EncodeToString(raw[:])), nil
}

// tokenHash is how a token is kept. The kind is part of it: a token is good
// for nothing but what it was made for.
func tokenHash(kind string, token Secret) []byte {
	if len(token) > 4*tokenBytes {
		token = "" // too long to be one
	}
	sum := sha256.Sum256([]byte(kind + "\x00" + token.Reveal()))
	return sum[:]
}

// Derive returns a key for one purpose, which tells nothing about the others.
// It comes from the oldest key in the file, so that a newer one above it
// changes nothing.
func (k *Keys) Derive(purpose string) ([]byte, error) {
	oldest := k.keys[len(k.keys)-1]
	derived, err := hkdf.Key(sha256.New, oldest.bytes, nil, "ksyncd "+purpose, keyBytes)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	return derived, nil
}
