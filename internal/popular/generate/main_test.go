package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCut_TakesTheFirstThatAreLongEnough(t *testing.T) {
	t.Parallel()
	list := []string{"short", "longenough\r", "bad\xffbytes", "пароль12", "пароль1", "password", "password1"}
	if diff := cmp.Diff([]string{"longenough", "пароль12", "password"}, cut{8, 3}.of(list)); diff != "" {
		t.Error(diff)
	}
}

// ASVS 5.0 6.2.4 asks for as many of each length that the policy has.
func TestRankings_AreLongEnoughForThePolicy(t *testing.T) {
	t.Parallel()
	most := map[int]int{}
	for _, r := range rankings() {
		for _, c := range r.take {
			most[c.least] = max(most[c.least], c.first)
		}
	}
	if most[8] < 3000 || most[12] < 3000 {
		t.Errorf("got %v", most)
	}
}

func TestMember(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ball, wheel := filepath.Join(dir, "a.tgz"), filepath.Join(dir, "a.whl")
	write(t, ball, zipped(t, tarOf(t, "list.txt", []byte("one\ntwo\n"))))
	write(t, wheel, zipOf(t, "list.txt.gz", zipped(t, []byte("three\n"))))
	for _, tt := range []struct{ path, name, want string }{{ball, "list.txt", "one\ntwo\n"}, {wheel, "list.txt.gz", "three\n"}} {
		got, err := member(tt.path, tt.name)
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: got %q, %v", tt.name, got, err)
		}
		if _, err := member(tt.path, "other"); err == nil {
			t.Errorf("%s has what it has not", tt.path)
		}
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func zipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err1 := w.Write(data)
	if err2 := w.Close(); err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return b.Bytes()
}

func tarOf(t *testing.T, name string, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	err1 := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(data)), Mode: 0o600})
	_, err2 := w.Write(data)
	if err3 := w.Close(); err1 != nil || err2 != nil || err3 != nil {
		t.Fatal(err1, err2, err3)
	}
	return b.Bytes()
}

func zipOf(t *testing.T, name string, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	_, err1 := f.Write(data)
	if err2 := w.Close(); err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return b.Bytes()
}
