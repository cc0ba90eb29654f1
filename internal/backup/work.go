package backup

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// ErrHeld: another process holds the directory.
var ErrHeld = errors.New("another process has it")

// Hold holds a data directory for a server until it is closed, or the process
// ends however it does. The error is [ErrHeld] while another server does; any other
// means that this file system has no such thing.
func Hold(data string) (io.Closer, error) { return holdDir(data) }

// workPrefix begins the names of the folders in which restores unpack.
const workPrefix = ".restore-"

// workplace is a folder of one restore in a data directory. It is held as long
// as its process lives, so that others can tell it from one that was left.
type workplace struct {
	dir  string
	hold *os.File
}

func newWorkplace(data string) (*workplace, error) {
	dir, err := os.MkdirTemp(data, workPrefix)
	if err != nil {
		return nil, err
	}
	hold, err := holdDir(dir)
	if err != nil {
		return nil, errors.Join(err, os.Remove(dir))
	}
	return &workplace{dir, hold}, nil
}

// remove ends it, with all that is still in it.
func (w *workplace) remove() error {
	return errors.Join(w.hold.Close(), os.RemoveAll(w.dir))
}

// Sweep removes the folders of restores that were killed: they are as large as
// the database and hold the keys. Those of restores at work stay, and so do all
// while a restore is unfinished (see [Unfinished]): what was to be moved is in one.
func Sweep(data string) error {
	if Unfinished(data) != nil {
		return nil
	}
	entries, err := os.ReadDir(data)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), workPrefix) {
			continue
		}
		dir := filepath.Join(data, e.Name())
		hold, err := holdDir(dir)
		if err != nil {
			continue // somebody is at work in it, or has just removed it
		}
		errs = append(errs, (&workplace{dir, hold}).remove())
	}
	return errors.Join(errs...)
}
