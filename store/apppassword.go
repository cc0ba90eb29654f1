package store

import "context"

// AppPassword is a credential of one device. The secret itself is not here.
type AppPassword struct {
	ID       int64
	Account  int64
	Name     string
	Hash     []byte // keyed hash of the secret; unique
	KeyID    string // which server key made Hash
	Scope    Scope
	Created  int64 // ms UTC, as all times
	Expires  int64 // 0: never
	LastUsed int64 // 0: never
	Revoked  int64 // 0: not

	LastPlace string
	LastAgent string
}

// Active reports whether the password signs in at that time (ms UTC).
func (p AppPassword) Active(now int64) bool {
	return p.Revoked == 0 && (p.Expires == 0 || p.Expires > now)
}

// CreateAppPassword stores a new app password and returns it with its ID and
// time. [ErrLimit] when the account has [Limits.AppPasswords] active ones,
// [ErrExists] when the hash is known.
func (s *Store) CreateAppPassword(ctx context.Context, p AppPassword) (AppPassword, error) {
	return AppPassword{}, errUnwritten
}

// AppPasswords returns those of an account, revoked and expired ones too, the newest first.
func (s *Store) AppPasswords(ctx context.Context, account int64) ([]AppPassword, error) {
	return nil, errUnwritten
}

// RevokeAppPassword ends an app password; revoking it again changes nothing.
func (s *Store) RevokeAppPassword(ctx context.Context, account, id int64) error { return errUnwritten }

// AppPasswordByHash returns the app password with that hash and its account.
// Revoked and expired ones, and those of disabled accounts, are returned too:
// the caller decides, and can tell a revoked password from a guessed one.
func (s *Store) AppPasswordByHash(ctx context.Context, hash []byte) (AppPassword, Account, error) {
	return AppPassword{}, Account{}, errUnwritten
}

// TouchAppPassword notes the latest use of an app password. Callers do so
// every few minutes, not with every request.
func (s *Store) TouchAppPassword(ctx context.Context, account, id, at int64, place, agent string) error {
	return errUnwritten
}
