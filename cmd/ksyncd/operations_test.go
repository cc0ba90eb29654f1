package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ksync/internal/logtest"
	"ksync/store"
	"ksync/store/storetest"
)

// Ready is who can read, write and keep it; not who is told to stop.
func TestReady_MeansThatWritesWillBeKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	st := storetest.OpenIn(t, dir, store.Options{})
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	stopping, stop := context.WithCancel(t.Context())
	room := roomIn(dir)
	h := &health{stopping: stopping, store: st, room: room, now: func() time.Time { return now }}
	if err := h.ready(t.Context()); err != nil {
		t.Errorf("at first: %v", err)
	}
	full := &health{stopping: stopping, store: st, room: room, now: h.now, least: 1 << 62}
	if err := full.ready(t.Context()); err == nil {
		t.Error("ready without room on the disk")
	}
	lost := roomIn(filepath.Join(dir, "gone"))
	gone := &health{stopping: stopping, store: st, room: lost, now: h.now}
	if err := gone.ready(t.Context()); err == nil {
		t.Error("ready without a disk")
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	now = now.Add(time.Minute)
	if err := h.ready(cancelled); err != nil {
		t.Errorf("who goes away makes the server look broken: %v", err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if err := h.ready(t.Context()); err != nil {
		t.Errorf("asked twice within a second: %v", err)
	}
	now = now.Add(2 * time.Second)
	if err := h.ready(t.Context()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("with a closed database: %v", err)
	}
	if err := h.alive(t.Context()); err != nil {
		t.Errorf("a restart would not help: %v", err)
	}
	stop()
	if err := h.ready(t.Context()); !errors.Is(err, errStopping) {
		t.Errorf("while stopping: %v", err)
	}
}

// A disk that fills up was seen only by who asks whether the server is ready. The
// log tells once, and once more when there is room.
func TestWatchRoom_TellsWhenItChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log logtest.Log
		var free atomic.Uint64
		free.Store(100)
		h := &health{room: func() (uint64, error) { return free.Load(), nil }, least: 100}
		ctx, cancel := context.WithCancel(t.Context())
		go h.watchRoom(ctx, log.Logger(slog.LevelInfo))
		for _, step := range []struct {
			free       uint64
			full, room int // lines in the log so far
		}{{100, 0, 0}, {99, 1, 0}, {0, 1, 0}, {100, 1, 1}, {50, 2, 1}} {
			free.Store(step.free)
			time.Sleep(5 * time.Minute)
			if full, room := strings.Count(log.String(), "nearly full"), strings.Count(log.String(), "room again"); full != step.full || room != step.room {
				t.Errorf("with %d bytes: %d and %d lines, want %d and %d", step.free, full, room, step.full, step.room)
			}
		}
		cancel()
		synctest.Wait()
	})
}

// A check that takes long is one for all who wait for it: one after the other they
// would hold every place that requests have.
func TestReady_WhoWaitedForACheckNeedsNoOther(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	st := storetest.OpenIn(t, dir, store.Options{})
	times := []time.Duration{0, 4 * time.Second, 4500 * time.Millisecond} // the first asks, has its answer, the second asks
	h := &health{stopping: t.Context(), store: st, room: roomIn(dir), now: func() time.Time {
		at := times[0]
		times = times[min(1, len(times)-1):]
		return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(at)
	}}
	if err := h.ready(t.Context()); err != nil {
		t.Errorf("the first: %v", err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if err := h.ready(t.Context()); err != nil {
		t.Errorf("the second had a check of its own: %v", err)
	}
}

// A sync, a search, an import of a client: each is counted as what it is, in
// the server as it is wired.
func TestMetrics_TellReportsSignInsAndCommits(t *testing.T) {
	t.Parallel()
	var o *operations
	s := watchedServer(t, func(c *serveCmd, env *environment, p *parts) {
		var err error
		if o, err = c.operations(env.ctx, env, p.store, slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
		p.ops = o
	})
	contacts := "/dav/addressbooks/" + s.Account + "/contacts/"
	ask := func(method, path, body string) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.SetBasicAuth(s.Login, s.Password)
		s.Handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	ask(http.MethodPut, contacts+"a", "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:a\r\nFN:C\r\nN:C;;;;\r\nEND:VCARD\r\n")
	ask("REPORT", contacts, `<D:sync-collection xmlns:D="DAV:"><D:sync-token/><D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>`)
	ask("REPORT", contacts, `<C:addressbook-multiget xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:D="DAV:"><D:prop/><D:href>/a</D:href></C:addressbook-multiget>`)
	ask("REPORT", contacts, `<D:anna-secret xmlns:D="DAV:"/>`)
	rec := httptest.NewRecorder()
	o.metrics.Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	for _, line := range []string{
		`ksyncd_http_requests_total{code="201",method="PUT",report="",surface="dav"} 1`,
		`ksyncd_http_requests_total{code="207",method="REPORT",report="sync-collection",surface="dav"} 1`,
		`ksyncd_http_requests_total{code="207",method="REPORT",report="addressbook-multiget",surface="dav"} 1`,
		`ksyncd_http_requests_total{code="403",method="REPORT",report="other",surface="dav"} 1`,
		`ksyncd_sync_members_sum 1`, `ksyncd_mail_waiting 0`, `ksyncd_metrics_unreadable_sources 0`,
	} {
		if !strings.Contains(rec.Body.String(), "\n"+line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	if t.Failed() || strings.Contains(rec.Body.String(), "anna") || strings.Contains(rec.Body.String(), "ksyncd_database_bytes 0\n") {
		t.Error(rec.Body)
	}
}
