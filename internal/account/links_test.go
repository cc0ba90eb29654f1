package account_test

import (
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ksync/internal/account"
	"ksync/store"
)

var bob = account.NewAccount{Login: "Bob@example.org", Name: "Bob", Locale: "fr", TimeZone: "Europe/Paris", Password: "seven green bicycles"}

func TestSetUp_OnceForTheFirstAccount(t *testing.T) {
	t.Parallel()
	d := emptyDesk(t)
	old, err := d.SetUpLink(t.Context())
	d.must(err)
	link, err := d.SetUpLink(t.Context())
	d.must(err)
	if !strings.HasPrefix(link.URL.Reveal(), "https://sync.example.org/set-up/") || !strings.HasSuffix(link.URL.Reveal(), link.Token.Reveal()) {
		t.Errorf("link %s", link.URL.Reveal())
	}
	d.want(d.CheckSetUp(t.Context(), old.Token), account.ErrLink) // replaced
	weak := bob
	weak.Password = "password1234"
	_, err = d.SetUp(t.Context(), atHome, link.Token, weak)
	if _, ok := errors.AsType[*account.WeakPassword](err); !ok {
		t.Errorf("got %v", err)
	}
	won := wins(4, func() error {
		_, err := d.SetUp(t.Context(), atHome, link.Token, bob)
		return err
	})
	if won != 1 {
		t.Errorf("the link was good %d times", won)
	}
	a, err := d.store.AccountByLogin(t.Context(), "bob@example.org")
	d.must(err)
	if a.Email != "bob@example.org" || a.Locale != "fr" || a.PasswordHash == "" {
		t.Errorf("made %+v", a)
	}
	all, err := d.store.Collections(t.Context(), a.ID, store.Calendar)
	if err != nil || len(all) != 2 {
		t.Errorf("%d calendars, %v", len(all), err)
	}
	_, err = d.SetUpLink(t.Context())
	d.want(err, store.ErrExists)
	d.notStored(link.Token.Reveal(), bob.Password.Reveal())
}

func TestSetUp_ClaimsTheAccountOfTheFirstStart(t *testing.T) {
	t.Parallel()
	d := emptyDesk(t)
	me, err := account.Create(t.Context(), d.store, store.Account{Login: "me"})
	d.must(err)
	link, err := d.SetUpLink(t.Context())
	d.must(err)
	o, err := d.SetUp(t.Context(), atHome, link.Token, bob)
	d.must(err)
	if o.Account.ID != me.ID || o.Account.Login != "bob@example.org" || d.of(o).Account.ID != me.ID {
		t.Errorf("got %+v", o.Account)
	}
}

func TestSetUp_NotForAnotherStateOfAffairs(t *testing.T) {
	t.Parallel()
	d := emptyDesk(t)
	link, err := d.SetUpLink(t.Context())
	d.must(err)
	_, err = account.Create(t.Context(), d.store, store.Account{Login: "me"})
	d.must(err)
	_, err = d.SetUp(t.Context(), atHome, link.Token, bob)
	d.want(err, account.ErrLink)
}

func TestInvitation_ListedRevokedAcceptedOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made, link, err := d.Invite(t.Context(), account.Invitation{Email: "Bob@Example.org", Name: "Bob", By: "ann@example.org", Quota: 500})
	d.must(err)
	other, gone, err := d.Invite(t.Context(), account.Invitation{})
	d.must(err)
	all, err := d.Invitations(t.Context())
	d.must(err)
	if len(all) != 2 || made.Email != "bob@example.org" {
		t.Errorf("open: %+v", all)
	}
	d.must(d.RevokeInvitation(t.Context(), other.ID))
	_, err = d.AcceptInvitation(t.Context(), atHome, gone.Token, bob)
	d.want(err, account.ErrLink)
	taken := bob
	taken.Login = "ann@example.org"
	_, err = d.AcceptInvitation(t.Context(), atHome, link.Token, taken)
	d.want(err, store.ErrExists)
	named := bob
	named.Login, named.Email = "bob", "somebody@else.example"
	o, err := d.AcceptInvitation(t.Context(), atHome, link.Token, named)
	d.must(err)
	if o.Account.Login != "bob" || o.Account.Email != "bob@example.org" || o.Account.Quota != 500 {
		t.Errorf("made %+v", o.Account)
	}
	_, err = d.AcceptInvitation(t.Context(), atHome, link.Token, named)
	d.want(err, account.ErrLink)
	_, _, err = d.Invite(t.Context(), account.Invitation{Email: "bob@example.org"})
	d.want(err, store.ErrExists)
	got := d.letters()
	if kinds(got) != "invitation-link" || got[0].Data.Link != link.URL.Reveal() || got[0].Address != "bob@example.org" || got[0].Data.By != "ann@example.org" {
		t.Errorf("letters %+v", got)
	}
	d.pass(14 * 24 * time.Hour)
	if all, err = d.Invitations(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("open later: %+v, %v", all, err)
	}
}

