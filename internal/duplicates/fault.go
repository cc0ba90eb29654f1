package duplicates

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"runtime/debug"

	"ksync/internal/dedup"
)

// guarded keeps a fault of ours with one card from ending the server where no handler's goroutine is around it: it is an
// error of what was done.
func guarded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return do()
}

// report logs which cards were not compared.
func (s *Service) report(account int64, faults []dedup.Fault) {
	for _, f := range faults {
		s.o.Logger.Error("duplicates: two cards were not compared", slog.Int64("account", account), slog.String("card", mark(f.A)), slog.String("other", mark(f.B)), slog.Any("err", f.Err))
	}
}

// mark names a card in a log, where its own name may be a person's.
func mark(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:6])
}
