package assistant_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"ksync/internal/account"
	"ksync/internal/assistant"
	"ksync/internal/certtest"
	"ksync/store"
)

func TestVerifyAppPassword_SaysExactlyWhatIsWrong(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	create := func(p account.Person, n account.NewAppPassword) (string, store.AppPassword) {
		t.Helper()
		n.Name = "x"
		secret, made, err := d.accounts.CreateAppPassword(t.Context(), from(1), p, n)
		d.must(err)
		return secret.Reveal(), made
	}
	good, _ := create(d.ann, account.NewAppPassword{Scope: store.FullScope})
	contacts, _ := create(d.ann, account.NewAppPassword{Scope: store.ContactsRead | store.ContactsWrite | store.CalendarsRead})
	revoked, row := create(d.ann, account.NewAppPassword{Scope: store.FullScope})
	d.must(d.accounts.RevokeAppPassword(t.Context(), from(1), d.ann, row.ID))
	expired, _ := create(d.ann, account.NewAppPassword{Scope: store.FullScope, Expires: d.time().Add(time.Minute)})
	bobs, _ := create(d.person("bob@example.org"), account.NewAppPassword{Scope: store.FullScope})
	unknown, err := d.accounts.DrawAppPassword()
	d.must(err)
	d.pass(2 * time.Minute)
	slip := map[bool]string{true: "1", false: "0"}[good[3] == '0']
	for name, tt := range map[string]struct {
		given string
		want  account.Verdict
	}{
		"right":                   {good, account.Works},
		"as people paste it":      {"  " + strings.ToUpper(strings.ReplaceAll(good, "-", " ")), account.Works},
		"a slip of the pen":       {good[:3] + slip + good[4:], account.Typo},
		"a letter that is none":   {"u" + good[1:], account.Typo},
		"a piece is missing":      {good[:20], account.NoAppPassword},
		"the account password":    {password, account.NoAppPassword},
		"nothing":                 {"", account.NoAppPassword},
		"a megabyte":              {strings.Repeat("a", 1<<20), account.NoAppPassword},
		"well-formed, never made": {unknown.Reveal(), account.Unknown},
		"revoked":                 {revoked, account.Revoked},
		"expired":                 {expired, account.Expired},
		"of another account":      {bobs, account.OtherAccount},
		"not for what was chosen": {contacts, account.LacksScope},
	} {
		got, _, err := d.VerifyAppPassword(t.Context(), from(1), d.ann, account.Secret(tt.given), []assistant.Data{assistant.Contacts, assistant.Calendars})
		if err != nil || got != tt.want {
			t.Errorf("%s: got %s, %v, want %s", name, got, err, tt.want)
		}
		// What is said is what a device meets, but for what it may then touch.
		if works := d.dav(tt.given) == nil; works != (got == account.Works || got == account.LacksScope) {
			t.Errorf("%s: %s, and a device gets in: %v", name, got, works)
		}
	}
}

func TestVerifyAppPassword_IsNoUse(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.setUp(phone())
	secret := secretIn(t, d.download(made.Ticket))
	verdict, _, err := d.VerifyAppPassword(t.Context(), from(1), d.ann, account.Secret(secret), phone().Data)
	d.must(err)
	if got := d.device(made.Device.ID); verdict != account.Works || got.State != assistant.Waiting || got.LastUsed != 0 {
		t.Errorf("%s, %+v", verdict, got)
	}
}

func TestVerifyAppPassword_GuessesAreSlowedDown(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for range 100 {
		guess, err := d.accounts.DrawAppPassword()
		d.must(err)
		_, _, err = d.VerifyAppPassword(t.Context(), from(1), d.ann, guess, phone().Data)
		if _, ok := errors.AsType[*account.Throttled](err); ok {
			return
		}
		d.must(err)
	}
	t.Error("a hundred guesses in a row")
}

// listen serves TLS on this machine.
func listen(t *testing.T, serve func(net.Listener)) (host string, port int, trust *tls.Config) {
	t.Helper()
	pair := certtest.Local(t, 1)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); serve(l) }()
	t.Cleanup(func() { _ = l.Close(); <-done })
	address := l.Addr().(*net.TCPAddr)
	return "127.0.0.1", address.Port, certtest.Trust(pair)
}

const mailPassword = `pä"ss\ wört{5}`

