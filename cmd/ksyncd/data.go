package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"ksync/internal/account"
	"ksync/internal/backup"
	"ksync/internal/config"
	"ksync/store"
)

// keysName is the file of the server's secret keys in the data directory.
const keysName = "keys"

// openOrMake opens the database, making the data directory and all in it when
// they are missing.
func openOrMake(env *environment, at config.Location, o store.Options) (*store.Store, error) {
	if err := makeData(at); err != nil {
		return nil, err
	}
	return openStore(env, at, o)
}

func makeData(at config.Location) error {
	if err := os.MkdirAll(at.Data, 0o700); err != nil {
		return fmt.Errorf("data directory: %w; choose another with --data", err)
	}
	return nil
}

// occupy makes the data directory and keeps it for this server: two would each
// have limits, sessions in memory and letters of their own. Commands may work
// beside it.
func occupy(at config.Location, logger *slog.Logger) (release func() error, err error) {
	if err := makeData(at); err != nil {
		return nil, err
	}
	held, err := backup.Hold(at.Data)
	if errors.Is(err, backup.ErrHeld) {
		return nil, fmt.Errorf("data directory %s: another server is running on it; stop that one, or choose another directory with --data", at.Data)
	}
	if err != nil {
		logger.Warn("nothing keeps a second server from the data directory", "err", err)
		return func() error { return nil }, nil
	}
	return held.Close, nil
}

// openExisting opens a database that must be there: a command that looks for
// something in a new, empty one would only hide a wrong --data.
func openExisting(env *environment, at config.Location) (*store.Store, error) {
	if err := backup.Unfinished(at.Data); err != nil { // which may be why there is none
		return nil, err
	}
	if _, err := os.Stat(at.Database()); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no database in %s; say where it is with --data or KSYNC_DATA", at.Data)
	}
	return openStore(env, at, store.Options{})
}

// openStore looks for an unfinished restore twice: one that begins in between
// finds the database open, or is found here.
func openStore(env *environment, at config.Location, o store.Options) (*store.Store, error) {
	if err := errors.Join(backup.Unfinished(at.Data), lost(at)); err != nil {
		return nil, err
	}
	o.Path, o.Now, o.Rand, o.Derive = at.Database(), env.now, env.rand, derive()
	st, err := store.Open(env.ctx, o)
	if err != nil {
		return nil, err
	}
	if err := backup.Unfinished(at.Data); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return st, nil
}

// lost is an error where a disk, or a person, has emptied the database: SQLite
// takes an empty file for a new database. The keys are made after it, so where
// they are it was not empty once.
func lost(at config.Location) error {
	for _, path := range []string{at.Database(), at.Database() + "-wal"} {
		info, err := os.Stat(path)
		if err == nil && info.Size() > 0 || err != nil && path == at.Database() {
			return nil
		}
	}
	if _, err := os.Stat(keysFile(at)); err != nil {
		return nil
	}
	return fmt.Errorf("%s is empty, but there are keys: the database was lost. Bring a backup back (`ksyncd restore FILE --force`), or remove the empty file to begin with nothing", at.Database())
}

// openKeys opens the key file of a data directory that exists.
func openKeys(env *environment, at config.Location) (keys *account.Keys, created bool, err error) {
	return account.OpenKeys(keysFile(at), env.rand)
}

func keysFile(at config.Location) string { return filepath.Join(at.Data, keysName) }

// closeStore closes the store, whose error counts when nothing happened before.
func closeStore(st *store.Store, err *error) {
	if failed := closed(st); *err == nil {
		*err = failed
	}
}

// closed closes the store.
func closed(st *store.Store) error {
	if err := st.Close(); err != nil {
		return fmt.Errorf("close the database: %w", err)
	}
	return nil
}

// explain adds what to do to errors that people run into.
func explain(err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("stopped before the end: %w", err)
	case errors.Is(err, store.ErrNewerSchema):
		return fmt.Errorf("%w: use that release, or go back (`ksyncd restore FILE --force`) to the copy made before it, ksyncd.db.before-NNNN, or to a backup", err)
	case errors.Is(err, store.ErrBusy):
		return fmt.Errorf("%w: another program holds it; try again", err)
	case errors.Is(err, store.ErrFull), errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%w: make room and try again", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: run as the user that the data belongs to", err)
	}
	return err
}
