package proof_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite" // to read what a killed process left

	"ksync/internal/proof"
	"ksync/store/storetest"
)

// kill runs a command that is killed after a moment, and tells what became of it.
func (w *window) kill(t *testing.T, random *rand.Rand, data string, args ...string) (ended bool) {
	t.Helper()
	ended, err := proof.Killed(t.Context(), w.moment(random), binary, data, args...)
	if err != nil {
		t.Fatal(err)
	}
	return ended
}

func ending(ended bool) string {
	if ended {
		return "was over before the kill"
	}
	return "killed in the middle"
}

const (
	crashCards  = 600
	crashEvents = 200
)

// crashImport kills an import beside a server, and the server with every
// second one. The objects are there whole or not at all, and importing again
// brings the rest, none twice.
func (w *window) crashImport(t *testing.T, random *rand.Rand) string {
	data, files := t.TempDir(), t.TempDir()
	writeImport(t, files)
	s := startOn(t, data)
	c, err := s.Account(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	replica := proof.NewReplica(c, c.AddressBooks+"contacts/")
	sync1(t, replica)
	ended := false
	for range 2 {
		ended = w.kill(t, random, data, "import", files, "--account", "ann")
		w.learn(ended)
		if random.IntN(2) == 0 {
			s.Kill()
			s = startOn(t, data)
			replica.Client = c.At(s.URL)
		}
		command(t, data, "verify")
		sync1(t, replica)
		checkReplica(t, replica, "after a killed import")
	}
	command(t, data, "import", files, "--account", "ann")
	sync1(t, replica)
	checkReplica(t, replica, "after the whole import")
	if len(replica.ETags) != crashCards {
		t.Errorf("%d cards, want %d", len(replica.ETags), crashCards)
	}
	checkImported(t, data)
	return ending(ended)
}

func writeImport(t *testing.T, dir string) {
	t.Helper()
	var cards, events strings.Builder
	for n := range crashCards {
		cards.Write(proof.Card(fmt.Sprintf("import-%d", n), n, 0))
	}
	for n := range crashEvents {
		events.Write(proof.Event(fmt.Sprintf("import-%d", n), n, 0, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), n%5 == 0))
	}
	// one calendar of all: what closes one and opens the next is cut out
	text := strings.ReplaceAll(events.String(), "END:VCALENDAR\r\nBEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//proof//EN\r\n", "")
	for name, content := range map[string]string{"cards.vcf": cards.String(), "events.ics": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func checkImported(t *testing.T, data string) {
	t.Helper()
	if got := verified(t, data); got != crashCards+crashEvents {
		t.Errorf("%d objects, want %d", got, crashCards+crashEvents)
	}
}

// verified checks everything and returns the number of objects.
func verified(t *testing.T, data string) int {
	t.Helper()
	var report struct{ Objects int }
	if err := json.Unmarshal(command(t, data, "verify"), &report); err != nil {
		t.Fatal(err)
	}
	return report.Objects
}

// soundButKeys checks everything, but the app passwords of a database that was
// made without keys.
func soundButKeys(t *testing.T, data string) {
	t.Helper()
	out, failed := proof.Command(t.Context(), binary, data, "verify")
	var report struct{ Findings []string }
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatal(err, failed)
	}
	for _, finding := range report.Findings {
		if !strings.Contains(finding, "made with keys that are not there") {
			t.Error(finding)
		}
	}
}

// crashMigration kills a server that starts on the database of an earlier
// release. What was in it is there, before and after, and so is the copy.
func (w *window) crashMigration(t *testing.T, random *rand.Rand) string {
	data := t.TempDir()
	path, before := filepath.Join(data, "ksyncd.db"), filepath.Join(t.TempDir(), "before.db")
	schemas := storetest.Schemas(t)
	from := schemas[random.IntN(len(schemas)-1)]
	storetest.Old(t, path, from)
	weighDown(t, path)
	copyFile(t, path, before)
	want := storetest.Rows(t, before, before)
	snapshot := fmt.Sprintf("%s.before-%04d", path, from+1)
	stages := tally{}
	for range 3 {
		w.kill(t, random, data, "serve", "--listen", proof.FreeAddress())
		if diff := cmp.Diff(want, storetest.Rows(t, path, before)); diff != "" {
			t.Errorf("from schema %d: %s", from, diff)
		}
		stages = append(stages, stage(t, snapshot, path, from))
		w.learn(stages[len(stages)-1] == tooLate)
	}
	startOn(t, data).Stop()
	soundButKeys(t, data)
	for _, file := range []string{path, snapshot} {
		if diff := cmp.Diff(want, storetest.Rows(t, file, before)); diff != "" {
			t.Errorf("from schema %d, %s: %s", from, filepath.Base(file), diff)
		}
	}
	return stages[0]
}

const tooLate = "killed after migrating"

// stage tells how far a start came.
func stage(t *testing.T, snapshot, path string, from int64) string {
	t.Helper()
	if _, err := os.Stat(snapshot); os.IsNotExist(err) {
		return "killed before there was a copy"
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var version int64
	if err := db.QueryRowContext(t.Context(), "select max(version_id) from goose_db_version").Scan(&version); err != nil {
		t.Fatal(err)
	}
	if version == from {
		return "killed before a migration was done"
	}
	return tooLate
}

// weighDown makes a database so large that copying it takes a while.
func weighDown(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for n := range 16 {
		_, err := db.ExecContext(t.Context(), `insert into property (account_id, collection_id, uri, name, value)
			values ($1, 0, '', $2, hex(zeroblob(500000)))`, storetest.OldAccount, fmt.Sprintf("{x}%d", n))
		if err != nil {
			t.Fatal(err)
		}
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// crashBackup kills backups, and then the server, while clients write. A file
// that has a backup's name is one, and holds what had been acknowledged.
func (w *window) crashBackup(t *testing.T, random *rand.Rand) string {
	data, folder := t.TempDir(), filepath.Join(t.TempDir(), "backups")
	s := startOn(t, data)
	c, err := s.Account(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	stop := storm(t, c)
	ended := w.kill(t, random, data, "backup", folder)
	w.learn(ended)
	w.learn(w.kill(t, random, data, "backup", folder))
	first := stop.acknowledged()
	var whole struct{ File string }
	if err := json.Unmarshal(command(t, data, "backup", folder), &whole); err != nil {
		t.Fatal(err)
	}
	stop.after(func() { s.Kill() })
	last := stop.acknowledged()
	command(t, data, "verify")

	names, err := filepath.Glob(filepath.Join(folder, "ksyncd-*.tar.zst"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		restored := t.TempDir()
		command(t, restored, "restore", name)
		if name == whole.File {
			checkAcknowledged(t, c.At(startOn(t, restored).URL), first)
		}
	}
	checkAcknowledged(t, c.At(startOn(t, data).URL), last)
	return ending(ended)
}

// storming is many clients that write until they are stopped.
type storming struct {
	mu    sync.Mutex
	acked map[string]string // ETag by path
	wg    sync.WaitGroup
	stop  context.CancelFunc
}

// storm begins once the first write was acknowledged: however slow the machine
// is, there is something to be found again.
func storm(t *testing.T, c *proof.Client) *storming {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &storming{acked: map[string]string{}, stop: cancel}
	t.Cleanup(func() { s.after(func() {}) })
	if err := s.put(ctx, c, 0); err != nil {
		t.Fatal(err)
	}
	for client := range 8 {
		s.wg.Go(func() {
			for n := client + 1; ctx.Err() == nil; n += 8 {
				if s.put(ctx, c, n) != nil {
					return // killed, or over
				}
			}
		})
	}
	return s
}

func (s *storming) put(ctx context.Context, c *proof.Client, n int) error {
	uid := fmt.Sprintf("storm-%d", n)
	path := c.AddressBooks + "contacts/" + uid + ".vcf"
	etag, err := c.Put(ctx, path, proof.Card(uid, n, 0))
	if err == nil {
		s.mu.Lock()
		s.acked[path] = etag
		s.mu.Unlock()
	}
	return err
}

// after does something in the middle of it and ends the writing.
func (s *storming) after(do func()) {
	do()
	s.stop()
	s.wg.Wait()
}

func (s *storming) acknowledged() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string]string, len(s.acked))
	for path, etag := range s.acked {
		all[path] = strings.Trim(etag, `"`)
	}
	return all
}

func checkAcknowledged(t *testing.T, c *proof.Client, acked map[string]string) {
	t.Helper()
	listed, err := c.Listing(t.Context(), c.AddressBooks+"contacts/")
	if err != nil {
		t.Fatal(err)
	}
	lost := 0
	for path, etag := range acked {
		if strings.Trim(listed[path], `"`) != etag {
			lost++
		}
	}
	if lost > 0 || len(acked) == 0 {
		t.Errorf("%d of %d acknowledged objects are not there", lost, len(acked))
	}
}

// crashRestore kills restores over a database that has gone on since the
// backup. What is opened afterwards is the one or the other, or refuses, and a
// whole restore ends it; what was put aside is never lost.
func (w *window) crashRestore(t *testing.T, random *rand.Rand) string {
	data, folder := t.TempDir(), filepath.Join(t.TempDir(), "backups")
	s := startOn(t, data)
	c, err := s.Account(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	const before, after = 40, 55
	for n := range after {
		if n == before {
			command(t, data, "backup", folder)
		}
		put(t, c, c.AddressBooks+"contacts/", n, 0)
	}
	s.Stop()
	how := tally{}
	for range 3 {
		ended := w.kill(t, random, data, "restore", folder, "--force")
		w.learn(ended)
		how = append(how, afterRestore(t, data, before, after, ended))
	}
	command(t, data, "restore", folder, "--force")
	if n := verified(t, data); n != before {
		t.Errorf("%d objects, the backup has %d", n, before)
	}
	checkKept(t, data, after)
	c = c.At(startOn(t, data).URL)
	if _, err := c.Want(t.Context(), []int{http.StatusOK}, http.MethodGet, c.AddressBooks+"contacts/backup-0.vcf", nil, nil); err != nil {
		t.Error(err)
	}
	return how[0]
}

// afterRestore looks at what a killed restore left.
func afterRestore(t *testing.T, data string, before, after int, ended bool) string {
	t.Helper()
	out, err := proof.Command(t.Context(), binary, data, "verify")
	if err != nil {
		if ended || !strings.Contains(err.Error(), "a restore was interrupted") {
			t.Errorf("after a killed restore: %v", err)
		}
		return "killed while files changed"
	}
	var report struct{ Objects int }
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatal(err)
	}
	if report.Objects != before && report.Objects != after {
		t.Errorf("%d objects, neither %d nor %d", report.Objects, before, after)
	}
	if report.Objects == before {
		return "was over before the kill"
	}
	return "killed while it prepared"
}

// checkKept: the database that was there at first is among those put aside.
func checkKept(t *testing.T, data string, objects int) {
	t.Helper()
	aside, err := filepath.Glob(filepath.Join(data, "before-restore-*", "ksyncd.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range aside {
		dir := t.TempDir()
		copyFile(t, path, filepath.Join(dir, "ksyncd.db"))
		copyFile(t, filepath.Join(data, "keys"), filepath.Join(dir, "keys"))
		if verified(t, dir) == objects {
			return
		}
	}
	t.Errorf("none of %v has the %d objects from before", aside, objects)
}