func TestInvitation_OnlyByAdminsWhoProvedWhoTheyAre(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.person()
	made, link, err := d.InviteBy(t.Context(), atHome, p, account.Invitation{Email: "cy@example.org", By: "forged"})
	d.must(err)
	if made.By != "ann@example.org" || made.Locale != "de" {
		t.Errorf("made %+v", made)
	}
	if got := d.letters(); kinds(got) != "invitation-link" || got[0].Locale != "de" {
		t.Errorf("letters %+v", got)
	}
	d.pass(11 * time.Minute)
	_, _, err = d.InviteBy(t.Context(), atHome, p, account.Invitation{})
	d.want(err, account.ErrStepUp)
	if all, err := d.InvitationsFor(t.Context(), p); err != nil || len(all) != 1 {
		t.Errorf("listed %+v, %v", all, err)
	}
	d.must(d.SetAdmin(t.Context(), d.ann.ID, false)) // p is of before
	_, _, err = d.InviteBy(t.Context(), atHome, p, account.Invitation{})
	d.want(err, store.ErrNotFound)
	_, err = d.InvitationsFor(t.Context(), p)
	d.want(err, store.ErrNotFound)
	d.want(d.RevokeInvitationBy(t.Context(), atHome, p, made.ID), store.ErrNotFound)
	d.must(d.SetAdmin(t.Context(), d.ann.ID, true))
	_, err = d.AcceptInvitation(t.Context(), atHome, link.Token, bob)
	d.want(err, account.ErrLink) // it ended with the right to make it
	p = d.person()
	made, link, err = d.InviteBy(t.Context(), atHome, p, account.Invitation{Email: "cy@example.org"})
	d.must(err)
	forged := []byte(link.Token)
	forged[7] ^= 1
	_, err = d.Invitation(t.Context(), account.Secret(forged))
	d.want(err, account.ErrLink)
	d.must(d.RevokeInvitationBy(t.Context(), atHome, p, made.ID))
	_, err = d.AcceptInvitation(t.Context(), atHome, link.Token, bob)
	d.want(err, account.ErrLink)
	if n := len(d.happened(account.Invited)) + len(d.happened(account.InvitationRevoked)) + len(d.happened(account.AdminMade)) + len(d.happened(account.AdminEnded)); n != 5 {
		t.Errorf("%d things noted, want 5", n)
	}
}

func TestInvitation_EndsWithTimeAndWithNotMe(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.person()
	_, late, err := d.InviteBy(t.Context(), atHome, p, account.Invitation{})
	d.must(err)
	d.pass(14 * 24 * time.Hour)
	_, err = d.AcceptInvitation(t.Context(), atHome, late.Token, bob)
	d.want(err, account.ErrLink)
	p = d.person()
	_, hers, err := d.InviteBy(t.Context(), atHome, p, account.Invitation{})
	d.must(err)
	_, other, err := d.Invite(t.Context(), account.Invitation{})
	d.must(err)
	d.must(d.NotMe(t.Context(), atHome, p, d.happened(account.Invited)[0].ID))
	_, err = d.AcceptInvitation(t.Context(), atHome, hers.Token, bob)
	d.want(err, account.ErrLink)
	if _, err = d.AcceptInvitation(t.Context(), atHome, other.Token, bob); err != nil {
		t.Errorf("that of the command line: %v", err)
	}
}

