package backup

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ksync/store"
)

// What a restore stops at, with everything as it was before.
var (
	// ErrOccupied: the data directory has data, and nobody said to put it aside.
	ErrOccupied = errors.New("there is data already")
	// ErrUnsound: the backup is whole, but what is in it is not right.
	ErrUnsound = errors.New("the backup's database is not sound")
	// ErrUnfinished: a restore was interrupted while it changed the files.
	ErrUnfinished = errors.New("a restore was interrupted: run it again, with --force")
)

// unfinished is the file that is there while a restore changes files.
const unfinished = "restore-unfinished"

// Unfinished returns [ErrUnfinished] where a restore is at work or was
// interrupted: whoever opened the database then might see a new, empty one. It
// is asked before opening, and again after, when a restore sees who has it open.
func Unfinished(data string) error {
	_, err := os.Lstat(filepath.Join(data, unfinished))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(ErrUnfinished, err)
}

// Restoration brings a backup back into a data directory.
type Restoration struct {
	Data     string // made when missing
	Database string // name of the database there
	Secrets  string // name of the key file there
	Settings string // name of the settings there
	Force    bool   // put aside what is there
	Accept   bool   // restore also what is not sound
	Derive   store.Derive
	Keyings  []store.Keying
	Now      func() time.Time // time.Now by default
	Logger   *slog.Logger
}

// Restored says what a restore did.
type Restored struct {
	Manifest Manifest      `json:"backup"`
	Aside    string        `json:"aside,omitempty"` // where what was there before is now
	Kept     []string      `json:"kept,omitempty"`  // files that were there and are not from the backup
	Report   *store.Report `json:"report"`
}

