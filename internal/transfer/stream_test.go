package transfer

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"ksync/store"
)

// What cannot be joined is in the archive all the same.
func TestExportTo_HoldsEverything(t *testing.T) {
	t.Parallel()
	st, a := sample(t)
	calendar, err := st.Collection(t.Context(), a.ID, store.Calendar, "calendar")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.PutObject(t.Context(), store.Put{Account: a.ID, Collection: calendar.ID, URI: "broken.ics", Bytes: []byte("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n"), Index: store.Index{UID: "broken"}}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	e := Exporter{Store: st, Account: a.ID, Now: fixedNow}
	done, err := e.ExportTo(t.Context(), &out, map[string][]byte{"account.json": []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	diff(t, done, &Exported{Collections: 3, Objects: 10, Files: []string{"Contacts.vcf", "Calendar.ics", "Tasks.ics", "Calendar"}})
	archive, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range archive.File {
		names = append(names, f.Name)
	}
	for _, want := range []string{"account.json", "Contacts.vcf", "Calendar.ics", "Tasks.ics", "Calendar/broken.ics"} {
		if !slices.Contains(names, want) {
			t.Errorf("no %s among %v", want, names)
		}
	}
}

type fullDisk struct{}

var errFull = errors.New("no room")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestExportTo_TellsThatItBroke(t *testing.T) {
	t.Parallel()
	st, a := sample(t)
	e := Exporter{Store: st, Account: a.ID, Now: fixedNow}
	if _, err := e.ExportTo(t.Context(), io.Writer(fullDisk{}), nil); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}
