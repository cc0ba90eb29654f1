package interop

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ksync/internal/discovery"
)

// The configuration that people copy for vdirsyncer is used as it is: it finds
// the collections, and brings a contact and an event there.
func TestVdirsyncer_WithTheConfigurationThatIsOffered(t *testing.T) {
	t.Parallel()
	client(t, "vdirsyncer")
	s, ann := start(t)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	h := newHome(t)
	for _, c := range (discovery.Service{URL: u}).Clients(discovery.Account{Login: ann.Login}) {
		if c.ID == discovery.Vdirsyncer {
			h.write(t, ".config/vdirsyncer/config", c.Settings[0].Value)
		}
	}
	// The system's secret-tool has no session here.
	tools := t.TempDir()
	if err := os.WriteFile(filepath.Join(tools, "secret-tool"), []byte("#!/bin/sh\necho '"+ann.Password+"'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	vdirsyncer := func(stdin string, arg string) {
		h.run(t, stdin, "env", "PATH="+tools+":"+os.Getenv("PATH"), "vdirsyncer", arg)
	}
	crlf := strings.NewReplacer("\n", "\r\n")
	h.write(t, ".local/share/contacts/friends/x.vcf", crlf.Replace("BEGIN:VCARD\nVERSION:3.0\nUID:x\nFN:Bob\nN:;Bob;;;\nEND:VCARD\n"))
	h.write(t, ".local/share/calendars/tea/y.ics", crlf.Replace("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:y\nDTSTAMP:20260101T000000Z\nDTSTART:20260102T100000Z\nSUMMARY:Tea\nEND:VEVENT\nEND:VCALENDAR\n"))
	vdirsyncer(strings.Repeat("y\n", 20), "discover")
	vdirsyncer("", "sync")
	for path, want := range map[string]string{ann.AddressBooks + "friends/": "FN:Bob", ann.Calendars + "tea/": "SUMMARY:Tea"} {
		got, err := ann.Want(t.Context(), []int{200}, "GET", path, nil, nil)
		if err != nil {
			t.Error(err)
			continue
		}
		wantIn(t, string(got.Body), want)
	}
}
