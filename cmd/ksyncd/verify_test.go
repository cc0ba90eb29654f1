package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // to do damage

	"ksync/internal/config"
	"ksync/internal/duplicates"
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
	card := filepath.Join(t.TempDir(), "ann.vcf")
	if err := os.WriteFile(card, []byte("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:a\r\nFN:Ann Keller\r\nN:Keller;Ann;;;\r\nX-ADDRESSBOOKSERVER-KIND:group\r\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:b\r\nEND:VCARD\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, err := command("import", card, "--account", "ann"); code != 0 {
		t.Fatal(err)
	}
	if code, out, err := command("verify"); code != 0 {
		t.Errorf("code %d\n%s%s", code, out, err)
	}
	db, err := sql.Open("sqlite", filepath.Join(data, config.DatabaseName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range []string{
		`update collection set count = 7 where uri = 'contacts'`,
		`update object set uid = 'another'`, // not what its bytes say
		fmt.Sprintf(`update collection set key_version = %d where uri = 'contacts'`, duplicates.Keying().Version),
		`delete from object_key`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	code, out, stderr := command("verify")
	if code != exitFailure || !strings.Contains(stderr, "3 things are not right") {
		t.Errorf("code %d\n%s%s", code, out, stderr)
	}
	for _, finding := range []string{"count:7", "is found by", "has keys"} {
		if !strings.Contains(out, finding) {
			t.Errorf("no word of %q:\n%s", finding, out)
		}
	}
}
