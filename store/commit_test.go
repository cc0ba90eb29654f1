package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"ksync/internal/logtest"
)

// queued has writes wait, in this order, until the writer comes to them all: they
// share a commit unless it takes too long.
func queued(t *testing.T, s *Store, writes ...func(*Tx) error) []error {
	t.Helper()
	begun, leave := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		_ = s.Write(t.Context(), func(*Tx) error { close(begun); <-leave; return nil }) // shares their commit, too
	})
	<-begun
	errs := make([]error, len(writes))
	for i, write := range writes {
		all.Go(func() { errs[i] = s.Write(t.Context(), write) })
		for end := time.Now().Add(20 * time.Second); s.Stats().Waiting != i+1; runtime.Gosched() {
			if time.Now().After(end) {
				t.Fatal("nobody is seen to wait")
			}
		}
	}
	close(leave)
	all.Wait()
	return errs
}

// What a write saw of another one in a commit that broke is nothing to answer
// with: a client that is told that an object is gone, or there, deletes its own.
func TestWrite_NothingIsAnsweredFromACommitThatBroke(t *testing.T) {
	t.Parallel()
	s := opened(t, Options{Path: filepath.Join(t.TempDir(), "ksync.db")})
	c := seeded(t, s)
	if _, err := s.PutObject(t.Context(), c.text("old", "x")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	remove := func(tx *Tx) error {
		return tx.DeleteObject(t.Context(), Delete{Account: c.Account, Collection: c.ID, URI: "old"})
	}
	make := func(tx *Tx) error {
		p := c.text("new", "x")
		p.Cond.NoneMatchAny = true
		_, err := tx.PutObject(t.Context(), p)
		return err
	}
	pull := func(tx *Tx) error {
		_, err := tx.session.exec(t.Context(), "rollback")
		return errors.Join(err, broken)
	}
	shared := false
	for range 20 { // a batch may have been too long
		errs := queued(t, s, make, make, remove, remove, pull)
		if errors.Is(errs[0], broken) {
			shared = true
			for i, err := range errs {
				if !errors.Is(err, broken) {
					t.Errorf("write %d answered %v", i, err)
				}
			}
			break
		}
		_, err := s.PutObject(t.Context(), c.text("old", "x"))
		err2 := s.DeleteObject(t.Context(), Delete{Account: c.Account, Collection: c.ID, URI: "new"})
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
	}
	if !shared {
		t.Error("no two writes ever shared a commit")
	}
	verified(t, s)
}

// A mistake in what is told of a commit is not one of the commit, nor the end of the server.
func TestWrite_StandsWhenWhoIsToldPanics(t *testing.T) {
	t.Parallel()
	var log logtest.Log
	s := opened(t, Options{
		Path: filepath.Join(t.TempDir(), "ksync.db"), Logger: log.Logger(slog.LevelError),
		OnChange: func(int64, int64) { panic("told of a change") },
	})
	c := seeded(t, s)
	told := false
	err := s.Write(t.Context(), func(tx *Tx) error {
		tx.AfterCommit(func() { panic("told of the end") })
		tx.AfterCommit(func() { told = true })
		_, err := tx.PutObject(t.Context(), c.text("a", "x"))
		return err
	})
	if err != nil || !told {
		t.Errorf("%v; the next one told: %v", err, told)
	}
	if _, err := s.Object(t.Context(), c.Account, c.ID, "a"); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"told of a change", "told of the end"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%q is not in the log", want)
		}
	}
}

// attempt is a write with what can come in between.
type attempt struct {
	name   string
	how    int
	cancel time.Duration // after which nobody waits any more
	err    error
}

var errOwn = errors.New("the test's own")

func (a *attempt) run(s *Store, c Collection) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	if a.cancel >= 0 {
		ctx, cancel = context.WithTimeout(context.Background(), a.cancel)
	}
	defer cancel()
	a.err = s.Write(ctx, func(tx *Tx) error {
		if _, err := tx.PutObject(ctx, c.text(a.name, a.name)); err != nil {
			return err
		}
		switch a.how {
		case 0:
			return errOwn
		case 1:
			panic(errOwn)
		case 2:
			cancel()
		case 3: // what a full disk does to all that share the commit
			_, err := tx.session.exec(ctx, "rollback")
			return errors.Join(errOwn, err)
		}
		return nil
	})
}

// TestWrite_AnswersAreWhatTheFileHas: writers that give up, fail, panic, break the commit that they share, while
// the store is being closed. Whoever opens the file then finds what was acknowledged, and nothing that was refused.
func TestWrite_AnswersAreWhatTheFileHas(t *testing.T) {
	t.Parallel()
	for round := range 5 {
		random := rand.New(rand.NewPCG(uint64(round), 7))
		path := filepath.Join(t.TempDir(), "ksync.db")
		s := opened(t, Options{Path: path})
		c := seeded(t, s)
		attempts := make([][]attempt, 6)
		var all sync.WaitGroup
		for i := range attempts {
			for n := range 25 {
				a := attempt{name: fmt.Sprint(i, "-", n), how: random.IntN(25), cancel: -1}
				if random.IntN(3) == 0 {
					a.cancel = time.Duration(random.IntN(3000)) * time.Microsecond
				}
				attempts[i] = append(attempts[i], a)
			}
			all.Go(func() {
				for n := range attempts[i] {
					attempts[i][n].run(s, c)
				}
			})
		}
		done := make(chan struct{})
		go func() { all.Wait(); close(done) }()
		closeWhen(t, s, float64(random.IntN(120)), done)
		<-done
		checkAnswers(t, opened(t, Options{Path: path}), c, attempts)
	}
}

// closeWhen closes the store after some writes, or all.
func closeWhen(t *testing.T, s *Store, writes float64, all <-chan struct{}) {
	t.Helper()
	for s.Stats().PerCommit.Sum < writes {
		select {
		case <-all:
			writes = 0
		default:
			runtime.Gosched()
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func checkAnswers(t *testing.T, s *Store, c Collection, attempts [][]attempt) {
	t.Helper()
	kept := 0
	for _, of := range attempts {
		for _, a := range of {
			_, err := s.Object(t.Context(), c.Account, c.ID, a.name)
			if err != nil && !errors.Is(err, ErrNotFound) {
				t.Fatal(err)
			}
			if (a.err == nil) != (err == nil) {
				t.Errorf("%+v was answered; reading it: %v", a, err)
			}
			if err == nil {
				kept++
			}
		}
	}
	now, err := s.Collection(t.Context(), c.Account, c.Kind, c.URI)
	if err != nil || now.Count != int64(kept) || now.Change != c.Change+int64(kept) {
		t.Errorf("%d objects are there, the collection says %+v, %v", kept, now, err)
	}
	verified(t, s)
}
