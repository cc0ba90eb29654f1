package account

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ksync/store"
)

// What one key made fits that key, also beside a newer one, and no other.
func TestLocked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	st, err := store.Open(t.Context(), store.Options{Path: filepath.Join(dir, "ksyncd.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	keys, _, err1 := OpenKeys(filepath.Join(dir, "keys"), rand.Reader)
	others, _, err2 := OpenKeys(filepath.Join(dir, "others"), rand.Reader)
	a, err3 := st.CreateAccount(t.Context(), store.Account{Login: "ann"})
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for name, expires := range map[string]int64{"phone": 0, "ended": now.UnixMilli() - 1} {
		_, err := st.CreateAppPassword(t.Context(), store.AppPassword{Account: a.ID, Name: name, Hash: keys.keys[0].hash(name), KeyID: keys.keys[0].id, Expires: expires})
		if err != nil {
			t.Fatal(err)
		}
	}
	sealed, err := keys.seal(rand.Reader, totpPurpose, a.ID, []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Write(t.Context(), func(tx *store.Tx) error { return tx.SetTOTP(t.Context(), store.TOTP{Account: a.ID, Secret: sealed}) }); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		keys *Keys
		want Locked
	}{
		{"its own", keys, Locked{}},
		{"below a newer one", &Keys{keys: append(others.keys[:1:1], keys.keys...)}, Locked{}},
		{"another's", others, Locked{1, 1}},
		{"none", nil, Locked{1, 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.keys.Locked(t.Context(), st, now)
			if err != nil || got != test.want || (got.String() == "") != (got == Locked{}) {
				t.Errorf("got %+v (%s), %v", got, got, err)
			}
		})
	}
	if _, err := ReadKeys(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error("reading made a file")
	}
}
