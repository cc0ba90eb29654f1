package main

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"ksync/internal/account"
	"ksync/internal/assistant"
	"ksync/internal/config"
	"ksync/store"
)

// whole is the handler of serve with its parts in reach.
type whole struct {
	parts
	handler http.Handler
}

// wholeServer is made with these settings.
func wholeServer(t *testing.T, settings ...string) whole {
	t.Helper()
	env := &environment{ctx: context.Background(), out: io.Discard, err: io.Discard, now: time.Now, rand: rand.Reader}
	var c serveCmd
	parser, err := kong.New(&c, config.Vars())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(append([]string{"--data", t.TempDir()}, settings...)); err != nil {
		t.Fatal(err)
	}
	st, err := openOrMake(env, c.Location, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	people, err := newService(env, account.ServiceOptions{Store: st, URL: origin(c.URL), Cost: account.HashCost{Memory: 8, Passes: 1}}, c.Location)
	if err != nil {
		t.Fatal(err)
	}
	keys, _, err := openKeys(env, c.Location)
	if err != nil {
		t.Fatal(err)
	}
	gate := account.NewGate(account.Options{Store: st, Keys: keys, Service: people})
	told, err := c.told().settings()
	if err != nil {
		t.Fatal(err)
	}
	helper, err := assistant.New(assistant.Options{Store: st, Accounts: people, Gate: gate, Keys: keys, Settings: told})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		helper.Close()
		gate.Close()
		people.Close()
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	w := whole{parts: parts{st, gate, people, helper}}
	if w.handler, err = c.handler(env, w.parts, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return w
}