func TestInvitation_EndsWithTheAccountThatMadeIt(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*desk, account.Person){
		"disabled, and enabled again": func(d *desk, p account.Person) {
			d.must(d.SetDisabled(t.Context(), p.Account.ID, true))
			d.must(d.SetDisabled(t.Context(), p.Account.ID, false))
		},
		"deleted": func(d *desk, p account.Person) { d.must(d.store.DeleteAccount(t.Context(), p.Account.ID)) },
		"deleted when its time had come": func(d *desk, p account.Person) {
			_, err := d.RequestDeletion(t.Context(), atHome, p)
			d.must(err)
			d.pass(48 * time.Hour)
			d.must(d.store.Maintain(t.Context(), store.Retention{}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, func(o *account.ServiceOptions) { o.DeleteGrace = 24 * time.Hour })
			p := d.person()
			_, link, err := d.InviteBy(t.Context(), atHome, p, account.Invitation{})
			d.must(err)
			_, other, err := d.Invite(t.Context(), account.Invitation{})
			d.must(err)
			end(d, p)
			_, err = d.Invitation(t.Context(), link.Token)
			d.want(err, account.ErrLink)
			_, err = d.AcceptInvitation(t.Context(), atHome, link.Token, bob)
			d.want(err, account.ErrLink)
			if all, err := d.Invitations(t.Context()); err != nil || len(all) != 1 {
				t.Errorf("open: %+v, %v", all, err)
			}
			_, err = d.AcceptInvitation(t.Context(), atHome, other.Token, bob)
			d.must(err)
		})
	}
}

func TestInvitation_FirstAccountIsAnAdminAndNoOther(t *testing.T) {
	t.Parallel()
	d := emptyDesk(t)
	link, err := d.SetUpLink(t.Context())
	d.must(err)
	o, err := d.SetUp(t.Context(), atHome, link.Token, bob)
	d.must(err)
	if !o.Account.Admin {
		t.Error("the first account is no admin")
	}
	if a, err := account.Create(t.Context(), d.store, store.Account{Login: "cy"}); err != nil || a.Admin {
		t.Errorf("the second: %+v, %v", a, err)
	}
}

// hardening.md A10, E30: what goes into headers, paths and links.
func TestInvitation_RefusesWhatIsNoPlainAddress(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, address := range []string{
		"x@example.org\r\nBcc: y@example.org", "Your bank <x@example.org>", "x", "x@", "@x", "a@b@c", "x@example.org,y@example.org",
		"\"a b\"@example.org", "x@example.org\x00", "x\xff@example.org", strings.Repeat("x", 300) + "@example.org", "a%b@example.org", "a/b@example.org",
	} {
		if _, _, err := d.Invite(t.Context(), account.Invitation{Email: address}); !errors.Is(err, account.ErrText) {
			t.Errorf("%q: %v", address, err)
		}
		if _, err := d.RequestEmail(t.Context(), atHome, d.person(), address); !errors.Is(err, account.ErrText) {
			t.Errorf("%q as e-mail: %v", address, err)
		}
	}
	for _, name := range []string{"a\nb", "\x00", strings.Repeat("x", 65), "\xff", "\u202ebob"} {
		if _, _, err := d.Invite(t.Context(), account.Invitation{Name: name}); !errors.Is(err, account.ErrText) {
			t.Errorf("name %q: %v", name, err)
		}
	}
}

func (d *desk) resetLetter() account.Secret {
	d.t.Helper()
	return d.linkIn(account.NoticeReset)
}

// linkIn is the secret of the link in a letter that waits.
func (d *desk) linkIn(kind account.NoticeKind) account.Secret {
	d.t.Helper()
	for _, n := range d.letters() {
		if n.Kind == kind {
			return account.Secret(n.Data.Link[strings.LastIndex(n.Data.Link, "/")+1:])
		}
	}
	d.t.Fatal("no letter with a link")
	return ""
}

// hardening.md A2, E30.
func TestRequestReset_SaysNothingAndIsBounded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, login := range []string{"nobody@example.org", "", "\x00", strings.Repeat("x", 1<<20), "%", "ann@example.org"} {
		before := d.Hashes()
		if err := d.RequestReset(t.Context(), atHome, login); err != nil || d.Hashes() != before {
			t.Errorf("%.20q: %v", login, err)
		}
	}
	for n := range 20 {
		d.must(d.RequestReset(t.Context(), from(byte(n)), "ann@example.org"))
	}
	if got := d.letters(); len(got) != 2 || !strings.HasPrefix(got[0].Data.Link, "https://sync.example.org/reset/") {
		t.Errorf("%d letters: %+v", len(got), got)
	}
	d.pass(2 * time.Hour)
	d.must(d.RequestReset(t.Context(), atHome, "ann@example.org"))
	if got := d.letters(); len(got) != 1 {
		t.Errorf("%d letters once the link is over", len(got))
	}
	throttled := false
	for range 100 {
		_, is := errors.AsType[*account.Throttled](d.RequestReset(t.Context(), atHome, "x"))
		throttled = throttled || is
	}
	if !throttled {
		t.Error("one address asks without end")
	}
}

