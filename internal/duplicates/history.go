package duplicates

import (
	"context"
	"fmt"
	"time"

	"ksync/store"
)

// History lists merges, jobs and undos that are remembered, the latest first.
func (s *Service) History(ctx context.Context, account int64, cursor string, limit int) (History, error) {
	limit = s.limit(limit)
	var from store.Merge
	if cursor != "" {
		if _, err := fmt.Sscanf(cursor, "%d.%d", &from.At, &from.ID); err != nil {
			return History{}, fmt.Errorf("%w: cursor", ErrRequest)
		}
	}
	var page History
	err := s.o.Store.Read(ctx, func(tx *store.Tx) error {
		records, err := tx.Merges(ctx, account, from, limit+1)
		if err != nil {
			return err
		}
		for i, m := range records {
			if i == limit {
				last := records[limit-1]
				page.Next = fmt.Sprintf("%d.%d", last.At, last.ID)
				break
			}
			made, err := madeOf(m)
			if err != nil {
				return err
			}
			page.Made = append(page.Made, made)
		}
		return nil
	})
	return page, err
}

func madeOf(m store.Merge) (Made, error) {
	e, err := entryOf(m)
	if err != nil {
		return Made{}, err
	}
	made := Made{ID: m.ID, Kind: Kind(m.Kind), At: time.UnixMilli(m.At), Until: time.UnixMilli(m.Until), By: e.By, Ref: e.At, Name: e.Name, Removed: e.Removed}
	if m.Undone != 0 {
		made.UndoneAt = time.UnixMilli(m.Undone)
	}
	if e.Final {
		made.Until = time.UnixMilli(m.At)
	}
	if e.Job != nil {
		made.Job, made.Removed = m.ID, e.Job.Removed
	}
	return made, nil
}
