package web

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"ksync/internal/account"
	"ksync/store"
)

func TestPassword_ChangeAndWeakOnes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	p, other := h.person(), h.person()
	p.signIn("")
	other.signIn("")
	set := func(password, again string) answer {
		return p.post(pathPassword, url.Values{"new-password": {password}, "password-again": {again}, "end-others": {"1"}})
	}
	p.says(set("", ""), "still empty")
	p.says(set("correct zebra staple", "other"), "two passwords differ")
	p.says(set("short", "short"), "too short", "at least")
	p.says(set("ann@example.org", "ann@example.org"), "contains your name")
	p.says(p.follow(set("correct zebra staple", "correct zebra staple")), "Your password is changed")
	other.leads(other.get("/account"), "/sign-in")
	p.says(p.get(pathSecurity), "Last changed today")
}

func TestProfile_NameLanguageZone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.signedIn()
	p.says(p.post(pathProfile, url.Values{"name": {"A"}, "locale": {"de"}, "zone": {"Mars/Olympus"}}), "do not know this time zone")
	p.says(p.post(pathProfile, url.Values{"name": {strings.Repeat("x", 999)}, "locale": {"de"}}), "too long")
	p.says(p.follow(p.post(pathProfile, url.Values{"name": {"<b>Zoë</b>"}, "locale": {"de"}, "zone": {"Pacific/Apia"}})), "Gespeichert", "Zeitzone")
	p.says(p.get("/account"), "Guten Tag, <b>Zoë</b>")
}

func TestSessions_ListAndEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	p, other, third := h.person(), h.person(), h.person()
	for _, one := range []*person{p, other, third} {
		one.signIn("")
	}
	a := p.get(pathSessions)
	p.says(a, "this one", "Go program", "End all other sessions")
	if n := strings.Count(a.body, `/end"`); n != 3 {
		t.Fatalf("%d sessions", n)
	}
	own := h.ownSession(p)
	for _, found := range actions.FindAllStringSubmatch(a.body, -1) {
		if strings.HasSuffix(found[1], "/end") && !strings.Contains(found[1], own) {
			p.says(p.follow(p.post(found[1], nil)), "The session is ended")
			break
		}
	}
	p.says(p.follow(p.post(pathSessions+"/end-others", nil)), "All other sessions are ended")
	other.leads(other.get("/account"), "/sign-in")
	third.leads(third.get("/account"), "/sign-in")
	p.says(p.follow(p.post(pathSessions+"/12345/end", nil)), "The session is ended") // by a second click, say
	p.leads(p.post(pathSessions+"/"+own+"/end", nil), "/sign-in")
	p.leads(p.get("/account"), "/sign-in")
}

func TestActivity_FilterPagesAndCSV(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.signedIn()
	const many = 60
	for i := range many {
		a := p.makeAppPassword(url.Values{"name": {"=cmd" + string(rune('a'+i%26))}, "scope-contacts": {"read"}})
		p.says(a, "App password for =cmd")
		p.leads(p.post(strings.Replace(pathAppPasswords+"/{id}/revoke", "{id}", h.newestAppPassword(), 1), nil), pathAppPasswords)
		h.pass(time.Second)
	}
	a := p.get(pathActivity + "?kind=devices")
	if n := strings.Count(a.body, "not-me"); n > activityPage || !strings.Contains(a.body, "before=") {
		t.Errorf("%d on the first page", n)
	}
	p.says(p.get(pathActivity+"?kind=sign-in"), "Signed in: password")
	p.says(p.get(pathActivity+"?from=2000-01-01&to=2000-01-02"), "Nothing here")
	p.says(p.get(pathActivity+"?from=x&to=%00&kind=%27&before=a.b"), "App password")
	reference := account.Reference(h.newestActivity())
	p.says(p.get(pathActivity), "Reference "+reference) // as letters name it
	c := p.get(pathActivity + ".csv?kind=devices")
	if !strings.Contains(c.body, ","+reference+"\r\n") {
		t.Errorf("no %s in the file", reference)
	}
	rows, err := csv.NewReader(strings.NewReader(c.body)).ReadAll()
	if err != nil || len(rows) != 2*many+1 || !strings.HasPrefix(c.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%d rows: %v %v", len(rows), err, c.header)
	}
	for _, row := range rows {
		for _, cell := range row {
			if strings.HasPrefix(cell, "=") || strings.HasPrefix(cell, "@") {
				t.Errorf("a formula: %q", cell)
			}
		}
	}
}

func (h house) newestActivity() (id int64) {
	h.Helper()
	a, err := h.store.AccountByLogin(h.Context(), annsLogin)
	h.must(err)
	h.must(h.store.Read(h.Context(), func(tx *store.Tx) error {
		all, err := tx.Activities(h.Context(), store.ActivityQuery{Account: a.ID, Limit: 1})
		if err == nil {
			id = all[0].ID
		}
		return err
	}))
	return id
}

func (h house) newestAppPassword() string {
	h.Helper()
	a, err := h.store.AccountByLogin(h.Context(), annsLogin)
	h.must(err)
	all, err := h.store.AppPasswords(h.Context(), a.ID)
	h.must(err)
	newest := all[0]
	for _, p := range all {
		if p.Revoked == 0 {
			newest = p
		}
	}
	return decimal(newest.ID)
}

