package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"ksync/internal/backup"
	"ksync/internal/httpd"
	"ksync/internal/metrics"
	"ksync/internal/trace"
	"ksync/store"
)

// operations is what the running server tells whoever runs it.
type operations struct {
	metrics   *metrics.Metrics
	token     string // for /metrics on the public addresses
	health    *health
	recorder  *trace.Recorder
	listeners []net.Listener // of the administrator
	backups   atomic.Pointer[backup.Schedule]
	logger    *slog.Logger
}

// operations opens the admin addresses. stopping ends when the server is told to.
func (c *serveCmd) operations(stopping context.Context, env *environment, st *store.Store, logger *slog.Logger) (*operations, error) {
	token, err := c.metricsToken()
	if err != nil {
		return nil, usageError{err}
	}
	room := roomIn(c.Data)
	o := &operations{token: token, logger: logger, health: &health{stopping: stopping, store: st, room: room, least: uint64(c.MinFree), now: env.now}}
	sources := metrics.Sources{
		Version: version, Writer: st.Stats, Size: st.Size, Outbox: st.Outbox, Now: env.now, Free: room,
	}
	if c.Backup.Dir != "" {
		sources.Backup = o.lastBackup
	}
	o.metrics = metrics.New(sources)
	if o.recorder, err = c.recorder(env, st, logger); err != nil {
		return nil, err
	}
	addresses := make([]string, len(c.AdminListen))
	for i, a := range c.AdminListen {
		addresses[i] = string(a)
	}
	if o.listeners, err = httpd.ListenAlone(stopping, addresses); err != nil {
		return nil, errors.Join(fmt.Errorf("admin-listen: %w", err), o.recorder.Close())
	}
	return o, nil
}

// lastBackup is when the last good one was made; not ok when there is none.
func (o *operations) lastBackup() (last time.Time, ok bool) {
	if s := o.backups.Load(); s != nil {
		last = s.LastSuccess()
	}
	return last, !last.IsZero()
}

// metricsToken reads the token for /metrics; "" when there is none.
func (c *serveCmd) metricsToken() (string, error) {
	if c.MetricsTokenFile == "" {
		return "", nil
	}
	f, err := os.Open(c.MetricsTokenFile)
	if err != nil {
		return "", fmt.Errorf("metrics-token-file: %w", err)
	}
	token, err := firstLine(f)
	if err == nil && len(token) < 16 {
		err = errors.New("the token has fewer than 16 characters")
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("metrics-token-file: %w", err)
	}
	return token.Reveal(), nil
}

// serve answers on the admin addresses until the function that it returns is
// called: longer than the public ones, so that it can be seen how they stop.
func (o *operations) serve() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	server := &httpd.Server{
		Handler: httpd.NewAdmin(httpd.AdminOptions{Ready: o.health.ready, Alive: o.health.alive, Metrics: o.metrics, Trace: o.recorder, Logger: o.logger}),
		Logger:  o.logger, Aside: true,
		HeaderTimeout: 15 * time.Second, IdleTimeout: 3 * time.Minute, StopTimeout: time.Second, HeaderBytes: 16 << 10, Streams: 100,
	}
	var done sync.WaitGroup
	if len(o.listeners) > 0 {
		done.Go(func() {
			if err := server.Serve(ctx, o.listeners); err != nil {
				o.logger.Error("admin-listen", "err", err)
			}
		})
	}
	return func() {
		cancel()
		done.Wait()
		if err := o.recorder.Close(); err != nil {
			o.logger.Error("trace", "err", err)
		}
	}
}

// outer puts around the DAV handler what the administrator asked for.
func (o *operations) outer(h http.Handler) http.Handler {
	if o == nil {
		return h
	}
	return o.recorder.Wrap(h)
}

// tell adds what operations know to the parts of the public handler.
func (o *operations) tell(to *httpd.Options) {
	if o == nil {
		return
	}
	to.Ready, to.Alive, to.Metrics, to.Token = o.health.ready, o.health.alive, o.metrics, o.token
}

// health says whether the server can do its work.
type health struct {
	stopping context.Context
	store    *store.Store
	room     func() (bytes uint64, err error) // free on the disk of the data
	least    uint64                           // of them
	now      func() time.Time

	mu      sync.Mutex
	checked time.Time
	last    error
}

// roomIn asks how much the disk of a directory has left for us.
func roomIn(dir string) func() (bytes uint64, err error) {
	return func() (uint64, error) { return freeSpace(dir) }
}

var errStopping = errors.New("stopping")

// ready is nil when reads and writes are answered: the database answers, a
// write gets its turn, the disk has room, and nobody has told us to stop. What
// was found out holds for a second: anybody may ask.
func (h *health) ready(ctx context.Context) error {
	if h.stopping.Err() != nil {
		return errStopping
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	const fresh, patience = time.Second, 4 * time.Second
	if h.now().Sub(h.checked).Abs() > fresh {
		// The answer is for others, too, whatever becomes of who asked.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		h.last = h.check(ctx)
		h.checked = h.now() // those who waited meanwhile need no check of their own
	}
	return h.last
}

func (h *health) check(ctx context.Context) error {
	free, err := h.room()
	if err == nil && free < h.least {
		err = fmt.Errorf("%d bytes free on the disk", free)
	}
	if err != nil {
		return err
	}
	if err := h.store.Ping(ctx); err != nil {
		return err
	}
	return h.store.Writable(ctx)
}

// watchRoom tells when the disk gets as full as makes the server say that it is not
// ready, which not everybody asks, and when there is room again. It ends with ctx.
func (h *health) watchRoom(ctx context.Context, logger *slog.Logger) {
	const period = time.Minute
	for full := false; ; {
		free, err := h.room()
		if err == nil && full != (free < h.least) {
			if full = !full; full {
				logger.Warn("the disk of the data is nearly full: make room, before changes are refused", "free", free, "min-free", h.least)
			} else {
				logger.Info("there is room again on the disk of the data", "free", free)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(period):
		}
	}
}

// stuck is how long one commit may take before only a restart can help.
const stuck = 5 * time.Minute

// alive is an error when the writer hangs: no request can be at fault for that.
func (h *health) alive(context.Context) error {
	if busy := h.store.Stats().Busy; busy > stuck {
		return fmt.Errorf("one commit takes since %v", busy)
	}
	return nil
}

// recorder records the accounts that --trace names, and those that the
// administrator asks for later.
func (c *serveCmd) recorder(env *environment, st *store.Store, logger *slog.Logger) (*trace.Recorder, error) {
	r := trace.New(trace.Options{
		Dir: filepath.Join(c.Data, "traces"), Now: env.now, Logger: logger, Version: version,
		Find: func(ctx context.Context, login string) (trace.Subject, error) {
			a, err := findUser(ctx, st, login)
			return trace.Subject{Account: a.ID, Logins: []string{a.Login, a.Email}}, err
		},
	})
	for _, login := range c.Trace {
		if _, err := r.Start(env.ctx, login); err != nil {
			return nil, errors.Join(usageError{fmt.Errorf("trace %s: %w", login, err)}, r.Close())
		}
	}
	return r, nil
}
