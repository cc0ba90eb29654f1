package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // to do damage

	"ksync/internal/config"
)

// verify tells what is wrong, by name, and its exit code says so.
func TestVerify_TellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	command := func(args ...string) (code int, out, err string) {
		var o, e bytes.Buffer
		code = run(append(args, "--data", data), &environment{
			ctx: context.Background(), in: bufio.NewReader(strings.NewReader("")), out: &o, err: &e, now: time.Now, rand: rand.Reader})
		return code, o.String(), e.String()
	}
	if code, _, err := command("user", "add", "ann"); code != 0 {
		t.Fatal(err)
	}
	if code, out, err := command("verify", "--json"); code != 0 || !strings.Contains(out, `"findings":[]`) {
		t.Errorf("code %d\n%s%s", code, out, err)
	}
	db, err := sql.Open("sqlite", filepath.Join(data, config.DatabaseName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), `update collection set count = 7 where uri = 'contacts'`); err != nil {
		t.Fatal(err)
	}
	code, out, stderr := command("verify")
	if code != exitFailure || !strings.Contains(out, "counters say {bytes:0 count:7 kept:0}") || !strings.Contains(stderr, "1 things are not right") {
		t.Errorf("code %d\n%s%s", code, out, stderr)
	}
}
