// Package store keeps accounts, their collections and the objects in them.
//
// # Model
//
// An account has collections of two kinds, calendars and address books. A
// collection has objects, each named by its URI, kept byte for byte. Every
// change of an object takes the next change number of its collection, under
// the lock on the collection's row and in the transaction that makes the
// change. So numbers become visible in the order in which they were given
// out, and who has seen all changes up to n asks for those after n and misses
// none. A deleted object leaves a tombstone with its number. The number as of
// a moment, with the collection's random epoch, is what a sync token says.
//
// # Invariants
//
//   - An ETag is a hash of the bytes: it changes exactly when they do. A put
//     of the same bytes changes nothing and takes no number.
//   - Bytes that are replaced or deleted move to the version table in the
//     same transaction.
//   - A UID is unique in its collection while its object is there.
//   - A write that was answered without an error is on the disk.
//   - Every method takes the acting account and sees nothing of any other.
//   - An error that is none of the package's sentinels is a fault, never an
//     answer about the data.
//
// [Store.Verify] checks what of this can be checked after the fact.
//
// # Writers and readers
//
// In SQLite one goroutine writes. Writes that wait for it share one commit:
// each runs in a savepoint of its own, so that one that fails leaves no trace,
// and all are answered after the one flush to the disk. Readers have a small
// pool of connections and each reads one snapshot. All methods may be called
// from any number of goroutines.
//
// Rights are not decided here: callers ask before they call.
package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"sync"
	"time"
)

// Options configure a [Store]. Only Path is required.
type Options struct {
	Path        string           // of the SQLite file; made, readable by its owner only, when absent
	Now         func() time.Time // time.Now by default
	Rand        io.Reader        // for ids and epochs; crypto/rand by default
	Logger      *slog.Logger     // migrations and repairs; discarded by default
	BusyTimeout time.Duration    // how long to wait for another process's write; 10 s by default
	Readers     int              // connections that read at the same time; 4 by default
	Limits      Limits           // zero fields mean the default
	Derive      Derive           // makes the index anew where a migration asks for it; kinds without it keep theirs

	// OnChange is called after the commit of each write that gave out change
	// numbers, once per collection, before the write is answered. It runs on
	// the writer's goroutine: it must not block and must not call the store.
	OnChange func(account, collection int64)
}

// Limits bound what one client can make the store keep or read at once.
type Limits struct {
	Collections   int   // of one account; 500 by default
	AppPasswords  int   // active ones of one account; 50 by default
	Devices       int   // that one account set up; 50 by default
	Properties    int   // dead properties of one place; 100 by default
	PropertyBytes int64 // dead properties of one collection and all its objects; 16 MiB by default
	PageBytes     int64 // object bytes in one page of a listing; 1 MiB by default
	VersionBytes  int64 // earlier bytes kept per collection, the oldest go first; 256 MiB by default
	MergeBytes    int64 // bytes kept per account to take merges back, the oldest go first; 256 MiB by default
	Hidden        int   // hidden pairs of one account; 20,000 by default
}

// Store is an open database.
type Store struct {
	options    Options
	dialect    dialect
	migrations fs.FS
	writer     *writer
	readers    *readers
	stamps     *stamps
	closing    sync.Once

	mergeRoom map[int64]int64 // by account: bytes of merges until they are counted again; the writer's own

	passwords   recall[string, credential]
	collections recall[collectionName, Collection]
	properties  recall[Place, []Property]
}

// Open opens or makes the database and brings its schema up to date. Before
// an existing one is changed, a copy of it is put beside it, named
// PATH.before-NNNN after the first migration that is applied.
// It fails with [ErrNewerSchema] when a later release has been there.
func Open(ctx context.Context, o Options) (*Store, error) {
	files, err := Migrations()
	if err != nil {
		return nil, err
	}
	return open(ctx, o, files)
}

func open(ctx context.Context, o Options, migrations fs.FS) (*Store, error) {
	if o.Path == "" {
		return nil, errors.New("store: no path")
	}
	s := &Store{
		options: o.withDefaults(), dialect: sqliteDialect(), migrations: migrations, mergeRoom: map[int64]int64{},
		collections: recall[collectionName, Collection]{fits: short}, properties: recall[Place, []Property]{fits: few},
	}
	write, read, err := s.dialect.open(s.options)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", o.Path, err)
	}
	if err := s.patiently(ctx, 20*time.Millisecond, func() error { return s.migrate(ctx, write, migrations) }); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", o.Path, err), read.Close(), write.Close())
	}
	if s.stamps, err = s.dialect.stamps(ctx, read, s.options); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", o.Path, err), read.Close(), write.Close())
	}
	s.readers = newReaders(read, s.options.Readers, s.fault)
	s.writer = newWriter(s, write)
	if err := s.reindex(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", o.Path, err), s.Close())
	}
	return s, nil
}

// patiently does something again while another process is in the way. SQLite's
// own timeout does not cover all of opening: where waiting could deadlock, as
// when two processes change a new database to WAL, it is busy at once.
func (s *Store) patiently(ctx context.Context, pause time.Duration, do func() error) error {
	for end := time.Now().Add(s.options.BusyTimeout); ; {
		err := do()
		if !errors.Is(err, ErrBusy) || time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.BusyTimeout = cmp.Or(o.BusyTimeout, 10*time.Second)
	o.Readers = cmp.Or(o.Readers, 4)
	o.Limits = o.Limits.withDefaults()
	return o
}

func (l Limits) withDefaults() Limits {
	return Limits{
		Collections:   cmp.Or(l.Collections, 500),
		AppPasswords:  cmp.Or(l.AppPasswords, 50),
		Devices:       cmp.Or(l.Devices, 50),
		Properties:    cmp.Or(l.Properties, 100),
		PropertyBytes: cmp.Or(l.PropertyBytes, 16<<20),
		PageBytes:     cmp.Or(l.PageBytes, 1<<20),
		VersionBytes:  cmp.Or(l.VersionBytes, 256<<20),
		MergeBytes:    cmp.Or(l.MergeBytes, 256<<20),
		Hidden:        cmp.Or(l.Hidden, 20_000),
	}
}

// Close finishes the writes that have begun, refuses those that wait with
// [ErrClosed], waits for readers, and closes the file. Closing again is no error.
func (s *Store) Close() error {
	var err error
	s.closing.Do(func() {
		err = errors.Join(s.stamps.release(), s.readers.close(), s.writer.close(), s.stamps.close())
	})
	return err
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	return s.Read(ctx, func(tx *Tx) error {
		var one int64
		return tx.one(ctx, "select 1", nil, &one)
	})
}

func (s *Store) now() int64 { return s.options.Now().UnixMilli() }
