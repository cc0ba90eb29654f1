package proof_test

import (
	"bytes"
	"errors"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/corpus"
	"ksync/internal/proof"
)

// The longest that a request about one file may take. One that has a rule
// written out may end in as many instances as the server allows.
const (
	corpusTime = 100 * time.Millisecond
	expandTime = time.Second
)

// TestCorpus_StoredAsItCameOrRefusedByName sends every file of the corpus: what
// is one storable object comes back byte for byte, with one ETag everywhere;
// anything else is refused with a 4xx that names the precondition.
func TestCorpus_StoredAsItCameOrRefusedByName(t *testing.T) {
	t.Parallel()
	files := map[string][]corpus.File{"vcard": corpus.Files(t, "vcard"), "icalendar": corpus.Files(t, "icalendar")}
	s, c := start(t)
	places := map[string]string{"vcard": c.AddressBooks + "contacts/", "icalendar": c.Calendars + "corpus/"}
	if err := c.MakeCalendar(t.Context(), places["icalendar"]); err != nil {
		t.Fatal(err)
	}
	for folder, place := range places {
		for _, f := range files[folder] {
			t.Run(f.Path, func(t *testing.T) {
				data := f.Read(t)
				o := object{server: s, client: c, collection: place, path: place + "file" + filepath.Ext(f.Path), data: data, folder: folder, file: f}
				o.check(t, o.fate())
			})
		}
	}
}

// several are the notes of files that hold more than one object, or a message:
// RFC 4791 §4.1 and RFC 6352 §5.1 forbid those.
var several = regexp.MustCompile(`^(METHOD=.*|\d+-uids|\d+-cards|mixed:.*|stream-of-\d+)$`)

// fate is what must become of a file.
type fate int

const (
	refused fate = iota
	kept
)

// fate tells it from the manifest, but for components of which some have a UID
// and some have none: those are several objects.
func (o object) fate() fate {
	switch {
	case o.file.Class == "invalid", slices.ContainsFunc(o.file.Notes(), several.MatchString), o.folder == "icalendar" && severalBodies(o.data):
		return refused
	}
	return kept
}

// severalBodies looks for components beside each other that have not all the
// same UID, or not all one; and for calendars within calendars.
func severalBodies(data []byte) bool {
	var open, uids []string
	bodies := 0
	for line := range bytes.Lines(data) {
		name, value, _ := strings.Cut(strings.ToUpper(strings.Trim(string(line), "\ufeff \t\r\n")), ":")
		switch {
		case name == "BEGIN":
			open = append(open, value)
			if len(open) == 2 && value != "VTIMEZONE" {
				bodies++
			}
		case name == "END" && len(open) > 0:
			open = open[:len(open)-1]
		case len(open) == 2 && open[1] != "VTIMEZONE" && strings.HasPrefix(name, "UID"):
			uids = append(uids, value)
		}
		if len(open) == 2 && open[1] == "VCALENDAR" {
			return true
		}
	}
	return bodies > 1 && len(uids) > 0 && (len(uids) < bodies || len(slices.Compact(uids)) > 1)
}

// object is a file on its way to the server and back.
type object struct {
	server           *proof.Server
	client           *proof.Client
	collection, path string
	data             []byte
	folder           string // of the corpus
	file             corpus.File
}

func (o object) check(t *testing.T, want fate) {
	resp := o.send(t, http.MethodPut, proof.Header{"Content-Type", "application/octet-stream"}, o.data)
	stored := resp.Status == http.StatusCreated
	if stored {
		defer o.send(t, http.MethodDelete, nil, nil)
	}
	switch {
	case stored && want != refused:
		o.checkKept(t, resp)
	case !stored && want != kept:
		o.checkRefused(t, resp)
	default:
		t.Errorf("%s %v: PUT status %d\n%s", o.file.Class, o.file.Notes(), resp.Status, resp.Body)
	}
}

func (o object) checkKept(t *testing.T, resp *proof.Response) {
	etag := resp.Header.Get("ETag")
	got := o.send(t, http.MethodGet, nil, nil)
	if !bytes.Equal(got.Body, o.data) {
		t.Errorf("came back changed (-sent +got):\n%s", cmp.Diff(string(o.data), string(got.Body)))
	}
	if etag == "" || got.Header.Get("ETag") != etag {
		t.Errorf("ETag of GET %q, of PUT %q", got.Header.Get("ETag"), etag)
	}
	listed, err := o.client.Listing(t.Context(), o.collection)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{o.path: etag}, listed); diff != "" {
		t.Errorf("PROPFIND (-want +got):\n%s", diff)
	}
	if o.folder == "icalendar" && xmlText(o.data) {
		o.checkData(t)
	}
	o.checkRead(t)
}

// checkData wants the same bytes in a report: line ends and all, which XML
// keeps only if they are written as references.
func (o object) checkData(t *testing.T) {
	ms, err := o.client.Multiget(t.Context(), o.collection, []string{o.path})
	if err != nil {
		t.Fatal(err)
	}
	if got := ms.Answers[0].Text(proof.CalDAV, "calendar-data"); got != string(o.data) {
		t.Errorf("calendar-data (-sent +got):\n%s", cmp.Diff(string(o.data), got))
	}
}

