package store_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	_ "modernc.org/sqlite" // without the store around it
)

// What SQLite alone can do here: a row a commit, and rows that share one. PUTs
// are held against it (docs/performance.md).
func BenchmarkLimit_Commit(b *testing.B) {
	for _, rows := range []int{1, 32, 128} {
		b.Run(fmt.Sprintf("%d rows each", rows), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "limit.db")
			db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(wal)&_pragma=synchronous(full)")
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			db.SetMaxOpenConns(1)
			if _, err := db.ExecContext(b.Context(), "create table t (id integer primary key, bytes blob not null)"); err != nil {
				b.Fatal(err)
			}
			best, card := time.Hour, make([]byte, 400)
			for b.Loop() {
				begun := time.Now()
				commit(b, db, rows, card)
				best = min(best, time.Since(begun))
			}
			b.ReportMetric(float64(best.Microseconds()), "best-µs")
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func commit(b *testing.B, db *sql.DB, rows int, card []byte) {
	tx, err := db.BeginTx(b.Context(), nil)
	if err != nil {
		b.Fatal(err)
	}
	insert, err := tx.PrepareContext(b.Context(), "insert into t (bytes) values ($1)")
	if err != nil {
		b.Fatal(err)
	}
	for range rows {
		if _, err := insert.ExecContext(b.Context(), card); err != nil {
			b.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
}
