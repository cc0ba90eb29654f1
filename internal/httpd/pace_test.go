package httpd_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ksync/internal/httpd"
)

// pipes is a listener in memory: with it the server's clock can be the test's.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.done); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (p *pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.conns <- server
	return client
}

// pacedServer runs a handler with the bounds of these tests; stop it before
// the bubble ends.
func pacedServer(t *testing.T, handler http.HandlerFunc) (l *pipes, stop func()) {
	t.Helper()
	return pacedTLSServer(t, nil, handler)
}

func pacedTLSServer(t *testing.T, config *tls.Config, handler http.HandlerFunc) (l *pipes, stop func()) {
	t.Helper()
	return pacedOptions(t, config, httpd.Options{DAV: handler})
}

func pacedOptions(t *testing.T, config *tls.Config, o httpd.Options) (l *pipes, stop func()) {
	t.Helper()
	o.Ready, o.Pace = ready, httpd.Pace{Body: time.Minute, Write: 30 * time.Second}
	l = newPipes()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	server := &httpd.Server{
		Handler:       httpd.New(o),
		TLS:           config,
		Logger:        slog.New(slog.DiscardHandler),
		HeaderTimeout: 15 * time.Second, IdleTimeout: 3 * time.Minute, StopTimeout: 20 * time.Second, HeaderBytes: 64 << 10, Streams: 100,
	}
	go func() { ended <- server.Serve(ctx, []net.Listener{l}) }()
	return l, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// closedAfter waits for the server to close the connection.
func closedAfter(conn net.Conn) time.Duration {
	began := time.Now()
	_, _ = io.Copy(io.Discard, conn) // ends when the server closes
	return time.Since(began)
}

func TestPace_HeadersThatNeverEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, stop := pacedServer(t, func(http.ResponseWriter, *http.Request) { t.Error("handled") })
		defer stop()
		conn := l.dial()
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := fmt.Fprint(conn, "PROPFIND /dav/ HTTP/1.1\r\nHost: x\r\n")
			for err == nil { // one more header each second
				time.Sleep(time.Second)
				_, err = fmt.Fprint(conn, "X-A: b\r\n")
			}
		})
		if took := closedAfter(conn); took > 16*time.Second {
			t.Errorf("held for %v", took)
		}
		wg.Wait()
	})
}

func TestPace_HundredThousandHeaders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, stop := pacedServer(t, func(http.ResponseWriter, *http.Request) { t.Error("handled") })
		defer stop()
		conn := l.dial()
		go func() {
			_, _ = io.WriteString(conn, "GET /dav/ HTTP/1.1\r\nHost: x\r\n"+strings.Repeat("X-A: b\r\n", 100_000)) // refused on the way
		}()
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%v %v", resp, err)
		}
		_ = conn.Close() // the answer is read
	})
}

func TestPace_BodyThatNeverComes(t *testing.T) {
	t.Parallel()
	for _, reads := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			l, stop := pacedServer(t, func(_ http.ResponseWriter, r *http.Request) {
				if !reads {
					return // net/http reads on to keep the connection
				}
				if _, err := io.ReadAll(r.Body); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("read: %v", err)
				}
			})
			defer stop()
			conn := l.dial()
			if _, err := fmt.Fprint(conn, "PUT /dav/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			if took := closedAfter(conn); took > 61*time.Second {
				t.Errorf("reads %v: held for %v", reads, took)
			}
		})
	}
}

// A request that the crowd turns away has a body all the same, which net/http
// reads before it answers.
func TestPace_BodyOfWhoIsTurnedAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		entered := make(chan struct{})
		l, stop := pacedOptions(t, nil, httpd.Options{Crowd: httpd.Crowd{All: 1}, DAV: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			close(entered)
			_, _ = io.ReadAll(r.Body) // for as long as it may
		})})
		defer stop()
		inside, outside := l.dial(), l.dial()
		var wg sync.WaitGroup
		for _, conn := range []net.Conn{inside, outside} {
			if _, err := fmt.Fprint(conn, "PUT /dav/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf"); err != nil {
				t.Fatal(err)
			}
			<-entered
			wg.Go(func() {
				if took := closedAfter(conn); took > 62*time.Second {
					t.Errorf("held for %v", took)
				}
			})
		}
		wg.Wait()
	})
}

