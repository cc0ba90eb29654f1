package proof_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"ksync/internal/proof"
)

// TestFault_ServerRunsOutOfRoom lets the real server meet the real limit of a
// disk: it puts writes off, goes on answering questions rightly, and takes
// writes again as soon as there is room, without a restart.
func TestFault_ServerRunsOutOfRoom(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		status int
		limit  func(t *testing.T, data string, s *proof.Server) (more func())
		disk   func(t *testing.T) string
	}{
		{"file size limit", http.StatusServiceUnavailable, limitFiles, func(t *testing.T) string { return t.TempDir() }},
		{"full disk", http.StatusInsufficientStorage, fullDisk, smallDisk},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			data := test.disk(t)
			s := startOn(t, data, littleRoom)
			c, err := s.Account(t.Context(), "ann")
			if err != nil {
				t.Fatal(err)
			}
			full := &filling{T: t, c: c, book: c.AddressBooks + "contacts/", status: test.status, etags: map[string]string{}}
			replica := proof.NewReplica(c, full.book)
			sync1(t, replica)
			more := test.limit(t, data, s)
			full.until(3000)
			for n := range 20 {
				full.refused(100_000 + n)
			}
			full.compare(replica) // reading goes on
			more()
			full.taken(200_000)
			full.compare(replica)
			s.Stop()
			command(t, data, "verify")
			t.Logf("%d objects were acknowledged before the first was put off", len(full.etags)-1)
		})
	}
}

// filling is a client that writes until there is no room, and remembers what
// was acknowledged.
type filling struct {
	*testing.T
	c      *proof.Client
	book   string
	status int
	etags  map[string]string
}

// large is a card of 64 KiB.
func large(n int) []byte {
	text := string(proof.Card(fmt.Sprintf("large-%d", n), n, 0))
	return []byte(strings.Replace(text, "NOTE:", "NOTE:"+strings.Repeat("x", 64<<10), 1))
}

func (f *filling) put(n int) (path string, resp *proof.Response) {
	f.Helper()
	path = fmt.Sprintf("%slarge-%d.vcf", f.book, n)
	resp, err := f.c.Do(f.Context(), http.MethodPut, path, proof.Header{"Content-Type", "text/vcard"}, large(n))
	if err != nil {
		f.Fatal(err)
	}
	return path, resp
}

func (f *filling) taken(n int) {
	f.Helper()
	path, resp := f.put(n)
	if resp.Status != http.StatusCreated {
		f.Fatalf("%s: status %d\n%s", path, resp.Status, resp.Body)
	}
	f.etags[path] = resp.Header.Get("ETag")
}

// until writes until the first refusal.
func (f *filling) until(most int) {
	f.Helper()
	for n := range most {
		path, resp := f.put(n)
		if resp.Status != http.StatusCreated {
			f.check(resp)
			return
		}
		f.etags[path] = resp.Header.Get("ETag")
	}
	f.Fatalf("%d objects found room", most)
}

// refused writes where there is no room; a smaller object than before may
// still find some, the same one must not.
func (f *filling) refused(n int) {
	f.Helper()
	_, resp := f.put(n)
	f.check(resp)
}

func (f *filling) check(resp *proof.Response) {
	f.Helper()
	if resp.Status != f.status || resp.Header.Get("Retry-After") == "" {
		f.Errorf("without room: status %d, want %d; Retry-After %q\n%s", resp.Status, f.status, resp.Header.Get("Retry-After"), resp.Body)
	}
}

// compare: listing, syncing and reading give all that was acknowledged, and no more.
func (f *filling) compare(r *proof.Replica) {
	f.Helper()
	sync1(f.T, r)
	checkReplica(f, r, "a client that syncs")
	if len(r.ETags) != len(f.etags) {
		f.Errorf("%d objects, %d were acknowledged", len(r.ETags), len(f.etags))
	}
	for path, etag := range f.etags {
		resp, err := f.c.Do(f.Context(), http.MethodGet, path, nil, nil)
		if err != nil || resp.Status != http.StatusOK || resp.Header.Get("ETag") != etag {
			f.Errorf("%s: %+v, %v", path, resp, err)
		}
	}
}

// limitFiles lets no file of the server grow past 2 MiB.
func limitFiles(t *testing.T, _ string, s *proof.Server) (more func()) {
	t.Helper()
	setFileLimit(t, s.PID(), 2<<20)
	return func() { setFileLimit(t, s.PID(), ^uint64(0)) }
}

// setFileLimit is prlimit(2), RLIMIT_FSIZE, of which only the soft one changes.
func setFileLimit(t *testing.T, pid int, bytes uint64) {
	t.Helper()
	limit := syscall.Rlimit{Cur: bytes, Max: ^uint64(0)}
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(pid), syscall.RLIMIT_FSIZE, uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
	if errno != 0 {
		t.Fatal(errno)
	}
}

// littleRoom is what a server on a small disk calls enough.
const littleRoom = "--min-free=1MiB"

// smallDisk is a file system of its own, of 16 MiB, where root may make one.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=16m"); errors.Is(err, os.ErrPermission) {
		t.Skipf("a small disk needs root: mount: %v; the limit on files stands in for it", err)
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fullDisk: the disk is small; more room is a larger one.
func fullDisk(t *testing.T, data string, _ *proof.Server) (more func()) {
	return func() {
		if err := syscall.Mount("tmpfs", data, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
			t.Fatal(err)
		}
	}
}

// A server does not begin on a disk that it cannot write, says so, and begins
// when it can.
func TestFault_ReadOnlyDisk(t *testing.T) {
	t.Parallel()
	data := smallDisk(t)
	s := startOn(t, data, littleRoom)
	c, err := s.Account(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	path := put(t, c, c.AddressBooks+"contacts/", 1, 0)
	s.Stop()
	remount(t, data, syscall.MS_RDONLY)
	if other, err := proof.Start(t.Context(), binary, data, littleRoom); err == nil {
		other.Stop()
		t.Error("a server began")
	} else if !strings.Contains(err.Error(), "read-only") {
		t.Errorf("a server says: %v", err)
	}
	if _, err := proof.Command(t.Context(), binary, data, "user", "add", "bob"); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("a command says: %v", err)
	}
	remount(t, data, 0)
	c = c.At(startOn(t, data, littleRoom).URL)
	if _, err := c.Want(t.Context(), []int{http.StatusOK}, http.MethodGet, path, nil, nil); err != nil {
		t.Error(err)
	}
}

func remount(t *testing.T, dir string, flags uintptr) {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|flags, "size=16m"); err != nil {
		t.Fatal(err)
	}
}

// A backup that finds no room leaves nothing that looks like one.
func TestFault_BackupWithoutRoom(t *testing.T) {
	t.Parallel()
	disk, data := smallDisk(t), t.TempDir()
	s := startOn(t, data)
	c, err := s.Account(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	full := &filling{T: t, c: c, book: c.AddressBooks + "contacts/", etags: map[string]string{}}
	full.taken(1)
	folder := filepath.Join(disk, "backups")
	command(t, data, "backup", folder)
	if err := os.WriteFile(filepath.Join(disk, "filler"), make([]byte, 16<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	if _, err := proof.Command(t.Context(), binary, data, "backup", folder); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("got %v", err)
	}
	names, err := os.ReadDir(folder)
	if err != nil || len(names) != 1 {
		t.Errorf("in the folder: %v, %v", names, err)
	}
	command(t, t.TempDir(), "restore", folder)
}
