package storetest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ksync/store"
)

func sessionTests() []contract {
	return []contract{
		{"Fields", sessionFields},
		{"Bounded", sessionBounded},
		{"EndedByTimeAndByDeletion", sessionEnds},
	}
}

// write runs f in a transaction that must succeed.
func (w *World) write(t testing.TB, f func(context.Context, *store.Tx) error) {
	t.Helper()
	check(t, w.Store.Write(t.Context(), func(tx *store.Tx) error { return f(t.Context(), tx) }))
}

func (w *World) session(t testing.TB, s store.Session) store.Session {
	t.Helper()
	s.Account = w.Account.ID
	w.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
		s, err = tx.CreateSession(ctx, s)
		return err
	})
	return s
}

func sessionFields(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	now := clock.Now().UnixMilli()
	s := w.session(t, store.Session{Hash: []byte("h"), Idle: 1000, Expires: now + 9000, Stay: true, Factor: "password", Place: "p", Agent: "a"})
	equal(t, []int64{s.Created, s.Fresh, s.LastSeen}, []int64{now, now, now})
	clock.Advance(500 * time.Millisecond)
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		got, account, err := tx.SessionByHash(ctx, []byte("h"))
		check(t, err)
		equal(t, got, s)
		equal(t, account, w.Account)
		check(t, tx.TouchSession(ctx, w.Account.ID, s.ID, "q", "b"))
		check(t, tx.FreshenSession(ctx, w.Account.ID, s.ID, []byte("i")))
		_, _, err = tx.SessionByHash(ctx, []byte("h"))
		want(t, err, store.ErrNotFound)
		got, err = tx.Session(ctx, w.Account.ID, s.ID)
		s.Hash, s.Fresh, s.LastSeen, s.Place, s.Agent = []byte("i"), now+500, now+500, "q", "b"
		equal(t, got, s)
		return err
	})
	err := w.Store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.CreateSession(t.Context(), store.Session{Account: w.Account.ID, Hash: []byte("i")})
		return err
	})
	want(t, err, store.ErrExists)
}

func sessionBounded(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	for n := range 103 {
		w.session(t, store.Session{Hash: fmt.Append(nil, n), Idle: 1e9, Expires: 1 << 60})
		clock.Advance(time.Second)
	}
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		all, err := tx.Sessions(ctx, w.Account.ID)
		equal(t, len(all), 100)
		equal(t, string(all[99].Hash), "3")
		return err
	})
}

func sessionEnds(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	now := clock.Now().UnixMilli()
	idle := w.session(t, store.Session{Hash: []byte("idle"), Idle: 1000, Expires: now + 1e6})
	over := w.session(t, store.Session{Hash: []byte("over"), Idle: 1e6, Expires: now + 1000})
	good := w.session(t, store.Session{Hash: []byte("good"), Idle: 1e6, Expires: now + 1e6})
	own := w.session(t, store.Session{Hash: []byte("own"), Idle: 1e6, Expires: now + 1e6})
	clock.Advance(time.Second)
	equal(t, []bool{idle.Active(now + 1000), over.Active(now + 1000), good.Active(now + 1000)}, []bool{false, false, true})
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		all, err := tx.Sessions(ctx, w.Account.ID)
		equal(t, len(all), 2)
		n, err2 := tx.DeleteSessions(ctx, w.Account.ID, own.ID)
		equal(t, n, int64(3))
		check(t, err2)
		_, _, err3 := tx.SessionByHash(ctx, []byte("good"))
		want(t, err3, store.ErrNotFound)
		return err
	})
	check(t, w.Store.Maintain(t.Context(), store.Retention{}))
}

func factorTests() []contract {
	return []contract{
		{"StepIsUsedOnce", totpOnce},
		{"TriesAreCountedBeforeTheyAreMade", totpTries},
		{"BackupCodeIsUsedOnce", backupOnce},
		{"PasskeyCounterGrows", passkeyCounter},
		{"PasskeyBelongsToOne", passkeyUnique},
	}
}

// winners runs f at the same time and counts how often it succeeds.
func winners(n int, f func() error) (won int64) {
	var wg sync.WaitGroup
	var count atomic.Int64
	for range n {
		wg.Go(func() {
			if f() == nil {
				count.Add(1)
			}
		})
	}
	wg.Wait()
	return count.Load()
}

func totpOnce(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.SetTOTP(ctx, store.TOTP{Account: w.Account.ID, Secret: []byte("s"), LastStep: 5})
	})
	use := func(step int64) func() error {
		return func() error {
			return w.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.UseTOTP(t.Context(), w.Account.ID, step) })
		}
	}
	want(t, use(5)(), store.ErrPrecondition)
	equal(t, winners(8, use(6)), int64(1))
	want(t, use(4)(), store.ErrPrecondition)
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		got, err := tx.TOTP(ctx, w.Account.ID)
		equal(t, got.LastStep, int64(6))
		check(t, tx.DeleteTOTP(ctx, w.Account.ID))
		_, gone := tx.TOTP(ctx, w.Account.ID)
		want(t, gone, store.ErrNotFound)
		return err
	})
}

func totpTries(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.SetTOTP(ctx, store.TOTP{Account: w.Account.ID, Secret: []byte("s")})
	})
	try := func() error {
		return w.Store.Write(t.Context(), func(tx *store.Tx) error {
			return tx.TryTOTP(t.Context(), w.Account.ID, store.Tries{Since: clock.Now().Add(-time.Minute).UnixMilli(), Most: 5, InARow: 8})
		})
	}
	equal(t, winners(20, try), int64(5))
	want(t, try(), store.ErrLimit)
	w.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.UseTOTP(ctx, w.Account.ID, 9) })
	check(t, try())
	want(t, try(), store.ErrLimit)
	clock.Advance(time.Minute)
	equal(t, winners(20, try), int64(5))
	clock.Advance(time.Minute)
	equal(t, winners(20, try), int64(2)) // eight in a row, with the one after the right one
	want(t, try(), store.ErrPrecondition)
	clock.Advance(time.Hour)
	want(t, try(), store.ErrPrecondition)
	w.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.ForgiveTOTP(ctx, w.Account.ID) })
	check(t, try())
}