func TestNotMe_LocksEverybodyElseOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	p, thief := h.person(), h.person()
	thief.signIn("")
	p.signIn("")
	made := p.makeAppPassword(url.Values{"name": {"phone"}, "scope-contacts": {"write"}})
	secret := shown(t, made)
	a := p.get(pathActivity)
	path := firstMatch(t, a.body, `/account/activity/\d+/not-me`)
	p.says(p.get(path), "all app passwords are revoked")
	p.leads(p.post(path, nil), pathNewPassword)
	thief.leads(thief.get("/account"), "/sign-in")
	if status, _ := h.dav("/dav/", annsLogin, secret); status != 401 {
		t.Errorf("the phone: %d", status)
	}
	p.leads(p.get("/account"), pathNewPassword)
	p.says(p.get(pathNewPassword), "Choose a new password")
	p.says(p.follow(p.post(pathNewPassword, url.Values{"new-password": {"correct zebra staple"}, "password-again": {"correct zebra staple"}})), "Your password is changed")
}

func TestNotMe_SaysWhatItUndoes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.signedIn()
	was := decimal(h.newestActivity())
	h.pass(time.Minute)
	h.enrol()
	page := pathActivity + "/" + was + "/not-me"
	p.says(p.get(page), "since then to sign in with is removed: Authenticator app, backup codes;")
	h.pass(time.Hour)
	p.leads(p.get(page), pathConfirm+"?next="+url.QueryEscape(page))
	p.leads(p.post(page, nil), pathConfirm+"?next="+url.QueryEscape(pathActivity))
	if a := p.get(pathActivity + "/1/not-me"); a.status != http.StatusNotFound {
		t.Errorf("of nothing: %d", a.status)
	}
}

// The alarm is rarely rung in the ten minutes after a sign-in.
func TestNotMe_LongAfterTheSignIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	p, thief := h.person(), h.person()
	thief.signIn("")
	p.signIn("")
	h.pass(time.Hour)
	path := firstMatch(t, p.get(pathActivity).body, `/account/activity/\d+/not-me`)
	p.leads(p.post(path, nil), pathNewPassword)
	const confirming = pathConfirm + "?next=%2Faccount%2Fnew-password"
	p.leads(p.get(pathNewPassword), confirming) // before a password is typed in vain
	p.says(p.get(confirming), "Confirm that it is you")
	p.leads(p.post(confirming, url.Values{"password": {annsPassword}}), pathNewPassword)
	p.says(p.follow(p.post(pathNewPassword, url.Values{"new-password": {"correct zebra staple"}, "password-again": {"correct zebra staple"}})), "Your password is changed")
}

func TestAppPassword_SetUpAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.signedIn()
	p.says(p.makeAppPassword(url.Values{"name": {""}}), "still empty", "Nothing is chosen")
	first := shown(t, p.makeAppPassword(url.Values{"name": {"Ann's phone"}, "scope-contacts": {"read"}, "scope-tasks": {"write"}, "days": {"30"}}))
	p.says(p.get(pathAppPasswords), "contacts (read only), tasks", "expires on", "Never used")
	id := h.newestAppPassword()
	again := p.get(pathAppPasswords + "/new?replaces=" + id)
	if hidden(t, again, "name") != "Ann's phone" || hidden(t, again, "replaces") != id || !strings.Contains(again.body, `value="read" selected`) {
		t.Errorf("the form knows nothing of the old one:\n%s", again.body)
	}
	const asBefore = `<option value="same">Until 22 December 2026, as before</option><option value="0">`
	if !strings.Contains(again.body, asBefore) {
		t.Errorf("until then is not what comes first:\n%s", again.body)
	}
	second := shown(t, p.makeAppPassword(url.Values{"name": {"Ann's phone"}, "scope-contacts": {"read"}, "days": {"same"}, "replaces": {id}}))
	p.says(p.get(pathAppPasswords), "expires on 22 December 2026")
	if again = p.get(pathAppPasswords + "/new?replaces=" + id); !strings.Contains(again.body, asBefore) { // although the old one ends tomorrow
		t.Errorf("the second time the end is another:\n%s", again.body)
	}
	for _, step := range []struct {
		password string
		want     int
	}{{first, 207}, {second, 207}} {
		if status, _ := h.dav("/dav/", annsLogin, step.password); status != step.want {
			t.Errorf("%d, want %d", status, step.want)
		}
	}
	if a := p.post(pathAppPasswords+"/999999/revoke", nil); a.status != 404 {
		t.Errorf("one that is not there: %d", a.status)
	}
	p.says(p.follow(p.post(pathAppPasswords+"/revoke-all", nil)), "All app passwords are revoked")
	if status, _ := h.dav("/dav/", annsLogin, second); status != 401 {
		t.Errorf("after all were revoked: %d", status)
	}
	if ended := p.get(pathAppPasswords + "/new?replaces=" + id); strings.Contains(ended.body, "goes on working") {
		t.Error("an app password that ended is to be replaced")
	}
	p.says(p.makeAppPassword(url.Values{"name": {"Ann's phone"}, "scope-contacts": {"read"}, "replaces": {id}}), "this one was to replace is gone")
}

func TestDelete_HasAWayBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.signedIn()
	p.says(p.post(pathDelete, nil), "Nothing was deleted")
	p.says(p.follow(p.post(pathDelete, url.Values{"sure": {"1"}})), "Your account will be deleted on")
	p.says(p.follow(p.post("/account/keep", nil)), "Your account stays")
}

func TestExport_IsAFile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.signedIn()
	p.says(p.get(pathExport), "One ZIP file")
	a := p.post(pathExport, nil)
	if a.body != "all of "+annsLogin || a.header.Get("Content-Type") != "application/zip" || !strings.Contains(a.header.Get("Content-Disposition"), ".zip") {
		t.Errorf("%d %v %s", a.status, a.header, a.body)
	}
}
