package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// schema compares the tables with what the migrations make: without a unique
// index two objects could have one UID, and nobody would notice. Tables of
// others (Litestream has some) are none of our business.
func (v *inspection) schema(ctx context.Context, tx *Tx) error {
	want, err := tx.store.intended(ctx)
	if err != nil {
		return err
	}
	got := schema{}
	err = tx.each(ctx, tx.store.dialect.parts, nil, func(scan scanner) error { return got.add(scan) })
	if err != nil {
		return err
	}
	for _, table := range want.tables() {
		for part := range want[table] {
			if !got[table][part] {
				v.find("schema: %s lacks %s", table, part)
			}
		}
		for part := range got[table] {
			if !want[table][part] {
				v.find("schema: %s has %s, which is not from a migration", table, part)
			}
		}
	}
	return nil
}

// schema is what each table has.
type schema map[string]map[string]bool

func (s schema) add(scan scanner) error {
	var table, part string
	err := scan(&table, &part)
	if s[table] == nil {
		s[table] = map[string]bool{}
	}
	s[table][part] = true
	return err
}

func (s schema) tables() (all []string) {
	for table := range s {
		all = append(all, table)
	}
	slices.Sort(all)
	return all
}

// intended is the schema that the migrations give an empty database.
func (s *Store) intended(ctx context.Context) (want schema, err error) {
	db, err := s.dialect.blank()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	names, err := fs.Glob(s.migrations, "*.sql") // in the order of their numbers
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := fs.ReadFile(s.migrations, name)
		if err != nil {
			return nil, err
		}
		if _, err := db.ExecContext(ctx, string(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return schemaOf(ctx, db, s.dialect.parts)
}

func schemaOf(ctx context.Context, db *sql.DB, query string) (schema, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // read only
	all := schema{}
	for rows.Next() {
		if err := all.add(rows.Scan); err != nil {
			return nil, err
		}
	}
	return all, rows.Err()
}