func TestPace_SlowBodies(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		piece  int // each second
		pieces int
		passes bool
	}{
		"a phone on a bad link": {8 << 10, 300, true},
		"one byte a second":     {1, 300, false},
		"chunks without an end": {100, 1 << 20, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var got int64
				var readErr error
				l, stop := pacedServer(t, func(_ http.ResponseWriter, r *http.Request) {
					got, readErr = io.Copy(io.Discard, r.Body)
				})
				defer stop()
				conn := l.dial()
				go func() {
					defer conn.Close() //nolint:errcheck // the test's end
					_, _ = fmt.Fprint(conn, "PUT /dav/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
					for range tt.pieces {
						time.Sleep(time.Second)
						if _, err := fmt.Fprintf(conn, "%x\r\n%s\r\n", tt.piece, strings.Repeat("x", tt.piece)); err != nil {
							return
						}
					}
					_, _ = fmt.Fprint(conn, "0\r\n\r\n")
					_, _ = io.Copy(io.Discard, conn)
				}()
				began := time.Now()
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				if passed := readErr == nil && got == int64(tt.piece*tt.pieces); passed != tt.passes {
					t.Errorf("%d bytes, %v, after %v", got, readErr, time.Since(began))
				}
			})
		})
	}
}

func TestPace_ReaderThatStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		failed := make(chan time.Duration, 1)
		l, stop := pacedServer(t, func(w http.ResponseWriter, _ *http.Request) {
			began := time.Now()
			for {
				if _, err := w.Write(make([]byte, 8<<10)); err != nil {
					failed <- time.Since(began)
					return
				}
			}
		})
		defer stop()
		conn := l.dial()
		if _, err := fmt.Fprint(conn, "GET /dav/x HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(conn, make([]byte, 16<<10)); err != nil { // takes a little, then nothing
			t.Fatal(err)
		}
		if took := <-failed; took > 31*time.Second {
			t.Errorf("the writer was held for %v", took)
		}
		_ = conn.Close() // the server gave up
	})
}

// A long answer to a request whose body came is not cut by the body's deadline.
func TestPace_LongWorkAfterTheBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, stop := pacedServer(t, func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.ReadAll(r.Body); err != nil {
				t.Error(err)
			}
			time.Sleep(10 * time.Minute)
			if err := r.Context().Err(); err != nil {
				t.Errorf("the request was given up: %v", err)
			}
			_, _ = io.WriteString(w, "done")
		})
		defer stop()
		conn := l.dial()
		if _, err := fmt.Fprint(conn, "REPORT /dav/x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("%v %v", resp, err)
		}
		if body, err := io.ReadAll(resp.Body); string(body) != "done" || err != nil {
			t.Errorf("%s %v", body, err)
		}
		// And the connection serves another.
		if _, err := fmt.Fprint(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if resp, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || resp.StatusCode != 200 {
			t.Errorf("second request: %v %v", resp, err)
		}
		_ = conn.Close() // the answers are read
	})
}

// On HTTP/2 a deadline that passes resets the stream even when nothing is
// being written.
func TestPace_LongWorkBetweenWritesOnHTTP2(t *testing.T) {
	t.Parallel()
	cert, key := pair(t, t.TempDir(), 1)
	synctest.Test(t, func(t *testing.T) {
		loaded, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			t.Fatal(err)
		}
		config := &tls.Config{Certificates: []tls.Certificate{loaded}, NextProtos: []string{"h2"}}
		l, stop := pacedTLSServer(t, config, func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.ReadAll(r.Body); err != nil {
				t.Error(err)
			}
			for range 3 {
				_, _ = io.WriteString(w, strings.Repeat("x", 8<<10))
				if err := http.NewResponseController(w).Flush(); err != nil {
					t.Error(err)
				}
				time.Sleep(2 * time.Minute)
			}
		})
		transport := &http.Transport{ForceAttemptHTTP2: true, DialTLSContext: func(context.Context, string, string) (net.Conn, error) {
			conn := tls.Client(l.dial(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}, Time: func() time.Time { return time.Now() }})
			return conn, conn.Handshake()
		}}
		req, err := http.NewRequest("REPORT", "https://x/dav/", strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(resp.Body); err != nil || len(body) != 24<<10 || resp.ProtoMajor != 2 {
			t.Errorf("%s: %d bytes, %v", resp.Proto, len(body), err)
		}
		transport.CloseIdleConnections()
		stop()
	})
}

func TestServe_StopLetsRequestsFinishAndBreaksOffTheRest(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		work     time.Duration
		answered bool
	}{"short work": {5 * time.Second, true}, "endless work": {time.Hour, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l, stop := pacedServer(t, func(w http.ResponseWriter, r *http.Request) {
					select {
					case <-time.After(tt.work):
						_, _ = io.WriteString(w, "done")
					case <-r.Context().Done():
					}
				})
				conn := l.dial()
				if _, err := fmt.Fprint(conn, "GET /dav/x HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				began := time.Now()
				go stop()
				resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if answered := err == nil && resp.StatusCode == 200; answered != tt.answered {
					t.Errorf("answered %v: %v", answered, err)
				}
				if took := time.Since(began); took > 21*time.Second {
					t.Errorf("took %v", took)
				}
				_ = conn.Close() // the answer is read
				time.Sleep(time.Minute)
			})
		})
	}
}
