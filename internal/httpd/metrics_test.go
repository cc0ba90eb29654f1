package httpd_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ksync/internal/httpd"
	"ksync/internal/logtest"
	"ksync/internal/metrics"
)

func metricsText(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	rec := httptest.NewRecorder()
	m.Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	if rec.Code != 200 {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	return rec.Body.String()
}

// A client can send any method, path, name of itself and report; none of it
// makes another time series, or is told.
func TestMetrics_ClientsInventNoLabels(t *testing.T) {
	t.Parallel()
	m := metrics.New(metrics.Sources{})
	handler := httpd.New(httpd.Options{DAV: davStub, Ready: ready, Metrics: m, Pages: pagesStub{httpd.Address(nil)}})
	ask := func(n int) {
		r := httptest.NewRequest(fmt.Sprintf("METHOD%d", n), fmt.Sprintf("/dav/calendars/%d/anna-secret", n), strings.NewReader(fmt.Sprintf(`<x%d xmlns="DAV:"/>`, n)))
		r.Header.Set("User-Agent", fmt.Sprintf("anna-secret-%d/1.0", n))
		handler.ServeHTTP(httptest.NewRecorder(), r)
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", fmt.Sprintf("/page-%d", n), nil))
	}
	ask(0)
	before := strings.Count(metricsText(t, m), "\n")
	for n := range 200 {
		ask(n + 1)
	}
	text := metricsText(t, m)
	if after := strings.Count(text, "\n"); after > before+10 {
		t.Errorf("%d lines, then %d", before, after)
	}
	if strings.Contains(text, "secret") || strings.Contains(text, "METHOD") {
		t.Errorf("the metrics tell what clients wrote:\n%s", text)
	}
	for _, line := range []string{
		`ksyncd_http_requests_total{code="200",method="other",report="",surface="dav"} 201`,
		`ksyncd_client_requests_total{client="other",code="2xx"} 201`,
		`ksyncd_http_requests_active 0`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no line %s in\n%s", line, text)
		}
	}
}

func TestMetrics_PublicOnlyWithTheToken(t *testing.T) {
	t.Parallel()
	const token = "0123456789abcdef"
	for name, tt := range map[string]struct {
		token, authorization string
		want                 int
	}{
		"no token set":       {"", "", 404},
		"no token set, sent": {"", "Bearer ", 404},
		"none sent":          {token, "", 401},
		"wrong":              {token, "Bearer 0123456789abcdeF", 401},
		"part":               {token, "Bearer 0123456789", 401},
		"as Basic":           {token, "Basic " + token, 401},
		"right":              {token, "Bearer " + token, 200},
	} {
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.Header.Set("Authorization", tt.authorization)
		rec := serve(httpd.Options{Metrics: metrics.New(metrics.Sources{}), Token: tt.token}, r)
		if rec.Code != tt.want || (rec.Code == 200) != strings.Contains(rec.Body.String(), "go_goroutines") {
			t.Errorf("%s: %d %.100s", name, rec.Code, rec.Body)
		}
		if rec.Code == 401 && !strings.HasPrefix(rec.Header().Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%s: challenge %q", name, rec.Header().Get("WWW-Authenticate"))
		}
	}
}

func TestPublic_HasNoProfiles(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/cmdline", "/trace", "/trace/x"} {
		if rec := serve(httpd.Options{Metrics: metrics.New(metrics.Sources{}), Token: "0123456789abcdef"}, httptest.NewRequest("GET", path, nil)); rec.Code != 404 {
			t.Errorf("%s: %d", path, rec.Code)
		}
	}
}

func TestAdmin_IsForThisMachineOnly(t *testing.T) {
	t.Parallel()
	admin := httpd.NewAdmin(httpd.AdminOptions{Ready: ready, Metrics: metrics.New(metrics.Sources{}), Trace: http.NotFoundHandler()})
	for name, tt := range map[string]struct {
		method, target, site string
		want                 int
	}{
		"address":           {"GET", "http://127.0.0.1:9100/metrics", "", 200},
		"IPv6":              {"GET", "http://[::1]:9100/metrics", "", 200},
		"localhost":         {"GET", "http://localhost/readyz", "", 200},
		"alive":             {"GET", "http://localhost/healthz", "", 200},
		"profile":           {"GET", "http://localhost/debug/pprof/cmdline", "", 200},
		"rebound name":      {"GET", "http://attacker.example:9100/metrics", "", 403},
		"another address":   {"GET", "http://192.0.2.1/metrics", "", 403},
		"form of a site":    {"POST", "http://127.0.0.1:9100/trace?login=ann", "cross-site", 403},
		"something unknown": {"GET", "http://127.0.0.1:9100/", "", 404},
	} {
		r := httptest.NewRequest(tt.method, tt.target, nil)
		r.Header.Set("Sec-Fetch-Site", tt.site)
		rec := httptest.NewRecorder()
		admin.ServeHTTP(rec, r)
		if rec.Code != tt.want {
			t.Errorf("%s: %d %.100s", name, rec.Code, rec.Body)
		}
	}
}

