package account_test

import (
	"testing"
	"time"

	"ksync/internal/account"
	"ksync/store"
)

func TestNotice_NewPlaceOnceADayAndNotAtTheFirstSignIn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.person()
	d.person()
	if got := d.letters(); len(got) != 0 {
		t.Errorf("the first place is told: %+v", got)
	}
	phone := atHome
	phone.Agent = "Mozilla/5.0 (Linux; Android 16; Pixel; wv) AppleWebKit/537.36 Chrome/140 Mobile Safari/537.36"
	for _, v := range []account.Visit{from(3), phone, from(3)} {
		_, err := d.signIn(v, annsPassword)
		d.must(err)
	}
	got := d.letters()
	if kinds(got) != "new-place new-place" {
		t.Fatalf("letters %+v", got)
	}
	for _, n := range got {
		if n.Data.Place == "192.0.3.0/24" && n.Data.Client != "Firefox on Linux" || n.Data.Place == "192.0.2.0/24" && n.Data.Client != "App on Android" || n.Reference == "" {
			t.Errorf("letter %+v", n)
		}
	}
	d.pass(91 * 24 * time.Hour)
	d.must(d.store.Maintain(t.Context(), store.Retention{}))
	d.person() // all places are forgotten: again the first
	if got := d.letters(); len(got) != 0 {
		t.Errorf("letters %+v", got)
	}
}

func TestNotice_WrongPasswordsAreCountedIntoOneLetter(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	try := func(v account.Visit, n int) {
		for range n {
			_, err := d.signIn(v, "x")
			d.want(err, account.ErrDenied)
			d.pass(time.Minute)
		}
	}
	try(from(3), 2)
	if got := d.letters(); len(got) != 0 {
		t.Errorf("two slips are told: %+v", got)
	}
	try(from(3), 7)
	got := d.letters()
	if kinds(got) != "wrong-password" || got[0].Data.Count != 9 || got[0].Data.Place != "192.0.3.0/24" || got[0].Data.Since == 0 {
		t.Fatalf("letters %+v", got)
	}
	if n := d.happened(account.SignInFailed); len(n) != 1 || n[0].Count != 9 || got[0].Reference != account.Reference(n[0].ID) {
		t.Errorf("noted %+v", n)
	}
	try(from(3), 5) // the same place on the same day
	for n := range 20 {
		try(from(byte(10+n)), 3)
	}
	if got := d.letters(); len(got) != 2 { // three a day from everywhere
		t.Errorf("%d letters more: %s", len(got), kinds(got))
	}
	d.pass(24 * time.Hour)
	try(from(3), 3)
	if got := d.letters(); len(got) != 1 {
		t.Errorf("the next day: %+v", got)
	}
}

func TestNotice_TriedAgainForTwoDays(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, err := d.RequestDeletion(t.Context(), atHome, d.person())
	d.must(err)
	claim := func() []account.Notice {
		all, err := d.ClaimNotices(t.Context(), 10)
		d.must(err)
		return all
	}
	n := claim()
	if len(n) != 1 || len(claim()) != 0 {
		t.Fatalf("claimed %+v", n)
	}
	d.pass(10 * time.Minute)
	if n = claim(); len(n) != 1 || n[0].Attempts != 1 { // whoever had it died
		t.Fatalf("claimed %+v", n)
	}
	var waits []time.Duration
	for range 60 {
		d.must(d.NoticeFailed(t.Context(), n[0]))
		begin := d.time()
		for n = claim(); len(n) == 0 && d.time().Sub(begin) < 7*time.Hour; n = claim() {
			d.pass(5 * time.Minute)
		}
		if len(n) == 0 {
			break
		}
		waits = append(waits, d.time().Sub(begin))
	}
	if len(n) != 0 || len(waits) < 8 || waits[0] >= waits[4] || waits[len(waits)-1] > 6*time.Hour {
		t.Errorf("waited %v, still there: %v", waits, len(n) != 0)
	}
}

func TestNotice_WaitsTwiceAsLongEachTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, err := d.RequestDeletion(t.Context(), atHome, d.person())
	d.must(err)
	for i, want := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360} {
		n, err := d.ClaimNotices(t.Context(), 10)
		d.must(err)
		if len(n) != 1 || n[0].Attempts != i {
			t.Fatalf("at try %d: %+v", i+1, n)
		}
		d.must(d.NoticeFailed(t.Context(), n[0]))
		d.pass(want*time.Minute - time.Second)
		if n, err = d.ClaimNotices(t.Context(), 10); err != nil || len(n) != 0 {
			t.Fatalf("due again before %d minutes have passed: %+v, %v", want, n, err)
		}
		d.pass(time.Second)
	}
}

func TestNotice_SealedAndForgottenWhenSent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, link, err := d.Invite(t.Context(), account.Invitation{Email: "bob@example.org"})
	d.must(err)
	d.notStored(link.Token.Reveal())
	if got := d.letters(); len(got) != 1 {
		t.Fatalf("letters %+v", got)
	}
	err = d.store.Read(t.Context(), func(tx *store.Tx) error {
		all, err := tx.Notices(t.Context(), 0, "invitation-link ", 0)
		if len(all) != 1 || all[0].Address != "" || len(all[0].Data) != 0 {
			t.Errorf("kept %+v", all)
		}
		return err
	})
	d.must(err)
}

func TestActivity_PagesAndKinds(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.person()
	for range 5 {
		d.pass(time.Second)
		d.must(d.BeginExport(t.Context(), atHome, p))
	}
	page, err := d.Activity(t.Context(), p, store.ActivityQuery{Kinds: []string{string(account.Exported)}, Limit: 3})
	d.must(err)
	rest, err := d.Activity(t.Context(), p, store.ActivityQuery{Kinds: []string{string(account.Exported)}, Limit: 3, Before: page[len(page)-1]})
	d.must(err)
	if len(page) != 3 || len(rest) != 2 || page[0].Session != p.Session.ID {
		t.Errorf("pages of %d and %d: %+v", len(page), len(rest), page)
	}
}

func TestReference_ShortAndDistinct(t *testing.T) {
	t.Parallel()
	seen := map[string]int64{}
	for id := int64(1); id < 1<<31; id = id*3 + 1 {
		r := account.Reference(id)
		if other, twice := seen[r]; twice || len(r) != 8 {
			t.Errorf("%d and %d are %q", id, other, r)
		}
		seen[r] = id
	}
	if account.Reference(0) != "" {
		t.Error("nothing has a reference")
	}
}

func TestNotice_TellsThatOneWaitsOnceItIsStored(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	told := func() bool {
		select {
		case <-d.NoticeWaiting():
			return true
		default:
			return false
		}
	}
	told() // of the making of the account
	p := d.person()
	if told() {
		t.Error("told of nothing")
	}
	_, _, err := d.CreateAppPassword(t.Context(), atHome, p, account.NewAppPassword{Name: "phone", Scope: store.FullScope})
	d.must(err)
	if !told() {
		t.Error("not told of a letter")
	}
	if all, err := d.ClaimNotices(t.Context(), 10); err != nil || len(all) != 1 {
		t.Errorf("told before it was there: %v, %v", all, err)
	}
	_, _, err = d.CreateAppPassword(t.Context(), atHome, p, account.NewAppPassword{Name: "tablet", Scope: store.FullScope, Replaces: 4711})
	d.want(err, store.ErrNotFound)
	if told() {
		t.Error("told of a letter that was never stored")
	}
}
