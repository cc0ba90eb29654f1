package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"ksync/internal/backup"
	"ksync/internal/config"
	"ksync/internal/duplicates"
	"ksync/store"
)

type restoreCmd struct {
	config.Location `embed:""`
	From            string `arg:"" help:"Backup to bring back, or a copy of the database alone; a folder of backups for the latest in it; or - for standard input."`
	Force           bool   `help:"Restore over data that is there. The old files are put aside, not deleted."`
	Accept          bool   `name:"accept-findings" help:"Restore also a backup in which something is wrong."`
	JSON            bool   `name:"json" help:"Print JSON."`
}

// Run changes nothing before the backup was read and checked as a whole.
func (c *restoreCmd) Run(env *environment) error {
	ctx, stop := env.untilStopped()
	defer stop()
	name, from, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	defer from.Close() //nolint:errcheck // it was only read
	done, err := backup.Restoration{
		Data: c.Data, Database: config.DatabaseName, Secrets: keysName, Settings: config.FileName, Force: c.Force, Accept: c.Accept,
		Derive: derive(), Keyings: []store.Keying{duplicates.Keying()}, Now: env.now, Logger: commandLogger(env),
	}.Restore(ctx, from)
	switch {
	case errors.Is(err, backup.ErrDamaged):
		return fmt.Errorf("%s: %w; nothing was changed. Try an earlier backup", name, err)
	case errors.Is(err, backup.ErrOccupied):
		return fmt.Errorf("%w; with --force it is put aside and the backup takes its place", err)
	case errors.Is(err, store.ErrNewerSchema) && done != nil: // what is said elsewhere is of the database that is there
		return fmt.Errorf("%s is of a newer release (%s): restore it with that one or a later one; nothing was changed", name, cmp.Or(done.Manifest.Program, "it does not say which"))
	case errors.Is(err, backup.ErrUnsound):
		printFindings(env.err, done.Report)
		return fmt.Errorf("%s: %w; nothing was changed. Try an earlier backup, or --accept-findings", name, err)
	case err != nil:
		return err
	}
	locked, err := c.locked(ctx, env)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(env, struct {
			*backup.Restored
			Locked string `json:"locked,omitempty"` // what the keys do not fit
		}{done, locked})
	}
	return c.print(env, name, locked, done)
}

// locked says what of the restored database the keys do not fit.
func (c *restoreCmd) locked(ctx context.Context, env *environment) (text string, err error) {
	st, err := openExisting(env, c.Location)
	if err != nil {
		return "", err
	}
	defer closeStore(st, &err)
	return lockedOut(ctx, env, st, c.Location), nil
}

// open opens what the command line means, and tells its name.
func (c *restoreCmd) open(ctx context.Context, env *environment) (string, io.ReadCloser, error) {
	if c.From == "-" {
		return "standard input", untilDone(ctx, env.in), nil
	}
	path := c.From
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		latest, err := backup.Folder(path).Latest(env.now())
		if err != nil {
			return "", nil, err
		}
		path = latest.Path
	}
	if err := alone(path); err != nil {
		return "", nil, err
	}
	f, err := os.Open(path)
	return path, f, err
}

// untilDone reads from where nothing may ever come: a read that waits ends with
// ctx. What waits for the input then is left to the end of the program.
func untilDone(ctx context.Context, r io.Reader) io.ReadCloser {
	out, in := io.Pipe()
	stop := context.AfterFunc(ctx, func() { in.CloseWithError(ctx.Err()) })
	go func() {
		_, err := io.Copy(in, r)
		stop()
		in.CloseWithError(err)
	}()
	return out
}

// alone makes sure that a database which is brought back is all of it: what a
// server wrote last before it was cut off is in the log beside.
func alone(path string) error {
	wal := path + "-wal"
	if info, err := os.Stat(wal); err != nil || info.Size() == 0 {
		return nil // the usual case; what is wrong with the path shows when it is opened
	}
	return fmt.Errorf("%s has changes that are not in %s yet: make a backup of both, `ksyncd backup FOLDER --data %s`, and restore that", wal, path, filepath.Dir(path))
}

func (c *restoreCmd) print(env *environment, name, locked string, done *backup.Restored) error {
	r := done.Report
	when := "is what the database had"
	if at := done.Manifest.Time; !at.IsZero() {
		when = "is as it was on " + at.Format("2006-01-02 15:04:05 MST")
	}
	fmt.Fprintf(env.out, "%s %s: %d accounts, %d calendars and address books, %d objects.\n", c.Data, when, r.Accounts, r.Collections, r.Objects)
	fmt.Fprintf(env.out, "It comes from %s.\n", name)
	printFindings(env.out, r)
	if done.Aside != "" {
		fmt.Fprintf(env.out, "What was there before is in %s.\n", done.Aside)
	}
	for _, name := range done.Kept {
		fmt.Fprintf(env.out, "%s stayed as it was.\n", name)
	}
	if !done.Manifest.Has(keysName) {
		fmt.Fprintf(env.out, "The backup holds no keys.\n")
	}
	if locked != "" {
		fmt.Fprintln(env.out, printable(locked))
	}
	_, err := io.WriteString(env.out, "Devices list everything anew at their next sync. People sign in again in the browser. App passwords and\n"+
		"passwords are those of that time: revoke again what was revoked since (`ksyncd app-password list`).\n")
	return err
}
