package proof_test

import (
	"bytes"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"ksync/internal/proof"
)

// memoryOf skips the test where the system does not tell.
func memoryOf(t *testing.T, s *proof.Server, row string) int64 {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("memory is read from /proc")
	}
	n, err := proof.Memory(s.PID(), row)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

var (
	idleFor     = flag.Duration("idle", 0, "how long a server does nothing before its memory is read")
	idleObjects = flag.Int("idle-objects", 300, "contacts that an idle server keeps")
)

// maxIdle is the bar. Other processors have other pages, and other code.
func maxIdle() int64 {
	if runtime.GOARCH != "amd64" || os.Getpagesize() != 4<<10 {
		return 80e6
	}
	return 40e6
}

// TestMemory_SmallWhenIdle: after the start and after what devices ask for all day,
// on a database that is new and on one that is full.
func TestMemory_SmallWhenIdle(t *testing.T) {
	t.Parallel()
	for name, objects := range map[string]int{"new": 0, "full": *idleObjects} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := restarted(t, objects)
			checkIdle(t, s, "after the start")
			for range 12 {
				for _, place := range []string{c.Principal, c.Calendars, c.AddressBooks} {
					if _, err := c.Query(t.Context(), "PROPFIND", place, "1", `<D:propfind xmlns:D="DAV:"><D:prop><D:displayname/><D:sync-token/></D:prop></D:propfind>`); err != nil {
						t.Fatal(err)
					}
				}
			}
			checkIdle(t, s, "after 36 requests")
			if _, err := c.Want(t.Context(), []int{http.StatusOK}, "GET", "/sign-in", nil, nil); err != nil {
				t.Fatal(err)
			}
			t.Logf("after a page: %s", memoryText(t, s))
		})
	}
}

// restarted is a server that was started on that many contacts of one account.
func restarted(t *testing.T, contacts int) (*proof.Server, *proof.Client) {
	t.Helper()
	data := t.TempDir()
	s, err := proof.Start(t.Context(), binary, data)
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Account(t.Context(), "ann")
	s.Stop()
	if err != nil {
		t.Fatal(err)
	}
	var cards bytes.Buffer
	for i := range contacts {
		cards.Write(proof.Card(fmt.Sprintf("card-%d", i), i, 0))
	}
	file := filepath.Join(t.TempDir(), "contacts.vcf")
	if err := os.WriteFile(file, cards.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if contacts > 0 {
		if _, err := proof.Command(t.Context(), binary, data, "import", "--account", "ann", file); err != nil {
			t.Fatal(err)
		}
	}
	s = startOn(t, data)
	return s, c.At(s.URL)
}

func checkIdle(t *testing.T, s *proof.Server, when string) {
	t.Helper()
	time.Sleep(*idleFor) // nothing, unless somebody wants to see it
	t.Logf("%s: %s", when, memoryText(t, s))
	if rss := memoryOf(t, s, "VmRSS"); rss > maxIdle() {
		t.Errorf("%s %.1f MB are in memory, want at most %.0f", when, float64(rss)/1e6, float64(maxIdle())/1e6)
	}
}

// memoryText tells the server's own memory from the pages of files that are
// mapped, which are those of the binary.
func memoryText(t *testing.T, s *proof.Server) string {
	t.Helper()
	mb := func(row string) float64 { return float64(memoryOf(t, s, row)) / 1e6 }
	return fmt.Sprintf("%.1f MB, of which %.1f are its own and %.1f of files", mb("VmRSS"), mb("RssAnon"), mb("RssFile"))
}

// TestMemory_FirstSyncStreams holds design.md §5.12: an answer of 64 MiB makes
// the server hardly larger than one of 8 MiB has.
func TestMemory_FirstSyncStreams(t *testing.T) {
	t.Parallel()
	const objects, size = 1024, 64 << 10
	s, c := start(t)
	book := c.AddressBooks + "contacts/"
	large := "X-LARGE:" + strings.Repeat("x", size) + "\r\nNOTE:"
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := w; i < objects; i += 8 {
				uid := fmt.Sprintf("large-%d", i)
				card := bytes.Replace(proof.Card(uid, i, 0), []byte("NOTE:"), []byte(large), 1)
				if _, err := c.Put(t.Context(), book+uid+".vcf", card); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	ask := func(limit string) *proof.Response {
		body := `<D:sync-collection xmlns:D="DAV:" xmlns:CR="` + proof.CardDAV + `"><D:sync-token/><D:sync-level>1</D:sync-level>` + limit + `<D:prop><D:getetag/><CR:address-data/></D:prop></D:sync-collection>`
		resp, err := c.Want(t.Context(), []int{http.StatusMultiStatus}, "REPORT", book, proof.Header{"Depth", "1", "User-Agent", "Thunderbird/140.0"}, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	ask(fmt.Sprintf(`<D:limit><D:nresults>%d</D:nresults></D:limit>`, objects/8))
	before := memoryOf(t, s, "VmHWM")
	resp := ask("")
	if len(resp.Body) < objects*size {
		t.Fatalf("an answer of %d MiB, want more than %d MiB", len(resp.Body)>>20, objects*size>>20)
	}
	grown := memoryOf(t, s, "VmHWM") - before
	t.Logf("grew by %d KiB for an answer of %d MiB", grown>>10, len(resp.Body)>>20)
	if grown > 24<<20 {
		t.Errorf("grew by %d MiB for an answer of %d MiB", grown>>20, len(resp.Body)>>20)
	}
}