func TestAlive_FailsWhenOnlyARestartHelps(t *testing.T) {
	t.Parallel()
	hangs := func(context.Context) error { return errors.New("stuck") }
	if rec := serve(httpd.Options{Alive: hangs}, httptest.NewRequest("GET", "/healthz", nil)); rec.Code != 503 || strings.Contains(rec.Body.String(), "stuck") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

// Whatever a client sends, the line has our words only.
func TestLog_NothingThatAClientWrote(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*http.Request){
		"names in the path": func(r *http.Request) { r.URL.Path = "/dav/calendars/7/anna-divorce/lawyer.ics" },
		"method":            func(r *http.Request) { r.Method = "ANNA-DIVORCE" },
		"agent":             func(r *http.Request) { r.Header.Set("User-Agent", "annas-phone/1.0 divorce") },
		"query":             func(r *http.Request) { r.URL.RawQuery = "q=divorce" },
		"referrer":          func(r *http.Request) { r.Header.Set("Referer", "https://x/divorce") },
		"host":              func(r *http.Request) { r.Host = "divorce.example" },
		"login":             func(r *http.Request) { r.SetBasicAuth("anna", "divorce") },
		"request id":        func(r *http.Request) { r.Header.Set("X-Request-Id", "divorce") },
		"address":           func(r *http.Request) { r.RemoteAddr = "203.0.113.77:1" },
	} {
		var l logtest.Log
		r := httptest.NewRequest("PROPFIND", "/dav/", nil)
		change(r)
		serve(httpd.Options{Logger: l.Logger(slog.LevelInfo)}, r)
		got := l.String()
		if strings.Count(got, "\n") != 1 || strings.Contains(strings.ToLower(got), "anna") || strings.Contains(strings.ToLower(got), "divorce") || strings.Contains(got, "203.0.113") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestLog_NamesTheFamilyOfTheClientAndWhatWasBrokenOff(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"iOS/26.0 (23A341) dataaccessd/1.0":                                          "iOS",
		"macOS/26.0 (25A354) CalendarAgent/1.0":                                      "macOS",
		"DAVx5/4.5.1-ose (okhttp/5.1) Android/16":                                    "DAVx5",
		"kSync/4.5.10 (com.infomaniak.sync)":                                         "kSync",
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.0": "Thunderbird",
		"Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0":       "Firefox",
		"Evolution/3.56.0": "Evolution", "vdirsyncer/0.20.0": "vdirsyncer", "": "none", "something/1": "other",
	} {
		var l logtest.Log
		r := httptest.NewRequest("PROPFIND", "/dav/", nil)
		r.Header.Set("User-Agent", agent)
		serve(httpd.Options{Logger: l.Logger(slog.LevelInfo)}, r)
		if got := l.String(); !strings.Contains(got, " client="+want+" method=PROPFIND status=200 ") || strings.Contains(got, "cut=") {
			t.Errorf("%q: %s", agent, got)
		}
	}
	var l logtest.Log
	func() {
		defer func() { _ = recover() }() // as net/http does
		serve(httpd.Options{Logger: l.Logger(slog.LevelInfo)}, httptest.NewRequest("GET", "/dav/?do=abort", nil))
	}()
	if got := l.String(); !strings.Contains(got, "cut=true") {
		t.Errorf("broken off: %s", got)
	}
}

// The admin listener is served beside the public ones and says nothing to systemd.
func TestServer_AsideTellsSystemdNothing(t *testing.T) {
	told := t.TempDir() + "/notify"
	t.Setenv("NOTIFY_SOCKET", told) // nobody listens: a note would be an error, and be logged
	var l logtest.Log
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, aside := range []bool{true, false} {
		s := &httpd.Server{Handler: davStub, Logger: l.Logger(slog.LevelInfo), Aside: aside}
		if err := s.Serve(ctx, nil); err != nil {
			t.Fatal(err)
		}
		if told := strings.Contains(l.String(), "notify systemd"); told == aside {
			t.Errorf("aside %v: %s", aside, l.String())
		}
	}
}
