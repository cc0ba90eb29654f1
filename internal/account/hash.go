package account

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// HashCost is what one account password costs to check. The default takes
// about 33 ms of one core.
type HashCost struct {
	Memory uint32 // KiB; 19456 by default
	Passes uint32 // 2 by default
}

func (c HashCost) withDefaults() HashCost {
	return HashCost{Memory: cmp.Or(c.Memory, 19456), Passes: cmp.Or(c.Passes, 2)}
}

// Bounds of hashing. Sync must not starve while somebody guesses: two hashes at
// once, and a short queue of those who wait.
const (
	maxHashing     = 2
	maxHashWaiting = 64
	hashSalt       = 16
	hashBytes      = 32
	maxHashMemory  = 1 << 20 // KiB, and maxHashPasses: what a row of the database can make us do
	maxHashPasses  = 32
	maxPassword    = 1024 // bytes of an account password
)

// hasher makes and checks hashes of account passwords, in the PHC form that
// tells their cost: $argon2id$v=19$m=19456,t=2,p=1$SALT$HASH.
type hasher struct {
	cost    HashCost
	random  io.Reader
	dummy   string // of no password: what unknown accounts are checked against
	slots   chan struct{}
	waiting atomic.Int64
	done    atomic.Int64 // hashes computed; tests compare work by it
}

func newHasher(cost HashCost, random io.Reader) (*hasher, error) {
	h := &hasher{cost: cost.withDefaults(), random: random, slots: make(chan struct{}, maxHashing)}
	salt := make([]byte, hashSalt+hashBytes)
	if _, err := io.ReadFull(random, salt); err != nil {
		return nil, fmt.Errorf("draw salt: %w", err)
	}
	h.dummy = h.cost.print(salt[:hashSalt], salt[hashSalt:])
	return h, nil
}

// hash encodes a new password.
func (h *hasher) hash(ctx context.Context, password Secret) (string, error) {
	salt := make([]byte, hashSalt)
	if _, err := io.ReadFull(h.random, salt); err != nil {
		return "", fmt.Errorf("draw salt: %w", err)
	}
	sum, err := h.compute(ctx, password, salt, h.cost)
	if err != nil {
		return "", err
	}
	return h.cost.print(salt, sum), nil
}

// check compares a password with an encoded one. It does the same work when
// there is none. stale tells that the hash was made at another cost.
func (h *hasher) check(ctx context.Context, encoded string, password Secret) (ok, stale bool, err error) {
	real := encoded != "" && len(password) <= maxPassword
	if !real {
		encoded = h.dummy
	}
	if len(password) > maxPassword {
		password = ""
	}
	cost, salt, want, err := parseHash(encoded)
	if err != nil {
		return false, false, err
	}
	got, err := h.compute(ctx, password, salt, cost)
	if err != nil {
		return false, false, err
	}
	same := subtle.ConstantTimeCompare(got, want) == 1
	return same && real, cost != h.cost, nil
}

// compute waits for its turn. Past the bound of those who wait it is [*Throttled].
func (h *hasher) compute(ctx context.Context, password Secret, salt []byte, cost HashCost) ([]byte, error) {
	if h.waiting.Add(1) > maxHashWaiting {
		h.waiting.Add(-1)
		return nil, &Throttled{RetryAfter: 5 * time.Second}
	}
	defer h.waiting.Add(-1)
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	h.done.Add(1)
	// NIST SP 800-63B §5.1.1.2: normalized, so that each keyboard sends the same bytes.
	text := norm.NFC.Bytes([]byte(password))
	return argon2.IDKey(text, salt, cost.Passes, cost.Memory, 1, hashBytes), nil
}

func (c HashCost) print(salt, sum []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, c.Memory, c.Passes, b64.EncodeToString(salt), b64.EncodeToString(sum))
}

var errHash = errors.New("unreadable password hash")

func parseHash(encoded string) (c HashCost, salt, sum []byte, err error) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=1", &c.Memory, &c.Passes); err != nil {
		return c, nil, nil, errHash
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	sum, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(sum) != hashBytes || c.Passes < 1 || c.Passes > maxHashPasses || c.Memory < 8 || c.Memory > maxHashMemory {
		return c, nil, nil, errHash
	}
	return c, salt, sum, nil
}
