package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"ksync/internal/config"
)

// everythingServed is the server as `ksyncd serve` makes it, with all that a
// setting adds to it, up to where it would begin to answer.
func everythingServed(t *testing.T, settings ...string) *running {
	t.Helper()
	return servedTelling(t, slog.New(slog.DiscardHandler), settings...)
}

// servedTelling is everythingServed with a log.
func servedTelling(t *testing.T, logger *slog.Logger, settings ...string) *running {
	t.Helper()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("the-token-of-the-metrics\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	settings = append([]string{
		"--data", t.TempDir(), "--listen", "127.0.0.1:0", "--url", "https://sync.example.org", "--throttle=off", "--metrics-token-file", token,
		"--imap-host=mail.example.org", "--smtp-host=mail.example.org", "--mailbox-domains=example.org", "--mail-host=mail.example.org", "--mail-from=ksyncd@example.org",
	}, settings...)
	r := &running{
		c: &serveCmd{}, logger: logger,
		env: &environment{ctx: context.Background(), in: bufio.NewReader(strings.NewReader("")), out: io.Discard, err: io.Discard, now: time.Now, rand: rand.Reader},
	}
	parser, err := kong.New(r.c, config.Kong())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(settings); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if r.store != nil {
			if err := r.store.Verify(r.env.ctx); err != nil {
				t.Error(err)
			}
		}
		if err := r.close(); err != nil {
			t.Error(err)
		}
	})
	for _, step := range r.steps() {
		if err := step(r.env.ctx); err != nil {
			t.Fatal(err)
		}
	}
	return r
}
