// Package proof drives the built server from outside, as its users do: it
// starts the binary on a directory, makes accounts with its commands, speaks
// HTTP to it, and kills it. What the tests and programs below this package say
// about ksyncd they know from its answers alone, so the package imports nothing
// of it and reads its XML with a decoder of its own.
//
// A Server is one process. A Client is one account's connection to a server,
// ours or another; a Replica is what such a client keeps of one collection.
package proof

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Build compiles the server into dir and returns the path of the binary. The
// variable PROOF_BINARY names one that is already there.
func Build(ctx context.Context, dir string) (string, error) {
	if path := os.Getenv("PROOF_BINARY"); path != "" {
		return filepath.Abs(path)
	}
	path := filepath.Join(dir, "ksyncd")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", path, "ksync/cmd/ksyncd")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the server: %w\n%s", err, out)
	}
	return path, nil
}

// Server is a process that serves HTTP on loopback.
type Server struct {
	URL string // ends without a slash

	cmd    *exec.Cmd
	binary string
	data   string
	log    *tail
	exited chan struct{}
	err    error // of the process, once exited is closed
}

// Start runs the binary on a data directory, with more flags if there are any,
// and returns once it is ready.
func Start(ctx context.Context, binary, data string, flags ...string) (*Server, error) {
	return retry(3, func() (*Server, error) {
		address := FreeAddress()
		s := &Server{URL: "http://" + address, binary: binary, data: data}
		cmd := exec.Command(binary, append([]string{"serve", "--data", data, "--listen", address}, flags...)...)
		cmd.Env = cleanEnv("KSYNC_THROTTLE=off", "KSYNC_LOG_LEVEL=warn")
		return s, s.run(ctx, cmd, "/readyz")
	})
}

// StartOther runs another server, which is ready when it answers at the URL.
func StartOther(ctx context.Context, cmd *exec.Cmd, address string) (*Server, error) {
	s := &Server{URL: "http://" + address}
	return s, s.run(ctx, cmd, "/")
}

// retry is for the port that somebody else took between our look and the start.
func retry(times int, start func() (*Server, error)) (s *Server, err error) {
	for range times {
		if s, err = start(); err == nil {
			return s, nil
		}
	}
	return nil, err
}

// FreeAddress finds a loopback address that nobody listens on, below the range
// from which the system takes the ports of outgoing connections.
func FreeAddress() string {
	const lowest, ports = 20000, 12000
	for {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(lowest+rand.IntN(ports)))
		if l, err := net.Listen("tcp", address); err == nil {
			_ = l.Close() // nothing was accepted
			return address
		}
	}
}

// cleanEnv is our environment without settings of the server that may be in it.
func cleanEnv(more ...string) []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "KSYNC_") {
			env = append(env, v)
		}
	}
	return append(env, more...)
}

// run starts the process and waits for an answer to path.
func (s *Server) run(ctx context.Context, cmd *exec.Cmd, path string) error {
	s.log = &tail{max: 64 << 10}
	s.cmd, s.exited = cmd, make(chan struct{})
	cmd.Stderr = s.log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	go func() {
		s.err = cmd.Wait()
		close(s.exited)
	}()
	if err := s.awaitReady(ctx, path); err != nil {
		s.Kill()
		return fmt.Errorf("%s: %w\n%s", cmd.Path, err, s.log)
	}
	return nil
}

func (s *Server) awaitReady(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-s.exited:
			return fmt.Errorf("ended before it was ready: %v", s.err)
		case <-ctx.Done():
			return errors.New("not ready in time")
		case <-tick.C:
			if answers(ctx, client, s.URL+path) {
				return nil
			}
		}
	}
}

func answers(ctx context.Context, client *http.Client, url string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	resp, err := client.Do(r)
	if err != nil {
		return false
	}
	_ = resp.Body.Close() // its body is of no interest
	return resp.StatusCode < 500
}

// PID is the process number.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Log is the end of what the process has written to its standard error.
func (s *Server) Log() string { return s.log.String() }

// Stop asks the process to end and waits; after a while it is killed.
func (s *Server) Stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may be gone already
	select {
	case <-s.exited:
	case <-time.After(15 * time.Second):
		s.Kill()
	}
}

// Kill ends the process as a power cut would, without a chance to tidy up.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill() // it may be gone already
	<-s.exited
}

// Account makes an account and an app password for it, and signs in.
func (s *Server) Account(ctx context.Context, login string) (*Client, error) {
	if _, err := s.command(ctx, "user", "add", login); err != nil {
		return nil, err
	}
	out, err := s.command(ctx, "app-password", "create", login, "--name", "proof")
	if err != nil {
		return nil, err
	}
	var made struct{ Login, Password string }
	if err := json.Unmarshal(out, &made); err != nil {
		return nil, fmt.Errorf("app-password create: %w", err)
	}
	c, err := NewClient(s.URL, made.Login, made.Password)
	if err != nil {
		return nil, err
	}
	return c, c.discover(ctx)
}

// command runs one of the server's commands, which print JSON, beside it.
func (s *Server) command(ctx context.Context, args ...string) ([]byte, error) {
	return Command(ctx, s.binary, s.data, args...)
}

// Command runs a command of the binary on a data directory and returns the
// JSON that it prints.
func Command(ctx context.Context, binary, data string, args ...string) ([]byte, error) {
	return run(ctx, nil, binary, append(args, "--data", data, "--json")...)
}

func run(ctx context.Context, input io.Reader, binary string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env, cmd.Stdin = cleanEnv(), input
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("ksyncd %s: %w\n%s%s", strings.Join(args, " "), err, &stderr, out)
	}
	return out, nil
}

// Killed runs a command and kills it after a while, unless it has ended by
// then: it reports whether it did. An error is one that the command made.
func Killed(ctx context.Context, after time.Duration, binary, data string, args ...string) (ended bool, err error) {
	short, cancel := context.WithTimeout(ctx, after)
	defer cancel()
	_, err = run(short, nil, binary, append(args, "--data", data)...)
	if short.Err() != nil && ctx.Err() == nil && err != nil {
		return false, nil
	}
	return err == nil, err
}

// tail keeps the last bytes that were written to it.
type tail struct {
	mu   sync.Mutex
	max  int
	text []byte
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if extra := len(t.text) - t.max; extra > 0 {
		t.text = append(t.text[:0], t.text[extra:]...)
	}
	return len(p), nil
}

// String implements fmt.Stringer.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
