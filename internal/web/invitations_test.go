package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestInvitations_AreOfAdmins(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann := h.ann() // the first account
	p := h.person()
	p.signIn("")
	if home := p.get(pathHome); !strings.Contains(home.body, `href="`+pathInvitations+`"`) {
		t.Error("the pages of an admin do not name invitations")
	}
	p.says(p.get(pathInvitations), "No invitation is open")
	form := hidden(t, p.get(pathInvitationNew), formField)
	p.says(p.post(pathInvitationNew, url.Values{"form": {form}, "email": {"nonsense"}}), "cannot be used")
	p.says(p.post(pathInvitationNew, url.Values{"form": {form}, "email": {annsLogin}}), "already belongs")
	values := url.Values{"form": {form}, "email": {"bob@example.org"}, "name": {"Bob"}}
	first := p.post(pathInvitationNew, values)
	p.leads(p.post(pathInvitationNew, values), first.header.Get("Location")) // a second click
	made := p.follow(first)
	p.says(p.get(made.path), "already shown")
	link := regexp.MustCompile(`/invitation/[A-Za-z0-9_-]{43}`).FindString(made.body)
	p.says(made, "shown only now", "Good until")
	p.says(h.person().get(link), annsLogin+" invites you")
	list := p.get(pathInvitations)
	p.says(list, "bob@example.org", "Made by "+annsLogin)
	if strings.Contains(list.body, link) || strings.Count(list.body, "/revoke") != 1 {
		t.Errorf("the list has the link, or more than one:\n%s", text(list.body))
	}
	revoke := regexp.MustCompile(`/account/invitations/\d+/revoke`).FindString(list.body)
	p.leads(p.post(revoke, nil), pathInvitations)
	p.says(p.get(pathInvitations), "withdrawn", "No invitation is open")
	p.says(h.person().get(link), "no longer works")
	p.says(p.get(pathActivity), "Somebody was invited: bob@example.org", "Invitation withdrawn: bob@example.org")
	h.pass(11 * time.Minute)
	p.leads(p.get(pathInvitationNew), pathConfirm+"?next="+url.QueryEscape(pathInvitationNew))

	h.must(h.accounts.SetAdmin(t.Context(), ann.ID, false))
	if home := p.get(pathHome); strings.Contains(home.body, "nvitations") {
		t.Error("the pages of others name invitations")
	}
	for _, path := range []string{pathInvitations, pathInvitationNew, made.path} {
		if a := p.get(path); a.status != http.StatusNotFound {
			t.Errorf("%s for others: %d to %q", path, a.status, a.header.Get("Location"))
		}
	}
	for _, path := range []string{pathInvitationNew, revoke} {
		if a := p.post(path, url.Values{"email": {"cy@example.org"}}); a.status != http.StatusNotFound {
			t.Errorf("POST %s for others: %d to %q", path, a.status, a.header.Get("Location"))
		}
	}
}

// What `ksyncd dns` prints stands in the browser, for admins.
func TestDomain_ShowsItsRecordsToAdmins(t *testing.T) {
	t.Parallel()
	h := newHouse(t, onHTTPS)
	ann := h.ann() // the first account
	p := h.person()
	p.signIn("")
	p.says(p.get(pathDomain+"?domain=mail.example.org"), "_carddavs._tcp.mail.example.org.", "_caldavs._tcp.mail.example.org.")
	p.says(p.get(pathDomain+"?domain="+url.QueryEscape("<script>")), "not the name of a domain")
	h.must(h.accounts.SetAdmin(t.Context(), ann.ID, false))
	if got := p.get(pathDomain); got.status != http.StatusNotFound {
		t.Errorf("status %d for who is no admin", got.status)
	}
}
