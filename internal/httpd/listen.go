package httpd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
)

const unixPrefix = "unix:"

// Who may connect to a socket.
const (
	group os.FileMode = 0o660 // a proxy connects as another user of our group; nobody else should
	owner os.FileMode = 0o600
)

// Listen opens all addresses, HOST:PORT or unix:/path, or none. Our group may
// connect to a socket: a proxy does.
func Listen(ctx context.Context, addresses []string) ([]net.Listener, error) {
	return listenAll(ctx, addresses, group)
}

// ListenAlone is Listen for what not even a proxy may ask for: only the user
// whose process this is, and root, may connect to a socket.
func ListenAlone(ctx context.Context, addresses []string) ([]net.Listener, error) {
	return listenAll(ctx, addresses, owner)
}

func listenAll(ctx context.Context, addresses []string, who os.FileMode) ([]net.Listener, error) {
	var listeners []net.Listener
	for _, address := range addresses {
		l, err := listen(ctx, address, who)
		if err != nil {
			for _, open := range listeners {
				_ = open.Close() // the first error is the one to tell
			}
			return nil, fmt.Errorf("listen on %s: %w", address, explain(err))
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
}

// Inherited returns the sockets that systemd opened for this process
// (sd_listen_fds(3)); none if it was not started that way.
func Inherited() ([]net.Listener, error) {
	all, err := activation.Listeners()
	if err != nil {
		return nil, fmt.Errorf("sockets from systemd: %w", err)
	}
	var listeners []net.Listener
	for _, l := range all {
		if l == nil {
			return nil, errors.New("sockets from systemd: one of them is not a stream socket")
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
}

func listen(ctx context.Context, address string, who os.FileMode) (net.Listener, error) {
	path, unix := strings.CutPrefix(address, unixPrefix)
	var lc net.ListenConfig
	if !unix {
		return lc.Listen(ctx, "tcp", address)
	}
	if err := removeStale(path); err != nil {
		return nil, err
	}
	l, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, who); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// removeStale removes a socket that nobody listens on: a killed server left it.
// One whose server is only too busy to answer is not stale.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return nil // nothing there, or something that listening will complain about
	}
	if info.Mode().Type() != os.ModeSocket {
		return errors.New("there is something that is no socket")
	}
	conn, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		return errors.Join(errors.New("another server answers there"), conn.Close())
	}
	if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() {
		return err
	}
	return os.Remove(path)
}

// explain says what can be done about common errors.
func explain(err error) error {
	switch {
	case isInUse(err):
		return errors.New("something else listens there already; stop it, or choose another port with --listen")
	case errors.Is(err, os.ErrPermission):
		// Not wrapped: whose the data is does not matter here.
		return fmt.Errorf("%v; ports below 1024 need a right of their own (CAP_NET_BIND_SERVICE), choose a higher one with --listen", err) //nolint:errorlint // see above
	}
	return err
}
