package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// ErrDamaged: what was read is no backup, or not all of one.
var ErrDamaged = errors.New("not a whole backup")

// What is read of an archive is bounded: bytes of the files that are read into
// memory, and how many files it may name.
const (
	maxSmall = 1 << 20
	maxFiles = 16
)

// Check reads a backup to its end and compares every file with its sum.
func Check(ctx context.Context, r io.Reader) (Manifest, error) {
	return read(ctx, r, func(string, io.Reader) error { return nil })
}

// Extract checks a backup and writes its files, except for those about the
// archive itself, into a directory in which none of them is. After an error
// there may be some.
func Extract(ctx context.Context, r io.Reader, dir string) (Manifest, error) {
	return read(ctx, r, func(name string, content io.Reader) (err error) {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, content)
		return errors.Join(err, f.Sync(), f.Close())
	})
}

// read hands each file that the manifest names to take, which may leave it, and
// has checked it all when it returns without an error.
func read(ctx context.Context, r io.Reader, take func(name string, content io.Reader) error) (m Manifest, err error) {
	defer func() {
		if ctx.Err() != nil { // not the file is at fault
			err = ctx.Err()
		}
	}()
	z, err := zstd.NewReader(stoppable{ctx, r}, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
	if err != nil {
		return Manifest{}, err
	}
	defer z.Close()
	a := &reader{tar: tar.NewReader(z)}
	if err := a.manifested(); err != nil {
		return a.manifest, err
	}
	for _, name := range a.manifest.Files {
		if err := a.next(name); err != nil {
			return a.manifest, err
		}
		if err := a.sum(name, func(content io.Reader) error { return take(name, content) }); err != nil {
			return a.manifest, err
		}
	}
	return a.manifest, a.end()
}

// stoppable reads until ctx is done.
type stoppable struct {
	ctx  context.Context // of the call that reads; io.Reader has no place for it
	from io.Reader
}

// Read implements io.Reader.
func (s stoppable) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.from.Read(p)
}

// reader reads the files of an archive and remembers their sums.
type reader struct {
	tar      *tar.Reader
	manifest Manifest
	sums     strings.Builder
}

// next goes to the next file, which must have that name.
func (a *reader) next(name string) error {
	header, err := a.tar.Next()
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
	}
	if header.Name != name || header.Typeflag != tar.TypeReg {
		return fmt.Errorf("%w: it has %q in the place of %q", ErrDamaged, header.Name, name)
	}
	return nil
}

// sum has a file read and reads what was left of it.
func (a *reader) sum(name string, take func(io.Reader) error) error {
	sum := sha256.New()
	content := &damage{reader: io.TeeReader(a.tar, sum)}
	err := take(content)
	if err == nil {
		_, err = io.Copy(io.Discard, content)
	}
	if content.err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, name, content.err)
	}
	fmt.Fprintf(&a.sums, "%x  %s\n", sum.Sum(nil), name)
	return err
}

// damage remembers that reading failed, as against what was done with the bytes.
type damage struct {
	reader io.Reader
	err    error
}

// Read implements io.Reader.
func (d *damage) Read(p []byte) (int, error) {
	n, err := d.reader.Read(p)
	if err != nil && err != io.EOF {
		d.err = err
	}
	return n, err
}

func (a *reader) whole(name string) (data []byte, err error) {
	if err := a.next(name); err != nil {
		return nil, err
	}
	err = a.sum(name, func(r io.Reader) (err error) {
		data, err = io.ReadAll(io.LimitReader(r, maxSmall))
		return err
	})
	return data, err
}

func (a *reader) manifested() error {
	text, err := a.whole(manifestName)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &a.manifest); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, manifestName, err)
	}
	if a.manifest.Format != format {
		return fmt.Errorf("the backup is of release %q and has format %d, this release knows %d: use that release or a later one", a.manifest.Program, a.manifest.Format, format)
	}
	if n := len(a.manifest.Files); n > maxFiles {
		return fmt.Errorf("%w: it names %d files", ErrDamaged, n)
	}
	for i, name := range a.manifest.Files {
		if !plain(name) || slices.Contains(a.manifest.Files[:i], name) {
			return fmt.Errorf("%w: it names a file %q", ErrDamaged, name)
		}
	}
	return nil
}

// plain refuses names that lead out of a directory, and those of the archive itself.
func plain(name string) bool {
	return filepath.IsLocal(name) && filepath.Base(name) == name && !strings.ContainsAny(name, `/\:`) &&
		name[0] != '.' && name != manifestName && name != sumsName
}

// end compares the sums and reads to the end, where the compression has a check of its own.
func (a *reader) end() error {
	want := a.sums.String()
	sums, err := a.whole(sumsName)
	if err != nil {
		return err
	}
	if string(sums) != want {
		return fmt.Errorf("%w: its files have other sums than it says", ErrDamaged)
	}
	if _, err := a.tar.Next(); err != io.EOF {
		return fmt.Errorf("%w: it does not end where it should: %w", ErrDamaged, err)
	}
	return nil
}