// Restore reads a backup, or a database alone, brings its schema up to date,
// checks it, and only then puts it in its place. Until then the data directory
// is as it was; an error or a crash while files change places leaves it
// [Unfinished], with nothing lost. The server must not run: [store.ErrBusy].
// Settings that are there stay, and so do keys when the backup has none.
func (r Restoration) Restore(ctx context.Context, from io.Reader) (*Restored, error) {
	if r.Now == nil {
		r.Now = time.Now
	}
	if err := r.vacant(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(r.Data, 0o700); err != nil {
		return nil, err
	}
	r.sweep()
	work, err := newWorkplace(r.Data)
	if err != nil {
		return nil, err
	}
	done, err := r.restoreIn(ctx, work.dir, from)
	err = errors.Join(err, work.remove())
	r.sweep() // now also what an unfinished restore left
	return done, err
}

// sweep makes room. Where it fails, the next one tries again.
func (r Restoration) sweep() {
	if err := Sweep(r.Data); err != nil {
		r.Logger.Warn("what a killed restore left", "err", err)
	}
}

// essential are the files that make a data directory somebody's.
func (r Restoration) essential() []string { return []string{r.Database, r.Secrets} }

func (r Restoration) vacant() error {
	for _, name := range r.essential() {
		if _, err := os.Lstat(filepath.Join(r.Data, name)); err == nil && !r.Force {
			return fmt.Errorf("%w: %s in %s", ErrOccupied, name, r.Data)
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if r.Force {
		return nil
	}
	return Unfinished(r.Data)
}

func (r Restoration) restoreIn(ctx context.Context, work string, from io.Reader) (*Restored, error) {
	m, err := r.unpack(ctx, from, work)
	if err != nil {
		return nil, err
	}
	if err := r.knows(m); err != nil {
		return nil, err
	}
	done := &Restored{Manifest: m}
	if err := r.ownAll(work); err != nil {
		return done, err
	}
	if done.Report, err = r.prepare(ctx, filepath.Join(work, r.Database)); err != nil {
		return done, err
	}
	if !done.Report.Sound() && !r.Accept {
		return done, ErrUnsound
	}
	return done, r.switchOver(ctx, work, done)
}

// knows refuses what would put anything but the server's own files into the
// data directory: a journal beside the database, for one, would change it.
func (r Restoration) knows(m Manifest) error {
	if !m.Has(r.Database) {
		return fmt.Errorf("%w: it has no %s", ErrDamaged, r.Database)
	}
	for _, name := range m.Files {
		if name != r.Database && name != r.Secrets && name != r.Settings {
			return fmt.Errorf("%w: it names a file %q", ErrDamaged, name)
		}
	}
	return nil
}

// ownAll gives what was unpacked to whom the data directory belongs to: root
// may restore what another user serves.
func (r Restoration) ownAll(work string) error {
	files, err := os.ReadDir(work)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := ownAs(r.Data, filepath.Join(work, f.Name())); err != nil {
			return err
		}
	}
	return nil
}

// magic is what a SQLite file begins with: https://sqlite.org/fileformat.html §1.3.
const magic = "SQLite format 3\x00"

// unpack takes a backup, or a database alone: a copy made before a migration,
// or what another program has brought back, which needs new epochs as much.
func (r Restoration) unpack(ctx context.Context, from io.Reader, work string) (Manifest, error) {
	in := bufio.NewReader(from)
	if head, err := in.Peek(len(magic)); err != nil || string(head) != magic { // an error comes again
		return Extract(ctx, in, work)
	}
	f, err := os.OpenFile(filepath.Join(work, r.Database), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Manifest{}, err
	}
	n, err := io.Copy(f, stoppable{ctx, in})
	return Manifest{Files: []string{r.Database}, Bytes: n}, errors.Join(err, f.Sync(), f.Close())
}

// prepare makes of the backup's database one to be served, and looks at it.
func (r Restoration) prepare(ctx context.Context, path string) (report *store.Report, err error) {
	st, err := store.Open(ctx, store.Options{Path: path, Now: r.Now, Logger: r.Logger, Derive: r.Derive})
	if err != nil {
		return nil, err
	}
	if err := st.Restored(ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	report, err = st.Inspect(ctx, r.Derive, r.Keyings...)
	return report, errors.Join(err, st.Close(), store.Settle(ctx, path)) // one file is what will be moved
}

// switchOver puts what is there aside and what was prepared in its place. While
// it does, a file says so.
func (r Restoration) switchOver(ctx context.Context, work string, done *Restored) error {
	marker := filepath.Join(r.Data, unfinished)
	if err := r.mark(marker); err != nil {
		return err
	}
	if err := r.claim(ctx); err != nil {
		return errors.Join(err, os.Remove(marker))
	}
	if err := r.putAside(done); err != nil {
		return err
	}
	for _, name := range done.Manifest.Files {
		if slices.Contains(done.Kept, name) {
			continue
		}
		if err := os.Rename(filepath.Join(work, name), filepath.Join(r.Data, name)); err != nil {
			return err
		}
	}
	if err := store.SyncDir(r.Data); err != nil {
		return err
	}
	return errors.Join(os.Remove(marker), store.SyncDir(r.Data))
}

func (r Restoration) mark(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString("A restore is changing the files here, or was interrupted.\nNothing starts until `ksyncd restore` has run to its end.\n")
	return errors.Join(err, f.Sync(), f.Close(), ownAs(r.Data, path), store.SyncDir(r.Data))
}

// claim finds out whether a server has the database open. A database that
// cannot be read is no reason to keep it.
func (r Restoration) claim(ctx context.Context) error {
	err := store.Settle(ctx, filepath.Join(r.Data, r.Database))
	switch {
	case errors.Is(err, store.ErrBusy):
		return fmt.Errorf("the server is running, stop it first: %w", err)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		r.Logger.Warn("the database that is put aside", "err", err)
	}
	return nil
}

// putAside moves what the backup replaces, with the journals of the database.
func (r Restoration) putAside(done *Restored) error {
	aside := filepath.Join(r.Data, "before-restore-"+r.Now().UTC().Format(layout))
	names := append(slices.Clone(done.Manifest.Files), r.Database+"-wal", r.Database+"-shm", r.Database+"-journal")
	for _, name := range names {
		path := filepath.Join(r.Data, name)
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return err
		}
		if !slices.Contains(r.essential(), name) && !strings.HasPrefix(name, r.Database) {
			done.Kept = append(done.Kept, name)
			continue
		}
		if err := errors.Join(os.MkdirAll(aside, 0o700), ownAs(r.Data, aside)); err != nil {
			return err
		}
		if err := os.Rename(path, filepath.Join(aside, name)); err != nil {
			return err
		}
		done.Aside = aside
	}
	if done.Aside == "" {
		return nil
	}
	return errors.Join(store.SyncDir(aside), store.SyncDir(r.Data))
}
