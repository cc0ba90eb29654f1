package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"os"
	"strings"
	"testing"
	"time"
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
