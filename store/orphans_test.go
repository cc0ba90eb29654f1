package store

import (
	"fmt"
	"strings"
	"testing"
)

// A row of any table that belongs to no account is found: a new table that
// [Store.Inspect] knows nothing of fails here.
func TestInspect_FindsOrphansOfEveryTable(t *testing.T) {
	t.Parallel()
	path := filled(t)
	tables := owned(t, path)
	if len(tables) < 20 {
		t.Errorf("only %d tables have an account: %v", len(tables), tables)
	}
	for table, columns := range tables {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			s := opened(t, Options{Path: filled(t)})
			if report, err := s.Inspect(t.Context(), nil); err != nil || !report.Sound() {
				t.Fatal(report, err)
			}
			var names, values []string
			for name, kind := range columns {
				names, values = append(names, name), append(values, orphaned(name, kind))
			}
			tamper(t, s.options.Path, fmt.Sprintf("pragma foreign_keys = off; insert into %s (%s) values (%s)", table, strings.Join(names, ", "), strings.Join(values, ", ")))
			report, err := s.Inspect(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if report.Sound() {
				t.Errorf("a row of %s that belongs to nobody is not found", table)
			}
		})
	}
}

// owned are the tables whose rows belong to an account, with the types of their columns.
func owned(t *testing.T, path string) map[string]map[string]string {
	t.Helper()
	s := opened(t, Options{Path: path})
	all := map[string]map[string]string{}
	err := s.Read(t.Context(), func(tx *Tx) error {
		return tx.each(t.Context(), `
			select m.name, c.name, c.type from sqlite_master m join pragma_table_info(m.name) c
			where m.type = 'table' and exists (select 1 from pragma_table_info(m.name) o where o.name = 'account_id')`, nil,
			func(scan scanner) error {
				var table, column, kind string
				err := scan(&table, &column, &kind)
				if all[table] == nil {
					all[table] = map[string]string{}
				}
				all[table][column] = strings.ToLower(kind)
				return err
			})
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func orphaned(name, kind string) string {
	switch {
	case name == "account_id":
		return "999"
	case strings.Contains(kind, "int"):
		return "7"
	case strings.Contains(kind, "blob"), strings.Contains(kind, "bytea"):
		return "x'78'"
	}
	return "'x'"
}
