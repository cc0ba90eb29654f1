// Package diskfault makes disks fail under SQLite, for tests.
//
// It puts itself between SQLite and the file layer of the system, for the whole
// process. Files in a directory for which a test has asked a [Disk] count their
// reads, writes, cuts and flushes, and fail when the test says so, with the
// codes that SQLite gives to a full or broken disk. All other files are left
// alone. What fails here, fails before it reaches the file: what SQLite has on
// the disk is what a real disk would have had.
package diskfault

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Fault is what a disk does.
type Fault int32

// The faults.
const (
	Full       Fault = iota // no write finds room; what is there can be changed in its place neither
	BadWrite                // no write comes to pass
	BadFlush                // writes are taken, but do not get to the disk
	BadRead                 // nothing can be read
	BadAnyhow               // none of all that
	FaultCount              // how many there are
)

// String names a fault.
func (f Fault) String() string {
	return [...]string{"full disk", "write errors", "flush errors", "read errors", "dead disk"}[f]
}

// Disk is the files in one directory. The zero value of its fault is none.
type Disk struct {
	dir   string
	fault atomic.Int32
	after atomic.Int64 // operations of the fault's kind that still pass; negative: healthy
	hits  atomic.Int64
}

const healthy = -1

// Under makes a disk of the files that will be opened in dir.
func Under(t testing.TB, dir string) *Disk {
	t.Helper()
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := layer(); err != nil {
		t.Fatal(err)
	}
	d := &Disk{dir: dir + string(filepath.Separator)}
	d.Heal()
	disks.Store(d, true)
	t.Cleanup(func() { disks.Delete(d) })
	return d
}

// Break makes all operations of a kind fail, after so many of them.
func (d *Disk) Break(f Fault, after int) {
	d.hits.Store(0)
	d.fault.Store(int32(f))
	d.after.Store(int64(after))
}

// Heal makes the disk work again, and tells how many operations had failed.
func (d *Disk) Heal() (failed int) {
	d.after.Store(healthy)
	return int(d.hits.Load())
}

// SQLite has one table of file layers per process, so there is one of these.
var (
	disks sync.Map // *Disk: true
	files sync.Map // of SQLite's file handle: *Disk
	layer = sync.OnceValue(register)
	lower uintptr // the system's layer
)

// fails decides one operation of an open file.
func fails(file uintptr, op int32) (code int32, failed bool) {
	v, ok := files.Load(file)
	if !ok {
		return 0, false
	}
	d := v.(*Disk)
	code, concerned := Fault(d.fault.Load()).code(op)
	if !concerned || d.after.Load() < 0 {
		return 0, false
	}
	if d.after.Load() > 0 && d.after.Add(-1) >= 0 {
		return 0, false
	}
	d.hits.Add(1)
	return code, true
}

// Operations, named by the code of their failure.
const (
	read     = sqlite3.SQLITE_IOERR_READ
	write    = sqlite3.SQLITE_IOERR_WRITE
	truncate = sqlite3.SQLITE_IOERR_TRUNCATE
	flush    = sqlite3.SQLITE_IOERR_FSYNC
)

func (f Fault) code(op int32) (code int32, concerned bool) {
	switch f {
	case Full:
		return sqlite3.SQLITE_FULL, op == write
	case BadWrite:
		return op, op == write || op == truncate
	case BadFlush:
		return op, op == flush
	case BadRead:
		return op, op == read
	default:
		return op, true
	}
}

// methods is a file's table of functions, with ours in some places, and where
// the table is that it was made from.
type methods struct {
	sqlite3.Tsqlite3_io_methods
	below uintptr
}

// register makes a copy of the system's layer, with our way to open files, the
// one that SQLite uses. It stays for the life of the process.
func register() error {
	tls := libc.NewTLS()
	if rc := sqlite3.Xsqlite3_initialize(tls); rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("initialize SQLite: %d", rc)
	}
	lower = sqlite3.Xsqlite3_vfs_find(tls, 0)
	if lower == 0 {
		return fmt.Errorf("SQLite has no file layer")
	}
	name, err := libc.CString("diskfault")
	if err != nil {
		return err
	}
	upper := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_vfs{})))
	*vfs(upper) = *vfs(lower)
	vfs(upper).FzName, vfs(upper).FpNext = name, 0
	vfs(upper).FxOpen = pointer(&opener)
	if rc := sqlite3.Xsqlite3_vfs_register(tls, upper, 1); rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("register a file layer: %d", rc)
	}
	return nil
}

