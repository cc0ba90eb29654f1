package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ksync/internal/dialogue"
)

// conversation is all that the dialogues ask and expect.
type conversation struct {
	methods   map[string]bool
	asked     string // bodies of reports
	answered  string // bodies of answers
	compliant map[string]bool
}

func allDialogues(t *testing.T) conversation {
	t.Helper()
	c := conversation{methods: map[string]bool{}, compliant: map[string]bool{}}
	files, err := filepath.Glob("../../testdata/dav/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		d, err := dialogue.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range d.Steps {
			c.methods[step.Request.Method] = true
			c.answered += step.Response.Body
			if step.Request.Method == "REPORT" {
				c.asked += step.Request.Body
			}
			for _, h := range step.Response.Headers {
				c.compliant[h.Name+": "+h.Value] = true
			}
		}
	}
	return c
}

// mentions tells whether XML has an element of that name in it.
func mentions(xml, local string) bool {
	return regexp.MustCompile(`<(\w+:)?` + regexp.QuoteMeta(local) + `[\s/>]`).MatchString(xml)
}

// Nothing is offered that no dialogue shows: classes, methods, properties of
// every level, reports.
func TestAdvertised_HasADialogue(t *testing.T) {
	t.Parallel()
	said := allDialogues(t)
	s := freshServer(t)
	do := func(method, path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, strings.ReplaceAll(path, "ID", s.Account), strings.NewReader(body))
		r.SetBasicAuth(s.Login, s.Password)
		r.Header.Set("Depth", "0")
		w := httptest.NewRecorder()
		s.Handler.ServeHTTP(w, r)
		return w
	}
	options := do(http.MethodOptions, "/dav/", "").Header()
	if !said.compliant["DAV: "+options.Get("DAV")] {
		t.Errorf("no dialogue expects the DAV header %q", options.Get("DAV"))
	}
	for method := range strings.SplitSeq(options.Get("Allow"), ", ") {
		if !said.methods[method] {
			t.Errorf("no dialogue sends %s", method)
		}
	}
	do(http.MethodPut, "/dav/calendars/ID/calendar/e", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:e\r\nDTSTART:20260101T000000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
	do(http.MethodPut, "/dav/addressbooks/ID/contacts/c", "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:c\r\nFN:C\r\nN:C;;;;\r\nEND:VCARD\r\n")
	for _, path := range []string{
		"/dav/", "/dav/principals/", "/dav/principals/ID/", "/dav/calendars/ID/", "/dav/addressbooks/ID/",
		"/dav/calendars/ID/calendar/", "/dav/addressbooks/ID/contacts/", "/dav/calendars/ID/calendar/e", "/dav/addressbooks/ID/contacts/c",
	} {
		names := do("PROPFIND", path, `<propfind xmlns="DAV:"><propname/></propfind>`)
		if names.Code != http.StatusMultiStatus {
			t.Fatalf("%s: %d", path, names.Code)
		}
		_, props, _ := strings.Cut(names.Body.String(), "<D:prop>")
		for _, m := range regexp.MustCompile(`<\w+:([\w-]+)/>`).FindAllStringSubmatch(props, -1) {
			if !mentions(said.answered, m[1]) {
				t.Errorf("%s has the property %s, which no dialogue expects", path, m[1])
			}
		}
		reports := do("PROPFIND", path, `<propfind xmlns="DAV:"><prop><supported-report-set/></prop></propfind>`)
		for _, m := range regexp.MustCompile(`<D:report><\w+:([\w-]+)/>`).FindAllStringSubmatch(reports.Body.String(), -1) {
			if !mentions(said.asked, m[1]) {
				t.Errorf("%s has the report %s, which no dialogue asks", path, m[1])
			}
		}
	}
}
