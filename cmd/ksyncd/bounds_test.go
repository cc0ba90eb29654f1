package main

import (
	"log/slog"
	"net/http"
	"strings"
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
	parser, err := kong.New(&c, config.Kong())
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

// What is uploaded at once has the bound of the settings: one address has half of it.
func TestServe_UploadsTogetherAreBounded(t *testing.T) {
	t.Parallel()
	r := everythingServed(t, "--max-bodies=1MiB")
	w := &matrixWorld{T: t, handler: r.handler, store: r.store}
	w.ann = w.person(r, "ann@example.com")
	card := func(size int) string {
		return "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:a\r\nFN:A\r\nN:A;;;;\r\nNOTE:" + strings.Repeat("x", size) + "\r\nEND:VCARD\r\n"
	}
	for size, want := range map[int]int{400 << 10: http.StatusCreated, 700 << 10: http.StatusServiceUnavailable} {
		rec := w.ask("PUT", w.objects()[0], card(size), basicOf(w.ann.account.Login, w.ann.full))
		if rec.Code != want {
			t.Errorf("%d bytes: %d %s", size, rec.Code, rec.Body)
		}
		if want == http.StatusServiceUnavailable && rec.Header().Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
}
