package mail

import (
	"context"
	"log/slog"
)

// Drain sends all that is due now.
func Drain(ctx context.Context, o OutboxOptions) error {
	o.Logger = slog.New(slog.DiscardHandler)
	b := &Outbox{OutboxOptions: o}
	for {
		if n, err := b.round(ctx, ctx); n == 0 || err != nil {
			return err
		}
	}
}
