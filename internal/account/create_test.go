package account_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/account"
	"ksync/store"
)

func TestCreate_WithWhatAPersonExpects(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	got := map[string][]string{}
	for _, kind := range []store.Kind{store.AddressBook, store.Calendar} {
		all, err := f.store.Collections(t.Context(), f.ann.ID, kind)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			got[c.DisplayName] = append([]string{string(kind)}, c.Components...)
		}
	}
	want := map[string][]string{"Contacts": {"addressbook"}, "Calendar": {"calendar", "VEVENT"}, "Tasks": {"calendar", "VTODO"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCreate_Logins(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, login := range []string{"bob", " Bob.Smith@Example.org ", "zoë", "o'neil", "名前", "a"} {
		a, err := account.Create(t.Context(), f.store, store.Account{Login: login})
		if err != nil || a.Login != account.NormalizeLogin(login) || strings.Contains(login, "@") != (a.Email == a.Login) {
			t.Errorf("%q: %+v, %v", login, a, err)
		}
	}
	for _, login := range []string{"", " ", ".", "..", "a:b", "a/b", "a%40b", "a b", "a\nb", "a\x00", "a\\b", "a<b", "a\"b", strings.Repeat("x", 129), "\xff"} {
		if _, err := account.Create(t.Context(), f.store, store.Account{Login: login}); !errors.Is(err, account.ErrLogin) {
			t.Errorf("%q: %v", login, err)
		}
	}
	for _, address := range []string{"x", "x@", "a b@example.org", "Ann <x@example.org>", "x@example.org\r\nBcc: y@example.org"} {
		if _, err := account.Create(t.Context(), f.store, store.Account{Login: "cy", Email: address}); !errors.Is(err, account.ErrText) {
			t.Errorf("address %q: %v", address, err)
		}
	}
	for _, login := range []string{"ANN", "ann@example.org"} {
		if _, err := account.Create(t.Context(), f.store, store.Account{Login: login}); !errors.Is(err, store.ErrExists) {
			t.Errorf("%q again: %v", login, err)
		}
	}
}

func TestIssue_Refuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for name, device := range map[string]string{"empty": "", "long": strings.Repeat("x", 65), "line end": "a\nb", "bad UTF-8": "\xff"} {
		if _, _, err := f.issuer.Issue(t.Context(), store.AppPassword{Account: f.ann.ID, Name: device, Scope: store.FullScope}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	for range 50 {
		f.issue(store.AppPassword{})
	}
	if _, _, err := f.issuer.Issue(t.Context(), store.AppPassword{Account: f.ann.ID, Name: "x", Scope: store.FullScope}); !errors.Is(err, store.ErrLimit) {
		t.Errorf("the 51st: %v", err)
	}
}
