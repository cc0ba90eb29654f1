package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ksync/store"
)

func writeTests() []contract {
	return []contract{
		{"FailureLeavesNoTrace", writeFails},
		{"PanicIsAnError", writePanics},
		{"RefusedPartGoesOn", writeGoesOn},
		{"FailuresAmongMany", writeAmongMany},
		{"DoneBeforeItsTurn", writeCancelled},
		{"NotifiesAfterCommit", writeNotifies},
		{"OneTime", writeTime},
		{"AfterClose", afterClose},
	}
}

// refused reports whether an error is an answer about data, not a fault.
func refused(err error) bool {
	if _, ok := errors.AsType[*store.UIDConflict](err); ok {
		return true
	}
	for _, e := range []error{store.ErrNotFound, store.ErrExists, store.ErrPrecondition, store.ErrQuota, store.ErrLimit, store.ErrInvalid} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// ctx is for calls whose outcome a test wants even while it is ending.
func (w *World) ctx() context.Context { return context.Background() }

var errOwn = errors.New("the test's own")

func writeFails(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 2})
	before := w.book(t)
	err := w.Store.Write(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.PutObject(t.Context(), w.text("a", "a")); err != nil {
			return err
		}
		if err := tx.DeleteObject(t.Context(), store.Delete{Account: w.Account.ID, Collection: w.Book.ID, URI: CardURI(0)}); err != nil {
			return err
		}
		return errOwn
	})
	want(t, err, errOwn)
	equal(t, w.book(t), before)
	equal(t, len(w.state(t, w.Book.ID)), 2)
}

func writePanics(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	err := w.Store.Write(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.PutObject(t.Context(), w.text("a", "a")); err != nil {
			return err
		}
		panic("at the disco")
	})
	if err == nil || refused(err) || !strings.Contains(err.Error(), "at the disco") {
		t.Fatalf("got %v", err)
	}
	equal(t, len(w.state(t, w.Book.ID)), 0)
	w.put(t, w.text("a", "a"))
}

func writeGoesOn(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{Cards: 1})
	check(t, w.Store.Write(t.Context(), func(tx *store.Tx) error {
		p := w.Card(0)
		p.URI = "twin"
		if _, err := tx.PutObject(t.Context(), p); !refused(err) {
			return fmt.Errorf("twin: %w", err)
		}
		p = w.text("new", "new")
		p.Cond.MatchAny = true
		if _, err := tx.PutObject(t.Context(), p); !refused(err) {
			return fmt.Errorf("new: %w", err)
		}
		_, err := tx.PutObject(t.Context(), w.text("a", "a"))
		return err
	}))
	equal(t, len(w.state(t, w.Book.ID)), 2)
	equal(t, w.book(t).Change, int64(3))
}

func writeAmongMany(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	const n = 60
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			errs[i] = w.Store.Write(t.Context(), func(tx *store.Tx) error {
				if _, err := tx.PutObject(t.Context(), w.text(fmt.Sprint(i), "x")); err != nil {
					return err
				}
				switch i % 3 {
				case 1:
					return errOwn
				case 2:
					panic(i)
				}
				return nil
			})
		})
	}
	wg.Wait()
	has := w.state(t, w.Book.ID)
	equal(t, len(has), n/3)
	for i, err := range errs {
		if _, stored := has[fmt.Sprint(i)]; stored != (err == nil) {
			t.Errorf("write %d answered %v; stored: %v", i, err, stored)
		}
	}
}

func writeCancelled(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.Store.PutObject(ctx, w.text("a", "a"))
	want(t, err, context.Canceled)
	_, err = w.Store.Object(ctx, w.Account.ID, w.Book.ID, "a")
	want(t, err, context.Canceled)

	// One that has begun is finished, and says so.
	ctx, cancel = context.WithCancel(t.Context())
	check(t, w.Store.Write(ctx, func(tx *store.Tx) error {
		cancel()
		_, err := tx.PutObject(ctx, w.text("b", "b"))
		return err
	}))
	equal(t, len(w.state(t, w.Book.ID)), 1)

	// One that waits when its ctx ends is dropped.
	ctx, cancel = context.WithCancel(t.Context())
	begun, waiting := make(chan struct{}), make(chan error, 1)
	want(t, w.Store.Write(t.Context(), func(*store.Tx) error {
		go func() {
			close(begun)
			_, err := w.Store.PutObject(ctx, w.text("c", "c"))
			waiting <- err
		}()
		<-begun
		cancel()
		return <-waiting
	}), context.Canceled)
	equal(t, len(w.state(t, w.Book.ID)), 1)
}

func writeNotifies(t *testing.T, open Opener) {
	var mu sync.Mutex
	var told [][2]int64
	s := open(t, store.Options{OnChange: func(account, collection int64) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, [2]int64{account, collection})
	}})
	w := Seed(t, s, Seeds{})
	expect := func(what string, collections ...int64) {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		var wanted [][2]int64
		for _, c := range collections {
			wanted = append(wanted, [2]int64{w.Account.ID, c})
		}
		if diff := cmp.Diff(wanted, told); diff != "" {
			t.Fatalf("%s: (-want +got):\n%s", what, diff)
		}
		told = nil
	}
	expect("new collections")
	w.put(t, w.text("a", "a"))
	expect("put", w.Book.ID)
	w.put(t, w.text("a", "a"))
	expect("unchanged")
	w.mark(t, w.Book.ID, "", "<x/>")
	expect("property")
	must(w.Store.MoveObject(t.Context(), w.transfer("a", "b")))(t)
	expect("move", w.Calendar.ID, w.Book.ID)
	want(t, w.Store.DeleteObject(t.Context(), store.Delete{Account: w.Account.ID, Collection: w.Book.ID, URI: "a"}), store.ErrNotFound)
	expect("refused")
}

func writeTime(t *testing.T, open Opener) {
	clock := NewClock()
	w := Seed(t, open(t, store.Options{Now: clock.Now}), Seeds{})
	check(t, w.Store.Write(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.PutObject(t.Context(), w.text("a", "a")); err != nil {
			return err
		}
		clock.Advance(day)
		_, err := tx.PutObject(t.Context(), w.text("b", "b"))
		return err
	}))
	equal(t, w.object(t, "a").Modified, w.object(t, "b").Modified)
}

func afterClose(t *testing.T, open Opener) {
	w := Seed(t, open(t, store.Options{}), Seeds{})
	s := open(t, store.Options{})
	Close(t, s)
	want(t, s.Ping(t.Context()), store.ErrClosed)
	_, err := s.PutObject(t.Context(), w.text("a", "a"))
	want(t, err, store.ErrClosed)
	check(t, s.Close())
	check(t, w.Store.Ping(t.Context()))
}
