package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"ksync/store"
)

func openAt(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestRecall_SeesWhatAnotherProcessDid: two stores on one file are what two
// processes are: they share nothing but the file.
func TestRecall_SeesWhatAnotherProcessDid(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ksyncd.db")
	server, command := openAt(t, path), openAt(t, path)
	account := newAccount(t, server)
	hash := []byte("a hash of thirty-two bytes or so")
	made, err := command.CreateAppPassword(t.Context(), store.AppPassword{Account: account, Name: "phone", Hash: hash, Scope: store.ContactsRead})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // the second time it is kept
		if p, _, err := server.AppPasswordByHash(t.Context(), hash); err != nil || p.Revoked != 0 {
			t.Fatalf("app password: %+v, %v", p, err)
		}
	}
	if err := command.RevokeAppPassword(t.Context(), account, made.ID); err != nil {
		t.Fatal(err)
	}
	if p, _, err := server.AppPasswordByHash(t.Context(), hash); err != nil || p.Revoked == 0 {
		t.Errorf("revoked by another process: %+v, %v, want a revoked one", p, err)
	}
}

// TestRecall_NeverOlderThanTheQuestion: who reads after a write was answered sees it.
func TestRecall_NeverOlderThanTheQuestion(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ksyncd.db")
	s, another := openAt(t, path), openAt(t, path)
	account := newAccount(t, s)
	c, err := s.CreateCollection(t.Context(), store.Collection{Account: account, Kind: store.AddressBook, URI: "book"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var answered, named atomic.Int64
	answered.Store(c.Change)
	ctx, stop := context.WithCancel(t.Context())
	var others sync.WaitGroup
	for range 4 {
		others.Go(func() { checkFresh(ctx, t, s, account, &answered, &named) })
	}
	turns := make(chan int64)
	others.Go(func() { rename(t, another, c, turns, &named) })
	for i := range 300 {
		data := fmt.Appendf(nil, "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:1\r\nFN:%d\r\nEND:VCARD\r\n", i)
		_, err := s.PutObject(t.Context(), store.Put{Account: account, Collection: c.ID, URI: "1.vcf", Bytes: data, Index: store.Index{UID: "1"}})
		if err != nil {
			t.Fatal(err)
		}
		answered.Add(1)
		if i%3 == 0 {
			turns <- int64(i + 1)
		}
	}
	close(turns)
	stop()
	others.Wait()
}

// rename is what another process does meanwhile, beside the writes that follow its turns.
func rename(t *testing.T, s *store.Store, c store.Collection, turns <-chan int64, named *atomic.Int64) {
	for n := range turns {
		err := s.UpdateCollection(t.Context(), c.Account, c.ID, func(c *store.Collection) error { c.DisplayName = fmt.Sprint(n); return nil }, nil, nil)
		if err != nil {
			t.Error(err)
		}
		named.Store(n)
	}
}

func checkFresh(ctx context.Context, t *testing.T, s *store.Store, account int64, answered, named *atomic.Int64) {
	for ctx.Err() == nil {
		least, name := answered.Load(), named.Load()
		c, err := s.Collection(context.WithoutCancel(ctx), account, store.AddressBook, "book")
		if err != nil || c.Change < least {
			t.Errorf("change %d, %v, after %d was answered", c.Change, err, least)
			return
		}
		if got, _ := strconv.ParseInt(c.DisplayName, 10, 64); got < name {
			t.Errorf("named %q after %d was answered", c.DisplayName, name)
			return
		}
	}
}

func newAccount(t *testing.T, s *store.Store) int64 {
	t.Helper()
	a, err := s.CreateAccount(t.Context(), store.Account{Login: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	return a.ID
}