// mailServer is a real one, with Ann's mailbox.
func mailServer(t *testing.T) (host string, port int, trust *tls.Config) {
	t.Helper()
	memory := imapmemserver.New()
	user := imapmemserver.NewUser("ann@example.org", mailPassword)
	memory.AddUser(user)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return memory.NewSession(), nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}}, Logger: log.New(io.Discard, "", 0),
	})
	return listen(t, func(l net.Listener) { _ = server.Serve(l) })
}

func TestVerifyMail_ByARealSignIn(t *testing.T) {
	t.Parallel()
	host, port, trust := mailServer(t)
	d := newDesk(t, withMail(host, port, trust))
	d.must(d.VerifyMail(t.Context(), from(1), d.ann, mailPassword))
	for _, wrong := range []account.Secret{"x", "", mailPassword + " ", "a\r\nA2 LOGOUT", "\x00", account.Secret(strings.Repeat("x", 2000))} {
		d.want(d.VerifyMail(t.Context(), from(2+byte(len(wrong))), d.ann, wrong), assistant.ErrMailPassword)
	}
	bob := d.person("bob@elsewhere.example")
	d.want(d.VerifyMail(t.Context(), from(1), bob, mailPassword), assistant.ErrData)
	if strings.Contains(d.logged.String(), "wört") {
		t.Error("the password is in the log")
	}
}

func TestVerifyMail_FiveTriesAQuarterOfAnHour(t *testing.T) {
	t.Parallel()
	host, port, trust := mailServer(t)
	d := newDesk(t, withMail(host, port, trust))
	for range 3 {
		d.must(d.VerifyMail(t.Context(), from(1), d.ann, mailPassword)) // takes nothing
	}
	for range 5 {
		d.want(d.VerifyMail(t.Context(), from(1), d.ann, "x"), assistant.ErrMailPassword)
	}
	err := d.VerifyMail(t.Context(), from(1), d.ann, mailPassword)
	if wait, ok := errors.AsType[*account.Throttled](err); !ok || wait.RetryAfter != 15*time.Minute {
		t.Errorf("the sixth: %v", err)
	}
	d.must(d.VerifyMail(t.Context(), from(9), d.ann, mailPassword)) // from elsewhere
	d.pass(15 * time.Minute)
	d.ann = d.signIn("ann@example.org")
	d.must(d.VerifyMail(t.Context(), from(1), d.ann, mailPassword))
}

// Somebody with many networks, or many accounts with the address, has no more tries.
func TestVerifyMail_FewTriesAtAMailboxFromWherever(t *testing.T) {
	t.Parallel()
	host, port, trust := mailServer(t)
	d := newDesk(t, withMail(host, port, trust))
	for n := range byte(15) {
		d.want(d.VerifyMail(t.Context(), from(n), d.ann, "x"), assistant.ErrMailPassword)
	}
	if _, ok := errors.AsType[*account.Throttled](d.VerifyMail(t.Context(), from(99), d.ann, mailPassword)); !ok {
		t.Error("a sixteenth try")
	}
}

func TestVerifyMail_ServersThatCannotDecide(t *testing.T) {
	t.Parallel()
	say := func(lines ...string) func(net.Listener) {
		return func(l net.Listener) {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				r := bufio.NewReader(conn)
				for _, line := range lines {
					if tag, rest, ok := strings.Cut(line, "TAG "); ok {
						command, err := r.ReadString('\n')
						if err != nil {
							break
						}
						line = tag + strings.Fields(command)[0] + " " + rest
					}
					fmt.Fprintf(conn, "%s\r\n", line)
				}
				_ = conn.Close()
			}
		}
	}
	for name, tt := range map[string]struct {
		serve func(net.Listener)
		want  error
	}{
		"takes anybody":      {say("* PREAUTH [CAPABILITY IMAP4rev1] hello"), assistant.ErrMailServer},
		"says bye":           {say("* BYE too many"), assistant.ErrMailServer},
		"is no mail server":  {say("SSH-2.0-OpenSSH"), assistant.ErrMailServer},
		"is out of order":    {say("* OK [CAPABILITY IMAP4rev1] hi", "TAG NO [UNAVAILABLE] later"), assistant.ErrMailServer},
		"does not know how":  {say("* OK [CAPABILITY IMAP4rev1] hi", "TAG BAD what"), assistant.ErrMailServer},
		"talks without end":  {say(append([]string{"* OK hi"}, strings.Repeat("* CAPABILITY "+strings.Repeat("X", 500)+"\n", 400))...), assistant.ErrMailServer},
		"refuses, plainly":   {say("* OK [CAPABILITY IMAP4rev1] hi", "TAG NO [AUTHENTICATIONFAILED] no"), assistant.ErrMailPassword},
		"breaks off at once": {say(), assistant.ErrMailServer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host, port, trust := listen(t, tt.serve)
			d := newDesk(t, withMail(host, port, trust))
			d.want(d.VerifyMail(t.Context(), from(1), d.ann, "x"), tt.want)
		})
	}
}

