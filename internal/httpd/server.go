package httpd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// Server runs a handler on listeners. Handler and Logger are required.
type Server struct {
	Handler       http.Handler
	TLS           *tls.Config // nil: plain HTTP
	Logger        *slog.Logger
	HeaderTimeout time.Duration // for the headers of a request to arrive
	IdleTimeout   time.Duration // between requests
	StopTimeout   time.Duration // for requests to finish at the end
	HeaderBytes   int           // of one request
	Streams       int           // at once on one HTTP/2 connection
	Aside         bool          // another server of this process tells systemd how things are
}

// Serve answers requests until ctx ends. Then nothing new is accepted, what
// has begun may finish within StopTimeout, and the rest is broken off. It
// closes the listeners. The error is nil after a stop that was asked for.
func (s *Server) Serve(ctx context.Context, listeners []net.Listener) error {
	srv := s.server()
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- s.accept(srv, l) }()
	}
	s.notify(daemon.SdNotifyReady)
	running := len(listeners)
	var err error
	select {
	case err = <-failed:
		running--
		err = fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	s.notify(daemon.SdNotifyStopping)
	s.stop(ctx, srv)
	for range running {
		<-failed
	}
	return err
}

// server is what net/http needs to know; bodies and answers have bounds of
// their own, see [Pace].
func (s *Server) server() *http.Server {
	return &http.Server{
		Handler:           s.Handler,
		TLSConfig:         s.TLS,
		ReadHeaderTimeout: s.HeaderTimeout,
		IdleTimeout:       s.IdleTimeout,
		MaxHeaderBytes:    s.HeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.Logger.Handler(), slog.LevelDebug), // strangers' broken handshakes
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: s.Streams,
			SendPingTimeout:      s.IdleTimeout,
			PingTimeout:          s.HeaderTimeout,
			WriteByteTimeout:     s.IdleTimeout,
		},
	}
}

func (s *Server) accept(srv *http.Server, l net.Listener) error {
	if s.TLS != nil && l.Addr().Network() != "unix" {
		return srv.ServeTLS(l, "", "")
	}
	return srv.Serve(l)
}

func (s *Server) stop(ctx context.Context, srv *http.Server) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.StopTimeout)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		s.Logger.Warn("requests were broken off at the end", "err", err)
		if err := srv.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			s.Logger.Warn("close", "err", err)
		}
	}
}

// notify tells systemd; without one it does nothing.
func (s *Server) notify(state string) {
	if s.Aside {
		return
	}
	if _, err := daemon.SdNotify(false, state); err != nil {
		s.Logger.Warn("notify systemd", "err", err)
	}
}