// xmlText tells whether XML can carry the text at all.
func xmlText(data []byte) bool {
	return utf8.Valid(data) && !bytes.ContainsFunc(data, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\r' && r != '\n' || r == 0xfffe || r == 0xffff
	})
}

// checkRead asks all that makes the server look into the object.
func (o object) checkRead(t *testing.T) {
	for name, body := range looks(o.folder, o.path) {
		header := proof.Header{"Depth", "1", "Content-Type", "application/xml"}
		within := corpusTime
		if strings.Contains(body, "<C:expand ") {
			within = expandTime
		}
		resp := o.timed(t, call{name, within, func() (*proof.Response, error) {
			return o.client.Do(t.Context(), "REPORT", o.collection, header, []byte(body))
		}})
		if resp.Status != http.StatusMultiStatus {
			t.Errorf("%s: status %d\n%s", name, resp.Status, resp.Body)
			continue
		}
		if _, err := proof.ParseMultistatus(resp.Body); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// looks are reports that parse, filter, expand or convert an object.
func looks(folder, path string) map[string]string {
	const open = ` xmlns:D="DAV:" xmlns:C="` + proof.CalDAV + `" xmlns:CR="` + proof.CardDAV + `"><D:prop><D:getetag/>`
	if folder == "vcard" {
		filter := `<CR:filter><CR:prop-filter name="FN"><CR:text-match>a</CR:text-match></CR:prop-filter></CR:filter>`
		multiget := func(version string) string {
			return `<CR:addressbook-multiget` + open + `<CR:address-data content-type="text/vcard" version="` + version + `"/></D:prop><D:href>` + path + `</D:href></CR:addressbook-multiget>`
		}
		return map[string]string{
			"as 3.0": multiget("3.0"), "as 4.0": multiget("4.0"),
			"query": `<CR:addressbook-query` + open + `<CR:address-data/></D:prop>` + filter + `</CR:addressbook-query>`,
		}
	}
	query := func(data, component, span string) string {
		return `<C:calendar-query` + open + data + `</D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="` +
			component + `">` + span + `</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>`
	}
	const year = `start="20260101T000000Z" end="20270101T000000Z"/>`
	return map[string]string{
		"start only": query("", "VEVENT", `<C:time-range start="20260101T000000Z"/>`),
		"expanded":   query(`<C:calendar-data><C:expand `+year+`</C:calendar-data>`, "VEVENT", `<C:time-range `+year),
		"tasks":      query(`<C:calendar-data/>`, "VTODO", `<C:time-range `+year),
	}
}

func (o object) checkRefused(t *testing.T, resp *proof.Response) {
	if resp.Status < 400 || resp.Status > 499 {
		t.Fatalf("%s %v: PUT status %d, want 4xx\n%s", o.file.Class, o.file.Notes(), resp.Status, resp.Body)
	}
	condition := proof.Condition(resp.Body)
	if !refusals[condition] {
		t.Errorf("%s %v: refused with %d and %q\n%s", o.file.Class, o.file.Notes(), resp.Status, condition, resp.Body)
	}
}

// refusals are the preconditions of RFC 4791 §5.3.2.1 and RFC 6352 §6.3.2.1
// that speak about an object's text.
var refusals = map[string]bool{
	proof.CalDAV + " valid-calendar-data":            true,
	proof.CalDAV + " valid-calendar-object-resource": true,
	proof.CardDAV + " valid-address-data":            true,
}

func (o object) send(t *testing.T, method string, header proof.Header, body []byte) *proof.Response {
	t.Helper()
	return o.timed(t, call{method, corpusTime, func() (*proof.Response, error) {
		return o.client.Do(t.Context(), method, o.path, header, body)
	}})
}

// call is a request, and how long it may take.
type call struct {
	what   string
	within time.Duration
	do     func() (*proof.Response, error)
}

// timed does a request, which must not take long. One that did is done again
// by the clock of the server's CPUs, since the machine may have been busy with
// something else. A repeated PUT or DELETE does not change what is there, and
// the first answer is the one that counts.
func (o object) timed(t *testing.T, c call) *proof.Response {
	t.Helper()
	begun := time.Now()
	first, err := c.do()
	if err != nil {
		t.Fatal(err)
	}
	if first.Status >= 500 {
		t.Fatalf("%s: status %d\n%s", c.what, first.Status, first.Body)
	}
	if elapsed := time.Since(begun); elapsed > c.within {
		if took := min(o.cpuTime(t, c.do), o.cpuTime(t, c.do)); took > c.within {
			t.Errorf("%s takes %v, of the CPU %v; more than %v", c.what, elapsed, took, c.within)
		}
	}
	return first
}

func (o object) cpuTime(t *testing.T, do func() (*proof.Response, error)) time.Duration {
	t.Helper()
	before, failed := proof.CPUTime(o.server.PID())
	_, err := do()
	after, failedToo := proof.CPUTime(o.server.PID())
	if err := errors.Join(failed, err, failedToo); err != nil {
		t.Fatal(err)
	}
	return after - before
}
