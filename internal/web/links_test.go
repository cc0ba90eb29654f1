package web

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"ksync/internal/account"
	"ksync/store"
)

func TestEmail_ChangesAtOnceWithoutMail(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	_, err := account.Create(t.Context(), h.store, store.Account{Login: "bob", Email: "bob@example.org"})
	h.must(err)
	p := h.person()
	p.signIn("")
	p.says(p.post(pathEmail, url.Values{"email": {"nonsense"}}), "no e‑mail address")
	p.says(p.post(pathEmail, url.Values{"email": {"bob@example.org"}}), "already belongs")
	p.says(p.follow(p.post(pathEmail, url.Values{"email": {"ann@example.net"}})), "address is changed", "ann@example.net")
}

func TestEmail_IsConfirmedByItsLink(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *account.ServiceOptions, _ *Options) { o.Mail = true })
	p := h.signedIn()
	p.says(p.follow(p.post(pathEmail, url.Values{"email": {"ann@example.net"}})), "We wrote to the new address")
	path := h.linkIn(account.NoticeConfirmEmail)
	stranger := h.person()
	stranger.says(stranger.get(path), "Use this address")
	stranger.says(stranger.follow(stranger.post(path, nil)), "address is changed")
	p.says(p.get(pathProfile), "ann@example.net")
	stranger.says(stranger.post(path, nil), "no longer works")
}

// linkIn is the path of the link in a letter of that kind. Letters come in their
// own time: that about a reset is written after the answer.
func (h house) linkIn(kind account.NoticeKind) string {
	h.Helper()
	late := time.After(time.Minute)
	for seen := 0; ; {
		all, err := h.accounts.ClaimNotices(h.Context(), 20)
		h.must(err)
		for _, n := range all {
			if n.Kind == kind {
				return strings.TrimPrefix(n.Data.Link, h.url)
			}
		}
		seen += len(all)
		select {
		case <-h.accounts.NoticeWaiting():
		case <-late:
			h.Fatalf("no letter of the kind %s among %d", kind, seen)
		}
	}
}

func TestReset_AsksForTheSecondFactor(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *account.ServiceOptions, _ *Options) { o.Mail = true })
	ann := h.ann()
	h.must(h.store.UpdateAccount(t.Context(), ann.ID, func(a *store.Account) error { a.Email = annsLogin; return nil }))
	secret := h.enrol()
	h.pass(time.Minute)
	p := h.person()
	p.says(p.post(pathResetAsk, url.Values{"login": {"nobody"}}), "If there is such an account")
	p.says(p.post(pathResetAsk, url.Values{"login": {annsLogin}}), "If there is such an account")
	path := h.linkIn(account.NoticeReset)
	p.says(p.get(path), "Set a new password", annsLogin)
	p.says(p.post(path, url.Values{"new-password": {"short"}, "password-again": {"short"}}), "too short")
	half := p.post(path, url.Values{"new-password": {"correct zebra staple"}, "password-again": {"correct zebra staple"}})
	p.says(half, "Second step")
	p.leads(p.post("/sign-in/code", url.Values{"half": {hidden(t, half, "half")}, "code": {h.oneTimeCode(secret)}}), "/account")
	p.says(p.post("/sign-in", url.Values{"login": {annsLogin}, "password": {annsPassword}}), "do not match")
}

func TestInvitation_MakesAnAccount(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.ann()
	_, link, err := h.accounts.Invite(t.Context(), account.Invitation{Email: "bob@example.org", Name: "Bob", By: annsLogin})
	h.must(err)
	path := strings.TrimPrefix(link.URL.Reveal(), h.url)
	p := h.person()
	a := p.get(path)
	p.says(a, annsLogin+" invites you")
	if hidden(t, a, "email") != "bob@example.org" || hidden(t, a, "name") != "Bob" {
		t.Error("the form knows nothing of the invitation")
	}
	send := func(login, password string) answer {
		return p.post(path, url.Values{"login": {login}, "email": {"bob@example.org"}, "name": {"Bob"}, "new-password": {password}, "password-again": {password}, "zone": {"Europe/Zurich"}})
	}
	p.says(send("a/b", "correct zebra staple"), "cannot be used on every device")
	p.says(send(annsLogin, "correct zebra staple"), "already belongs")
	p.says(send("bob", "password"), "too short", "Create your account")
	p.says(p.follow(send("bob", "correct zebra staple")), "Your account is ready", "Hello, Bob")
	p.says(h.person().get(path), "no longer works")
}
