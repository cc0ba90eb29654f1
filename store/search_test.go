package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
)

// However a search ends, so has its goroutine, and the store can be closed: a
// bubble does not end while one of its goroutines waits for ever.
func TestSearch_EndsWithAllItBegan(t *testing.T) {
	t.Parallel()
	own := errors.New("the test's own")
	for _, tt := range []struct {
		name string
		keep func(leave func()) bool
		err  string
	}{
		{"all is read", func(func()) bool { return true }, ""},
		{"nobody waits any more", func(leave func()) bool { leave(); return true }, "context canceled"},
		{"a mistake", func(func()) bool { panic(own) }, "panicked"},
		{"a mistake when nobody waits any more", func(leave func()) bool { leave(); panic(own) }, "context canceled"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := opened(t, Options{Path: filepath.Join(t.TempDir(), "ksync.db"), Readers: 1})
				c := seeded(t, s)
				fillWith(t, s, c, 3000)
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				_, err := s.Search(ctx, Query{Account: c.Account, Collection: c.ID, MaxBytes: 1 << 30}, 0, func(string) bool { return tt.keep(leave) })
				if got := fmt.Sprint(err); err == nil && tt.err != "" || !strings.Contains(got, tt.err) {
					t.Errorf("got %v, want %q", err, tt.err)
				}
				if err := s.Ping(t.Context()); err != nil { // the only reader is free again
					t.Error(err)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func fillWith(t *testing.T, s *Store, c Collection, objects int) {
	t.Helper()
	err := s.Write(t.Context(), func(tx *Tx) error {
		for n := range objects {
			if _, err := tx.PutObject(t.Context(), c.text(fmt.Sprintf("%05d", n), strings.Repeat("x", 300))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A mistake of a reader, in the middle of its rows, is that of its own: its
// connection is another one's afterwards, with no transaction on it.
func TestRead_PanicLeavesNothingOpen(t *testing.T) {
	t.Parallel()
	s := opened(t, Options{Path: filepath.Join(t.TempDir(), "ksync.db"), Readers: 1})
	c := seeded(t, s)
	fillWith(t, s, c, 10)
	read := func(then func()) (p any) {
		defer func() { p = recover() }()
		_ = s.Read(t.Context(), func(tx *Tx) error {
			return tx.each(t.Context(), "select uri from object", nil, func(scanner) error { then(); return nil })
		})
		return nil
	}
	if got := read(func() { panic("a mistake") }); got != "a mistake" {
		t.Errorf("panicked with %v", got)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		read(runtime.Goexit)
	}()
	<-ended
	if _, err := s.PutObject(t.Context(), c.text("new", "x")); err != nil {
		t.Error(err)
	}
	if _, err := s.Object(t.Context(), c.Account, c.ID, "new"); err != nil { // not the snapshot of before
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
