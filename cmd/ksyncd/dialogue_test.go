package main

import (
	"context"
	"crypto/rand"
	"flag"
	"io"
	"log/slog"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"ksync/internal/account"
	"ksync/internal/config"
	"ksync/internal/dialogue"
	"ksync/store"
)

// update rewrites what the dialogues expect: go test ./cmd/ksyncd -run TestDialogues -update.
var update = flag.Bool("update", false, "rewrite what the dialogues expect from what the server says")

// TestDialogues plays the conversations of real clients in testdata/dav against
// the server as serve wires it, each on a fresh account.
func TestDialogues(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../testdata/dav/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dialogues: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			dialogue.Run(t, file, freshServer(t))
		})
	}
}

// freshServer is the handler of serve with its defaults but for these settings,
// and one account with an app password.
func freshServer(t *testing.T, settings ...string) dialogue.Server {
	t.Helper()
	return watchedServer(t, nil, settings...)
}

// watchedServer is freshServer with what watch makes of its parts.
func watchedServer(t *testing.T, watch func(*serveCmd, *environment, *parts), settings ...string) dialogue.Server {
	t.Helper()
	env := &environment{ctx: context.Background(), out: io.Discard, err: io.Discard, now: time.Now, rand: rand.Reader}
	var c serveCmd
	parser, err := kong.New(&c, config.Kong())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(append([]string{"--data", t.TempDir()}, settings...)); err != nil {
		t.Fatal(err)
	}
	st, err := openOrMake(env, c.Location, store.Options{Limits: storeLimits(c.Limits)})
	if err != nil {
		t.Fatal(err)
	}
	keys, _, err := openKeys(env, c.Location)
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.DiscardHandler)
	gate := account.NewGate(account.Options{Store: st, Keys: keys, Now: env.now, Logger: logger, Throttle: false})
	t.Cleanup(func() {
		gate.Close()
		if err := st.Verify(env.ctx); err != nil {
			t.Error(err)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	accounts, err := newService(env, account.ServiceOptions{Store: st, Logger: logger}, c.Location)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(accounts.Close)
	p := parts{store: st, gate: gate, accounts: accounts}
	if watch != nil {
		watch(&c, env, &p)
	}
	handler, err := c.handler(env, p, logger)
	if err != nil {
		t.Fatal(err)
	}
	a, err := account.Create(env.ctx, st, store.Account{Login: "anna@example.org", Name: "Anna Keller"})
	if err != nil {
		t.Fatal(err)
	}
	secret, _, err := account.Issuer{Store: st, Keys: keys, Rand: env.rand}.Issue(env.ctx,
		store.AppPassword{Account: a.ID, Name: "phone", Scope: store.FullScope})
	if err != nil {
		t.Fatal(err)
	}
	return dialogue.Server{
		Handler: handler,
		Login:   a.Login, Password: secret.Reveal(), Account: strconv.FormatInt(a.ID, 10),
		Update: *update,
	}
}
