package transfer

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// output is where an export goes: a directory or an archive. One file is open
// at a time.
type output interface {
	create(name string) (io.WriteCloser, error) // name has slashes and is safe
	commit() error
	abort() error // after an error; leaves nothing that looks like an export
}

// openOutput makes an output that was not there: an export never writes over
// what may be the only copy of something.
func openOutput(path string, now time.Time) (output, error) {
	if strings.EqualFold(filepath.Ext(path), ".zip") {
		return openArchive(path, now)
	}
	entries, err := os.ReadDir(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case len(entries) > 0:
		return nil, fmt.Errorf("%s is not empty; choose a new directory", path)
	}
	return directory(path), os.MkdirAll(filepath.Join(path, partial), 0o700)
}

// directory is created for its owner alone, like its files. They are in a
// directory within it until all are there: half an address book must not look
// like one. It is within because the directory may be a disk of its own.
type directory string

func (d directory) create(name string) (io.WriteCloser, error) {
	path := filepath.Join(string(d), partial, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

func (d directory) commit() error {
	from := filepath.Join(string(d), partial)
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.Rename(filepath.Join(from, e.Name()), filepath.Join(string(d), e.Name())); err != nil {
			return err
		}
	}
	return os.Remove(from)
}

func (d directory) abort() error { return os.RemoveAll(filepath.Join(string(d), partial)) }

// archive is written under another name until it is whole.
type archive struct {
	path string
	file *os.File
	zip  *zip.Writer
	now  time.Time
}

const partial = ".partial"

func openArchive(path string, now time.Time) (output, error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = fmt.Errorf("%s is there already; choose another name", path)
		}
		return nil, err
	}
	file, err := os.OpenFile(path+partial, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return &archive{path, file, zip.NewWriter(file), now}, nil
}

func (a *archive) create(name string) (io.WriteCloser, error) {
	w, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: a.now})
	return nopCloser{w}, err
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

func (a *archive) commit() error {
	if err := errors.Join(a.zip.Close(), a.file.Sync(), a.file.Close()); err != nil {
		return err
	}
	return os.Rename(a.path+partial, a.path)
}

func (a *archive) abort() error { return errors.Join(a.file.Close(), os.Remove(a.path+partial)) }

// fileNames makes names that every file system takes and that differ on all of
// them.
type fileNames map[string]bool

// next makes one of a wish. Extension has its dot.
func (f fileNames) next(wish, extension string) string {
	base := safe(strings.TrimSuffix(wish, extension))
	name := base + extension
	for i := 2; f[strings.ToLower(name)]; i++ {
		name = fmt.Sprintf("%s (%d)%s", base, i, extension)
	}
	f[strings.ToLower(name)] = true
	return name
}

// reserved are names that Windows keeps for devices, with any extension.
const reserved = " con prn aux nul com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9 "

// safe replaces what some file system or shell stumbles over.
func safe(name string) string {
	const longest = 100 // bytes
	name = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.In(r, unicode.Cf) || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
	for len(name) > longest {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	name = strings.TrimRight(strings.TrimLeft(name, " ."), " .")
	stem, _, _ := strings.Cut(strings.ToLower(name), ".")
	if name == "" || strings.Contains(reserved, " "+stem+" ") {
		return "_" + name
	}
	return name
}
