package store

import (
	"context"
	"errors"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// statements returns the texts that a store has prepared while it did what it
// is for, readers' and writer's.
func statements(t *testing.T) (*Store, []string) {
	t.Helper()
	s := opened(t, Options{Path: filepath.Join(t.TempDir(), "ksync.db"), Readers: 1})
	exercise(t, s)
	var all []string
	collect := func(tx *Tx) error {
		for text := range tx.session.stmts {
			all = append(all, text)
		}
		return nil
	}
	for _, run := range []func(context.Context, func(*Tx) error) error{s.Read, s.Write} {
		if err := run(t.Context(), collect); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(all)
	return s, slices.Compact(all)
}

func exercise(t *testing.T, s *Store) {
	t.Helper()
	ctx := t.Context()
	book := seeded(t, s)
	cal, err := s.CreateCollection(ctx, Collection{Account: book.Account, Kind: Calendar, URI: "c"}, []Property{{"{x}a", "<a/>"}})
	p, err2 := s.CreateAppPassword(ctx, AppPassword{Account: book.Account, Hash: []byte("h")})
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	put := book.text("a", "x")
	put.Index.UID = "u"
	from := int64(1)
	tr := Transfer{Account: book.Account, From: Place{Collection: book.ID, URI: "a"}, To: Place{Collection: cal.ID, URI: "b"}}
	back := Transfer{Account: book.Account, From: tr.To, To: Place{Collection: book.ID, URI: "b"}, Overwrite: true}
	for _, call := range []func() error{
		func() error {
			return s.UpdateAccount(ctx, book.Account, func(a *Account) error { a.Login, a.Quota = "b", 1e6; return nil })
		},
		func() error { _, err := s.AccountByLogin(ctx, "b"); return err },
		func() error { _, err := s.Usage(ctx, book.Account); return err },
		func() error { _, _, err := s.AppPasswordByHash(ctx, []byte("h")); return err },
		func() error { _, err := s.AppPasswords(ctx, book.Account); return err },
		func() error { return s.TouchAppPassword(ctx, book.Account, p.ID, 1, "", "") },
		func() error { return s.RevokeAppPassword(ctx, book.Account, p.ID) },
		func() error { _, err := s.Collections(ctx, book.Account, Calendar); return err },
		func() error { _, err := s.PutObject(ctx, put); return err },
		func() error { put.Bytes = []byte("y"); _, err := s.PutObject(ctx, put); return err },
		func() error { _, err := s.Object(ctx, book.Account, book.ID, "a"); return err },
		func() error { _, err := s.ObjectsByURI(ctx, book.Account, book.ID, []string{"a"}, true); return err },
		func() error { _, err := s.Versions(ctx, book.Account, book.ID, "a"); return err },
		func() error { _, err := s.Version(ctx, book.Account, book.ID, 3); return err },
		func() error { _, err := s.CopyObject(ctx, tr); return err },
		func() error { _, err := s.MoveObject(ctx, back); err = ignoreConflict(err); return err },
		func() error { _, err := s.Changes(ctx, book.Account, book.ID, 0, 0, true); return err },
		func() error { _, err := s.Changes(ctx, book.Account, book.ID, 1, 0, false); return err },
		func() error { _, err := s.Changes(ctx, book.Account, book.ID, 1, 0, true); return err },
		func() error {
			_, err := s.Objects(ctx, Query{Account: book.Account, Collection: book.ID, WithBytes: true})
			return err
		},
		func() error {
			_, err := s.Objects(ctx, Query{Account: book.Account, Collection: cal.ID, Components: []string{"VEVENT", "VTODO"}, From: &from})
			return err
		},
		func() error { _, err := s.AllProperties(ctx, book.Account, cal.ID); return err },
		func() error { return s.UpdateCollection(ctx, book.Account, cal.ID, nil, nil, []string{"{x}a"}) },
		func() error { _, err := s.Properties(ctx, Place{book.Account, book.ID, "a"}); return err },
		func() error { return s.DeleteObject(ctx, Delete{Account: book.Account, Collection: book.ID, URI: "a"}) },
		func() error { _, err := s.MoveObject(ctx, back); return err },
		func() error { return s.DeleteCollection(ctx, book.Account, cal.ID, Precondition{}) },
		func() error { return signInOnce(ctx, s, book.Account) },
		func() error { return mergeOnce(ctx, s, book) },
		func() error { return s.Maintain(ctx, Retention{}) },
		func() error { return s.DeleteAccount(ctx, book.Account) },
	} {
		if err := call(); err != nil {
			t.Fatal(err)
		}
	}
}

// signInOnce runs each statement about sign-ins.
func signInOnce(ctx context.Context, s *Store, account int64) error {
	return s.Write(ctx, func(tx *Tx) error {
		if _, err := tx.FormerNames(ctx, account, 0); err != nil {
			return err
		}
		session, err1 := tx.CreateSession(ctx, Session{Account: account, Hash: []byte("s"), Idle: 1e6, Expires: tx.now + 1e6})
		_, _, err2 := tx.SessionByHash(ctx, []byte("s"))
		_, err3 := tx.Session(ctx, account, session.ID)
		_, err4 := tx.Sessions(ctx, account)
		err5 := tx.TouchSession(ctx, account, session.ID, "", "")
		err6 := tx.FreshenSession(ctx, account, session.ID, []byte("s"))
		_, err7 := tx.DeleteSessions(ctx, account, session.ID)
		err8 := tx.DeleteSession(ctx, account, session.ID)
		if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8); err != nil {
			return err
		}
		return errors.Join(factorsOnce(ctx, tx, account), ticketsOnce(ctx, tx, account), traceOnce(ctx, tx, account))
	})
}

// mergeOnce runs each statement about merges, hidden pairs and keys.
func mergeOnce(ctx context.Context, s *Store, book Collection) error {
	k := Keying{Kind: AddressBook, Version: 2, Keys: func([]byte) []int64 { return []int64{1, 2, 3, 4, 5} }}
	err := errors.Join(s.Rekey(ctx, book.Account, k), s.Rekey(ctx, 0, k))
	v := &inspection{report: &Report{}}
	err2 := s.Read(ctx, func(tx *Tx) error { return v.keys(ctx, tx, place{book.Account, book.ID}, k) })
	return errors.Join(err, err2, s.Write(ctx, func(tx *Tx) error {
		_, err0 := tx.ObjectsByKey(ctx, KeyQuery{Account: book.Account, Keys: []int64{1}, Limit: 10, MaxBytes: 1 << 20})
		m, err1 := tx.AddMerge(ctx, Merge{Account: book.Account, Kind: "k", Token: "t", Until: tx.now + 1}, []MergeCard{{Collection: book.ID, URI: "a"}})
		_, err2 := tx.Merge(ctx, book.Account, m.ID)
		_, err3 := tx.MergeCards(ctx, book.Account, m.ID)
		_, err4 := tx.Merges(ctx, book.Account, Merge{}, 1)
		_, err5 := tx.MergesOf(ctx, book.Account, 1)
		err6 := errors.Join(tx.SetMerge(ctx, book.Account, m.ID, nil), tx.EndMerge(ctx, book.Account, m.ID))
		err7 := errors.Join(tx.RememberUID(ctx, MergedUID{Account: book.Account, UID: "u"}), tx.ForgetUID(ctx, book.Account, "u"))
		_, err8 := tx.MergedUIDs(ctx, book.Account)
		h, err9 := tx.Hide(ctx, Hidden{Account: book.Account, Pair: "p"})
		_, err10 := tx.Hidden(ctx, book.Account)
		return errors.Join(err0, err1, err2, err3, err4, err5, err6, err7, err8, err9, err10, tx.Unhide(ctx, book.Account, h.ID))
	}))
}

func factorsOnce(ctx context.Context, tx *Tx, account int64) error {
	err1 := tx.SetTOTP(ctx, TOTP{Account: account, Secret: []byte("x")})
	_, err2 := tx.TOTP(ctx, account)
	err3 := errors.Join(tx.TryTOTP(ctx, account, Tries{Most: 9, InARow: 9}), tx.ForgiveTOTP(ctx, account))
	err4 := tx.UseTOTP(ctx, account, 1)
	err5 := tx.DeleteTOTP(ctx, account)
	err6 := tx.SetBackupCodes(ctx, account, [][]byte{{1}})
	_, err7 := tx.BackupCodes(ctx, account)
	err8 := tx.UseBackupCode(ctx, account, []byte{1})
	key, err9 := tx.CreatePasskey(ctx, Passkey{Account: account, Hash: []byte("k"), Credential: []byte("x")})
	err10 := tx.UsePasskey(ctx, key)
	err11 := tx.RenamePasskey(ctx, account, key.ID, "n")
	err12 := tx.DeletePasskey(ctx, account, key.ID)
	return errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9, err10, err11, err12, tx.DeletePasskeys(ctx, account))
}

