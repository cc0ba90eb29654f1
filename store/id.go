package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// newID returns a random id in 1..2^31-1 (kSync wants an integer of that size
// for accounts) that taken, a query with the id as its last argument, does
// not find.
func (tx *Tx) newID(ctx context.Context, taken string, args ...any) (int64, error) {
	for {
		id, err := tx.store.random31()
		if err != nil {
			return 0, err
		}
		var one int64
		err = tx.one(ctx, taken, append(args, id), &one)
		if errors.Is(err, ErrNotFound) {
			return id, nil
		}
		if err != nil {
			return 0, err
		}
	}
}

func (s *Store) random31() (int64, error) {
	for {
		var b [4]byte
		if _, err := io.ReadFull(s.options.Rand, b[:]); err != nil {
			return 0, fmt.Errorf("random number: %w", err)
		}
		if id := int64(binary.BigEndian.Uint32(b[:]) >> 1); id != 0 {
			return id, nil
		}
	}
}

func (s *Store) newEpoch() (string, error) {
	var b [8]byte
	if _, err := io.ReadFull(s.options.Rand, b[:]); err != nil {
		return "", fmt.Errorf("random epoch: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}

// etagOf is a strong validator (RFC 9110 §8.8.1): equal exactly when the bytes are.
func etagOf(bytes []byte) string {
	sum := sha256.Sum256(bytes)
	return hex.EncodeToString(sum[:16])
}

// maxName bounds names that are part of keys, in bytes.
const maxName = 1024

// checkName accepts what every database keeps, and compares, as it is.
func checkName(s string) error {
	if s == "" || len(s) > maxName || s != cleanText(s) {
		return ErrInvalid
	}
	return nil
}

// cleanText makes text of anything: PostgreSQL keeps neither NUL nor what is
// not UTF-8. Object bytes never go this way.
func cleanText(s string) string {
	if utf8.ValidString(s) && !strings.Contains(s, "\x00") {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
}

// flag is how a bool is stored.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