// The functions that SQLite calls, as variables: it keeps their addresses.
var (
	opener    = open
	closer    = closeFile
	reader    = func(tls *libc.TLS, f, p uintptr, n int32, at int64) int32 { return transfer(tls, f, p, n, at, read) }
	writer    = func(tls *libc.TLS, f, p uintptr, n int32, at int64) int32 { return transfer(tls, f, p, n, at, write) }
	truncater = truncateFile
	flusher   = flushFile
)

// pointer is how SQLite, translated to Go, keeps a function.
func pointer[F any](f *F) uintptr { return *(*uintptr)(unsafe.Pointer(f)) }

// function is the opposite of pointer.
func function[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&struct{ uintptr }{p})) }

func vfs(p uintptr) *sqlite3.Tsqlite3_vfs { return at[sqlite3.Tsqlite3_vfs](p) }

// at is what is at an address of SQLite's memory, which the collector of
// garbage does not move.
func at[T any](p uintptr) *T { return *(**T)(unsafe.Pointer(&p)) }

func open(tls *libc.TLS, _, name, file uintptr, flags int32, out uintptr) int32 {
	rc := function[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](vfs(lower).FxOpen)(tls, lower, name, file, flags, out)
	d := diskOf(name)
	if rc != sqlite3.SQLITE_OK || d == nil {
		return rc
	}
	f := at[sqlite3.Tsqlite3_file](file)
	p := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(methods{})))
	m := at[methods](p)
	m.Tsqlite3_io_methods, m.below = *at[sqlite3.Tsqlite3_io_methods](f.FpMethods), f.FpMethods
	m.FxClose, m.FxRead, m.FxWrite = pointer(&closer), pointer(&reader), pointer(&writer)
	m.FxTruncate, m.FxSync = pointer(&truncater), pointer(&flusher)
	f.FpMethods = p
	files.Store(file, d)
	return rc
}

func diskOf(name uintptr) (found *Disk) {
	if name == 0 { // a temporary file
		return nil
	}
	path := libc.GoString(name)
	disks.Range(func(d, _ any) bool {
		if strings.HasPrefix(path, d.(*Disk).dir) {
			found = d.(*Disk)
		}
		return found == nil
	})
	return found
}

// below is the system's functions for a file of ours.
func below(file uintptr) *sqlite3.Tsqlite3_io_methods {
	m := at[methods](at[sqlite3.Tsqlite3_file](file).FpMethods)
	return at[sqlite3.Tsqlite3_io_methods](m.below)
}

func closeFile(tls *libc.TLS, file uintptr) int32 {
	f := at[sqlite3.Tsqlite3_file](file)
	ours := f.FpMethods
	f.FpMethods = at[methods](ours).below
	files.Delete(file)
	libc.Xfree(tls, ours)
	return function[func(*libc.TLS, uintptr) int32](at[sqlite3.Tsqlite3_io_methods](f.FpMethods).FxClose)(tls, file)
}

func transfer(tls *libc.TLS, file, buffer uintptr, n int32, offset int64, op int32) int32 {
	if code, failed := fails(file, op); failed {
		return code
	}
	f := below(file).FxRead
	if op == write {
		f = below(file).FxWrite
	}
	return function[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](f)(tls, file, buffer, n, offset)
}

func truncateFile(tls *libc.TLS, file uintptr, size int64) int32 {
	if code, failed := fails(file, truncate); failed {
		return code
	}
	return function[func(*libc.TLS, uintptr, int64) int32](below(file).FxTruncate)(tls, file, size)
}

func flushFile(tls *libc.TLS, file uintptr, flags int32) int32 {
	if code, failed := fails(file, flush); failed {
		return code
	}
	return function[func(*libc.TLS, uintptr, int32) int32](below(file).FxSync)(tls, file, flags)
}