// Letters whose links have ended keep nobody from another: after "this wasn't
// me" it may be the only way in.
func TestRequestReset_AgainOnceTheLinksHaveEnded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for range 3 {
		d.must(d.RequestReset(t.Context(), from(9), "ann@example.org"))
	}
	if got := d.letters(); len(got) != 2 {
		t.Fatalf("%d letters", len(got))
	}
	d.must(d.NotMe(t.Context(), atHome, d.person(), d.happened(account.ResetRequested)[0].ID))
	d.must(d.RequestReset(t.Context(), atHome, "ann@example.org"))
	d.resetLetter()
}

func TestReset_WithoutASecondFactor(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.person()
	d.must(d.RequestReset(t.Context(), atHome, "Ann@Example.org"))
	token := d.resetLetter()
	d.notStored(token.Reveal())
	a, err := d.CheckReset(t.Context(), token)
	if err != nil || a.ID != d.ann.ID {
		t.Fatal(a, err)
	}
	_, err = d.Reset(t.Context(), atHome, token, account.PasswordChange{New: "short"})
	if _, ok := errors.AsType[*account.WeakPassword](err); !ok {
		t.Errorf("got %v", err)
	}
	got, err := d.Reset(t.Context(), atHome, token, account.PasswordChange{New: "another zebra battery"})
	d.must(err)
	if got.Done == nil {
		t.Fatal("not signed in")
	}
	d.want(d.SetProfile(t.Context(), p, account.Profile{}), account.ErrDenied)
	_, err = d.Reset(t.Context(), atHome, token, account.PasswordChange{New: "yet another zebra"})
	d.want(err, account.ErrLink)
	_, err = d.signIn(from(9), annsPassword)
	d.want(err, account.ErrDenied)
	_, err = d.signIn(from(9), "another zebra battery")
	d.must(err)
}

// ASVS 6.4.3: who reads the mail still lacks the second factor, and changes nothing.
func TestReset_DoesNotBypassTheSecondFactor(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	secret, _ := d.enrol(d.person())
	link, err := d.ResetLink(t.Context(), d.ann.ID)
	d.must(err)
	got, err := d.Reset(t.Context(), atHome, link.Token, account.PasswordChange{New: "another zebra battery"})
	d.must(err)
	if got.Done != nil || got.Half == nil {
		t.Fatal("the link alone signs in")
	}
	d.half() // the old password is still the one
	d.pass(time.Minute)
	o, err := d.FinishCode(t.Context(), atHome, got.Half.Token, d.code(secret))
	d.must(err)
	d.of(o)
	_, err = d.signIn(from(9), annsPassword)
	d.want(err, account.ErrDenied)
}

func TestReset_LinkEndsWithTimeAndWithAnotherChange(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.pass(time.Minute)
	link, err := d.ResetLink(t.Context(), d.ann.ID)
	d.must(err)
	d.must(d.SetPassword(t.Context(), atHome, d.person(), account.PasswordChange{New: "another zebra battery"}))
	_, err = d.CheckReset(t.Context(), link.Token)
	d.want(err, account.ErrLink)
	link, err = d.ResetLink(t.Context(), d.ann.ID)
	d.must(err)
	d.pass(2 * time.Hour)
	_, err = d.CheckReset(t.Context(), link.Token)
	d.want(err, account.ErrLink)
}

