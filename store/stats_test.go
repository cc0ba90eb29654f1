package store

import (
	"errors"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// The counts are those of commits and of the writes in them; a write that waits
// is seen while it does.
func TestStats_CommitsAndThoseWhoWait(t *testing.T) {
	t.Parallel()
	s := opened(t, Options{Path: filepath.Join(t.TempDir(), "ksync.db")})
	before := s.Stats()
	c := seeded(t, s)
	entered, leave := make(chan struct{}), make(chan struct{})
	done := make(chan error, 2)
	go func() {
		done <- s.Write(t.Context(), func(*Tx) error {
			close(entered)
			<-leave
			return nil
		})
	}()
	<-entered
	go func() { done <- s.Writable(t.Context()) }()
	for end := time.Now().Add(20 * time.Second); s.Stats().Waiting != 1; {
		if time.Now().After(end) {
			t.Fatal("nobody is seen to wait")
		}
		runtime.Gosched()
	}
	if busy := s.Stats().Busy; busy <= 0 {
		t.Errorf("busy for %v while a write runs", busy)
	}
	close(leave)
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if _, err := s.PutObject(t.Context(), c.text("a", "x")); err != nil {
		t.Error(err)
	}
	refused := errors.New("refused")
	if err := s.Write(t.Context(), func(*Tx) error { return refused }); !errors.Is(err, refused) {
		t.Error(err)
	}
	after := s.Stats()
	if after.Waiting != 0 || after.Failed != 0 || after.PerCommit.Count <= before.PerCommit.Count || after.PerCommit.Sum < 4 || after.Commit.Count != after.PerCommit.Count {
		t.Errorf("%+v", after)
	}
	if size, err := s.Size(); err != nil || size < 4096 {
		t.Errorf("size %d, %v", size, err)
	}
	if waiting, oldest, err := s.Outbox(t.Context()); waiting != 0 || oldest != 0 || err != nil {
		t.Errorf("outbox %d, %d, %v", waiting, oldest, err)
	}
}