func backupOnce(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	set := func(codes ...string) {
		hashes := make([][]byte, len(codes))
		for i, c := range codes {
			hashes[i] = []byte(c)
		}
		w.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.SetBackupCodes(ctx, w.Account.ID, hashes) })
	}
	use := func(code string) error {
		return w.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.UseBackupCode(t.Context(), w.Account.ID, []byte(code)) })
	}
	count := func() (c store.BackupCodes) {
		w.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
			c, err = tx.BackupCodes(ctx, w.Account.ID)
			return err
		})
		c.Created = 0
		return c
	}
	equal(t, count(), store.BackupCodes{})
	set("a", "b", "c")
	equal(t, winners(8, func() error { return use("b") }), int64(1))
	want(t, use("d"), store.ErrNotFound)
	equal(t, count(), store.BackupCodes{Left: 2, Used: 1})
	set("x")
	want(t, use("a"), store.ErrNotFound)
	equal(t, count(), store.BackupCodes{Left: 1})
	set()
	equal(t, count(), store.BackupCodes{})
}

func (w *World) passkey(t testing.TB, hash string) (store.Passkey, error) {
	t.Helper()
	k := store.Passkey{Account: w.Account.ID, Hash: []byte(hash), Name: "key", Credential: []byte("c")}
	err := w.Store.Write(t.Context(), func(tx *store.Tx) (err error) {
		k, err = tx.CreatePasskey(t.Context(), k)
		return err
	})
	return k, err
}

func passkeyCounter(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	k := must(w.passkey(t, "h"))(t)
	use := func(counter int64) error {
		used := k // a copy each: some use it at the same time
		used.Counter = counter
		return w.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.UsePasskey(t.Context(), used) })
	}
	check(t, use(0)) // it has none
	check(t, use(3))
	equal(t, winners(8, func() error { return use(4) }), int64(1))
	want(t, use(4), store.ErrPrecondition)
	want(t, use(2), store.ErrPrecondition)
	want(t, use(0), store.ErrPrecondition)
	check(t, use(5))
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		check(t, tx.RenamePasskey(ctx, w.Account.ID, k.ID, "other"))
		all, err := tx.Passkeys(ctx, w.Account.ID)
		equal(t, all[0].Name, "other")
		equal(t, all[0].Counter, int64(5))
		check(t, tx.DeletePasskey(ctx, w.Account.ID, k.ID))
		want(t, tx.DeletePasskey(ctx, w.Account.ID, k.ID), store.ErrNotFound)
		return err
	})
}

func passkeyUnique(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	other := Seed(t, w.Store, Seeds{Login: "bob"})
	must(w.passkey(t, "h"))(t)
	_, err := other.passkey(t, "h")
	want(t, err, store.ErrExists)
	for n := range 19 {
		must(w.passkey(t, fmt.Sprint(n)))(t)
	}
	_, err = w.passkey(t, "21")
	want(t, err, store.ErrLimit)
}

func ticketTests() []contract {
	return []contract{
		{"TakenOnce", ticketOnce},
		{"OldestGivesWay", ticketBounded},
	}
}

func (w *World) ticket(t testing.TB, account int64, hash string, expires int64) store.Ticket {
	t.Helper()
	i := store.Ticket{Account: account, Kind: "k", Hash: []byte(hash), Expires: expires, Data: hash}
	w.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
		i, err = tx.PutTicket(ctx, i, 3)
		return err
	})
	return i
}

func ticketOnce(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	now := clock.Now().UnixMilli()
	made := w.ticket(t, w.Account.ID, "a", now+1000)
	short := w.ticket(t, 0, "b", now+500)
	take := func(hash string) error {
		return w.Store.Write(t.Context(), func(tx *store.Tx) error {
			got, err := tx.TakeTicket(t.Context(), []byte(hash))
			if err == nil {
				equal(t, got, made)
			}
			return err
		})
	}
	clock.Advance(500 * time.Millisecond)
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		got, err := tx.Ticket(ctx, []byte("a"))
		equal(t, got, made)
		_, over := tx.Ticket(ctx, short.Hash)
		want(t, over, store.ErrNotFound)
		return err
	})
	want(t, take("b"), store.ErrNotFound)
	equal(t, winners(8, func() error { return take("a") }), int64(1))
	w.ticket(t, w.Account.ID, "c", now+1e6)
	check(t, w.Store.Maintain(t.Context(), store.Retention{}))
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		all, err := tx.Tickets(ctx, w.Account.ID, "k")
		equal(t, len(all), 1)
		check(t, tx.DeleteTicket(ctx, w.Account.ID, "k", all[0].ID))
		return err
	})
}

func ticketBounded(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	for n := range 6 {
		w.ticket(t, 0, fmt.Sprint(n), 1<<60)
		clock.Advance(time.Millisecond)
	}
	w.ticket(t, w.Account.ID, "other", 1<<60)
	w.write(t, func(ctx context.Context, tx *store.Tx) error {
		all, err := tx.Tickets(ctx, 0, "k")
		equal(t, len(all), 3)
		equal(t, all[0].Data+all[1].Data+all[2].Data, "543")
		check(t, tx.DeleteAllTickets(ctx, w.Account.ID))
		check(t, tx.DeleteTickets(ctx, 0, "k"))
		return err
	})
}
