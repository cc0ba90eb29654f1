//go:build unix

package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"ksync/internal/account"
)

// Each thing that docs/admin.md says the metrics tell is told by the server as it
// is wired, and moves when it happens.
func TestMetrics_EachSourceIsWired(t *testing.T) {
	t.Parallel()
	backups := filepath.Join(t.TempDir(), "backups")
	r := everythingServed(t, "--backup-dir", backups)
	if err := r.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := &matrixWorld{T: t, handler: r.handler, store: r.store}
	w.ann = w.person(r, "ann@example.com")
	login := w.ann.account.Login
	w.ask("PUT", w.objects()[0], bodyOf("PUT", ""), basicOf(login, w.ann.full))
	w.ask("GET", w.objects()[0], "", basicOf(login, "wrong"))
	if _, err := r.accounts.SignIn(t.Context(), account.Visit{}, account.Attempt{Login: login, Password: "wrong"}); err == nil {
		t.Fatal("signed in")
	}
	waitFor(t, "the scheduled backup was made", func() bool { return metric(t, r, "ksyncd_backup_last_success") == 1 })
	for name, least := range map[string]float64{
		"ksyncd_writer_writes_count": 3, "ksyncd_writer_commit_seconds_count": 3, "ksyncd_writer_waiting": 0, "ksyncd_writer_failed_total": 0,
		"ksyncd_database_bytes": 4096, "ksyncd_disk_free_bytes": 1, "ksyncd_backup_age_seconds": 0, "ksyncd_mail_waiting": 0, "ksyncd_mail_oldest_seconds": 0,
		`ksyncd_sign_ins_total{result="succeeded",way="password"}`: 1, `ksyncd_sign_ins_total{result="failed",way="password"}`: 1,
		`ksyncd_sign_ins_total{result="succeeded",way="app-password"}`: 1, `ksyncd_sign_ins_total{result="failed",way="app-password"}`: 1,
		`ksyncd_http_request_duration_seconds_count{method="PUT",report="",surface="dav"}`: 1, "ksyncd_start_time_seconds": float64(time.Now().Add(-time.Hour).Unix()),
		"go_goroutines": 1,
	} {
		if got := metric(t, r, name); got < least {
			t.Errorf("%s is %v, want at least %v", name, got, least)
		}
	}
}

// metric is a figure of the server, or -1.
func metric(t *testing.T, r *running, name string) float64 {
	t.Helper()
	ask := httptest.NewRequest(http.MethodGet, "https://sync.example.org/metrics", nil)
	bearerOf("the-token-of-the-metrics")(ask)
	rec := httptest.NewRecorder()
	r.handler.ServeHTTP(rec, ask)
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(rec.Body.String())
	if found == nil {
		return -1
	}
	v, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
