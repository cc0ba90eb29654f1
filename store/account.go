package store

import "context"

// Account is one person, or one thing that signs in.
type Account struct {
	ID           int64 // random in 1..2^31-1, never reused while rows of it exist
	Login        string
	Email        string
	Name         string
	Locale       string
	TimeZone     string // IANA name
	PasswordHash string // as the account package encodes it; "" means no password signs in
	Disabled     bool
	Quota        int64 // bytes of all objects; 0 means none
	Created      int64 // ms UTC
}

// CreateAccount stores a new account and returns it with its ID and time.
// Its login and its e-mail address must not be the login or the address of
// any account, whatever the case: [ErrExists].
func (s *Store) CreateAccount(ctx context.Context, a Account) (Account, error) {
	return Account{}, errUnwritten
}

// Account returns an account by ID.
func (s *Store) Account(ctx context.Context, id int64) (Account, error) {
	return Account{}, errUnwritten
}

// AccountByLogin returns the account with that login or e-mail address, which
// the caller has lower-cased. Disabled accounts are returned too.
func (s *Store) AccountByLogin(ctx context.Context, login string) (Account, error) {
	return Account{}, errUnwritten
}

// Accounts returns all accounts, in the order of their making.
func (s *Store) Accounts(ctx context.Context) ([]Account, error) { return nil, errUnwritten }

// UpdateAccount lets edit change any field but ID and Created, in one
// transaction. An error of edit is returned as it is and nothing is stored.
func (s *Store) UpdateAccount(ctx context.Context, id int64, edit func(*Account) error) error {
	return errUnwritten
}

// SetDisabled disables an account or enables it again.
func (s *Store) SetDisabled(ctx context.Context, id int64, disabled bool) error { return errUnwritten }

// DeleteAccount removes an account with all that belongs to it, for good. The
// account and its credentials are gone at once, its data in small steps; what
// an interruption leaves, [Store.Maintain] removes.
func (s *Store) DeleteAccount(ctx context.Context, id int64) error { return errUnwritten }

// Usage returns the bytes of all objects of an account, as the quota counts them.
func (s *Store) Usage(ctx context.Context, account int64) (bytes int64, err error) {
	return 0, errUnwritten
}
