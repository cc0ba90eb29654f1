package davxml

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const head = `<?xml version="1.0" encoding="UTF-8"?>` +
	`<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CR="urn:ietf:params:xml:ns:carddav"` +
	` xmlns:CS="http://calendarserver.org/ns/" xmlns:A="http://apple.com/ns/ical/" xmlns:ME="http://me.com/_namespace/">`

func TestMultistatus_FoundFirstThenMissing(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	m := NewMultistatus(rec)
	err := m.Response("/dav/x/", func(w *Writer) []Propstat {
		w.Property(DAV("displayname"), func(w *Writer) bool { w.Text("A & B"); return true })
		w.Property(DAV("owner"), func(w *Writer) bool { w.Text("half written"); return false })
		w.Property(DAV("resourcetype"), func(*Writer) bool { return true })
		return []Propstat{{Cond: NotFound, Names: []Name{DAV("owner"), {Space: "urn:x", Local: "y"}}}}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.End("urn:t"); err != nil {
		t.Fatal(err)
	}
	want := head + `<D:response><D:href>/dav/x/</D:href>` +
		`<D:propstat><D:prop><D:displayname>A &amp; B</D:displayname><D:resourcetype/></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>` +
		`<D:propstat><D:prop><D:owner/><y xmlns="urn:x"/></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>` +
		`</D:response><D:sync-token>urn:t</D:sync-token></D:multistatus>`
	if diff := cmp.Diff(want, rec.Body.String()); diff != "" {
		t.Error(diff)
	}
	if rec.Code != http.StatusMultiStatus || rec.Header().Get("Content-Type") != ContentType {
		t.Errorf("%d %v", rec.Code, rec.Header())
	}
}

// RFC 8144 §2.1: with return=minimal a response without any property left
// still has a propstat with status 200.
func TestMultistatus_NothingFound(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		others []Propstat
		want   string
	}{
		{"missing are told", []Propstat{{Cond: NotFound, Names: []Name{DAV("a")}}}, "404 Not Found"},
		{"missing are not told", nil, "<D:prop></D:prop><D:status>HTTP/1.1 200 OK"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			w := NewWriter(&b)
			w.Response("/", func(*Writer) []Propstat { return tt.others })
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(b.String(), tt.want) || strings.Count(b.String(), "<D:propstat>") != 1 {
				t.Errorf("got %s", b.String())
			}
		})
	}
}

func TestError_Body(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		err    *Error
		status int
		want   string
	}{
		{"a condition", ValidSyncToken.Say("x"), 403, `<D:valid-sync-token/></D:error>`},
		{"with an href", CalendarUIDConflict.At("/dav/a"), 409, `<C:no-uid-conflict><D:href>/dav/a</D:href></C:no-uid-conflict></D:error>`},
		{"privileges name a resource", Lack(DAV("bind"), "/dav/a/"), 403, `<D:need-privileges><D:resource><D:href>/dav/a/</D:href><D:privilege><D:bind/></D:privilege></D:resource></D:need-privileges>`},
		{"a plain status is never an empty DAV:error", NotFound.Say("x"), 404, "Not Found\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec := httptest.NewRecorder()
			if err := tt.err.Write(rec); err != nil {
				t.Fatal(err)
			}
			if rec.Code != tt.status || !strings.Contains(rec.Body.String(), tt.want) {
				t.Errorf("%d %s", rec.Code, rec.Body)
			}
		})
	}
}

// Any text comes back as it was, but for what XML cannot carry, and never
// breaks the document.
func TestText_RoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "s")
		var b bytes.Buffer
		w := NewWriter(&b)
		w.Elem(DAV("x"), s)
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Text string `xml:",chardata"`
		}
		if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatalf("%q: %v", b.String(), err)
		}
		if want := carried(s); got.Text != want {
			t.Fatalf("%q came back as %q", want, got.Text)
		}
	})
}

// carried is what of a text XML 1.0 can hold (§2.2).
func carried(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, strings.ToValidUTF8(expand(s), "\uFFFD"))
}

// expand makes each invalid byte one of its own, as the writer replaces them.
func expand(s string) string { return string([]rune(s)) }

func TestHrefs(t *testing.T) {
	t.Parallel()
	got := Hrefs(func(w *Writer) {
		w.Href("/a")
		w.Empty(DAV("other"))
		w.Href("/b%20c")
	})
	if diff := cmp.Diff([]string{"/a", "/b%20c"}, got); diff != "" {
		t.Error(diff)
	}
}

func BenchmarkResponse(b *testing.B) {
	data := strings.Repeat("SUMMARY:A meeting with a, b & c\r\n", 20)
	b.ReportAllocs()
	m := NewMultistatus(httptest.NewRecorder())
	m.w.out = discard{}
	for b.Loop() {
		if err := m.Response("/dav/calendars/1/c/x.ics", func(w *Writer) []Propstat {
			w.Property(DAV("getetag"), func(w *Writer) bool { w.Text(`"abc"`); return true })
			w.Property(CalDAV("calendar-data"), func(w *Writer) bool { w.Text(data); return true })
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