func ticketsOnce(ctx context.Context, tx *Tx, account int64) error {
	put := func(hash string) error {
		_, err := tx.PutTicket(ctx, Ticket{Account: account, Kind: "k", Hash: []byte(hash), Expires: tx.now + 1}, 1)
		return err
	}
	err1 := errors.Join(put("t"), put("u"))
	t, err2 := tx.Ticket(ctx, []byte("u"))
	_, err3 := tx.Tickets(ctx, account, "k")
	err4 := tx.DeleteTicket(ctx, account, "k", t.ID)
	err5 := put("v")
	_, err6 := tx.TakeTicket(ctx, []byte("v"))
	return errors.Join(err1, err2, err3, err4, err5, err6, tx.DeleteTickets(ctx, account, "k"), tx.DeleteAllTickets(ctx, account))
}

func traceOnce(ctx context.Context, tx *Tx, account int64) error {
	_, err1 := tx.AddActivity(ctx, Activity{Account: account, Kind: "k"})
	a, err2 := tx.CountActivity(ctx, Activity{Account: account, Kind: "k"}, 0)
	_, err3 := tx.Activity(ctx, account, a.ID)
	_, err4 := tx.Activities(ctx, ActivityQuery{Account: account})
	_, err5 := tx.Activities(ctx, ActivityQuery{Account: account, Kinds: []string{"a", "b"}})
	_, _, err6 := tx.SeePlace(ctx, KnownPlace{Account: account})
	n, err7 := tx.AddNotice(ctx, Notice{Account: account, Topic: "t", Data: []byte("x")})
	_, err8 := tx.Notices(ctx, account, "t", 0)
	err9 := tx.RewriteNotice(ctx, n)
	_, err10 := tx.ClaimNotices(ctx, 1, 1)
	err11 := tx.FinishNotice(ctx, account, n.ID)
	err14 := devicesOnce(ctx, tx, account)
	_, err12 := tx.AppPassword(ctx, account, 1)
	_, err13 := tx.RevokeAppPasswords(ctx, account)
	if errors.Is(err12, ErrNotFound) {
		err12 = nil
	}
	return errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9, err10, err11, err12, err13, err14)
}

