package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	_ "modernc.org/sqlite" // alone, without the store around it

	"ksync/internal/proof"
)

// grouped is how many small transactions a second SQLite alone does here if that
// many share a commit. Each is what a PUT is at the least: in a savepoint of its own it
// looks whether the object is there, counts, and stores it.
func grouped(ctx context.Context, size int, while time.Duration) (perSecond float64, err error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "limit.db")+"?_pragma=journal_mode(wal)&_pragma=synchronous(full)")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	for _, table := range []string{
		"create table object (name text primary key, change integer not null unique, bytes blob not null)",
		"create table collection (id integer primary key, change integer not null)",
		"insert into collection values (1, 0)",
	} {
		if _, err := db.ExecContext(ctx, table); err != nil {
			return 0, err
		}
	}
	n, begun := 0, time.Now()
	for time.Since(begun) < while {
		if n, err = group(ctx, db, n, n+size); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(begun).Seconds(), nil
}

// group stores objects in one commit.
func group(ctx context.Context, db *sql.DB, from, to int) (int, error) {
	card, there := make([]byte, 400), 0
	do := func(statement string, args ...any) error {
		_, err := db.ExecContext(ctx, statement, args...)
		return err
	}
	err := do("begin immediate")
	for n := from; n < to && err == nil; n++ {
		name := fmt.Sprint("card-", n)
		err = errors.Join(do("savepoint one"),
			db.QueryRowContext(ctx, "select count(*) from object where name = $1", name).Scan(&there),
			do("update collection set change = change + 1 where id = 1"),
			do("insert into object (name, change, bytes) values ($1, $2, $3)", name, n, card),
			do("release one"))
	}
	return to, errors.Join(err, do("commit"))
}

// shared takes a load of PUTs, and holds its rate against SQLite's with as many to a
// commit as there are clients, of which a server has the part that it has of the
// machine: its clients take the rest.
func (r *runner) shared(l *load) error {
	before, err := proof.CPUTime(r.server.PID())
	if err != nil {
		return err
	}
	begun := time.Now()
	if err := r.take(l); err != nil {
		return err
	}
	spent := time.Since(begun)
	after, err := proof.CPUTime(r.server.PID())
	if err != nil {
		return err
	}
	alone, err := grouped(r.ctx, l.clients, r.while)
	if err != nil {
		return err
	}
	part := (after - before).Seconds() / spent.Seconds() / float64(runtime.NumCPU())
	label := l.label + ", of SQLite's grouped commits"
	rate := r.out.cells[l.label].amount
	r.out.note(label, fmt.Sprintf("%.0f%% (of %.0f/s × %.2f of the CPU)", 100*rate/(alone*part), alone, part))
	r.out.bar(label, "≥ 40%")
	return nil
}
