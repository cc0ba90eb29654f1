package httpd_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"ksync/internal/httpd"
)

// Frames of RFC 9113 §6.
const (
	frameHeaders, frameReset, frameSettings, framePing, frameWindow, frameContinuation = 1, 3, 4, 6, 8, 9

	endStream, endHeaders = 1, 4
)

// attacked is a server with TLS on a loopback port whose requests go on until the
// test is over, like work that does not notice that nobody waits for it any more;
// peak is the most that there were at once.
func attacked(t *testing.T) (address string, peak *atomic.Int64) {
	t.Helper()
	cert, key := pair(t, t.TempDir(), 1)
	c, err := httpd.LoadCertificate(cert, key, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	peak = new(atomic.Int64)
	var running atomic.Int64
	over := make(chan struct{})
	slow := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		n := running.Add(1)
		defer running.Add(-1)
		for most := peak.Load(); n > most && !peak.CompareAndSwap(most, n); most = peak.Load() {
		}
		if r.URL.Path != "/dav/quick" {
			<-over
		}
	})
	listeners, err := httpd.Listen(t.Context(), []string{"127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	server := &httpd.Server{Handler: httpd.New(httpd.Options{DAV: slow, Ready: ready}), TLS: c.Config(), Logger: slog.New(slog.DiscardHandler),
		HeaderTimeout: time.Minute, IdleTimeout: time.Minute, StopTimeout: time.Second, HeaderBytes: 64 << 10, Streams: 50}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, listeners) }()
	t.Cleanup(func() {
		close(over)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return listeners[0].Addr().String(), peak
}

// frames is a client that sends what it likes.
type frames struct {
	conn net.Conn
	sent int64
}

func dialFrames(t *testing.T, address string) *frames {
	t.Helper()
	conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}) //nolint:gosec // our own server
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // closed by the server, most likely
	f := &frames{conn: conn}
	if _, err := io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := f.send(frameSettings, 0, 0, nil); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, conn) }() // what it answers is of no interest
	return f
}

func (f *frames) send(kind, flags byte, stream uint32, payload []byte) error {
	head := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	n, err := f.conn.Write(append(binary.BigEndian.AppendUint32(head, stream), payload...))
	f.sent += int64(n)
	return err
}

// request is GET / by the static table of RFC 7541, with a path of its own.
func request(path string) []byte {
	block := []byte{0x82, 0x87, 0x04, byte(len(path))}
	block = append(block, path...)
	return append(block, 0x41, 1, 'x')
}

// stillServes fails unless the server answers others.
func stillServes(t *testing.T, address string) {
	t.Helper()
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}} //nolint:gosec // our own server
	defer client.CloseIdleConnections()
	resp, err := client.Get("https://" + address + "/dav/quick")
	if err != nil {
		t.Fatalf("the server does not answer others: %v", err)
	}
	_ = resp.Body.Close() // its status is all that counts
	if resp.StatusCode != 200 || resp.ProtoMajor != 2 {
		t.Errorf("others get %s", resp.Status)
	}
}

// CVE-2023-44487: streams that are opened and reset at once never count as open,
// but each has begun a request.
func TestHTTP2_RapidReset(t *testing.T) {
	t.Parallel()
	address, peak := attacked(t)
	f := dialFrames(t, address)
	for stream := uint32(1); stream < 40_000; stream += 2 {
		err := f.send(frameHeaders, endStream|endHeaders, stream, request("/dav/slow"))
		if err == nil {
			err = f.send(frameReset, 0, stream, []byte{0, 0, 0, 8})
		}
		if err != nil {
			break // told to go: what it is for
		}
	}
	stillServes(t, address)
	if n := peak.Load(); n < 50 || n > 60 {
		t.Errorf("%d requests at once, 50 streams are allowed", n)
	}
}

// CVE-2023-45288: headers that are continued for ever belong to no request that
// a limit of requests could stop.
func TestHTTP2_ContinuationFlood(t *testing.T) {
	t.Parallel()
	address, _ := attacked(t)
	f := dialFrames(t, address)
	err := f.send(frameHeaders, endStream, 1, request("/dav/slow"))
	field := append([]byte{0x00, 1, 'a', 0x7f, 0x80, 0x1f}, bytes.Repeat([]byte("b"), 127+0x1f<<7)...) // a literal of 4,095 bytes
	for err == nil && f.sent < 64<<20 {
		err = f.send(frameContinuation, 0, 1, field)
	}
	if err == nil {
		t.Errorf("%d MiB of headers were taken", f.sent>>20)
	}
	stillServes(t, address)
}

// Frames that want an answer, from who reads none, end the connection and not the memory.
func TestHTTP2_PingFloodOfWhoDoesNotRead(t *testing.T) {
	t.Parallel()
	address, _ := attacked(t)
	conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}) //nolint:gosec // our own server
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // the test's end
	f := &frames{conn: conn}
	if _, err := io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := f.send(frameSettings, 0, 0, nil); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	// The server stops to read once its answers are not taken: our own write waits then.
	if err := conn.SetWriteDeadline(time.Now().Add(3 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for err = nil; err == nil && f.sent < 64<<20; {
		err = f.send(framePing, 0, 0, make([]byte, 8))
	}
	runtime.ReadMemStats(&after)
	if err == nil {
		t.Errorf("%d MiB of pings were taken from who reads no answer", f.sent>>20)
	}
	if errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if grown := int64(after.HeapInuse) - int64(before.HeapInuse); grown > 64<<20 {
		t.Errorf("the memory grew by %d MiB", grown>>20)
	}
	stillServes(t, address)
}

// Who asks for a large answer with all the room that there can be, and then reads
// nothing, does not keep the connection and its answer for ever.
func TestHTTP2_ReaderThatStops(t *testing.T) {
	t.Parallel()
	cert, key := pair(t, t.TempDir(), 1)
	c, err := httpd.LoadCertificate(cert, key, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	endless := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		var err error
		for chunk := make([]byte, 1<<20); err == nil; {
			_, err = w.Write(chunk)
		}
		ended <- err
	})
	listeners, err := httpd.Listen(t.Context(), []string{"127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	server := &httpd.Server{Handler: httpd.New(httpd.Options{DAV: endless, Ready: ready}), TLS: c.Config(), Logger: slog.New(slog.DiscardHandler),
		HeaderTimeout: time.Hour, IdleTimeout: time.Second, StopTimeout: time.Millisecond, HeaderBytes: 64 << 10, Streams: 50}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listeners) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	conn, err := tls.Dial("tcp", listeners[0].Addr().String(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}) //nolint:gosec // our own server
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // the test's end
	f := &frames{conn: conn}
	_, err = io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	all := []byte{0x7f, 0xff, 0xff, 0xff}
	err = errors.Join(err,
		f.send(frameSettings, 0, 0, append([]byte{0, 4}, all...)), // SETTINGS_INITIAL_WINDOW_SIZE
		f.send(frameWindow, 0, 0, []byte{0x7f, 0xff, 0, 0}),
		f.send(frameHeaders, endStream|endHeaders, 1, request("/dav/endless")))
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		t.Error("the answer still waits for who does not read it")
	}
}
