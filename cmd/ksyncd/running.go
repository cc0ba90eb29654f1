package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"time"

	"ksync/internal/account"
	"ksync/internal/assistant"
	"ksync/internal/backup"
	"ksync/internal/duplicates"
	"ksync/internal/httpd"
	"ksync/internal/mail"
	"ksync/internal/profile"
	"ksync/store"
)

// running is one run of the server: what it is made of, which the steps of run
// fill in from top to bottom, and how each part ends.
type running struct {
	c      *serveCmd
	env    *environment
	logger *slog.Logger
	closing

	certificate *httpd.Certificate // nil: none is set
	profiles    assistant.Settings
	signer      *profile.Signer // nil: profiles are not signed
	outbox      mail.OutboxOptions

	keys      *account.Keys
	listeners []net.Listener
	public    string // the address that people type
	parts
	handler http.Handler
}

// run opens everything in order, serves until ctx is done, and closes in the
// opposite order. The addresses come before the first account: a password that
// is shown once must not be made by a server that then cannot start.
func (r *running) run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, r.close()) }()
	r.hearHangUps(ctx)
	for _, step := range append(r.steps(), r.begin) {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return r.serve(ctx)
}

// steps lead to the handler, in their order.
func (r *running) steps() []func(context.Context) error {
	return []func(context.Context) error{r.read, r.open, r.listen, r.operate, r.admit, r.help, r.assemble}
}

// read reads the files that the settings name.
func (r *running) read(context.Context) (err error) {
	if r.certificate, err = r.c.certificate(r.env, r.logger); err != nil {
		return usageError{err}
	}
	if r.profiles, r.signer, err = r.c.told().profiles(r.certificate, r.logger, r.env.now); err != nil {
		return usageError{err}
	}
	r.outbox, err = r.c.outbox(r.env, r.logger)
	return err
}

// open opens the database and the keys, for this server alone.
func (r *running) open(ctx context.Context) (err error) {
	release, err := occupy(r.c.Location, r.logger)
	if err != nil {
		return err
	}
	r.later(release)
	if r.store, err = openOrMake(r.env, r.c.Location, store.Options{Logger: r.logger, Limits: storeLimits(r.c.Limits)}); err != nil {
		return err
	}
	r.later(func() error { return closed(r.store) })
	if err := backup.Sweep(r.c.Data); err != nil {
		r.logger.Warn("what a killed restore left", "err", err)
	}
	var made bool
	if r.keys, made, err = openKeys(r.env, r.c.Location); err != nil {
		return err
	}
	if made {
		r.logger.Info("made a new key file", "file", keysFile(r.c.Location))
	}
	warnLocked(ctx, r.env, r.store, r.keys, r.logger)
	return nil
}

// listen takes the addresses, on which nobody is answered yet.
func (r *running) listen(ctx context.Context) (err error) {
	if r.listeners, err = r.c.listen(ctx); err != nil {
		return err
	}
	if len(r.listeners) == 0 {
		return usageError{errors.New("listen: nobody could reach the server; give an address like 127.0.0.1:8008")}
	}
	r.later(func() error { return closeAll(r.listeners) })
	r.public = r.c.publicURL(r.listeners)
	return nil
}

// operate begins to answer the administrator.
func (r *running) operate(ctx context.Context) (err error) {
	if r.ops, err = r.c.operations(ctx, r.env, r.store, r.logger); err != nil {
		return err
	}
	r.ends(r.ops.serve())
	return nil
}

// admit makes the doors of people and of devices, and the first account.
func (r *running) admit(context.Context) (err error) {
	r.accounts, err = r.c.people(r.env, account.ServiceOptions{Store: r.store, URL: baseURL(r.public), Logger: r.logger, Counted: r.ops.metrics.SignIn})
	if err != nil {
		return err
	}
	r.ends(r.accounts.Close)
	if err := r.c.welcome(r.env, r.store, r.accounts, r.public); err != nil {
		return err
	}
	r.gate = account.NewGate(account.Options{
		Store: r.store, Keys: r.keys, Now: r.env.now, Logger: r.logger, Throttle: bool(r.c.Throttle), Service: r.accounts, Counted: r.ops.metrics.SignIn,
	})
	r.ends(r.gate.Close)
	return nil
}

