// Package backup makes copies of all that a server keeps, looks after them, and
// brings them back.
//
// # Model
//
// A backup is one file, a tar archive compressed by Zstandard, that holds
//
//	manifest.json   when it was made, by which release, of which schema
//	keys            the server's secret keys, unless they were left out
//	ksyncd.conf     the settings, where they are in the data directory
//	ksyncd.db       the database as it was at one moment
//	SHA256SUMS      of all files before it; a backup without it is cut off
//
// so that `zstd -d | tar x` brings it back where there is no ksyncd.
//
// It is made while the server runs and from any process: the database's pages
// are read in one read transaction and go straight into the archive. Nobody
// waits for it, and no room for a second copy is needed. A [Folder] holds whole
// backups only: each gets its name when all of it is on the disk. A [Schedule]
// adds one to a folder from time to time and thins the older ones out.
//
// A restore (see [Restoration]) is another database than the one that clients
// know: it gives every collection a new epoch, so that no client takes its old
// sync token for a place in the new history.
//
// The package knows nothing about calendars and cards: who restores or verifies
// hands it the functions that derive indexes from bytes.
package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"ksync/store"
)

// Names inside an archive.
const (
	manifestName = "manifest.json"
	sumsName     = "SHA256SUMS"
)

// format is the version of the archive's layout.
const format = 1

// Source is what a backup is made of.
type Source struct {
	Database string           // path of the SQLite file
	Beside   []string         // paths of files that belong to it; one that is not there is left out
	Program  string           // the release that makes the backup
	Now      func() time.Time // time.Now by default
}

// Manifest says what is in a backup.
type Manifest struct {
	Format  int       `json:"format"`
	Time    time.Time `json:"time"`
	Program string    `json:"program"`
	Schema  int64     `json:"schema"`           // number of the database's last migration
	Files   []string  `json:"files"`            // in their order, the database last
	Bytes   int64     `json:"bytes"`            // of the database
	Damage  string    `json:"damage,omitempty"` // what SQLite finds wrong with the database's file
}

// Has reports whether a file of that name is in the backup.
func (m *Manifest) Has(name string) bool {
	for _, n := range m.Files {
		if n == name {
			return true
		}
	}
	return false
}

// Err is an error where a backup is as damaged as what it was made of. It is
// better than none, and worse than those before it.
func (m *Manifest) Err() error {
	if m.Damage == "" {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrDamagedDatabase, m.Damage)
}

// ErrDamagedDatabase: a backup was made, of a file that is not right.
var ErrDamagedDatabase = errors.New("the database is damaged, and so is this backup")

// Write writes a backup to w while others read and write the database. After
// an error what was written is no backup, and is known as none when read.
func Write(ctx context.Context, w io.Writer, s Source) (m Manifest, err error) {
	snapshot, err := store.OpenSnapshot(ctx, s.Database)
	if err != nil {
		return Manifest{}, err
	}
	defer func() { err = errors.Join(err, snapshot.Close()) }()
	// One goroutine compresses: the other processors are the server's. The next
	// level takes half as long again and saves 2% (docs/backup.md).
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return Manifest{}, err
	}
	a := &writer{tar: tar.NewWriter(z), now: s.now()}
	m, err = a.all(s, snapshot)
	if err != nil {
		z.Reset(nil) // nothing more goes to w
		return Manifest{}, err
	}
	return m, errors.Join(a.tar.Close(), z.Close())
}

func (s Source) now() time.Time {
	if s.Now == nil {
		return time.Now().UTC().Truncate(time.Millisecond)
	}
	return s.Now().UTC().Truncate(time.Millisecond)
}

// writer writes the files of an archive and remembers their sums.
type writer struct {
	tar  *tar.Writer
	now  time.Time
	sums strings.Builder // as sha256sum prints them
}

func (a *writer) all(s Source, snapshot *store.Snapshot) (Manifest, error) {
	m := Manifest{Format: format, Time: a.now, Program: s.Program, Schema: snapshot.Schema, Bytes: snapshot.Size}
	var err error
	if m.Damage, err = snapshot.Damage(); err != nil {
		return m, err
	}
	beside, err := readBeside(s.Beside)
	if err != nil {
		return m, err
	}
	for _, f := range beside {
		m.Files = append(m.Files, f.name)
	}
	database := filepath.Base(s.Database)
	m.Files = append(m.Files, database)
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, err
	}
	for _, f := range append([]small{{manifestName, append(text, '\n')}}, beside...) {
		if err := a.file(f.name, int64(len(f.data)), f.writeTo); err != nil {
			return m, err
		}
	}
	if err := a.file(database, snapshot.Size, snapshot.WriteTo); err != nil {
		return m, err
	}
	sums := small{sumsName, []byte(a.sums.String())}
	return m, a.file(sums.name, int64(len(sums.data)), sums.writeTo)
}

// small is a file that is read as a whole.
type small struct {
	name string
	data []byte
}

func (f small) writeTo(w io.Writer) (int64, error) {
	n, err := w.Write(f.data)
	return int64(n), err
}

func readBeside(paths []string) (all []small, err error) {
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, small{filepath.Base(path), data})
	}
	return all, nil
}

// file adds one file, for its owner's eyes only.
func (a *writer) file(name string, size int64, writeTo func(io.Writer) (int64, error)) error {
	header := &tar.Header{Name: name, Size: size, Mode: 0o600, ModTime: a.now, Format: tar.FormatPAX}
	if err := a.tar.WriteHeader(header); err != nil {
		return fmt.Errorf("backup %s: %w", name, err)
	}
	sum := sha256.New()
	if _, err := writeTo(io.MultiWriter(a.tar, sum)); err != nil {
		return fmt.Errorf("backup %s: %w", name, err)
	}
	fmt.Fprintf(&a.sums, "%x  %s\n", sum.Sum(nil), name)
	return nil
}
