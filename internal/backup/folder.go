package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ksync/store"
)

// Folder is a directory of backups. Other files in it are nobody's business.
type Folder string

// Entry is one backup of a folder.
type Entry struct {
	Path string
	Time time.Time // when it was made, from its name
}

// The name of a backup says when it was made, UTC.
const (
	prefix  = "ksyncd-"
	layout  = "20060102T150405.000Z"
	suffix  = ".tar.zst"
	damaged = ".damaged" // before the suffix, of a damaged database: such a one is not listed
	partial = ".ksyncd-partial-"
)

// stale is the age at which an unfinished backup is nobody's any more.
const stale = 24 * time.Hour

// Add makes a backup in the folder, which is made when missing. It has its name
// only once all of it is on the disk and was read back. That of a damaged
// database (see [Manifest.Err]) has another name and is none of the folder's:
// it must not come to be the latest, nor push those out that are right.
func (f Folder) Add(ctx context.Context, s Source) (Entry, Manifest, error) {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return Entry{}, Manifest{}, err
	}
	f.sweep(s.now())
	file, err := os.CreateTemp(string(f), partial+"*") // mode 0600
	if err != nil {
		return Entry{}, Manifest{}, err
	}
	m, err := fill(ctx, file, s)
	if err != nil {
		return Entry{}, Manifest{}, errors.Join(err, os.Remove(file.Name()))
	}
	name := prefix + m.Time.Format(layout)
	if m.Damage != "" {
		name += damaged
	}
	e := Entry{Path: filepath.Join(string(f), name+suffix), Time: m.Time}
	if err := publish(file.Name(), e.Path); err != nil {
		return Entry{}, Manifest{}, errors.Join(err, os.Remove(file.Name()))
	}
	return e, m, nil
}

// fill writes a backup to a file and closes it.
func fill(ctx context.Context, file *os.File, s Source) (m Manifest, err error) {
	defer func() { err = errors.Join(err, file.Close()) }()
	m, err = Write(ctx, file, s)
	if err != nil {
		return Manifest{}, err
	}
	if err := file.Sync(); err != nil {
		return Manifest{}, err
	}
	if _, err := file.Seek(0, 0); err != nil {
		return Manifest{}, err
	}
	_, err = Check(ctx, file)
	return m, err
}

// publish gives a whole file its name, which must be free.
func publish(from, to string) error {
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("%s: %w", to, fs.ErrExist), err)
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return store.SyncDir(filepath.Dir(to))
}

// sweep removes what backups left that were interrupted long ago. Where it
// fails, the next one tries again.
func (f Folder) sweep(now time.Time) {
	old, err := filepath.Glob(filepath.Join(string(f), partial+"*"))
	if err != nil {
		return // the folder's own name is a pattern that is none
	}
	for _, path := range old {
		if info, err := os.Stat(path); err == nil && now.Sub(info.ModTime()) > stale {
			_ = os.Remove(path)
		}
	}
}

// List returns the backups, the latest first. A folder that is not there has none.
func (f Folder) List() ([]Entry, error) {
	files, err := os.ReadDir(string(f))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var all []Entry
	for _, file := range files {
		if at, ok := timeOf(file.Name()); ok && file.Type().IsRegular() {
			all = append(all, Entry{filepath.Join(string(f), file.Name()), at})
		}
	}
	slices.SortFunc(all, func(a, b Entry) int { return b.Time.Compare(a.Time) })
	return all, nil
}

func timeOf(name string) (time.Time, bool) {
	text, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return time.Time{}, false
	}
	if text, ok = strings.CutSuffix(text, suffix); !ok {
		return time.Time{}, false
	}
	at, err := time.Parse(layout, text)
	return at, err == nil
}

// ahead is how far into the future a backup's name may lead before a clock must
// have been wrong: when it was made, or now.
const ahead = 24 * time.Hour

// split tells the backups up to now from those whose time has yet to come. No
// order is known between the two, whatever their names say.
func split(all []Entry, now time.Time) (past, future []Entry) {
	n := 0
	for n < len(all) && all[n].Time.Sub(now) > ahead {
		n++
	}
	return all[n:], all[:n]
}

// ErrClock: which backup is the latest cannot be told, as a clock was or is wrong.
var ErrClock = errors.New("which backup is the latest is not certain: the clock is wrong, or was")

// ErrNone: a folder has no backup.
var ErrNone = errors.New("holds no backup")

// Latest returns the backup that was made last, [ErrClock] when one of the
// folder comes from the future, and [ErrNone].
func (f Folder) Latest(now time.Time) (Entry, error) {
	all, err := f.List()
	past, future := split(all, now)
	switch {
	case err != nil:
		return Entry{}, err
	case len(all) == 0:
		return Entry{}, fmt.Errorf("%s %w", f, ErrNone)
	case len(future) == 0:
		return past[0], nil
	case len(past) == 0:
		return Entry{}, fmt.Errorf("%w. %s has a name that is later than now; name the file to restore", ErrClock, future[0].Path)
	}
	return Entry{}, fmt.Errorf("%w. %s has a name that is later than now, the one before is %s; name the file to restore", ErrClock, future[0].Path, past[0].Path)
}

// dropDamaged removes the backups of a damaged database except for one.
func (f Folder) dropDamaged(but Entry) error {
	files, err := os.ReadDir(string(f))
	for _, file := range files {
		path := filepath.Join(string(f), file.Name())
		rest, ours := strings.CutSuffix(file.Name(), damaged+suffix)
		if _, ok := timeOf(rest + suffix); ours && ok && path != but.Path {
			err = errors.Join(err, os.Remove(path))
		}
	}
	return err
}

// Thin removes the backups that keep does not want. Those from the future stay
// and count for nothing: otherwise the backups of one hour with a wrong clock
// would be the latest for years, and all that is made since would go.
func (f Folder) Thin(keep Keep, now time.Time) (removed []Entry, err error) {
	all, err := f.List()
	if err != nil {
		return nil, err
	}
	past, _ := split(all, now)
	for _, e := range keep.expendable(past) {
		if err := os.Remove(e.Path); err != nil {
			return removed, err
		}
		removed = append(removed, e)
	}
	return removed, nil
}
