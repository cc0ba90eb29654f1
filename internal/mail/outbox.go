package mail

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"ksync/internal/account"
)

// Notices is where letters wait; [account.Service] has it.
type Notices interface {
	NoticeWaiting() <-chan struct{} // has a value when there may be something to claim
	ClaimNotices(ctx context.Context, n int) ([]account.Notice, error)
	NoticeSent(ctx context.Context, n account.Notice) error
	NoticeFailed(ctx context.Context, n account.Notice) error
}

// OutboxOptions are the parts of an [Outbox]. Notices, Composer and Sender are required.
type OutboxOptions struct {
	Notices  Notices
	Composer *Composer
	Sender   Sender
	Logger   *slog.Logger // discarded by default
}

// Outbox empties the outbox: one goroutine, one letter after the other.
type Outbox struct {
	OutboxOptions
	stop context.CancelFunc // nothing new is begun
	cut  context.CancelFunc // what has begun is broken off
	done chan struct{}
}

const (
	// pollInterval is how long a letter waits at most of which nobody tells us:
	// one that was delayed, or that another process wrote.
	pollInterval = 5 * time.Second
	// batch is how many letters are claimed at once. Even when each takes the
	// sender's whole timeout, all are reported before they are due again.
	batch = 10
	// stopPatience is what a letter that is being sent gets at the end. One
	// that is broken off is sent again, under the same Message-ID.
	stopPatience = 10 * time.Second
)

// StartOutbox begins to work; the caller closes it.
func StartOutbox(o OutboxOptions) *Outbox {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	working, cut := context.WithCancel(context.Background())
	waiting, stop := context.WithCancel(working)
	b := &Outbox{OutboxOptions: o, stop: stop, cut: cut, done: make(chan struct{})}
	go b.run(waiting, working)
	return b
}

// Close lets the letter that is being sent finish, for a while, and ends the work.
func (b *Outbox) Close() {
	b.stop()
	defer time.AfterFunc(stopPatience, b.cut).Stop()
	<-b.done
	b.cut()
}

func (b *Outbox) run(waiting, working context.Context) {
	defer close(b.done)
	for {
		n, err := b.round(waiting, working)
		if err != nil && waiting.Err() == nil {
			b.Logger.Error("outbox", "err", err)
		}
		if n == batch && err == nil && waiting.Err() == nil {
			continue // there may be more
		}
		select {
		case <-waiting.Done():
			return
		case <-b.Notices.NoticeWaiting():
		case <-time.After(pollInterval):
		}
	}
}

// round sends what is due, at most one batch, and returns how many that were.
func (b *Outbox) round(waiting, working context.Context) (int, error) {
	due, err := b.Notices.ClaimNotices(waiting, batch)
	if err != nil {
		return 0, err
	}
	for _, n := range due {
		if waiting.Err() != nil {
			break // due again soon
		}
		if err := b.deliver(working, n); err != nil {
			return len(due), err
		}
	}
	return len(due), nil
}

// deliver sends one letter and reports it. The error is one of the outbox; what
// a mail server says goes to the log.
func (b *Outbox) deliver(ctx context.Context, n account.Notice) error {
	err := b.send(ctx, n)
	report := context.WithoutCancel(ctx) // also what is broken off late has happened
	line := b.Logger.With("account", n.Account, "kind", string(n.Kind), "reference", n.Reference, "attempt", n.Attempts+1)
	switch {
	case err == nil:
		line.Info("mail sent")
		return b.Notices.NoticeSent(report, n)
	case errors.Is(err, ErrRefused):
		line.Warn("mail given up", "err", err)
		return b.Notices.NoticeSent(report, n)
	case ctx.Err() != nil:
		return nil // we stop; it is due again soon
	default:
		line.Warn("mail put off", "err", err)
		return b.Notices.NoticeFailed(report, n)
	}
}

func (b *Outbox) send(ctx context.Context, n account.Notice) error {
	letter, err := b.Composer.Compose(n)
	if err != nil {
		return err
	}
	return b.Sender.Send(ctx, letter)
}
