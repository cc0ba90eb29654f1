package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"ksync/store"
)

// makeAppPassword fills in the form, and goes on to what it leads to.
func (p *person) makeAppPassword(values url.Values) answer {
	p.Helper()
	values.Set("form", hidden(p.T, p.get(pathAppPasswordNew), "form"))
	return p.follow(p.post(pathAppPasswordNew, values))
}

// A reload, the way back and a second click make no second app password, and
// say so; the secret is shown once and is in no address.
func TestAppPassword_IsMadeOnceAndShownOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann := h.ann()
	p := h.person()
	p.signIn("")
	values := url.Values{"name": {"phone"}, "scope-contacts": {"write"}, "form": {hidden(t, p.get(pathAppPasswordNew), "form")}}
	first, second := p.post(pathAppPasswordNew, values), p.post(pathAppPasswordNew, values)
	to := first.header.Get("Location")
	if first.status != http.StatusSeeOther || !strings.HasPrefix(to, pathAppPasswordMade+"/") {
		t.Fatalf("%d to %q", first.status, to)
	}
	p.leads(second, to) // the answer that the browser shows, after a second click
	if a := h.person().get(to); a.header.Get("Location") == "" || strings.Contains(a.body, "secret") {
		t.Errorf("a stranger: %d", a.status)
	}
	other := h.person()
	other.signIn("")
	other.says(other.get(to), "already shown")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodHead, h.url+to, nil)
	h.must(err)
	p.send(r) // uses nothing up

	page := p.get(to)
	secret := shown(t, page)
	if status, _ := h.dav("/dav/", annsLogin, secret); status != 207 {
		t.Errorf("the device: %d", status)
	}
	if strings.Contains(to, secret) || page.header.Get("Cache-Control") != "no-store" || strings.Contains(page.body, `action="/language"`) {
		t.Errorf("the secret gets about: %q %v", to, page.header)
	}
	again := p.get(to)
	p.says(again, "already shown", "nothing was made a second time")
	if again.status != http.StatusGone || strings.Contains(again.body, secret) {
		t.Errorf("a reload: %d", again.status)
	}
	p.says(p.follow(p.post(pathAppPasswordNew, values)), "already shown")
	if all, err := h.store.AppPasswords(t.Context(), ann.ID); err != nil || len(all) != 1 {
		t.Errorf("%d app passwords: %v", len(all), err)
	}
}

// What was not carried out may be sent again: the mistake mended, the form is new.
func TestAppPassword_AFormWithMistakesIsNotUsedUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.signedIn()
	name := hidden(t, p.get(pathAppPasswordNew), "form")
	wrong := p.post(pathAppPasswordNew, url.Values{"form": {name}, "scope-contacts": {"write"}})
	if got := hidden(t, wrong, "form"); got != name {
		t.Errorf("the form became %q", got)
	}
	p.says(p.follow(p.post(pathAppPasswordNew, url.Values{"form": {name}, "name": {"phone"}, "scope-contacts": {"write"}})), "App password for phone")
	if a := p.post(pathAppPasswordNew, url.Values{"name": {"phone"}, "scope-contacts": {"write"}}); a.status != http.StatusBadRequest {
		t.Errorf("a form without a name: %d", a.status)
	}
}

// Codes that somebody printed stay good when the page is loaded once more.
func TestBackupCodes_AreMadeOnceAndShownOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann := h.ann()
	secret := h.enrol()
	h.pass(time.Minute)
	p := h.person()
	p.signIn(h.oneTimeCode(secret))
	values := url.Values{"form": {hidden(t, p.get(pathBackupCodes), "form")}}
	to := p.post(pathBackupCodes, values).header.Get("Location")
	p.leads(p.post(pathBackupCodes, values), to)
	p.says(p.get(to), "Your backup codes")
	before, err := h.backupCodes(ann)
	h.must(err)
	p.says(p.follow(p.post(pathBackupCodes, values)), "already shown")
	if after, err := h.backupCodes(ann); err != nil || after != before {
		t.Errorf("made again: %+v, before %+v: %v", after, before, err)
	}
}

func (h house) backupCodes(a store.Account) (codes store.BackupCodes, err error) {
	err = h.store.Read(h.Context(), func(tx *store.Tx) error {
		codes, err = tx.BackupCodes(h.Context(), a.ID)
		return err
	})
	return codes, err
}
