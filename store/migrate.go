package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var embedded embed.FS

// Migrations are the files that make the schema, NNNN_what.sql, each applied once.
func Migrations() (fs.FS, error) { return fs.Sub(embedded, "migrations") }

// latestMigration returns the highest number among the files' names.
func latestMigration(files fs.FS) (int64, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, err
	}
	var latest int64
	for _, name := range names {
		number, _, _ := strings.Cut(path.Base(name), "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("migration %s: %w", name, err)
		}
		latest = max(latest, n)
	}
	return latest, nil
}

// migrate brings the schema up to date. Two processes that open the same old
// database at once get in each other's way: each migration is a transaction,
// so one of them fails and finds that the other has gone on.
func (s *Store) migrate(ctx context.Context, db *sql.DB, files fs.FS) error {
	latest, err := latestMigration(files)
	if err != nil {
		return err
	}
	present, err := s.schemaVersion(ctx, db)
	for err == nil {
		failed := s.migrateFrom(ctx, db, files, present, latest)
		if failed == nil {
			return nil
		}
		before := present
		present, err = s.schemaVersion(ctx, db)
		if err == nil && present == before {
			return failed
		}
		s.options.Logger.Info("another process migrates", slog.Int64("version", present), slog.Any("err", failed))
	}
	return err
}

func (s *Store) migrateFrom(ctx context.Context, db *sql.DB, files fs.FS, present, latest int64) error {
	switch {
	case present == latest: // goose would take longer to find out
		return nil
	case present > latest:
		return fmt.Errorf("%w: its schema is %d, this program knows %d", ErrNewerSchema, present, latest)
	case present > 0:
		if err := s.dialect.snapshot(ctx, db, s.options, present+1); err != nil {
			return s.fault("copy before migration", err)
		}
	}
	if err := s.applyMigrations(ctx, db, files); err != nil {
		return err
	}
	if err := s.dialect.dropPartial(s.options); err != nil {
		s.options.Logger.Warn("copies before a migration that were not finished", slog.Any("err", err))
	}
	return nil
}

func (s *Store) applyMigrations(ctx context.Context, db *sql.DB, files fs.FS) error {
	provider, err := goose.NewProvider(s.dialect.goose, db, files,
		goose.WithDisableGlobalRegistry(true), goose.WithSlog(s.options.Logger))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return s.fault("migrate", err)
	}
	for _, r := range results {
		s.options.Logger.Info("migrated", slog.Int64("version", r.Source.Version), slog.Duration("took", r.Duration))
	}
	return nil
}

// schemaVersion returns the last migration applied; 0 for an empty database.
func (s *Store) schemaVersion(ctx context.Context, db *sql.DB) (int64, error) {
	var tables, version int64
	if err := db.QueryRowContext(ctx, s.dialect.schema).Scan(&tables); err != nil {
		return 0, s.fault("read schema", err)
	}
	if tables == 0 {
		return 0, nil
	}
	err := db.QueryRowContext(ctx, "select coalesce(max(version_id), 0) from goose_db_version").Scan(&version)
	if err != nil {
		return 0, s.fault("read schema version", err)
	}
	return version, nil
}
