package transfer

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"ksync/internal/need"
)

func TestOpen_Archives(t *testing.T) {
	t.Parallel()
	ann, ben := card("a", "Ann"), card("b", "Ben")
	nested := func() string {
		data, err := os.ReadFile(zipped(t, "a.vcf", ann))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}()
	for _, tt := range []struct {
		name   string
		limits Limits
		files  []string
		want   []string
	}{
		{"entries by extension and by content", Limits{}, []string{"a.vcf", ann, "dir/b", ben, "photo.jpg", "\xff\xd8"},
			[]string{"a.zip:a.vcf:1 a contacts created", "b:1 b contacts created"}},
		{"paths that lead out stay names", Limits{}, []string{"../../etc/passwd.vcf", ann, `..\..\b.vcf`, ben, "/abs.vcf", card("c", "Cid")},
			[]string{"passwd.vcf:1 a contacts created", `a.zip:..\..\b.vcf:1 b contacts created`, "abs.vcf:1 c contacts created"}},
		{"what systems add", Limits{}, []string{"__MACOSX/._a.vcf", "\x00\x05\x16\x07", "a/.DS_Store", "x", "a.vcf", ann},
			[]string{"a.zip:a.vcf:1 a contacts created"}},
		{"archive in archive", Limits{}, []string{"in.zip", nested, "in.vcf", nested, "a.vcf", ann},
			[]string{
				"a.zip:in.zip   failed: an archive inside an archive; unpack it first",
				"a.zip:in.vcf   failed: an archive inside an archive; unpack it first",
				"a.zip:a.vcf:1 a contacts created"}},
		{"more than all may be", Limits{Archive: int64(len(ann) + 10)}, []string{"a.vcf", ann, "b.vcf", ben},
			[]string{"a.zip:a.vcf:1 a contacts created", "a.zip:b.vcf   failed: the archive unpacks to more than 0 MiB"}},
		{"more than one may be", Limits{File: int64(len(ann) + 10)}, []string{"a.vcf", ann + ben, "b.vcf", ben},
			[]string{"a.zip:a.vcf   failed: larger than 0 MiB; split it", "a.zip:b.vcf:1 b contacts created"}},
		{"bomb", Limits{}, []string{"a.vcf", ann + strings.Repeat("\r\n", 9<<20), "b.vcf", ben},
			[]string{"a.zip:a.vcf   failed: compressed beyond what real data is", "a.zip:b.vcf:1 b contacts created"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st, a := newAccount(t)
			diff(t, brief(importAll(t, Options{Store: st, Account: a.ID}, tt.limits, zipped(t, tt.files...))), tt.want)
		})
	}
}

// An archive says how long an entry is; what it says may be a lie.
func TestOpen_LyingArchive(t *testing.T) {
	t.Parallel()
	path := zipped(t, "a.vcf", card("a", "Ann"))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	size := r.File[0].UncompressedSize64
	at := bytes.LastIndex(data, []byte("PK\x01\x02")) + 24
	if uint64(data[at]) != size {
		t.Fatalf("size not found: %d, want %d", data[at], size)
	}
	data[at] = 10
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	st, a := newAccount(t)
	got := importAll(t, Options{Store: st, Account: a.ID}, Limits{}, path)
	diff(t, got.Total[Failed], 1)
	diff(t, len(got.Items), 1)
}

func TestOpen_TooManyFiles(t *testing.T) {
	t.Parallel()
	dir := tree(t, "a.vcf", "", "b.vcf", "", "c.vcf", "")
	if _, err := Open([]string{dir}, Limits{Files: 2}); err == nil || err.Error() != "more than 2 files" {
		t.Error(err)
	}
}

func TestOpen_NoSuchFile(t *testing.T) {
	t.Parallel()
	if _, err := Open([]string{filepath.Join(t.TempDir(), "none")}, Limits{}); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestOpen_FollowsOnlyLinksThatAreNamed(t *testing.T) {
	t.Parallel()
	dir := tree(t, "real/a.vcf", card("a", "Ann"), "elsewhere/b.vcf", card("b", "Ben"))
	for from, to := range map[string]string{"named": "real", "real/dir": "../elsewhere", "real/b.vcf": "../elsewhere/b.vcf"} {
		need.Could(t, os.Symlink(to, filepath.Join(dir, from)), "that links are not followed")
	}
	st, a := newAccount(t)
	diff(t, brief(importAll(t, Options{Store: st, Account: a.ID}, Limits{}, filepath.Join(dir, "named"))), []string{"a.vcf:1 a contacts created"})
}

func TestImport_UTF16(t *testing.T) {
	t.Parallel()
	for name, order := range map[string]func(uint16) []byte{
		"little endian": func(u uint16) []byte { return []byte{byte(u), byte(u >> 8)} },
		"big endian":    func(u uint16) []byte { return []byte{byte(u >> 8), byte(u)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := card("a", "Änn 🙂")
			var b bytes.Buffer
			for _, u := range append([]uint16{0xfeff}, utf16.Encode([]rune(want))...) {
				b.Write(order(u))
			}
			st, a := newAccount(t)
			importAll(t, Options{Store: st, Account: a.ID}, Limits{}, tree(t, "contacts", b.String()))
			diff(t, objects(t, st, a), map[string]string{"contacts/a.vcf": want})
		})
	}
}
