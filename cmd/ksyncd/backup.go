package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"ksync/internal/backup"
	"ksync/internal/config"
)

type backupCmd struct {
	config.Location `embed:""`
	To              string `arg:"" help:"Folder for the backup, whose name says when it was made; or - for standard output."`
	WithoutKeys     bool   `help:"Leave the server's secret keys out. Then keep the file \"keys\" elsewhere: without it no app password, authenticator app or letter in a restored server works."`
	JSON            bool   `name:"json" help:"Print JSON."`
}

// Run needs no server and disturbs none.
func (c *backupCmd) Run(env *environment) error {
	if err := backup.Unfinished(c.Data); err != nil {
		return err
	}
	source := backupSource(env, c.Location, !c.WithoutKeys)
	if c.To == "-" {
		return c.stream(env, source)
	}
	ctx, stop := env.untilStopped()
	defer stop()
	entry, m, err := backup.Folder(c.To).Add(ctx, source)
	if err != nil {
		return noDatabase(err, c.Location)
	}
	if err := unsound(m); err != nil {
		return fmt.Errorf("%s: %w", entry.Path, err)
	}
	return c.print(env, entry, m)
}

// stream leaves nothing behind, so a signal may end the program at once, also
// where nobody takes what it writes.
func (c *backupCmd) stream(env *environment, source backup.Source) error {
	if file, ok := env.out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return usageError{errors.New("a backup is not for the terminal: send it to a file or a program, or name a folder")}
	}
	m, err := backup.Write(env.ctx, env.out, source)
	if err == nil {
		err = unsound(m)
	}
	return noDatabase(err, c.Location)
}

// unsound says what to do about a backup of a damaged database.
func unsound(m backup.Manifest) error {
	if err := m.Err(); err != nil {
		return fmt.Errorf("%w. Keep the backups of before; `ksyncd verify` tells more", err)
	}
	return nil
}

// backupSource is what a data directory has that a backup should hold.
func backupSource(env *environment, at config.Location, keys bool) backup.Source {
	s := backup.Source{Database: at.Database(), Program: version, Now: env.now}
	if keys {
		s.Beside = append(s.Beside, keysFile(at))
	}
	s.Beside = append(s.Beside, filepath.Join(at.Data, config.FileName))
	return s
}

func noDatabase(err error, at config.Location) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no database in %s (%w); say where it is with --data or KSYNC_DATA", at.Data, err)
	}
	return err
}

func (c *backupCmd) print(env *environment, entry backup.Entry, m backup.Manifest) error {
	info, err := os.Stat(entry.Path)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(env, struct {
			File  string `json:"file"`
			Bytes int64  `json:"bytes"`
			backup.Manifest
		}{entry.Path, info.Size(), m})
	}
	secret := "It holds the server's secret keys: keep it where only you can read it."
	if !m.Has(keysName) {
		secret = fmt.Sprintf("It does not hold the server's secret keys: keep %s, too.", keysFile(c.Location))
	}
	if _, err := os.Stat(keysFile(c.Location)); errors.Is(err, fs.ErrNotExist) {
		secret = fmt.Sprintf("There is no %s: with what is in the backup no app password works.", keysFile(c.Location))
	}
	_, err = fmt.Fprintf(env.out, "%s has everything, %d bytes.\n%s\n", entry.Path, info.Size(), secret)
	return err
}

// schedule makes backups while the server runs; nil if the settings do not say where.
func (c *serveCmd) schedule(env *environment, logger *slog.Logger) *backup.Schedule {
	if c.Backup.Dir == "" {
		return nil
	}
	return &backup.Schedule{
		Folder: backup.Folder(c.Backup.Dir), Source: backupSource(env, c.Location, bool(c.Backup.Keys)), Every: c.Backup.Every.Std(),
		Keep:   backup.Keep{Daily: c.Backup.Daily, Weekly: c.Backup.Weekly, Monthly: c.Backup.Monthly},
		Logger: logger,
	}
}
