package httpd_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What Go takes to serve a file of 1 KiB over a connection that is open, its own
// client included: no request can be faster (docs/performance.md).
func BenchmarkLimit_StaticFile(b *testing.B) {
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), make([]byte, 1<<10), 0o600); err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer server.Close()
	best := time.Hour
	for b.Loop() {
		begun := time.Now()
		resp, err := server.Client().Get(server.URL + "/file")
		if err != nil {
			b.Fatal(err)
		}
		n, err := io.Copy(io.Discard, resp.Body)
		if err != nil || n != 1<<10 {
			b.Fatal(n, err)
		}
		_ = resp.Body.Close() // read to its end
		best = min(best, time.Since(begun))
	}
	b.ReportMetric(float64(best.Microseconds()), "best-µs")
}
