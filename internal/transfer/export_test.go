package transfer

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ksync/store"
)

func export(t *testing.T, st *store.Store, a store.Account, separate bool, path string) *Exported {
	t.Helper()
	e := Exporter{Store: st, Account: a.ID, Separate: separate, Now: fixedNow}
	done, err := e.Export(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func zone(id, offset string) string {
	return crlf("BEGIN:VTIMEZONE\nTZID:" + id + "\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:" + offset + "\nTZOFFSETTO:" + offset + "\nEND:STANDARD\nEND:VTIMEZONE\n")
}

func eventIn(uid, tzid string) string {
	return crlf("BEGIN:VEVENT\nUID:" + uid + "\nDTSTAMP:20260101T000000Z\nDTSTART;TZID=" + tzid + ":20260102T100000\nEND:VEVENT\n")
}

// sample is an account with what export has to cope with.
func sample(t *testing.T) (*store.Store, store.Account) {
	t.Helper()
	st, a := newAccount(t)
	dir := tree(t,
		"1.vcf", card("a", "Ann")+strings.TrimSuffix(card("b", "Ben"), "\r\n"),
		"2.vcf", "\ufeff"+strings.ReplaceAll(card("c", "Cid"), "\r\n", "\n"),
		"1.ics", calendarOf(zone("Europe/Berlin", "+0100"), eventIn("e1", "Europe/Berlin")),
		"2.ics", calendarOf(zone("Europe/Berlin", "+0200"), eventIn("e2", "Europe/Berlin")),
		"3.ics", calendarOf(zone("Mine", "+0300"), eventIn("e3", "Mine")),
		"4.ics", calendarOf(zone("Mine", "+0400"), eventIn("e4", "Mine")),
		"5.ics", calendarOf(event("e5", "folded "+strings.Repeat("x", 60)+"\r\n "+strings.Repeat("ü", 9))),
		"6.ics", calendarOf(crlf("BEGIN:VTODO\nUID:t1\nDTSTAMP:20260101T000000Z\nSUMMARY:Task\nEND:VTODO\n")),
	)
	if r := importAll(t, Options{Store: st, Account: a.ID}, Limits{}, dir); r.Total[Created] != 9 {
		t.Fatal(brief(r))
	}
	return st, a
}

func TestExport_OneFileEach(t *testing.T) {
	t.Parallel()
	st, a := sample(t)
	dir := filepath.Join(t.TempDir(), "out")
	done := export(t, st, a, false, dir)
	diff(t, done, &Exported{Collections: 3, Objects: 9, Files: []string{"Contacts.vcf", "Calendar.ics", "Tasks.ics"}})
	contacts, err := os.ReadFile(filepath.Join(dir, "Contacts.vcf"))
	if err != nil {
		t.Fatal(err)
	}
	diff(t, string(contacts), card("a", "Ann")+card("b", "Ben")+strings.ReplaceAll(card("c", "Cid"), "\r\n", "\n"))
	got, err := os.ReadFile(filepath.Join(dir, "Calendar.ics"))
	if err != nil {
		t.Fatal(err)
	}
	head := crlf("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//ksyncd//export//EN\nNAME:Calendar\nX-WR-CALNAME:Calendar\n")
	rest, ok := strings.CutPrefix(string(got), head)
	if !ok {
		t.Fatalf("%s", got)
	}
	joined, behind, _ := strings.Cut(rest, "END:VCALENDAR\r\n")
	diff(t, joined, zone("Europe/Berlin", "+0100")+eventIn("e1", "Europe/Berlin")+eventIn("e2", "Europe/Berlin")+
		zone("Mine", "+0300")+eventIn("e3", "Mine")+zone("Mine-2", "+0400")+eventIn("e4", "Mine-2")+event("e5", "folded "+strings.Repeat("x", 60)+"\r\n "+strings.Repeat("ü", 9)))
	diff(t, behind, "")
}

// allComponents are the events and tasks of all objects, sorted.
func allComponents(t *testing.T, all map[string]string) []string {
	t.Helper()
	var found []string
	for name, text := range all {
		for b := range blocks([]byte(text)) {
			if b.name == vcardName {
				found = append(found, string(b.data))
				continue
			}
			for _, p := range cutCalendar(b, 0).parts {
				found = append(found, name[:strings.IndexByte(name, '/')]+"\n"+string(p.data))
			}
		}
	}
	slices.Sort(found)
	return found
}

func TestExport_ImportGivesTheSameObjects(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"out", "out.zip"} {
		for _, separate := range []bool{false, true} {
			t.Run(name+map[bool]string{true: " separate"}[separate], func(t *testing.T) {
				t.Parallel()
				st, a := sample(t)
				path := filepath.Join(t.TempDir(), name)
				diff(t, export(t, st, a, separate, path).Objects, 9)
				fresh, b := newAccount(t)
				r := importAll(t, Options{Store: fresh, Account: b.ID}, Limits{}, path)
				diff(t, r.Total[Created], 9)
				want, got := objects(t, st, a), objects(t, fresh, b)
				if separate {
					diff(t, got, want)
				}
				clean := func(all []string) string {
					// In one file, two zones cannot have one name.
					text := strings.ReplaceAll(strings.Join(all, ""), "END:VCARD\r\n", "END:VCARD")
					return strings.NewReplacer("\ufeff", "", "TZID=Mine-2:", "TZID=Mine:").Replace(text)
				}
				diff(t, clean(allComponents(t, got)), clean(allComponents(t, want)))
			})
		}
	}
}

func TestExport_NeverWritesOver(t *testing.T) {
	t.Parallel()
	st, a := sample(t)
	dir := tree(t, "x", "precious", "a.zip", "precious")
	for _, path := range []string{dir, filepath.Join(dir, "a.zip")} {
		if _, err := (&Exporter{Store: st, Account: a.ID, Now: fixedNow}).Export(t.Context(), path); err == nil {
			t.Errorf("wrote over %s", path)
		}
	}
}

func TestExport_ArchiveOnlyWhenWhole(t *testing.T) {
	t.Parallel()
	st, a := sample(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "a.ZIP")
	e := Exporter{Store: st, Account: a.ID, Now: fixedNow, Progress: func(p Progress) {
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 || entries[0].Name() != "a.ZIP.partial" {
			t.Errorf("meanwhile: %v, %v", entries, err)
		}
	}}
	if _, err := e.Export(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	r, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() // only read
	f, err := r.Open("Tasks.ics")
	if err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(f); err != nil || !strings.Contains(string(data), "SUMMARY:Task") {
		t.Errorf("%s, %v", data, err)
	}
}

// Who finds a directory finds all of an export in it, or nothing that looks like one.
func TestExport_DirectoryOnlyWhenWhole(t *testing.T) {
	t.Parallel()
	st, a := sample(t)
	for _, separate := range []bool{false, true} {
		dir := t.TempDir()
		ctx, stop := context.WithCancel(t.Context())
		e := Exporter{Store: st, Account: a.ID, Separate: separate, Now: fixedNow, Progress: func(p Progress) {
			if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 || entries[0].Name() != partial {
				t.Errorf("meanwhile: %v, %v", entries, err)
			}
			if p.Done > 0 {
				stop()
			}
		}}
		if _, err := e.Export(ctx, dir); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
			t.Errorf("left: %v, %v", entries, err)
		}
		e.Progress = nil
		if done, err := e.Export(t.Context(), dir); err != nil || len(done.Files) == 0 {
			t.Errorf("again: %+v, %v", done, err)
		}
	}
}

func TestFileNames(t *testing.T) {
	t.Parallel()
	names := fileNames{}
	for _, tt := range []struct{ wish, want string }{
		{"Contacts", "Contacts.vcf"},
		{"contacts.vcf", "contacts (2).vcf"},
		{"../../etc/passwd", "_.._etc_passwd.vcf"},
		{"..", "_.vcf"},
		{"", "_ (2).vcf"},
		{"CON", "_CON.vcf"},
		{"a:b\\c\x00\u202e?", "a_b_c___.vcf"},
		{".hidden ", "hidden.vcf"},
		{"Größe 🙂", "Größe 🙂.vcf"},
		{strings.Repeat("ü", 80), strings.Repeat("ü", 50) + ".vcf"},
	} {
		if got := names.next(tt.wish, ".vcf"); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.wish, got, tt.want)
		}
	}
}
