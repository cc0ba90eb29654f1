package mail_test

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"ksync/internal/account"
	"ksync/internal/account/accounttest"
	"ksync/internal/mail"
	"ksync/internal/mail/mailtest"
	"ksync/store"
)

// post is the accounts of a server with its outbox and a mail server, at a
// time that tests move.
type post struct {
	*testing.T
	*account.Service
	all    *accounttest.Accounts
	outbox mail.OutboxOptions
	mx     *mailtest.Server
	ann    store.Account
}

const annsPassword = accounttest.Password

func newPost(t *testing.T) *post {
	t.Helper()
	p := &post{T: t, mx: new(mailtest.Server).Start(t, mail.TLS), all: accounttest.Open(t, accounttest.Options{})}
	p.open()
	p.ann = p.all.Add(store.Account{Login: "ann@example.org", Email: "ann@example.org", Locale: "de"})
	p.empty()
	return p
}

// open has the outbox of the service as it is now.
func (p *post) open() {
	p.Helper()
	p.Service = p.all.Service
	p.outbox = mail.OutboxOptions{Notices: p.Service, Composer: composer(p.T), Sender: newSMTP(p.T, p.mx.Options(mail.TLS))}
}

func (p *post) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

func (p *post) time() time.Time { return p.all.Clock.Now() }

func (p *post) pass(by time.Duration) { p.all.Clock.Advance(by) }

// empty sends all that is due within the next hour, and returns what arrived
// since the last time.
func (p *post) empty() []parsed {
	p.Helper()
	p.all.Restart() // writes down what is still to be noted
	p.open()
	p.pass(time.Hour)
	before := len(p.mx.Letters())
	p.must(mail.Drain(p.Context(), p.outbox))
	var all []parsed
	for _, e := range p.mx.Letters()[before:] {
		all = append(all, parse(p.T, e.Data))
	}
	return all
}

func visit(n int) account.Visit {
	return account.Visit{Address: netip.MustParseAddr(fmt.Sprintf("192.0.%d.7", n)), Agent: "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"}
}

func (p *post) signIn(from int, secret string) *account.Opened {
	p.Helper()
	progress, _ := p.SignIn(p.Context(), visit(from), account.Attempt{Login: "ann@example.org", Password: account.Secret(secret)})
	return progress.Done
}

func (p *post) person(o *account.Opened) account.Person {
	p.Helper()
	if o == nil {
		p.Fatal("not signed in")
	}
	who, err := p.Session(p.Context(), visit(2), o.Token)
	p.must(err)
	return who
}

func TestService_LetterAndActivityBearOneReference(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.person(p.signIn(2, annsPassword))
	p.empty()
	ann := p.person(p.signIn(99, annsPassword))
	letters := p.empty()
	if len(letters) != 1 || letters[0].subject != "Neue Anmeldung bei Ihrem Konto" {
		t.Fatalf("%d letters: %+v", len(letters), letters)
	}
	happened, err := p.Activity(t.Context(), ann, store.ActivityQuery{Kinds: []string{string(account.SignedIn)}, Limit: 1})
	p.must(err)
	if reference := account.Reference(happened[0].ID); !strings.Contains(letters[0].text, reference) || !strings.Contains(letters[0].html, reference) {
		t.Errorf("no %s in\n%s", reference, letters[0].text)
	}
}

func TestService_ResetLinkWorksAsItArrives(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.must(p.RequestReset(t.Context(), visit(2), "ann@example.org"))
	now := p.time()
	letters := p.empty()
	if len(letters) != 1 {
		t.Fatalf("%d letters", len(letters))
	}
	link := regexp.MustCompile(`https://sync\.example\.org/\S+`).FindString(letters[0].text)
	if link == "" || !strings.Contains(letters[0].html, `href="`+link+`"`) {
		t.Fatalf("no link in\n%s", letters[0].text)
	}
	p.pass(now.Sub(p.time())) // the hour in which letters wait is longer than the link lives
	owner, err := p.CheckReset(t.Context(), account.Secret(link[strings.LastIndexByte(link, '/')+1:]))
	if err != nil || owner.ID != p.ann.ID {
		t.Errorf("the link opens %v, %v", owner.ID, err)
	}
}

// hardening.md E: nobody fills somebody's mailbox.
func TestService_StrangersCannotFillAMailbox(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	for i := range 200 {
		p.signIn(i%5+10, "wrong")
		_ = p.RequestReset(t.Context(), visit(i%5+10), "ann@example.org") // refused ones are the point
		p.pass(20 * time.Second)
	}
	if letters := p.empty(); len(letters) == 0 || len(letters) > 12 {
		t.Errorf("%d letters after 200 tries from five places", len(letters))
	}
}

func TestService_InvitationSaysWhoButNotWhatTheyWant(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	_, link, err := p.Invite(t.Context(), account.Invitation{Email: "bob@example.org", Name: "Your Bank https://evil.example", By: "ann@example.org"})
	p.must(err)
	letters := p.empty()
	if len(letters) != 1 || letters[0].header.Get("To") != "<bob@example.org>" {
		t.Fatalf("%d letters: %+v", len(letters), letters)
	}
	for _, body := range []string{letters[0].text, letters[0].html} {
		if !strings.Contains(body, link.URL.Reveal()) || strings.Contains(body, "Your Bank") || strings.Contains(body, "evil") {
			t.Errorf("letter\n%s", body)
		}
	}
}

func TestService_PutOffIsTriedAgainAndRefusedIsNot(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	ann := p.person(p.signIn(2, annsPassword))
	_, _, err := p.CreateAppPassword(t.Context(), visit(2), ann, account.NewAppPassword{Name: "phone", Scope: store.FullScope})
	p.must(err)
	p.mx.Refuse(&smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "later"})
	for range 3 {
		if letters := p.empty(); len(letters) != 0 {
			t.Fatalf("%d letters from a server that takes none", len(letters))
		}
	}
	if p.mx.Tried() < 3 {
		t.Errorf("tried %d times in three hours", p.mx.Tried())
	}
	p.mx.Refuse(nil)
	p.pass(6 * time.Hour)
	if letters := p.empty(); len(letters) != 1 || letters[0].subject != "Neues App-Passwort" {
		t.Fatalf("%d letters: %+v", len(letters), letters)
	}

	before := p.mx.Tried()
	p.mx.Refuse(&smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"})
	_, _, err = p.Invite(t.Context(), account.Invitation{Email: "bob@example.org"})
	p.must(err)
	for range 10 {
		p.empty()
	}
	if tries := p.mx.Tried() - before; tries != 1 {
		t.Errorf("an address that does not exist was tried %d times", tries)
	}
}
