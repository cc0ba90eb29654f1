package interop

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ksync/internal/proof"
)

// pair is one account's calendars or address books and a folder, kept in step.
type pair struct {
	home
	client *proof.Client
	kind   string // "caldav" or "carddav"
	ext    string
}

var day = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func newPair(t *testing.T, s *proof.Server, c *proof.Client, kind string) pair {
	p := pair{home: newHome(t), client: c, kind: kind, ext: map[string]string{"caldav": ".ics", "carddav": ".vcf"}[kind]}
	metadata := map[string]string{"caldav": `["displayname", "color"]`, "carddav": `["displayname"]`}[kind]
	p.write(t, "config", fmt.Sprintf(`[general]
status_path = %[1]q

[pair both]
a = "folder"
b = "server"
collections = ["from a", "from b"]
conflict_resolution = "b wins"
metadata = %[2]s

[storage folder]
type = "filesystem"
path = %[3]q
fileext = %[4]q

[storage server]
type = %[5]q
url = "%[6]s/"
username = %[7]q
password = %[8]q
`, p.path("status"), metadata, p.path("files"), p.ext, kind, s.URL, c.Login, c.Password))
	return p
}

func (p pair) vdirsyncer(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	return p.run(t, stdin, "vdirsyncer", append([]string{"--config", p.path("config")}, args...)...)
}

// discover answers every question, which is whether to create a collection, with yes.
func (p pair) discover(t *testing.T) {
	t.Helper()
	p.vdirsyncer(t, strings.Repeat("y\n", 20), "discover")
}

func (p pair) sync(t *testing.T) {
	t.Helper()
	p.vdirsyncer(t, "", "sync")
}

// files are the contents of a collection's folder.
func (p pair) files(t *testing.T, collection string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(p.path("files/" + collection + "/*" + p.ext))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(path)] = string(data)
	}
	return out
}

func (p pair) homePath() string {
	if p.kind == "caldav" {
		return p.client.Calendars
	}
	return p.client.AddressBooks
}

// served are the objects of a collection as the server gives them.
func (p pair) served(t *testing.T, collection string) map[string]string {
	t.Helper()
	listed, err := p.client.Listing(t.Context(), p.homePath()+collection+"/")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for href := range listed {
		resp, err := p.client.Want(t.Context(), []int{200}, http.MethodGet, href, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		out[href[strings.LastIndexByte(href, '/')+1:]] = string(resp.Body)
	}
	return out
}

// wantBoth fails unless folder and server hold the same objects, and these
// texts are among them, one each. vdirsyncer writes files with its own line ends.
func (p pair) wantBoth(t *testing.T, collection string, texts ...string) {
	t.Helper()
	files, served := meaning(p.files(t, collection)), meaning(p.served(t, collection))
	if !slices.Equal(files, served) {
		t.Errorf("folder and server differ:\n%q\n%q", files, served)
	}
	if len(served) != len(texts) {
		t.Errorf("%d objects, want %d:\n%q", len(served), len(texts), served)
	}
	for _, want := range texts {
		if !slices.ContainsFunc(served, func(s string) bool { return strings.Contains(s, want) }) {
			t.Errorf("no object with %q in %q", want, served)
		}
	}
}

func meaning(objects map[string]string) []string {
	var out []string
	for _, text := range objects {
		out = append(out, strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")))
	}
	slices.Sort(out)
	return out
}

func (p pair) put(t *testing.T, name string, data []byte) {
	t.Helper()
	if _, err := p.client.Put(t.Context(), p.homePath()+name, data); err != nil {
		t.Fatal(err)
	}
}

// text is an object of the pair's kind whose text holds "Revision n".
func (p pair) text(uid string, revision int) []byte {
	if p.kind == "caldav" {
		return proof.Event(uid, 1, revision, day, false)
	}
	return proof.Card(uid, 1, revision)
}

func TestVdirsyncer_TwoWays(t *testing.T) {
	t.Parallel()
	client(t, "vdirsyncer")
	for kind, collection := range map[string]string{"caldav": "calendar", "carddav": "contacts"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s, c := start(t)
			twoWays(t, newPair(t, s, c, kind), collection)
		})
	}
}

