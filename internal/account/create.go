package account

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"ksync/store"
)

// Bounds on what people choose.
const (
	maxLogin = 128
	maxName  = 64
)

// ErrLogin reports a login that could not be used in every client.
var ErrLogin = errors.New("a login has letters, digits and . _ - + @ ', at most 128 bytes")

// Create makes an account with what a person expects to find in it: one
// address book, one calendar and one task list. An account whose login is an
// e-mail address gets that as its address. [store.ErrExists], [ErrLogin],
// [ErrText] for what is no address.
func Create(ctx context.Context, st *store.Store, a store.Account) (store.Account, error) {
	if err := checkNames(&a); err != nil {
		return store.Account{}, err
	}
	err := st.Write(ctx, func(tx *store.Tx) (err error) {
		a, err = create(ctx, tx, a)
		return err
	})
	if err != nil {
		return store.Account{}, err
	}
	return a, nil
}

// checkNames checks login and address, and puts them into the form in which they are
// kept. [ErrLogin], [ErrText].
func checkNames(a *store.Account) error {
	a.Login, a.Email = NormalizeLogin(a.Login), NormalizeLogin(a.Email)
	if !validLogin(a.Login) {
		return fmt.Errorf("%q: %w", a.Login, ErrLogin)
	}
	if a.Email == "" && strings.Contains(a.Login, "@") {
		a.Email = a.Login
	}
	if a.Email != "" && !validAddress(a.Email) {
		return fmt.Errorf("%q: %w", a.Email, ErrText)
	}
	return nil
}

// create is Create in a transaction, with names that were checked. The first
// account of a server is of whoever runs it: it may invite others.
func create(ctx context.Context, tx *store.Tx, a store.Account) (store.Account, error) {
	others, err := tx.HasAccounts(ctx)
	if err != nil {
		return store.Account{}, err
	}
	a.Admin = a.Admin || !others
	a, err = tx.CreateAccount(ctx, a)
	if err != nil {
		return store.Account{}, fmt.Errorf("create account: %w", err)
	}
	for _, c := range firstCollections() {
		c.Account = a.ID
		if _, err := tx.CreateCollection(ctx, c, nil); err != nil {
			return store.Account{}, fmt.Errorf("create collection: %w", err)
		}
	}
	return a, nil
}

// firstCollections: events and tasks apart, because Reminders and Calendar on
// Apple's systems each show only lists of their own kind (clients.md 4.2).
func firstCollections() []store.Collection {
	return []store.Collection{
		{Kind: store.AddressBook, URI: "contacts", DisplayName: "Contacts"},
		{Kind: store.Calendar, URI: "calendar", DisplayName: "Calendar", Components: []string{"VEVENT"}},
		{Kind: store.Calendar, URI: "tasks", DisplayName: "Tasks", Components: []string{"VTODO"}},
	}
}

// validLogin keeps out what means something in Basic, in URLs and in paths.
func validLogin(login string) bool {
	if login == "" || len(login) > maxLogin || !utf8.ValidString(login) || strings.Trim(login, ".") == "" {
		return false
	}
	return !strings.ContainsFunc(login, func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.M, unicode.Nd) && !strings.ContainsRune("._-+@'", r)
	})
}

// Issuer makes app passwords.
type Issuer struct {
	Store *store.Store
	Keys  *Keys
	Rand  io.Reader
}

// Issue makes an app password with the account, name, scope and expiry of
// want. The secret is returned this once; nothing can tell it again.
// [store.ErrLimit] when the account has too many.
func (i Issuer) Issue(ctx context.Context, want store.AppPassword) (Secret, store.AppPassword, error) {
	if want.Name == "" || len(want.Name) > maxName || !utf8.ValidString(want.Name) || strings.ContainsFunc(want.Name, unicode.IsControl) {
		return "", store.AppPassword{}, fmt.Errorf("name %q: give 1 to %d bytes of text, like \"Ann's phone\"", want.Name, maxName)
	}
	secret, err := i.draw(&want)
	if err != nil {
		return "", store.AppPassword{}, err
	}
	made, err := i.Store.CreateAppPassword(ctx, want)
	if err != nil {
		return "", store.AppPassword{}, fmt.Errorf("create app password: %w", err)
	}
	return secret, made, nil
}

// draw makes a secret and puts its hash into the row.
func (i Issuer) draw(want *store.AppPassword) (Secret, error) {
	secret, err := newSecret(i.Rand)
	if err != nil {
		return "", err
	}
	return secret, i.keep(want, secret)
}

// keep puts the hash of a secret into the row.
func (i Issuer) keep(want *store.AppPassword, secret Secret) error {
	digits, ok := normalize(secret)
	if !ok {
		return fmt.Errorf("app password: %w", ErrText)
	}
	current := i.Keys.keys[0]
	want.Hash, want.KeyID = current.hash(digits), current.id
	return nil
}
