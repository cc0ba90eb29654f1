package assistant_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/account"
	"ksync/internal/assistant"
	"ksync/store"
)

func TestTicket_LookingMintsNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.setUp(phone())
	if len(made.Ticket) != 26 || made.URL.Reveal() != "https://sync.example.org/p/"+made.Ticket.Reveal() || made.Expires != d.time().Add(10*time.Minute) {
		t.Errorf("got %q, %v", made.URL.Reveal(), made.Expires)
	}
	for range 20 {
		l, err := d.Landing(t.Context(), from(2), made.Ticket)
		d.must(err)
		if l.Downloads != 5 || l.Device.State != assistant.Begun || l.Login != "ann@example.org" || l.File != "Ann-s-iPhone.mobileconfig" {
			t.Errorf("got %+v", l)
		}
	}
	if all := d.appPasswords(); len(all) != 0 {
		t.Errorf("made %+v", all)
	}
}

func TestTicket_FiveDownloadsOfTheSameThenGone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.setUp(phone())
	first := d.download(made.Ticket)
	for range 4 {
		if again := d.download(made.Ticket); !bytes.Equal(again.Data, first.Data) || again.Name != first.Name {
			t.Error("another download, another file")
		}
	}
	_, err := d.Download(t.Context(), from(2), made.Ticket)
	d.want(err, account.ErrLink)
	_, err = d.Landing(t.Context(), from(2), made.Ticket)
	d.want(err, account.ErrLink)
	_, err = d.Password(t.Context(), from(2), made.Ticket)
	d.want(err, account.ErrLink)
	if all := d.appPasswords(); len(all) != 1 || all[0].Name != "Ann’s iPhone" || all[0].Scope != store.FullScope {
		t.Errorf("made %+v", all)
	}
	d.must(d.dav(secretIn(t, first)))
	if n := d.tickets(); n != 0 {
		t.Errorf("%d tickets are left", n)
	}
}

func (d *desk) tickets() (n int) {
	d.t.Helper()
	d.must(d.store.Read(d.t.Context(), func(tx *store.Tx) error {
		all, err := tx.Tickets(d.t.Context(), d.ann.Account.ID, "delivery")
		n = len(all)
		return err
	}))
	return n
}

