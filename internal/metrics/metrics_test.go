package metrics_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ksync/internal/metrics"
	"ksync/store"
)

func read(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	rec := httptest.NewRecorder()
	m.Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	if rec.Code != 200 {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	return rec.Body.String()
}

func has(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestState_IsAskedForWhenRead(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	stats := store.Stats{
		Waiting: 3, Busy: 2 * time.Second, Failed: 1,
		PerCommit: store.Histogram{Bounds: []float64{1, 2}, Counts: []uint64{5, 7}, Count: 8, Sum: 20},
		Commit:    store.Histogram{Bounds: []float64{.5}, Counts: []uint64{8}, Count: 8, Sum: .25},
	}
	var backup time.Time
	m := metrics.New(metrics.Sources{
		Version: "1.2.3", Now: func() time.Time { return now },
		Writer: func() store.Stats { return stats },
		Size:   func() (int64, error) { return 4096, nil },
		Free:   func() (uint64, error) { return 1 << 30, nil },
		Outbox: func(context.Context) (int64, int64, error) { return 2, now.Add(-90 * time.Second).UnixMilli(), nil },
		Backup: func() (time.Time, bool) { return backup, !backup.IsZero() },
	})
	text := read(t, m)
	has(t, text, `ksyncd_info{version="1.2.3"} 1`, "ksyncd_writer_waiting 3", "ksyncd_writer_busy_seconds 2", "ksyncd_writer_failed_total 1",
		`ksyncd_writer_writes_bucket{le="2"} 7`, "ksyncd_writer_writes_sum 20", "ksyncd_writer_writes_count 8", "ksyncd_writer_commit_seconds_sum 0.25",
		"ksyncd_database_bytes 4096", "ksyncd_disk_free_bytes 1.073741824e+09", "ksyncd_mail_waiting 2", "ksyncd_mail_oldest_seconds 90",
		"ksyncd_backup_last_success 0", "ksyncd_metrics_unreadable_sources 0")
	if strings.Contains(text, "ksyncd_backup_age_seconds ") {
		t.Error("a backup that was never made has an age")
	}
	backup = now.Add(-time.Hour)
	has(t, read(t, m), "ksyncd_backup_last_success 1", "ksyncd_backup_age_seconds 3600")
}

func TestState_OneSourceThatFailsLeavesTheOthers(t *testing.T) {
	t.Parallel()
	m := metrics.New(metrics.Sources{
		Size:   func() (int64, error) { return 0, errors.New("disk") },
		Outbox: func(context.Context) (int64, int64, error) { return 0, 0, nil },
	})
	text := read(t, m)
	has(t, text, "ksyncd_metrics_unreadable_sources 1", "ksyncd_mail_waiting 0", "ksyncd_mail_oldest_seconds 0")
	for _, absent := range []string{"ksyncd_database_bytes ", "ksyncd_backup_last_success ", "ksyncd_writer_waiting "} {
		if strings.Contains(text, "\n"+absent) {
			t.Errorf("%s is told, and nobody knows it", absent)
		}
	}
}

func TestRequests_ByMethodAndReport(t *testing.T) {
	t.Parallel()
	m := metrics.New(metrics.Sources{})
	end := m.Begin()
	has(t, read(t, m), "ksyncd_http_requests_active 1")
	end(metrics.Request{Surface: "dav", Method: "REPORT", Report: "sync-collection", Client: "iOS", Status: 207, Bytes: 700, Took: 3 * time.Millisecond, Sync: true, Members: 7})
	m.Begin()(metrics.Request{Surface: "dav", Method: "NONSENSE", Client: "other", Status: 405})
	for way, ok := range map[string]bool{"password": true, "app-password": false, "invented": true} {
		m.SignIn(way, ok)
	}
	has(t, read(t, m), "ksyncd_http_requests_active 0",
		`ksyncd_http_requests_total{code="207",method="REPORT",report="sync-collection",surface="dav"} 1`,
		`ksyncd_http_requests_total{code="405",method="other",report="",surface="dav"} 1`,
		`ksyncd_http_request_duration_seconds_bucket{method="REPORT",report="sync-collection",surface="dav",le="0.005"} 1`,
		`ksyncd_client_requests_total{client="iOS",code="2xx"} 1`, `ksyncd_http_response_bytes_total{surface="dav"} 700`,
		`ksyncd_sync_members_bucket{le="5"} 0`, `ksyncd_sync_members_bucket{le="10"} 1`, "ksyncd_sync_response_bytes_sum 700", "ksyncd_sync_members_count 1",
		`ksyncd_sign_ins_total{result="succeeded",way="password"} 1`, `ksyncd_sign_ins_total{result="failed",way="app-password"} 1`,
		`ksyncd_sign_ins_total{result="succeeded",way="other"} 1`, `ksyncd_sign_ins_total{result="failed",way="totp"} 0`)
}
