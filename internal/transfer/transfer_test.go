package transfer

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/account"
	"ksync/internal/caldav"
	"ksync/internal/carddav"
	"ksync/store"
	"ksync/store/storetest"
)

// checks are those of a PUT.
func checks() map[store.Kind]Check {
	return map[store.Kind]Check{store.AddressBook: carddav.Kind().Check, store.Calendar: caldav.Kind().Check}
}

func newAccount(t testing.TB) (*store.Store, store.Account) {
	t.Helper()
	st := storetest.Open(t)
	a, err := account.Create(t.Context(), st, store.Account{Login: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	return st, a
}

// tree writes files, given as name and content, and returns their directory.
func tree(t testing.TB, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i+1 < len(files); i += 2 {
		path := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func zipped(t testing.TB, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i+1 < len(files); i += 2 {
		e, err := w.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(tree(t, "a.zip", b.String()), "a.zip")
}

func importAll(t testing.TB, o Options, lim Limits, paths ...string) *Report {
	t.Helper()
	o.Checks = checks()
	files, err := Open(paths, lim)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := files.Close(); err != nil {
			t.Error(err)
		}
	}()
	r, err := Import(t.Context(), files, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// brief is a report as lines.
func brief(r *Report) []string {
	var all []string
	for _, it := range r.Items {
		s := fmt.Sprintf("%s %s %s %s", filepath.Base(it.Where()), it.UID, it.Collection, it.Outcome)
		if it.Reason != "" {
			s += ": " + it.Reason
		}
		all = append(all, s)
	}
	return all
}

func objects(t testing.TB, st *store.Store, a store.Account) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, kind := range []store.Kind{store.AddressBook, store.Calendar} {
		found, err := st.Collections(t.Context(), a.ID, kind)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range found {
			for q := (store.Query{Account: a.ID, Collection: c.ID, WithBytes: true}); ; {
				page, err := st.Objects(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				if len(page) == 0 {
					break
				}
				for _, o := range page {
					all[c.URI+"/"+o.URI] = string(o.Bytes)
				}
				q.After = page[len(page)-1].URI
			}
		}
	}
	return all
}

func diff(t testing.TB, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func crlf(s string) string { return strings.ReplaceAll(strings.TrimLeft(s, "\n"), "\n", "\r\n") }

func card(uid, fn string) string {
	return crlf("BEGIN:VCARD\nVERSION:3.0\nUID:" + uid + "\nFN:" + fn + "\nN:;" + fn + ";;;\nEND:VCARD\n")
}

func event(uid, summary string) string {
	return crlf("BEGIN:VEVENT\nUID:" + uid + "\nDTSTAMP:20260101T000000Z\nDTSTART:20260102T100000Z\nSUMMARY:" + summary + "\nEND:VEVENT\n")
}

func calendarOf(parts ...string) string {
	return crlf("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n") + strings.Join(parts, "") + crlf("END:VCALENDAR\n")
}

func fixedNow() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }
