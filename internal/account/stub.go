package account

import (
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/url"
	"time"
)

var errUnfinished = errors.New("unfinished")

const day = 24 * time.Hour

// HashCost is what one account password costs to check.
type HashCost struct {
	Memory uint32 // KiB; 19456 by default
	Passes uint32 // 2 by default
}

func (c HashCost) withDefaults() HashCost { return c }

// WeakPassword says why a password was not taken.
type WeakPassword struct {
	Reason WeakReason
	Min    int // for TooShort
}

func (e *WeakPassword) Error() string { return "weak password: " + string(e.Reason) }

// WeakReason is one reason; catalogues have a text for each.
type WeakReason string

// The reasons.
const (
	TooShort   WeakReason = "too-short"
	TooLong    WeakReason = "too-long"
	Unreadable WeakReason = "unreadable" // no text, or with control characters
	TooCommon  WeakReason = "too-common"
	TooSimple  WeakReason = "too-simple" // a pattern like abcabc or 12345
	TooClose   WeakReason = "too-close"  // to the login, name or address
)

type hasher struct{}

func newHasher(HashCost, io.Reader) (*hasher, error) { return nil, nil }

type limits struct{}

func newLimits(bool, func() time.Time) *limits { return nil }

type relyingParty struct{}

func newRelyingParty(*url.URL) (*relyingParty, error) { return nil, nil }

func orRandom(r io.Reader) io.Reader {
	if r == nil {
		return rand.Reader
	}
	return r
}

func orClock(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}

func orDiscard(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.New(slog.DiscardHandler)
	}
	return l
}
