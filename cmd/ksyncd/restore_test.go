package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ksync/internal/config"
)

// A restore that waits for a stream from which nothing comes ends when it is
// told to, and leaves nothing.
func TestRestore_StopsWhileNothingComes(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	never, w := io.Pipe()
	defer w.Close()
	ctx, stop := context.WithCancel(t.Context())
	asked := askedReader{never, stop}
	var out, stderr bytes.Buffer
	code := run([]string{"restore", "-", "--data", data}, &environment{ctx: ctx, in: bufio.NewReader(asked), out: &out, err: &stderr, now: time.Now, rand: rand.Reader})
	if code != exitFailure || !strings.Contains(stderr.String(), "context canceled") {
		t.Errorf("code %d\n%s%s", code, &out, &stderr)
	}
	if left, err := os.ReadDir(data); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// What a newer release wrote can be backed up, and is restored by that release only.
func TestRestore_OfANewerRelease(t *testing.T) {
	t.Parallel()
	data, folder := t.TempDir(), t.TempDir()
	command := func(args ...string) (code int, stderr string) {
		var o, e bytes.Buffer
		code = run(args, &environment{ctx: t.Context(), in: bufio.NewReader(strings.NewReader("")), out: &o, err: &e, now: time.Now, rand: rand.Reader})
		return code, e.String()
	}
	if code, err := command("user", "add", "ann", "--data", data); code != 0 {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(data, config.DatabaseName))
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), `insert into goose_db_version (version_id, is_applied) values (99999, 1)`)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if code, err := command("verify", "--data", data); code != exitFailure || !strings.Contains(err, "before-NNNN") {
		t.Errorf("code %d: %s", code, err)
	}
	if code, err := command("backup", folder, "--data", data); code != 0 {
		t.Fatal(err)
	}
	target := t.TempDir()
	if code, err := command("restore", folder, "--data", target); code != exitFailure || !strings.Contains(err, "is of a newer release ("+version+"): restore it with that one") {
		t.Errorf("code %d: %s", code, err)
	}
	if left, err := os.ReadDir(target); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// askedReader calls asked before it reads.
type askedReader struct {
	io.Reader
	asked func()
}

// Read implements io.Reader.
func (r askedReader) Read(p []byte) (int, error) {
	r.asked()
	return r.Reader.Read(p)
}
