package httpd_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ksync/internal/certtest"
	"ksync/internal/httpd"
	"ksync/internal/logtest"
	"ksync/store/storetest"
)

// pair writes a certificate with that serial number and its key.
func pair(t *testing.T, dir string, serial int64) (cert, key string) {
	t.Helper()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	certText, keyText := certtest.PEM(t, certtest.Local(t, serial))
	write(t, cert, certText)
	write(t, key, keyText)
	return cert, key
}

// write replaces a file as renewals do.
func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		t.Fatal(err)
	}
}

func serial(t *testing.T, c *httpd.Certificate) int64 {
	t.Helper()
	got, err := c.Config().GetCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(got.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return leaf.SerialNumber.Int64()
}

func TestCertificate_Renewal(t *testing.T) {
	t.Parallel()
	dir, clock := t.TempDir(), storetest.ClockAt(time.Now())
	cert, key := pair(t, dir, 1)
	var l logtest.Log
	c, err := httpd.LoadCertificate(cert, key, l.Logger(slog.LevelInfo), clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		name   string
		change func()
		want   int64
	}{
		{"unchanged", func() {}, 1},
		{"renewed", func() { pair(t, dir, 2) }, 2},
		{"half written", func() { write(t, cert, "-----BEGIN") }, 2},
		{"key does not fit", func() {
			other, _ := pair(t, t.TempDir(), 3)
			text, _ := os.ReadFile(other)
			write(t, cert, string(text))
		}, 2},
		{"gone", func() { _ = os.Remove(cert) }, 2},
		{"whole again", func() { pair(t, dir, 4) }, 4},
	}
	for _, step := range steps {
		step.change()
		clock.Advance(10 * time.Second)
		if got := serial(t, c); got != step.want {
			t.Errorf("%s: certificate %d, want %d", step.name, got, step.want)
		}
	}
	pair(t, dir, 5)
	if got := serial(t, c); got != 4 {
		t.Errorf("the files are looked at with every handshake: %d", got)
	}
	if got := l.String(); strings.Count(got, "certificate renewed") != 2 || strings.Count(got, "not renewed") != 3 || strings.Contains(got, "PRIVATE") {
		t.Errorf("log: %s", got)
	}
}

func TestCertificate_MustBeRightAtTheStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := pair(t, dir, 1)
	_, other := pair(t, t.TempDir(), 2)
	for name, files := range map[string][2]string{"missing": {cert + "x", key}, "does not fit": {cert, other}, "swapped": {key, cert}} {
		if _, err := httpd.LoadCertificate(files[0], files[1], slog.New(slog.DiscardHandler), time.Now); err == nil || !strings.Contains(err.Error(), files[0]) || !strings.Contains(err.Error(), files[1]) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// It is served all the same: some devices have been told to take it.
func TestCertificate_OneThatIsNotValidIsTold(t *testing.T) {
	t.Parallel()
	cert, key := pair(t, t.TempDir(), 1)
	for name, tt := range map[string]struct {
		now  time.Time
		told bool
	}{
		"valid": {time.Now(), false}, "expired": {time.Now().AddDate(100, 0, 0), true}, "not yet": {time.Now().AddDate(-100, 0, 0), true},
	} {
		var l logtest.Log
		if _, err := httpd.LoadCertificate(cert, key, l.Logger(slog.LevelInfo), func() time.Time { return tt.now }); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if told := strings.Contains(l.String(), "not valid today"); told != tt.told {
			t.Errorf("%s: %s", name, l.String())
		}
	}
}

func TestServe_HTTP2WithManyStreams(t *testing.T) {
	t.Parallel()
	const streams = 100
	cert, key := pair(t, t.TempDir(), 1)
	c, err := httpd.LoadCertificate(cert, key, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	var arrived sync.WaitGroup
	arrived.Add(streams)
	handler := httpd.New(httpd.Options{Ready: ready, Pace: httpd.Pace{Body: time.Minute, Write: time.Minute}, DAV: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived.Done()
		arrived.Wait() // all are here at once, or the test hangs
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.Copy(w, r.Body)
	})})
	listeners, err := httpd.Listen(t.Context(), []string{"127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	server := &httpd.Server{Handler: handler, TLS: c.Config(), Logger: slog.New(slog.DiscardHandler), HeaderTimeout: time.Minute,
		IdleTimeout: time.Minute, StopTimeout: time.Minute, HeaderBytes: 64 << 10, Streams: 250}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, listeners) }()

	roots := x509.NewCertPool()
	text, err := os.ReadFile(cert)
	if err != nil || !roots.AppendCertsFromPEM(text) {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true, MaxConnsPerHost: 1}}
	var wg sync.WaitGroup
	for range streams {
		wg.Go(func() {
			req, err := http.NewRequest("REPORT", "https://"+listeners[0].Addr().String()+"/dav/", strings.NewReader("body"))
			if err != nil {
				t.Error(err)
				return
			}
			resp, err := client.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close() //nolint:errcheck // read to its end
			if body, err := io.ReadAll(resp.Body); resp.ProtoMajor != 2 || string(body) != "body" || err != nil {
				t.Errorf("%s %q %v", resp.Proto, body, err)
			}
		})
	}
	wg.Wait()
	client.CloseIdleConnections()
	old := &tls.Config{RootCAs: roots, MaxVersion: tls.VersionTLS11}
	if conn, err := tls.Dial("tcp", listeners[0].Addr().String(), old); err == nil {
		t.Error("TLS 1.1 was accepted")
		_ = conn.Close()
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