func twoWays(t *testing.T, p pair, collection string) {
	file := func(uid string) string { return "files/" + collection + "/" + uid + p.ext }
	p.discover(t)

	// Created on each side.
	p.write(t, file("here"), string(p.text("here", 1)))
	p.put(t, collection+"/there"+p.ext, p.text("there", 2))
	p.sync(t)
	p.wantBoth(t, collection, "Revision 1.", "Revision 2.")

	// Changed on each side, each object on one.
	names := slices.Sorted(maps.Keys(p.files(t, collection)))
	if want := []string{"here" + p.ext, "there" + p.ext}; !slices.Equal(names, want) {
		t.Fatalf("files %q, want %q", names, want)
	}
	p.write(t, file("there"), string(p.text("there", 3)))
	p.put(t, collection+"/here"+p.ext, p.text("here", 4))
	p.sync(t)
	p.wantBoth(t, collection, "Revision 3.", "Revision 4.")

	// Changed on both: the server's wins, as the configuration says.
	p.write(t, file("here"), string(p.text("here", 5)))
	p.put(t, collection+"/here"+p.ext, p.text("here", 6))
	p.sync(t)
	p.wantBoth(t, collection, "Revision 3.", "Revision 6.")

	// Deleted on each side.
	if err := os.Remove(p.path(file("here"))); err != nil {
		t.Fatal(err)
	}
	if _, err := p.client.Want(t.Context(), []int{204}, http.MethodDelete, p.homePath()+collection+"/there"+p.ext, nil, nil); err != nil {
		t.Fatal(err)
	}
	p.write(t, file("last"), string(p.text("last", 7)))
	p.sync(t)
	p.wantBoth(t, collection, "Revision 7.")
}

func TestVdirsyncer_CreatesCollectionsOnBothSides(t *testing.T) {
	t.Parallel()
	client(t, "vdirsyncer")
	for _, kind := range []string{"caldav", "carddav"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s, c := start(t)
			p := newPair(t, s, c, kind)
			p.write(t, "files/made here/one"+p.ext, string(p.text("one", 1)))
			makeCollection(t, p, p.homePath()+"made-there/")
			p.put(t, "made-there/two"+p.ext, p.text("two", 2))
			p.discover(t)
			p.sync(t)
			p.wantBoth(t, "made-there", "Revision 2.")
			if files := p.files(t, "made here"); len(files) != 1 {
				t.Errorf("folder: %q", files)
			}
			if served := p.served(t, "made%20here"); len(served) != 1 || !strings.Contains(served["one"+p.ext], "Revision 1.") {
				t.Errorf("server: %q", served)
			}
		})
	}
}

func makeCollection(t *testing.T, p pair, path string) {
	t.Helper()
	err := p.client.MakeAddressBook(t.Context(), path)
	if p.kind == "caldav" {
		err = p.client.MakeCalendar(t.Context(), path, "VEVENT")
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestVdirsyncer_NamesAndColoursBothWays(t *testing.T) {
	t.Parallel()
	client(t, "vdirsyncer")
	s, c := start(t)
	p := newPair(t, s, c, "caldav")
	p.discover(t)
	p.vdirsyncer(t, "", "metasync") // the server's win where there was nothing before
	p.write(t, "files/calendar/displayname", "Büro & <Team>")
	p.write(t, "files/calendar/color", "#12ab34")
	p.vdirsyncer(t, "", "metasync")
	const ask = `<D:propfind xmlns:D="DAV:" xmlns:A="http://apple.com/ns/ical/"><D:prop><D:displayname/><A:calendar-color/></D:prop></D:propfind>`
	ms, err := c.Query(t.Context(), "PROPFIND", c.Calendars+"calendar/", "0", ask)
	if err != nil {
		t.Fatal(err)
	}
	if name := ms.Answers[0].Text("DAV:", "displayname"); name != "Büro & <Team>" {
		t.Errorf("displayname %q", name)
	}
	if color := ms.Answers[0].Text("http://apple.com/ns/ical/", "calendar-color"); !strings.HasPrefix(strings.ToLower(color), "#12ab34") {
		t.Errorf("calendar-color %q", color)
	}

	const change = `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:displayname>Zuhause</D:displayname></D:prop></D:set></D:propertyupdate>`
	if _, err := c.Query(t.Context(), "PROPPATCH", c.Calendars+"calendar/", "0", change); err != nil {
		t.Fatal(err)
	}
	p.vdirsyncer(t, "", "metasync")
	name, err := os.ReadFile(p.path("files/calendar/displayname"))
	if err != nil || !bytes.Equal(bytes.TrimSpace(name), []byte("Zuhause")) {
		t.Errorf("displayname in the folder %q, error %v", name, err)
	}
}
