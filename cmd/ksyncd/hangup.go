package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// onTerminal reports whether a person started the server and looks at it.
func onTerminal() bool { return term.IsTerminal(int(os.Stdin.Fd())) }

// ends are the signals, besides the usual ones, that end a server: SIGHUP where it
// means that the terminal is gone.
func ends() []os.Signal {
	if onTerminal() {
		return []os.Signal{syscall.SIGHUP}
	}
	return nil
}

// hearHangUps takes SIGHUP anywhere else. Who sends it there wants settings read or
// a log begun anew, and not the end, which systemd would take for what was meant.
func (r *running) hearHangUps(ctx context.Context) {
	if onTerminal() {
		return
	}
	hung := make(chan os.Signal, 1)
	signal.Notify(hung, syscall.SIGHUP)
	r.beside(context.WithoutCancel(ctx), func(ctx context.Context) { // also while requests finish
		defer signal.Stop(hung)
		for {
			select {
			case <-ctx.Done():
				return
			case <-hung:
				r.logger.Info("SIGHUP changes nothing: settings are read at the start, certificates whenever they change")
			}
		}
	})
}