func devicesOnce(ctx context.Context, tx *Tx, account int64) error {
	d, err1 := tx.CreateDevice(ctx, Device{Account: account, AppPassword: 7})
	_, err2 := tx.Devices(ctx, account)
	_, err3 := tx.Device(ctx, account, d.ID)
	err4 := tx.SeeDevice(ctx, account, 7, "contacts")
	err5 := tx.DeleteDevice(ctx, account, d.ID)
	t, err6 := tx.PutTicket(ctx, Ticket{Hash: []byte("d"), Account: account, Kind: "d", Expires: tx.now + 1000}, 1)
	err7 := tx.RewriteTicket(ctx, t)
	return errors.Join(err1, err2, err3, err4, err5, err6, err7)
}

func ignoreConflict(err error) error {
	if _, ok := err.(*UIDConflict); ok {
		return nil
	}
	return err
}

// Every statement finds its rows by a key that begins with the account, or by
// one of the few other names that lead to one; none reads a whole table of
// what accounts own.
func TestStatements_FindTheirRowsByKey(t *testing.T) {
	t.Parallel()
	s, all := statements(t)
	if len(all) < 50 {
		t.Fatalf("only %d statements", len(all))
	}
	lists := regexp.MustCompile(`from account a\s+where a.deleted_at = 0 order|select id from account where deleted_at|from stale_index`)
	key := regexp.MustCompile(`\((account_id|id|hash|name)=\?|\(\(account_id,id\)>`)
	overdue := regexp.MustCompile(`INDEX (account_delete_after|account_name_until|activity_expires|known_place_expires|notice_sent|notice_due|session_expires|ticket_expires|merge_until|merged_uid_until|app_password_unless_used|app_password_revoked|app_password_expires) `)
	for _, text := range all {
		for _, step := range plan(t, s, text) {
			switch {
			case strings.HasPrefix(step, "SCAN matching"), strings.HasSuffix(step, "ROW VALUES CLAUSE"), lists.MatchString(text), overdue.MatchString(step):
			case strings.HasPrefix(step, "SCAN"), strings.HasPrefix(step, "SEARCH") && !key.MatchString(step):
				t.Errorf("%s\n%s", step, text)
			}
		}
	}
}

// The order of change numbers and of names comes from an index, so that a
// page costs what is in it.
func TestStatements_PagesNeedNoSorting(t *testing.T) {
	t.Parallel()
	s, all := statements(t)
	pages := 0
	for _, text := range all {
		if !strings.Contains(text, "from object o") || !strings.Contains(text, "limit") {
			continue
		}
		pages++
		for _, step := range plan(t, s, text) {
			if strings.Contains(step, "TEMP B-TREE") {
				t.Errorf("%s\n%s", step, text)
			}
		}
	}
	if pages < 4 {
		t.Errorf("only %d paging statements", pages)
	}
}

func plan(t *testing.T, s *Store, text string) (steps []string) {
	t.Helper()
	if regexp.MustCompile(`^(begin|commit|rollback|savepoint|release)`).MatchString(text) {
		return nil
	}
	args := make([]any, 130)
	for i := range args {
		args[i] = 1
	}
	err := s.Read(t.Context(), func(tx *Tx) error {
		return tx.each(t.Context(), "explain query plan "+text, args, func(scan scanner) error {
			var id, parent, unused int64
			var step string
			err := scan(&id, &parent, &unused, &step)
			steps = append(steps, step)
			return err
		})
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return steps
}

// One text is for every database: nothing in it that only one of them knows.
func TestStatements_ArePortable(t *testing.T) {
	t.Parallel()
	_, all := statements(t)
	foreign := regexp.MustCompile(`\?|[A-Z]{3}|select \*|rowid|ifnull|insert or|glob|\binstr\b|autoincrement|"`)
	literal := regexp.MustCompile(`'[^']*'`)
	for _, text := range all {
		if found := foreign.FindString(literal.ReplaceAllString(text, "''")); found != "" {
			t.Errorf("%q in\n%s", found, text)
		}
	}
}
