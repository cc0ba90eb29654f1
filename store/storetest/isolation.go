package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"

	"ksync/store"
)

func isolationTests() []contract {
	return []contract{
		{"OtherAccountIsNotFound", isolationMatrix},
		{"OtherAccountSeesNothing", isolationLists},
	}
}

// everyMethod calls each method that takes an account with the ids of w's own
// things, as the given account. Names end in what they need to be there.
func (w *World) everyMethod(t testing.TB, account int64) map[string]error {
	t.Helper()
	ctx, s := t.Context(), w.Store
	errs := make(map[string]error)
	book := w.Book.ID
	put := w.text("isolation", "x")
	put.Account = account
	tr := store.Transfer{Account: account, From: store.Place{Collection: book, URI: CardURI(0)}, To: store.Place{Collection: book, URI: "y"}}
	result := func(name string, err error) { errs[name] = err }

	_, err := s.PutObject(ctx, put)
	result("PutObject book", err)
	result("Tx.PutObject book", s.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.PutObject(ctx, put)
		return err
	}))
	_, err = s.Object(ctx, account, book, CardURI(0))
	result("Object book", err)
	_, err = s.ObjectsByURI(ctx, account, book, []string{CardURI(0)}, false)
	result("ObjectsByURI book", err)
	_, err = s.Objects(ctx, store.Query{Account: account, Collection: book})
	result("Objects book", err)
	_, err = s.Changes(ctx, account, book, 0, 0, false)
	result("Changes book", err)
	_, err = s.Versions(ctx, account, book, CardURI(0))
	result("Versions book", err)
	_, err = s.Version(ctx, account, book, 2)
	result("Version book", err)
	_, err = s.CopyObject(ctx, tr)
	result("CopyObject book", err)
	_, err = s.MoveObject(ctx, tr)
	result("MoveObject book", err)
	_, err = s.AllProperties(ctx, account, book)
	result("AllProperties book", err)
	for _, uri := range []string{"", CardURI(0)} {
		at := store.Place{Account: account, Collection: book, URI: uri}
		_, err = s.Properties(ctx, at)
		result("Properties "+uri+" book", err)
		result("SetProperties "+uri+" book", s.SetProperties(ctx, at, nil, nil))
	}
	result("UpdateCollection book", s.UpdateCollection(ctx, account, book, nil, nil, nil))
	result("DeleteObject book", s.DeleteObject(ctx, store.Delete{Account: account, Collection: book, URI: CardURI(0)}))
	result("DeleteCollection book", s.DeleteCollection(ctx, account, book, store.Precondition{}))
	result("RevokeAppPassword password", s.RevokeAppPassword(ctx, account, 1))
	result("TouchAppPassword password", s.TouchAppPassword(ctx, account, 1, 1, "", ""))
	for name, call := range strangersCalls(ctx, account, w.things(t)) {
		result(name, s.Write(ctx, call))
	}
	return errs
}

// things are ids of what the world's account signs in with, made when missing.
type things struct{ session, passkey, ticket, activity, notice, device int64 }

func (w *World) things(t testing.TB) (ids things) {
	t.Helper()
	ctx := t.Context()
	err := w.Store.Write(ctx, func(tx *store.Tx) error {
		me := w.Account.ID
		if _, err := tx.Account(ctx, me); err != nil {
			return nil // deleted: there is nothing
		}
		s, err1 := tx.CreateSession(ctx, store.Session{Account: me, Hash: unique("session"), Idle: 1e9, Expires: 1 << 60})
		k, err2 := tx.CreatePasskey(ctx, store.Passkey{Account: me, Hash: unique("passkey"), Credential: []byte("x")})
		i, err3 := tx.PutTicket(ctx, store.Ticket{Account: me, Kind: "k", Hash: unique("ticket"), Expires: 1 << 60}, 10)
		a, err4 := tx.AddActivity(ctx, store.Activity{Account: me, Kind: "k"})
		n, err5 := tx.AddNotice(ctx, store.Notice{Account: me, Data: []byte("x")})
		d, err6 := tx.CreateDevice(ctx, store.Device{Account: me})
		ids = things{session: s.ID, passkey: k.ID, ticket: i.ID, activity: a.ID, notice: n.ID, device: d.ID}
		return errors.Join(err1, err2, err3, err4, err5, err6)
	})
	check(t, err)
	return ids
}

func unique(kind string) []byte { return []byte(kind + rand.Text()) }

