package main

import (
	"log/slog"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"ksync/internal/config"
	"ksync/internal/httpd"
)

// The bounds of the settings are those of the server.
func TestServe_BoundsReachTheServer(t *testing.T) {
	t.Parallel()
	var c serveCmd
	parser, err := kong.New(&c, config.Vars())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{
		"--max-header-size=32KiB", "--max-streams=17", "--timeout-header=3s", "--timeout-idle=4s", "--timeout-stop=6s",
	}); err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.DiscardHandler)
	got := c.server(nil, nil, logger)
	want := &httpd.Server{Logger: logger, HeaderTimeout: 3 * time.Second, IdleTimeout: 4 * time.Second, StopTimeout: 6 * time.Second, HeaderBytes: 32 << 10, Streams: 17}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b *slog.Logger) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}