// help makes what sets devices up and finds duplicates.
func (r *running) help(context.Context) (err error) {
	r.profiles.URL = baseURL(r.public)
	r.helper, err = assistant.New(assistant.Options{
		Store: r.store, Accounts: r.accounts, Gate: r.gate, Keys: r.keys, Settings: r.profiles, Signer: r.signer,
		Throttle: bool(r.c.Throttle), Now: r.env.now, Rand: r.env.rand, Logger: r.logger,
	})
	if err != nil {
		return err
	}
	r.ends(r.helper.Close)
	r.duplicates = newDuplicates(r.env, duplicates.Options{Store: r.store, Logger: r.logger, Limits: duplicates.Limits{Object: int64(r.c.Limits.ObjectSize)}})
	r.ends(r.duplicates.Close)
	return nil
}

// assemble makes of all this what answers requests.
func (r *running) assemble(context.Context) (err error) {
	r.handler, err = r.c.handler(r.env, r.parts, r.logger)
	return err
}

// begin starts what nobody asks for: letters, maintenance, backups.
func (r *running) begin(ctx context.Context) error {
	r.ends(startMail(r.outbox, r.accounts))
	r.beside(ctx, r.maintain)
	r.beside(ctx, goHeap().release)
	r.beside(ctx, func(ctx context.Context) { r.ops.health.watchRoom(ctx, r.logger) })
	if s := r.c.schedule(r.env, r.logger); s != nil {
		r.ops.backups.Store(s)
		r.beside(ctx, s.Run)
	}
	return nil
}

// serve answers until ctx is done.
func (r *running) serve(ctx context.Context) error {
	server := r.c.server(r.handler, r.certificate, r.logger)
	debug.FreeOSMemory() // reading settings, texts and templates took more than serving will
	r.logger.Info("serving", "url", r.public, "data", r.c.Data)
	defer r.logger.Info("stopped")
	context.AfterFunc(ctx, func() {
		r.logger.Info("stopping: requests may finish, a second signal ends them", "within", r.c.Timeouts.Stop.Std())
	})
	return server.Serve(ctx, r.listeners)
}

// maintain removes what is past its time, soon after the start and then once a
// day, until ctx is done.
func (r *running) maintain(ctx context.Context) {
	const first, period = time.Minute, 24 * time.Hour
	keep := r.c.Retention
	retention := store.Retention{Tombstones: keep.Changes.Std(), Versions: keep.Versions.Std(), DeletedCollections: keep.Deleted.Std(), Activity: keep.Activity.Std()}
	for wait := first; ; wait = period {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		if err := r.store.Maintain(ctx, retention); err != nil && ctx.Err() == nil {
			r.logger.Error("maintenance", "err", err)
		}
	}
}

// closing is how what was opened ends, in the order in which it was opened.
type closing []func() error

func (c *closing) later(end func() error) { *c = append(*c, end) }

// ends is later for what cannot go wrong.
func (c *closing) ends(end func()) {
	c.later(func() error { end(); return nil })
}

// beside has work done until ctx is done, or until its turn to end comes.
func (c *closing) beside(ctx context.Context, work func(context.Context)) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		work(ctx)
	}()
	c.ends(func() { cancel(); <-done })
}

// close ends all of it, the last first.
func (c *closing) close() error {
	var errs []error
	for _, end := range slices.Backward(*c) {
		errs = append(errs, end())
	}
	return errors.Join(errs...)
}

// closeAll closes listeners, also those that the end of a server has closed.
func closeAll(listeners []net.Listener) error {
	var errs []error
	for _, l := range listeners {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// warnLocked tells when the key file is not the one that app passwords were
// made with: a new one, made because the old was lost, or another server's.
func warnLocked(ctx context.Context, env *environment, st *store.Store, keys *account.Keys, logger *slog.Logger) {
	locked, err := keys.Locked(ctx, st, env.now())
	if err != nil {
		logger.Warn("look for app passwords", "err", err)
	} else if locked != (account.Locked{}) {
		logger.Warn("app passwords or authenticator apps were made with keys that are not there: they work only with the key file of that time", "app_passwords", locked.AppPasswords, "authenticator_apps", locked.Apps)
	}
}