func TestTicket_ManyAtOnceGetOnePasswordAndFiveFiles(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.setUp(phone())
	var wg sync.WaitGroup
	var mu sync.Mutex
	var files []assistant.File
	for range 12 {
		wg.Go(func() {
			f, err := d.Download(context.Background(), from(2), made.Ticket)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				files = append(files, f)
			} else if !errors.Is(err, account.ErrLink) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(files) != 5 || len(d.appPasswords()) != 1 {
		t.Errorf("%d files, %d passwords", len(files), len(d.appPasswords()))
	}
	for _, f := range files {
		if secretIn(t, f) != secretIn(t, files[0]) {
			t.Error("different passwords")
		}
	}
}

func TestTicket_OneAnswerForAllThatAreNotGood(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	expired := d.setUp(phone())
	d.pass(10 * time.Minute)
	d.ann = d.signIn("ann@example.org")
	removed, used, disabled := d.setUp(phone()), d.setUp(phone()), d.setUp(phone())
	_, err := d.Remove(t.Context(), from(1), d.ann, removed.Device.ID)
	d.must(err)
	for range 5 {
		d.download(used.Ticket)
	}
	replaced := d.setUp(phone())
	_, err = d.SetUpAgain(t.Context(), from(1), d.ann, replaced.Device.ID, assistant.Again{})
	d.must(err)
	d.must(d.accounts.SetDisabled(t.Context(), d.ann.Account.ID, true))
	for name, ticket := range map[string]account.Secret{
		"expired": expired.Ticket, "removed": removed.Ticket, "used up": used.Ticket, "replaced": replaced.Ticket, "disabled": disabled.Ticket,
		"unknown": account.Secret(strings.Repeat("a", 26)), "short": "a", "empty": "", "long": account.Secret(strings.Repeat("a", 1<<20)),
		"with bits that mean nothing": used.Ticket[:25] + "b", "no base32": account.Secret(strings.Repeat("1", 26)), "NUL": "\x00",
	} {
		_, err1 := d.Landing(t.Context(), from(3), ticket)
		_, err2 := d.Download(t.Context(), from(4), ticket)
		_, err3 := d.Password(t.Context(), from(5), ticket)
		for _, err := range []error{err1, err2, err3} {
			if err != account.ErrLink { //nolint:errorlint // nothing may be wrapped around it that tells more
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestTicket_CapitalsDoNotMatter(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.setUp(phone())
	if _, err := d.Landing(t.Context(), from(1), account.Secret(strings.ToUpper(made.Ticket.Reveal()))); err != nil {
		t.Error(err)
	}
}

func TestTicket_GuessesAreSlowedDownGoodOnesAreNot(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.setUp(phone())
	for range 100 {
		_, err := d.Landing(t.Context(), from(2), made.Ticket)
		d.must(err)
	}
	guess := account.Secret(strings.Repeat("b", 25) + "a")
	for range 30 {
		_, err := d.Landing(t.Context(), from(2), guess)
		d.want(err, account.ErrLink)
	}
	_, err := d.Landing(t.Context(), from(2), guess)
	if throttled, ok := errors.AsType[*account.Throttled](err); !ok || throttled.RetryAfter > time.Minute {
		t.Errorf("the 31st: %v", err)
	}
	_, err = d.Landing(t.Context(), from(3), made.Ticket)
	d.must(err) // others are not touched
	d.pass(time.Minute)
	_, err = d.Landing(t.Context(), from(2), made.Ticket)
	d.must(err)
}

// What is kept opens with the ticket alone, and says nothing without it.
func TestTicket_NothingReadableIsKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.setUp(phone())
	var kept store.Ticket
	d.must(d.store.Read(t.Context(), func(tx *store.Tx) (err error) {
		kept, err = tx.Ticket(t.Context(), assistant.TicketHash(made.Ticket.Reveal()))
		return err
	}))
	var data struct {
		Device int64  `json:"device"`
		Sealed []byte `json:"sealed"`
	}
	d.must(json.Unmarshal([]byte(kept.Data), &data))
	d.must(assistant.Unseal(made.Ticket.Reveal(), kept, data.Sealed, data.Device))
	for name, err := range map[string]error{
		"another ticket":  assistant.Unseal(strings.Repeat("a", 26), kept, data.Sealed, data.Device),
		"another device":  assistant.Unseal(made.Ticket.Reveal(), kept, data.Sealed, data.Device+1),
		"another account": assistant.Unseal(made.Ticket.Reveal(), store.Ticket{Account: 1}, data.Sealed, data.Device),
		"a changed byte":  assistant.Unseal(made.Ticket.Reveal(), kept, append([]byte{data.Sealed[0] ^ 1}, data.Sealed[1:]...), data.Device),
		"nothing":         assistant.Unseal(made.Ticket.Reveal(), kept, nil, data.Device),
	} {
		if err == nil {
			t.Errorf("%s opens it", name)
		}
	}
	secret := secretIn(t, d.download(made.Ticket))
	files, err := filepath.Glob(filepath.Join(d.dir, "ksync.db*"))
	d.must(err)
	if len(files) == 0 {
		t.Fatal("no database to look into")
	}
	for _, name := range files {
		file, err := os.ReadFile(name)
		d.must(err)
		for _, text := range []string{made.Ticket.Reveal(), secret, strings.ReplaceAll(secret, "-", ""), base64.StdEncoding.EncodeToString([]byte(secret))} {
			if bytes.Contains(file, []byte(text)) {
				t.Errorf("%s holds a secret", filepath.Base(name))
			}
		}
	}
	if strings.Contains(d.logged.String(), made.Ticket.Reveal()) || strings.Contains(d.logged.String(), secret) {
		t.Error("the log holds a secret")
	}
}

func TestTicket_UnusedPasswordEndsAfterADay(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	unused, used := d.setUp(phone()), d.setUp(phone())
	first, second := secretIn(t, d.download(unused.Ticket)), secretIn(t, d.download(used.Ticket))
	d.used(d.device(used.Device.ID).AppPassword)
	d.pass(24*time.Hour - time.Second)
	d.must(d.dav(first))
	d.pass(time.Second)
	d.want(d.dav(first), account.ErrDenied)
	d.must(d.dav(second))
	if got := d.device(unused.Device.ID).State; got != assistant.Ended {
		t.Errorf("the device is %s", got)
	}
}

func (d *desk) device(id int64) assistant.Device {
	d.t.Helper()
	d.Settle()
	got, err := d.Device(d.t.Context(), d.ann, id)
	d.must(err)
	return got
}

func TestTicket_ShownPasswordIsThatOfTheProfile(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.setUp(phone())
	handed, err := d.Password(t.Context(), from(1), made.Ticket)
	d.must(err)
	if handed.Login != "ann@example.org" || handed.Device.State != assistant.Waiting {
		t.Errorf("got %+v", handed)
	}
	d.must(d.dav(handed.Password.Reveal()))
	if got := secretIn(t, d.download(made.Ticket)); got != handed.Password.Reveal() {
		t.Error("another password")
	}
	l, err := d.Landing(t.Context(), from(1), made.Ticket)
	d.must(err)
	if l.Downloads != 4 || len(d.appPasswords()) != 1 {
		t.Errorf("%d downloads left, %d passwords", l.Downloads, len(d.appPasswords()))
	}
}

func TestTicket_ActivityAndLetterTell(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.setUp(phone())
	before, err := d.accounts.ClaimNotices(t.Context(), 10)
	d.must(err)
	d.download(made.Ticket)
	after, err := d.accounts.ClaimNotices(t.Context(), 10)
	d.must(err)
	var kinds []string
	all, err := d.accounts.Activity(t.Context(), d.ann, store.ActivityQuery{Kinds: []string{"app-password-created", "profile-downloaded"}})
	d.must(err)
	for _, a := range all {
		kinds = append(kinds, a.Kind+" "+a.Detail)
	}
	diff := cmp.Diff([]string{"app-password-created Ann’s iPhone", "profile-downloaded Ann’s iPhone"}, sorted(kinds))
	if diff != "" || len(after) != 1 || after[0].Kind != account.NoticeAppPassword || after[0].Data.Name != "Ann’s iPhone" {
		t.Errorf("letters %+v, then %+v\n%s", before, after, diff)
	}
}
