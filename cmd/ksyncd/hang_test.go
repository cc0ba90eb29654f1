package main

import (
	"testing"
	"testing/synctest"
	"time"

	"ksync/store"
	"ksync/store/storetest"
)

// While one write keeps the others waiting the server is not ready, and after
// minutes of it a restart is what helps. When it is over all is well.
func TestReady_NotWhileTheWriterHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		st := storetest.OpenIn(t, dir, store.Options{})
		h := &health{stopping: t.Context(), store: st, room: roomIn(dir), now: time.Now}
		release, done := make(chan bool), make(chan error)
		go func() {
			done <- st.Write(t.Context(), func(*store.Tx) error { <-release; return nil })
		}()
		synctest.Wait()
		if err := h.ready(t.Context()); err == nil {
			t.Error("ready, and no write gets its turn")
		}
		if err := h.alive(t.Context()); err != nil {
			t.Errorf("after a moment: %v", err)
		}
		time.Sleep(stuck + time.Second)
		if err := h.alive(t.Context()); err == nil {
			t.Error("alive, and nothing was written for minutes")
		}
		close(release)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := h.ready(t.Context()); err != nil {
			t.Errorf("afterwards: %v", err)
		}
		if err := h.alive(t.Context()); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}
