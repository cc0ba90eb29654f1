package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"
	"sync"
	"sync/atomic"
)

// stamp names a state of the whole database: it is another one after every
// commit, whichever process made it.
type stamp [48]byte

// stamps tells the stamp of now. In SQLite that is the header of the WAL index,
// the file beside the database that all its processes share: it is what SQLite
// itself compares to know whether what it has in memory is still so
// (https://sqlite.org/walformat.html §2.1, walIndexTryHdr). Asking costs one
// system call where the same by SQL costs a statement.
type stamps struct {
	index    *os.File
	anchor   *sql.Conn // as long as it is open nobody removes the index and makes another one
	released atomic.Bool
}

func sqliteStamps(ctx context.Context, read *sql.DB, o Options) (_ *stamps, err error) {
	s := &stamps{}
	if s.anchor, err = read.Conn(ctx); err != nil {
		return nil, err
	}
	var tables int
	if err := s.anchor.QueryRowContext(ctx, "select count(*) from sqlite_master").Scan(&tables); err != nil {
		return nil, errors.Join(err, s.anchor.Close())
	}
	if s.index, err = os.Open(o.Path + "-shm"); err != nil {
		return nil, errors.Join(fmt.Errorf("open the index of the log: %w", err), s.anchor.Close())
	}
	return s, nil
}

// iChange is where the header counts commits, in the byte order of the machine (§2.1).
const iChange = 8

// follows tells whether one commit, and nothing else, led from a state to another.
func (s stamp) follows(from stamp) bool {
	return binary.NativeEndian.Uint32(s[iChange:]) == binary.NativeEndian.Uint32(from[iChange:])+1
}

// now fails while the header is being written: it is there twice, and the
// copies differ until it is whole. Once the store is being closed the index may
// be one that nobody writes any more.
func (s *stamps) now() (stamp, bool) {
	if s.released.Load() {
		return stamp{}, false
	}
	var both [2 * len(stamp{})]byte
	if n, err := s.index.ReadAt(both[:], 0); n < len(both) || err != nil && !errors.Is(err, io.EOF) {
		return stamp{}, false
	}
	first, second := stamp(both[:len(stamp{})]), stamp(both[len(stamp{}):])
	const initialised = 12 // §2.1: isInit
	return first, first == second && first[initialised] == 1
}

// release lets the index be removed when the last connection closes.
func (s *stamps) release() error {
	s.released.Store(true)
	return s.anchor.Close()
}

// close comes after all connections of the process are closed: POSIX drops the
// locks of a process on a file when it closes any descriptor of it, and those on
// the index are what keeps two processes from writing at once
// (https://sqlite.org/howtocorrupt.html §2.2).
func (s *stamps) close() error { return s.index.Close() }

// recall keeps rows that every request reads, as long as nothing in the database
// has changed, or nothing but what objects a collection holds, by a commit of
// this process: most commits are that. A value that is returned has been true at some moment since it was
// asked for, as if it had been read: a password that was revoked, by this process
// or another, is so for the next request.
type recall[K comparable, V any] struct {
	mu     sync.Mutex
	at     stamp
	values map[K]V
	fits   func(V) bool // nil: all do
}

// recalled bounds what a recall keeps.
const recalled = 4096

// get returns what is kept under the key, or reads it. The caller must not change
// what a value points to.
func (r *recall[K, V]) get(s *stamps, key K, read func() (V, error)) (V, error) {
	v, at, found := r.look(s, key)
	if found {
		return v, nil
	}
	v, err := read() // which may be of a later state than the stamp, so that it is asked for again, never of an earlier one
	if err == nil && (r.fits == nil || r.fits(v)) {
		r.keep(at, key, v)
	}
	return v, err
}

// look asks for the stamp while nobody carries values on to a newer one.
func (r *recall[K, V]) look(s *stamps, key K) (v V, at stamp, found bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, ok := s.now()
	if !ok {
		return v, stamp{}, false
	}
	if r.at != at || len(r.values) >= recalled {
		r.at, r.values = at, map[K]V{}
	}
	v, found = r.values[key]
	return v, at, found
}

// keep: the stamp of nothing is that of no state.
func (r *recall[K, V]) keep(at stamp, key K, v V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.at == at && at != (stamp{}) {
		r.values[key] = v
	}
}

// carry says that a commit led from one state to the next, and that it changed no
// values but those that stale picks.
func (r *recall[K, V]) carry(from, to stamp, stale func(V) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.at != from {
		return
	}
	r.at = to
	maps.DeleteFunc(r.values, func(_ K, v V) bool { return stale != nil && stale(v) })
}

// inCollections tells of a statement whether it changes nothing but what is in
// collections, and what was: no recall keeps any of it.
func inCollections(statement string) bool {
	statement = strings.TrimSpace(statement)
	for _, verb := range []string{"insert into ", "update ", "delete from "} {
		rest, ok := strings.CutPrefix(statement, verb)
		if !ok {
			continue
		}
		switch rest[:max(strings.IndexAny(rest, " \t\n"), 0)] {
		case "object", "object_key", "tombstone", "version":
			return true
		}
	}
	return false
}

// effect is what a transaction did to what recalls keep. Of collections whose
// numbers it changed, [Tx.changed] knows.
type effect struct {
	wrote bool // some row
	other bool // than those of the contents of collections
}

func (e *effect) note(query string, rows int64) {
	if rows == 0 {
		return
	}
	e.wrote = true
	e.other = e.other || query != saveCollection && !inCollections(query)
}

// carry keeps what the recalls have over a commit of the batch, whose state before
// is known because the batch had locked it.
func (s *Store) carry(from stamp, batch []*job) {
	changed, wrote := map[place]bool{}, false
	for _, j := range batch {
		if j.tx == nil || j.err != nil {
			continue // nothing of it was kept
		}
		if j.tx.effect.other {
			return
		}
		wrote = wrote || j.tx.effect.wrote
		for _, at := range j.tx.changed {
			changed[at] = true
		}
	}
	to, ok := s.stamps.now()
	if !ok || !wrote || !to.follows(from) { // a commit of nothing leaves no mark: the next would be another's
		return
	}
	s.passwords.carry(from, to, nil)
	s.properties.carry(from, to, nil)
	s.collections.carry(from, to, func(c Collection) bool { return changed[place{c.Account, c.ID}] })
}
