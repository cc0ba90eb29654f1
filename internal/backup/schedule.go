package backup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

// retry is how long after a backup that failed the next is tried.
const retry = 10 * time.Minute

// Schedule makes backups from time to time and thins them out.
type Schedule struct {
	Folder Folder
	Source Source
	Every  time.Duration
	Keep   Keep
	Logger *slog.Logger

	last atomic.Int64 // ms UTC of the latest backup that is there; 0: none
}

// LastSuccess is when the latest backup was made that the folder is known to
// have, also by an earlier run; zero when there is none. It may be called from
// any goroutine.
func (s *Schedule) LastSuccess() time.Time {
	if ms := s.last.Load(); ms != 0 {
		return time.UnixMilli(ms)
	}
	return time.Time{}
}

// Run makes a backup whenever the latest is older than Every, until ctx is done.
func (s *Schedule) Run(ctx context.Context) {
	wait := s.due()
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = s.Every
		if err := s.once(ctx); err != nil && ctx.Err() == nil {
			s.Logger.Error("backup", "err", err)
			if !errors.Is(err, ErrDamagedDatabase) { // which stays so until somebody mends it
				wait = min(retry, s.Every)
			}
		}
	}
}

// due is how long the latest backup is still new enough. A clock that was
// wrong, now or when it was made, makes nobody wait longer than Every.
func (s *Schedule) due() time.Duration {
	all, err := s.Folder.List()
	past, future := split(all, s.Source.now())
	if len(future) > 0 {
		s.Logger.Warn("backups with names from the future: the clock is wrong, or was. They stay until they are removed by hand", "latest", future[0].Path, "backups", len(future))
	}
	if err != nil || len(past) == 0 {
		return 0 // an error comes again with the backup
	}
	s.last.Store(past[0].Time.UnixMilli())
	return min(max(0, past[0].Time.Add(s.Every).Sub(s.Source.now())), s.Every)
}

func (s *Schedule) once(ctx context.Context) error {
	entry, m, err := s.Folder.Add(ctx, s.Source)
	if err != nil {
		return err
	}
	if err := m.Err(); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", entry.Path, err), s.Folder.dropDamaged(entry))
	}
	s.last.Store(entry.Time.UnixMilli())
	removed, err := s.Folder.Thin(s.Keep, s.Source.now())
	s.Logger.Info("backup", "file", entry.Path, "bytes", m.Bytes, "removed", len(removed))
	return err
}
