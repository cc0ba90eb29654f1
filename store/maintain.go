package store

import (
	"context"
	"time"
)

// Retention says how long what was deleted is kept. Zero fields mean the default.
type Retention struct {
	Tombstones         time.Duration // 400 days at least: a client that is away for a year still syncs by difference
	Versions           time.Duration // 90 days by default
	DeletedCollections time.Duration // 30 days by default
}

// Maintain removes what is older than r says, in small transactions between
// which other writers take their turn, and what an interrupted
// [Store.DeleteAccount] left.
func (s *Store) Maintain(ctx context.Context, r Retention) error { return errUnwritten }