func TestEmail_ChangesByTheNewAddressAndBothAreTold(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, err := account.Create(t.Context(), d.store, store.Account{Login: "bob@example.org"})
	d.must(err)
	p := d.person()
	_, err = d.RequestEmail(t.Context(), atHome, p, "bob@example.org")
	d.want(err, store.ErrExists)
	changed, err := d.RequestEmail(t.Context(), atHome, p, "Anna@New.example")
	if err != nil || changed {
		t.Fatal(changed, err)
	}
	got := d.letters()
	if kinds(got) != "confirm-email-link email-changed-old" || got[0].Address != "anna@new.example" || got[1].Address != "ann@example.org" || got[1].Data.NewAddress != "anna@new.example" {
		t.Fatalf("letters %+v", got)
	}
	token := account.Secret(got[0].Data.Link[strings.LastIndex(got[0].Data.Link, "/")+1:])
	won := wins(4, func() error {
		_, err := d.ConfirmEmail(t.Context(), from(8), token)
		return err
	})
	if won != 1 {
		t.Errorf("the link was good %d times", won)
	}
	if got := d.letters(); kinds(got) != "email-changed-old email-changed-new" && kinds(got) != "email-changed-new email-changed-old" {
		t.Errorf("letters %+v", got)
	}
	a, err := d.store.Account(t.Context(), d.ann.ID)
	d.must(err)
	if a.Email != "anna@new.example" || a.Login != "anna@new.example" {
		t.Errorf("account %+v", a)
	}
	if _, err := d.signIn(from(9), annsPassword); err != nil { // by the old address, for a while
		t.Error(err)
	}
	d.pass(31 * 24 * time.Hour)
	_, err = d.signIn(from(9), annsPassword)
	d.want(err, account.ErrDenied)
}

// The old mailbox may be why the address is changed.
func TestEmail_ChangeEndsLinksThatTheOldAddressGot(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.must(d.RequestReset(t.Context(), from(9), "ann@example.org"))
	reset := d.resetLetter()
	_, err := d.RequestEmail(t.Context(), atHome, d.person(), "anna@new.example")
	d.must(err)
	link := d.letters()[0].Data.Link
	_, err = d.ConfirmEmail(t.Context(), atHome, account.Secret(link[strings.LastIndex(link, "/")+1:]))
	d.must(err)
	_, err = d.Reset(t.Context(), from(9), reset, account.PasswordChange{New: "another zebra battery"})
	d.want(err, account.ErrLink)
}

// Where the address is the login, the new one becomes it: what no client could
// send is none.
func TestEmail_ThatBecomesTheLoginIsOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const odd = "r&d@new.example"
	_, err := d.RequestEmail(t.Context(), atHome, d.person(), odd)
	d.want(err, account.ErrText)
	d.must(d.store.UpdateAccount(t.Context(), d.ann.ID, func(a *store.Account) error { a.Login = "ann"; return nil }))
	_, err = d.RequestEmail(t.Context(), atHome, d.person(), odd)
	d.must(err)
}

func TestEmail_WithoutMailItChangesAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *account.ServiceOptions) { o.Mail = false })
	changed, err := d.RequestEmail(t.Context(), atHome, d.person(), "anna@new.example")
	if err != nil || !changed {
		t.Fatal(changed, err)
	}
	a, err := d.store.AccountByLogin(t.Context(), "anna@new.example")
	if err != nil || a.ID != d.ann.ID {
		t.Error(a, err)
	}
	if got := d.letters(); len(got) != 0 {
		t.Errorf("letters %+v", got)
	}
}

func TestLinks_GoodOnceAlsoAtTheSameTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.person()
	reset, err := d.ResetLink(t.Context(), d.ann.ID)
	d.must(err)
	_, invited, err := d.Invite(t.Context(), account.Invitation{})
	d.must(err)
	grant := d.grant()
	_, challenge := verifier(t)
	var n atomic.Int64
	for name, use := range map[string]func() error{
		"invitation": func() error {
			login := "guest" + strconv.FormatInt(n.Add(1), 10)
			_, err := d.AcceptInvitation(t.Context(), atHome, invited.Token, account.NewAccount{Login: login, Password: "another zebra battery"})
			return err
		},
		"grant": func() error {
			_, err := d.Authorize(t.Context(), grant, authorization(challenge))
			return err
		},
	} {
		if won := wins(4, use); won != 1 {
			t.Errorf("%s: good %d times", name, won)
		}
	}
	won := wins(4, func() error {
		_, err := d.Reset(t.Context(), atHome, reset.Token, account.PasswordChange{New: "another zebra battery"})
		return err
	})
	if won != 1 {
		t.Errorf("reset: good %d times", won)
	}
	if all, err := d.store.Accounts(t.Context()); err != nil || len(all) != 2 {
		t.Errorf("%d accounts, %v", len(all), err)
	}
}
