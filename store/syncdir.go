package store

import (
	"errors"
	"os"
	"runtime"
)

// SyncDir makes what happened to the names in a directory outlast a loss of
// power. Windows has no such call for directories and refuses it.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
