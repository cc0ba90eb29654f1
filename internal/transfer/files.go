package transfer

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Limits bound what is read. Zero fields mean the default.
type Limits struct {
	Files   int   // in all, entries of archives included; 200,000
	File    int64 // bytes of one file, unpacked; 1 GiB
	Archive int64 // bytes of all entries of one archive, unpacked; 4 GiB
	Ratio   int64 // how much an entry may grow when it is unpacked, past 16 MiB; 200
	Object  int64 // bytes of one object; 20 MiB
}

func (l Limits) withDefaults() Limits {
	pick := func(v *int64, d int64) {
		if *v == 0 {
			*v = d
		}
	}
	if l.Files == 0 {
		l.Files = 200_000
	}
	pick(&l.File, 1<<30)
	pick(&l.Archive, 4<<30)
	pick(&l.Ratio, 200)
	pick(&l.Object, 20<<20)
	return l
}

// ratioFrom is the size below which a ratio says nothing: an entry of one
// letter a thousand times is no attack.
const ratioFrom = 16 << 20

// file is something that may hold cards or calendars.
type file struct {
	name  string
	size  int64 // unpacked, as promised
	named bool  // given by the person, or with an extension that promises content
	open  func() (io.ReadCloser, error)
	err   error // why it cannot be read; then open is nil
}

// Files is what an import reads. It is closed after use.
type Files struct {
	list    []file
	limits  Limits
	closers []io.Closer
}

// Open lists the files at the paths: a directory with all below it but hidden
// ones, a zip archive with its entries. A path that does not exist is an error;
// what cannot be read inside becomes an item of the report.
func Open(paths []string, lim Limits) (*Files, error) {
	f := &Files{limits: lim.withDefaults()}
	for _, path := range paths {
		if err := f.add(path); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	return f, nil
}

// Close closes the archives.
func (f *Files) Close() error {
	var errs []error
	for _, c := range f.closers {
		errs = append(errs, c.Close())
	}
	f.closers = nil
	return errors.Join(errs...)
}

// Size is how many bytes there are to read.
func (f *Files) Size() int64 {
	var n int64
	for _, it := range f.list {
		n += it.size
	}
	return n
}

func (f *Files) add(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	switch {
	case info.Mode().IsRegular():
		return f.addFile(path, info.Size(), true)
	case !info.IsDir():
		return fmt.Errorf("%s: neither a file nor a directory", path)
	}
	path += string(filepath.Separator) // a link that is named is followed
	return filepath.WalkDir(path, func(below string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return f.append(file{name: below, err: err})
		case below != path && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular():
			return nil // a link may lead anywhere
		}
		info, err := d.Info()
		if err != nil {
			return f.append(file{name: below, err: err})
		}
		return f.addFile(below, info.Size(), promising(below))
	})
}

func (f *Files) addFile(path string, size int64, named bool) error {
	packed, err := isZip(path)
	if err != nil {
		return f.append(file{name: path, err: err})
	}
	if packed {
		return f.addArchive(path)
	}
	return f.append(file{name: path, size: size, named: named, open: func() (io.ReadCloser, error) { return os.Open(path) }})
}

func (f *Files) append(it file) error {
	if it.err == nil && it.size > f.limits.File {
		it.err, it.open = fmt.Errorf("larger than %d MiB; split it", f.limits.File>>20), nil
	}
	if it.err != nil {
		it.size = 0
	}
	if f.list = append(f.list, it); len(f.list) > f.limits.Files {
		return fmt.Errorf("more than %d files", f.limits.Files)
	}
	return nil
}

// promising tells whether a name says that there are cards or calendars inside.
func promising(name string) bool {
	return slices.Contains([]string{".vcf", ".vcard", ".ics", ".ical", ".icalendar", ".ifb", ".vcs"}, strings.ToLower(filepath.Ext(name)))
}

const zipMagic = "PK\x03\x04"

func isZip(path string) (packed bool, err error) {
	r, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	head := make([]byte, len(zipMagic))
	if _, err := io.ReadFull(r, head); err != nil {
		return false, nil // shorter, or the fault comes again when it is read
	}
	return string(head) == zipMagic, nil
}

// addArchive lists the entries. They are unpacked in memory, one at a time,
// under no name but one for the report: an entry's path leads nowhere.
func (f *Files) addArchive(path string) error {
	archive, err := zip.OpenReader(path)
	if err != nil && archive == nil {
		return f.append(file{name: path, err: fmt.Errorf("zip archive: %w", err)})
	}
	f.closers = append(f.closers, archive)
	left := f.limits.Archive
	for _, entry := range archive.File {
		name := entry.Name
		if entry.FileInfo().IsDir() || hidden(name) {
			continue
		}
		it := file{name: path + ":" + name, size: int64(min(entry.UncompressedSize64, 1<<62)), named: promising(name)}
		left = max(left-it.size, -1) // a few such promises would turn the number round
		if it.err = f.refuse(entry, it.size, left); it.err == nil {
			it.open = entry.Open
		}
		if err := f.append(it); err != nil {
			return err
		}
	}
	return nil
}

// refuse says why an entry is not unpacked. What the archive promises is
// checked here; more than that is never read (see read).
func (f *Files) refuse(entry *zip.File, size, left int64) error {
	switch {
	case left < 0:
		return fmt.Errorf("the archive unpacks to more than %d MiB", f.limits.Archive>>20)
	case size > ratioFrom && size/f.limits.Ratio > int64(entry.CompressedSize64):
		return errors.New("compressed beyond what real data is")
	case entry.Flags&1 != 0:
		return errors.New("encrypted; unpack the archive first")
	case strings.EqualFold(filepath.Ext(entry.Name), ".zip"):
		return errors.New("an archive inside an archive; unpack it first")
	}
	return nil
}

// hidden tells of entries that systems add for themselves.
func hidden(name string) bool {
	for part := range strings.SplitSeq(strings.ReplaceAll(name, `\`, "/"), "/") {
		if strings.HasPrefix(part, ".") && strings.Trim(part, ".") != "" || part == "__MACOSX" {
			return true
		}
	}
	return false
}
