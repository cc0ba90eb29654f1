package account

import (
	"context"
	"log/slog"
	"time"
)

const (
	maxLater     = 1024
	laterTimeout = 30 * time.Second
)

// later does what must not make a request take longer, or as long as it would
// tell something: it writes down failures and uses, in order, on a goroutine
// of its own. When too much waits, more is dropped and said so; half of the room
// is kept for what a limit is counted by, so that nobody, by much that anybody
// can have written, guesses uncounted.
type later struct {
	logger *slog.Logger
	jobs   chan laterJob
	stop   chan struct{}
	done   chan struct{}
}

type laterJob struct {
	what string
	do   func(context.Context) error
}

func newLater(logger *slog.Logger) *later {
	l := &later{logger: logger, jobs: make(chan laterJob, maxLater), stop: make(chan struct{}), done: make(chan struct{})}
	go l.run()
	return l
}

// add never waits. After close it does nothing.
func (l *later) add(what string, do func(context.Context) error) {
	if len(l.jobs) >= maxLater/2 {
		l.logger.Warn("too much to note", "dropped", what)
		return
	}
	l.count(what, do)
}

// count is add for what a limit is counted by.
func (l *later) count(what string, do func(context.Context) error) {
	select {
	case l.jobs <- laterJob{what, do}:
	default:
		l.logger.Warn("too much to note", "dropped", what)
	}
}

func (l *later) run() {
	defer close(l.done)
	for {
		select {
		case job := <-l.jobs:
			l.do(job)
		case <-l.stop:
			l.finish()
			return
		}
	}
}

// finish does what waits.
func (l *later) finish() {
	for {
		select {
		case job := <-l.jobs:
			l.do(job)
		default:
			return
		}
	}
}

func (l *later) do(job laterJob) {
	ctx, cancel := context.WithTimeout(context.Background(), laterTimeout)
	defer cancel()
	if err := job.do(ctx); err != nil {
		l.logger.Warn(job.what, "err", err)
	}
}

// close does what waits and ends the goroutine.
func (l *later) close() {
	close(l.stop)
	<-l.done
}