func TestVerifyMail_OnlyInTLSThatHolds(t *testing.T) {
	t.Parallel()
	host, port, _ := mailServer(t)
	d := newDesk(t, withMail(host, port, nil)) // whose certificate nobody knows
	d.want(d.VerifyMail(t.Context(), from(1), d.ann, mailPassword), assistant.ErrMailServer)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	d.must(err)
	t.Cleanup(func() { _ = l.Close() })
	heard := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			heard <- ""
			return
		}
		fmt.Fprint(conn, "* OK plain\r\n")
		data, _ := io.ReadAll(io.LimitReader(conn, 4096))
		heard <- string(data)
	}()
	plain := d.assistant(withMail("127.0.0.1", l.Addr().(*net.TCPAddr).Port, nil))
	defer plain.Close()
	d.want(plain.VerifyMail(t.Context(), from(2), d.ann, mailPassword), assistant.ErrMailServer)
	if text := <-heard; strings.Contains(text, "LOGIN") || strings.Contains(text, "wört") {
		t.Errorf("the password went out in the clear: %q", text)
	}
}

// Who went away is not waited for.
func TestVerifyMail_EndsWithItsRequest(t *testing.T) {
	t.Parallel()
	reached := make(chan struct{}, 10)
	host, port, trust := listen(t, func(l net.Listener) {
		var open []net.Conn
		for {
			conn, err := l.Accept()
			if err != nil {
				break
			}
			if err := conn.(*tls.Conn).HandshakeContext(context.Background()); err == nil {
				reached <- struct{}{}
			}
			open = append(open, conn) // and never a word
		}
		for _, c := range open {
			_ = c.Close()
		}
	})
	d := newDesk(t, withMail(host, port, trust))
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-reached; cancel() }()
	d.want(d.VerifyMail(ctx, from(1), d.ann, "x"), assistant.ErrMailServer)
}

func TestMail_InTheProfileOnlyWhenAskedFor(t *testing.T) {
	t.Parallel()
	host, port, trust := mailServer(t)
	d := newDesk(t, withMail(host, port, trust))
	n := phone()
	n.Data = append(n.Data, assistant.Mail)
	_, all := payloads(t, d.download(d.setUp(n).Ticket))
	if m := all["mail.managed"]; m["IncomingPassword"] != nil || m["EmailAddress"] != "ann@example.org" || m["IncomingMailServerHostName"] != host || m["OutgoingMailServerHostName"] != "smtp.example.org" {
		t.Errorf("got %v", m)
	}
	n.MailPassword = "wrong"
	_, err := d.SetUp(t.Context(), from(1), d.ann, n)
	d.want(err, assistant.ErrMailPassword)
	n.MailPassword = mailPassword
	_, all = payloads(t, d.download(d.setUp(n).Ticket))
	if m := all["mail.managed"]; m["IncomingPassword"] != mailPassword || m["OutgoingPassword"] != nil || m["OutgoingPasswordSameAsIncomingPassword"] != true {
		t.Errorf("got %v", m)
	}
}

func TestMail_AloneNeedsNoAppPassword(t *testing.T) {
	t.Parallel()
	d := newDesk(t, withMail("imap.example.org", 993, nil))
	n := phone()
	n.Data = []assistant.Data{assistant.Mail}
	made := d.setUp(n)
	_, all := payloads(t, d.download(made.Ticket))
	handed, err := d.Password(t.Context(), from(1), made.Ticket)
	d.must(err)
	if len(all) != 1 || len(d.appPasswords()) != 0 || handed.Password != "" {
		t.Errorf("%v, %d passwords, %q", all, len(d.appPasswords()), handed.Password.Reveal())
	}
	if f, err := d.Issue(t.Context(), d.ann.Account, n); err != nil || len(d.appPasswords()) != 0 || strings.Contains(string(f.Data), "IncomingPassword</key>\n\t\t\t<string>") {
		t.Errorf("%v", err)
	}
}
