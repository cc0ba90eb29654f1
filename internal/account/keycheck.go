package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ksync/store"
)

// ReadKeys reads the key file and makes none: the error is that of a file that
// does not exist when there is none.
func ReadKeys(path string) (*Keys, error) { return readKeys(path) }

// Locked is what a database has that its keys do not fit: the key file was
// lost, or is that of another server.
type Locked struct {
	AppPasswords int // that would sign in otherwise
	Apps         int // authenticator apps
}

// String says it in a sentence, "" when all fits.
func (l Locked) String() string {
	if l == (Locked{}) {
		return ""
	}
	return fmt.Sprintf("%d app passwords and %d authenticator apps were made with keys that are not there: they work only with the key file of that time", l.AppPasswords, l.Apps)
}

// Locked looks for what the keys do not fit. Without keys that is all.
func (k *Keys) Locked(ctx context.Context, st *store.Store, now time.Time) (l Locked, err error) {
	accounts, err := st.Accounts(ctx)
	if err != nil {
		return l, err
	}
	for _, a := range accounts {
		passwords, err := st.AppPasswords(ctx, a.ID)
		if err != nil {
			return l, err
		}
		for _, p := range passwords {
			if p.Active(now.UnixMilli()) && !k.made(p) {
				l.AppPasswords++
			}
		}
		fits, err := k.fitsTOTP(ctx, st, a.ID)
		if err != nil {
			return l, err
		}
		if !fits {
			l.Apps++
		}
	}
	return l, nil
}

// made reports whether one of the keys made the hash of an app password.
func (k *Keys) made(p store.AppPassword) bool {
	if k == nil {
		return false
	}
	for _, key := range k.keys {
		if key.id == p.KeyID {
			return true
		}
	}
	return false
}

// fitsTOTP is true also when the account has no authenticator app.
func (k *Keys) fitsTOTP(ctx context.Context, st *store.Store, id int64) (fits bool, err error) {
	err = st.Read(ctx, func(tx *store.Tx) error {
		t, err := tx.TOTP(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			fits = true
			return nil
		}
		if err == nil && k != nil {
			_, failed := k.open(totpPurpose, id, t.Secret)
			fits = failed == nil
		}
		return err
	})
	return fits, err
}