func strangersCalls(ctx context.Context, account int64, ids things) map[string]func(*store.Tx) error {
	return map[string]func(*store.Tx) error{
		"Session": func(tx *store.Tx) error {
			_, err := tx.Session(ctx, account, ids.session)
			return err
		},
		"TouchSession":   func(tx *store.Tx) error { return tx.TouchSession(ctx, account, ids.session, "", "") },
		"FreshenSession": func(tx *store.Tx) error { return tx.FreshenSession(ctx, account, ids.session, []byte("x")) },
		"DeleteSession":  func(tx *store.Tx) error { return tx.DeleteSession(ctx, account, ids.session) },
		"RenamePasskey":  func(tx *store.Tx) error { return tx.RenamePasskey(ctx, account, ids.passkey, "x") },
		"DeletePasskey":  func(tx *store.Tx) error { return tx.DeletePasskey(ctx, account, ids.passkey) },
		"DeleteTicket":   func(tx *store.Tx) error { return tx.DeleteTicket(ctx, account, "k", ids.ticket) },
		"FinishNotice":   func(tx *store.Tx) error { return tx.FinishNotice(ctx, account, ids.notice) },
		"PostponeNotice": func(tx *store.Tx) error { return tx.PostponeNotice(ctx, account, ids.notice, 1) },
		"DeleteTOTP":     func(tx *store.Tx) error { return tx.DeleteTOTP(ctx, account) },
		"UseBackupCode":  func(tx *store.Tx) error { return tx.UseBackupCode(ctx, account, []byte("x")) },
		"AppPassword": func(tx *store.Tx) error {
			_, err := tx.AppPassword(ctx, account, 1)
			return err
		},
		"Device": func(tx *store.Tx) error {
			_, err := tx.Device(ctx, account, ids.device)
			return err
		},
		"UpdateDevice": func(tx *store.Tx) error { return tx.UpdateDevice(ctx, store.Device{Account: account, ID: ids.device}) },
		"DeleteDevice": func(tx *store.Tx) error { return tx.DeleteDevice(ctx, account, ids.device) },
		"Activity": func(tx *store.Tx) error {
			_, err := tx.Activity(ctx, account, ids.activity)
			return err
		},
	}
}

func (w *World) needsBook(name string) bool { return strings.HasSuffix(name, " book") }

func isolationMatrix(t *testing.T, open Opener) {
	s := open(t, store.Options{})
	w, stranger := Seed(t, s, Seeds{Cards: 2}), Seed(t, s, Seeds{Login: "mallory"})
	w.put(t, w.text(CardURI(1), "changed"))
	password := w.appPassword(t, "h")
	before := w.book(t)
	for name, err := range w.everyMethod(t, stranger.Account.ID) {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	want(t, s.RevokeAppPassword(t.Context(), stranger.Account.ID, password.ID), store.ErrNotFound)
	want(t, s.TouchAppPassword(t.Context(), stranger.Account.ID, password.ID, 1, "", ""), store.ErrNotFound)
	into := stranger.transfer("x", "y") // into another's collection
	into.To.Collection = w.Book.ID
	stranger.put(t, stranger.text("x", "x"))
	_, err := s.MoveObject(t.Context(), into)
	want(t, err, store.ErrNotFound)
	_, err = s.CopyObject(t.Context(), into)
	want(t, err, store.ErrNotFound)
	equal(t, w.book(t), before)
	got, _, err := s.AppPasswordByHash(t.Context(), []byte("h"))
	check(t, err)
	equal(t, got, password)
}

func isolationLists(t *testing.T, open Opener) {
	s := open(t, store.Options{})
	w, stranger := Seed(t, s, Seeds{Cards: 2}), Seed(t, s, Seeds{Login: "mallory"})
	w.appPassword(t, "h")
	equal(t, len(must(s.AppPasswords(t.Context(), stranger.Account.ID))(t)), 0)
	equal(t, must(s.Usage(t.Context(), stranger.Account.ID))(t), int64(0))
	for _, kind := range []store.Kind{store.Calendar, store.AddressBook} {
		all := must(s.Collections(t.Context(), stranger.Account.ID, kind))(t)
		if slices.ContainsFunc(all, func(c store.Collection) bool { return c.Account != stranger.Account.ID }) {
			t.Errorf("%s: sees another's", kind)
		}
	}
	_, err := s.Collection(t.Context(), stranger.Account.ID, store.AddressBook, "absent")
	want(t, err, store.ErrNotFound)
}
