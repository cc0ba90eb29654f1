package store

import (
	"context"
	"errors"
	"os"
)

// Settle brings all of a database into its one file, as when the last program
// closes it, and thereby finds out that nobody has it open: [ErrBusy] when
// somebody does. [fs.ErrNotExist] when there is none.
func Settle(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	db, err := openPool(path, 1, "busy_timeout(200)")
	if err != nil {
		return err
	}
	s := &Store{dialect: sqliteDialect()}
	var mode string
	// Leaving WAL needs the file for oneself alone.
	if err = db.QueryRowContext(ctx, "pragma journal_mode = delete").Scan(&mode); err != nil {
		err = s.fault("settle", err)
	} else if mode != "delete" {
		err = ErrBusy
	}
	return errors.Join(err, db.Close())
}
