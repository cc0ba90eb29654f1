package account_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"ksync/internal/account"
	"ksync/store"
)

func (d *desk) form() account.Visit {
	d.t.Helper()
	v := atHome
	var err error
	v.Form, err = d.NewForm()
	d.must(err)
	return v
}

// However often a form comes, it makes one app password, and what that is can
// be seen once, by the session that asked.
func TestForm_MakesOneAppPasswordThatIsShownOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p, v := d.person(), d.form()
	want := account.NewAppPassword{Name: "phone", Scope: store.FullScope}
	var made, repeated int
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			_, _, err := d.CreateAppPassword(t.Context(), v, p, want)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				made++
			case errors.Is(err, account.ErrRepeated):
				repeated++
			default:
				t.Errorf("a repeated form: %v", err)
			}
		})
	}
	all.Wait()
	if rows, err := d.AppPasswords(t.Context(), p); err != nil || len(rows) != 1 || made != 1 || repeated != 4 {
		t.Errorf("%d app passwords, %d made, %d refused: %v", len(rows), made, repeated, err)
	}
	if _, err := d.Made(t.Context(), d.person(), v.Form); !errors.Is(err, account.ErrLink) {
		t.Errorf("another session is shown it: %v", err)
	}
	got, err := d.Made(t.Context(), p, v.Form)
	if err != nil || got.Name != "phone" || len(got.Secrets) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := d.Made(t.Context(), p, v.Form); !errors.Is(err, account.ErrLink) {
		t.Errorf("shown twice: %v", err)
	}
	if _, _, err := d.CreateAppPassword(t.Context(), v, p, want); !errors.Is(err, account.ErrRepeated) {
		t.Errorf("after it was shown: %v", err)
	}
}

func TestForm_MakesBackupCodesOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p, v := d.person(), d.form()
	d.enrol(p)
	codes, err := d.NewBackupCodes(t.Context(), v, p)
	d.must(err)
	if _, err := d.NewBackupCodes(t.Context(), v, p); !errors.Is(err, account.ErrRepeated) {
		t.Errorf("a repeated form: %v", err)
	}
	got, err := d.Made(t.Context(), p, v.Form)
	if err != nil || len(got.Secrets) != len(codes) || got.Secrets[0] != codes[0] {
		t.Errorf("%d codes of %d: %v", len(got.Secrets), len(codes), err)
	}
}

func TestForm_WhatWasMadeIsNotReadableAndPasses(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p, v := d.person(), d.form()
	secret, _, err := d.CreateAppPassword(t.Context(), v, p, account.NewAppPassword{Name: "phone", Scope: store.FullScope})
	d.must(err)
	for _, file := range []string{d.path, d.path + "-wal"} {
		data, err := os.ReadFile(file)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte(secret.Reveal())) || bytes.Contains(data, []byte(strings.ReplaceAll(secret.Reveal(), "-", ""))) {
			t.Errorf("%s has the app password in the clear", file)
		}
	}
	long := account.Visit{Form: strings.Repeat("x", 1000)}
	if _, _, err := d.CreateAppPassword(t.Context(), long, p, account.NewAppPassword{Name: "x", Scope: store.FullScope}); !errors.Is(err, account.ErrLink) {
		t.Errorf("a long name of a form: %v", err)
	}
	d.pass(11 * time.Minute)
	if _, err := d.Made(t.Context(), p, v.Form); !errors.Is(err, account.ErrLink) {
		t.Errorf("after ten minutes: %v", err)
	}
	for _, form := range []string{"", "x", strings.Repeat("x", 1<<20)} {
		if _, err := d.Made(t.Context(), p, form); !errors.Is(err, account.ErrLink) {
			t.Errorf("form %.9q: %v", form, err)
		}
	}
}

// Without a form, as the JSON API calls it, nothing is kept.
func TestForm_NoneKeepsNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.person()
	for range 2 {
		_, _, err := d.CreateAppPassword(t.Context(), atHome, p, account.NewAppPassword{Name: "phone", Scope: store.FullScope})
		d.must(err)
	}
	if _, err := d.Made(t.Context(), p, ""); !errors.Is(err, account.ErrLink) {
		t.Errorf("kept: %v", err)
	}
}
