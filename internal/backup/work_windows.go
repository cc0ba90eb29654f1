package backup

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// holdDir holds a directory by a file in it that nobody else can open while
// this process has it (a share mode of 0) and that goes when it is closed: [ErrHeld].
func holdDir(dir string) (*os.File, error) {
	const (
		deleteOnClose    = 0x04000000        // FILE_FLAG_DELETE_ON_CLOSE
		sharingViolation = syscall.Errno(32) // ERROR_SHARING_VIOLATION
	)
	name, err := syscall.UTF16PtrFromString(filepath.Join(dir, "held"))
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL|deleteOnClose, 0)
	if errors.Is(err, sharingViolation) {
		return nil, ErrHeld
	}
	if err != nil {
		return nil, &os.PathError{Op: "hold", Path: dir, Err: err}
	}
	return os.NewFile(uintptr(h), dir), nil
}

// ownAs has nothing to do: files take their rights from the directory.
func ownAs(string, string) error { return nil }
