package dialogue

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// play runs a dialogue against a handler and returns all that differs.
func play(t *testing.T, file string, h http.HandlerFunc) []string {
	t.Helper()
	d, err := Parse([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	var diffs []string
	for _, f := range d.Play(t.Context(), Server{Handler: h, Login: "anna", Password: "pw", Account: "7"}) {
		diffs = append(diffs, f.Diffs...)
	}
	return diffs
}

// member is a server with one resource, whose ETag counts its changes.
func member() http.HandlerFunc {
	stored, etag := "", ""
	return func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case "PUT":
			body, _ := io.ReadAll(r.Body)
			stored, etag = string(body), etag+"x"
			w.Header().Set("ETag", `"`+etag+`"`)
			w.WriteHeader(http.StatusCreated)
		case "GET":
			w.Header().Set("ETag", `"`+etag+`"`)
			w.Header().Set("Content-Type", "text/vcard")
			_, _ = io.WriteString(w, stored)
		case "DELETE":
			if r.Header.Get("If-Match") != `"`+etag+`"` {
				w.WriteHeader(http.StatusPreconditionFailed)
				return
			}
			w.WriteHeader(http.StatusNoContent)
		}
	}
}

const memberDialogue = `A card is written, read and removed. RFC 9110 §13.1.1.
-- 1 request: write --
PUT /dav/{{account}}/a.vcf
Content-Type: text/vcard

BEGIN:VCARD
END:VCARD
-- 1 response --
201 Created
ETag: {{etag:=*}}
!Location
-- 2 request: read --
GET /dav/{{account}}/a.vcf
-- 2 response --
200 OK
ETag: {{etag}}

BEGIN:VCARD
END:VCARD
-- 3 request: remove, with an old tag --
DELETE /dav/{{account}}/a.vcf
If-Match: "old"
-- 3 response --
412 Precondition Failed
-- 4 request: remove --
DELETE /dav/{{account}}/a.vcf
If-Match: {{etag}}
-- 4 response --
204
`

func TestPlay_CapturesGoFromAnswersToRequests(t *testing.T) {
	t.Parallel()
	if diffs := play(t, memberDialogue, member()); diffs != nil {
		t.Error(diffs)
	}
}

func TestPlay_AgainstARunningServer(t *testing.T) {
	t.Parallel()
	running := httptest.NewServer(member())
	d, err := Parse([]byte(memberDialogue))
	if err != nil {
		t.Fatal(err)
	}
	if failures := d.Play(t.Context(), Server{URL: running.URL}); failures != nil {
		t.Error(failures)
	}
	running.Close()
	failures := d.Play(t.Context(), Server{URL: running.URL})
	if len(failures) != 1 || failures[0].Step != "1: write" {
		t.Errorf("after it was stopped: %v", failures)
	}
}

func TestPlay_SaysWhatDiffers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, old, new, want string }{
		{"status", "201 Created", "204", "want 204, got 201 Created"},
		{"reason", "201 Created", "201 Made", "want 201 Made, got 201 Created"},
		{"header", "ETag: {{etag}}", `ETag: "y"`, `header ETag: want "\"y\"", got "\"x\""`},
		{"absent header", "!Location", "!ETag", `header !ETag: want "", got "\"x\""`},
		{"present header", "!Location", "Location: *", `header Location: want "*", got ""`},
		{"text", "GET /dav/{{account}}/a.vcf\n-- 2 response --\n200 OK\n", "GET /dav/{{account}}/a.vcf\n-- 2 response --\n200 OK\nBody: lf\n", "body (-want +got)"},
		{"line of a subset", "ETag: {{etag}}\n\nBEGIN:VCARD", "Body: subset\n\nVERSION:3.0", `no line "VERSION:3.0"`},
		{"XML that is none", "ETag: {{etag}}\n\nBEGIN:VCARD\nEND:VCARD", "\n<a/>", "want XML"},
		{"unbound variable", "If-Match: {{etag}}", "If-Match: {{tag}}", "nothing has bound {{tag}}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := strings.Replace(memberDialogue, tt.old, tt.new, 1)
			if file == memberDialogue {
				t.Fatal("nothing replaced")
			}
			diffs := strings.Join(play(t, file, member()), "\n")
			if !strings.Contains(diffs, tt.want) {
				t.Errorf("diffs %s\nwant %q", diffs, tt.want)
			}
		})
	}
}

func TestPlay_SignsIn(t *testing.T) {
	t.Parallel()
	who := func(w http.ResponseWriter, r *http.Request) {
		login, password, ok := r.BasicAuth()
		if !ok {
			login = "nobody" + r.Header.Get("Authorization")
		}
		_, _ = io.WriteString(w, login+" "+password+"\n")
	}
	for _, tt := range []struct{ name, header, want string }{
		{"by itself", "", "anna pw"},
		{"not", "Authorization: none\n", "nobody "},
		{"as somebody else", "Authorization: Basic ben@example.org:wrong {{account}}\n", "ben@example.org wrong 7"},
		{"with something else", "Authorization: Bearer x\n", "nobodyBearer x "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := "c\n-- 1 request --\nGET /\n" + tt.header + "-- 1 response --\n200 OK\n\n" + tt.want + "\n"
			if diffs := play(t, file, who); diffs != nil {
				t.Error(diffs)
			}
		})
	}
}

func TestPlay_VariablesAreEscapedInXML(t *testing.T) {
	t.Parallel()
	echo := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Token", `<&">`)
		_, _ = io.Copy(w, r.Body)
	}
	file := `c
-- 1 request --
GET /
-- 1 response --
200 OK
X-Token: {{token:=*}}
-- 2 request --
REPORT /

<a k="{{token}}">{{token}}</a>
-- 2 response --
200 OK

<a k="&lt;&amp;&quot;&gt;">{{token}}</a>
`
	if diffs := play(t, file, echo); diffs != nil {
		t.Error(diffs)
	}
}

func TestPlay_UnpacksWhatItAskedFor(t *testing.T) {
	t.Parallel()
	packed := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", r.Header.Get("Accept-Encoding"))
		out := gzip.NewWriter(w)
		_, _ = io.WriteString(out, "hello\n")
		_ = out.Close()
	}
	file := "c\n-- 1 request --\nGET /\nAccept-Encoding: gzip\n-- 1 response --\n200 OK\nContent-Encoding: gzip\n\nhello\n"
	if diffs := play(t, file, packed); diffs != nil {
		t.Error(diffs)
	}
}

func TestPlay_HoldsEveryAnswerToTheRulesOfTheWire(t *testing.T) {
	t.Parallel()
	stat := func(prop, status string) string {
		return `<D:propstat><D:prop>` + prop + `</D:prop><D:status>` + status + `</D:status></D:propstat>`
	}
	good := stat(`<D:getetag>"1"</D:getetag>`, "HTTP/1.1 200 OK")
	missing := stat(`<D:owner/>`, "HTTP/1.1 404 Not Found")
	for _, tt := range []struct{ name, href, inner, want string }{
		{"nothing to say", "/a", good + missing, ""},
		{"a relative href", "a", good, "no absolute path"},
		{"404 first", "/a", missing + good, "the 200 propstat is not the first"},
		{"a short status", "/a", stat("", "HTTP/1.1 200"), `status "HTTP/1.1 200"`},
		{"another HTTP version", "/a", stat("", "HTTP/2 200 OK"), `status "HTTP/2 200 OK"`},
		{"neither propstat nor status", "/a", "", "0 propstats and 0 statuses"},
		{"both", "/a", good + `<D:status>HTTP/1.1 200 OK</D:status>`, "1 propstats and 1 statuses"},
		{"a property twice", "/a", good + stat(`<D:getetag/>`, "HTTP/1.1 404 Not Found"), "D:getetag twice"},
		{"a weak tag", "/a", stat(`<D:getetag>W/"1"</D:getetag>`, "HTTP/1.1 200 OK"), "not strong"},
		{"a collection without slash", "/a", stat(`<D:resourcetype><D:collection/></D:resourcetype>`, "HTTP/1.1 200 OK"), "without slash"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			diffs := strings.Join(play(t, "c\n-- 1 request --\nPROPFIND /\n-- 1 response --\n207\nBody: any\n", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/xml; charset=utf-8")
				w.Header().Set("DAV", "1")
				w.WriteHeader(http.StatusMultiStatus)
				_, _ = io.WriteString(w, `<D:multistatus xmlns:D="DAV:"><D:response><D:href>`+tt.href+`</D:href>`+tt.inner+`</D:response></D:multistatus>`)
			}), "\n")
			if !strings.Contains(diffs, tt.want) || (diffs == "") != (tt.want == "") {
				t.Errorf("diffs %q, want %q", diffs, tt.want)
			}
		})
	}
}

func TestPlay_RulesForHeaders(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		status int
		header http.Header
		want   string
	}{
		{"401 without challenge", 401, nil, "challenge"},
		{"401 with two", 401, http.Header{"Www-Authenticate": {`Basic realm="x"`, `Digest realm="x"`}}, "challenge"},
		{"401", 401, http.Header{"Www-Authenticate": {`Basic realm="x"`}}, ""},
		{"503 without Retry-After", 503, nil, "Retry-After"},
		{"405 without Allow", 405, nil, "Allow"},
		{"weak ETag", 200, http.Header{"Etag": {`W/"1"`}}, "not strong"},
		{"cookie", 200, http.Header{"Set-Cookie": {"a=b"}}, "cookie"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := &answer{Status: fmt.Sprint(tt.status, " ", http.StatusText(tt.status)), Header: tt.header}
			got := strings.Join(a.breaches(), "\n")
			if !strings.Contains(got, tt.want) || (got == "") != (tt.want == "") {
				t.Errorf("breaches %q, want %q", got, tt.want)
			}
		})
	}
}

// recorder stands in for a test that expects to fail.
type recorder struct {
	testing.TB
	failed int
}

func (r *recorder) Errorf(string, ...any) { r.failed++ }
func (r *recorder) Helper()               {}

func TestRun_UpdateRewritesWhatDiffersAndKeepsPatterns(t *testing.T) {
	t.Parallel()
	before := `A listing. RFC 4918 §9.1.
-- 1 request --
PROPFIND /dav/{{account}}/
-- 1 response --
200 OK
Content-Type: text/plain
DAV: *
ETag: "gone"

<D:multistatus xmlns:D="DAV:"><D:response><D:href>/old</D:href></D:response>
<D:response><D:href>/dav/{{account}}/a</D:href><D:propstat><D:prop><D:getetag>{{etag:=*}}</D:getetag></D:prop>
<D:status>HTTP/1.1 404 Not Found</D:status></D:propstat></D:response></D:multistatus>
-- 2 request --
GET /dav/{{account}}/a
-- 2 response --
207 Multi-Status
Body: any
`
	after := `A listing. RFC 4918 §9.1.
-- 1 request --
PROPFIND /dav/{{account}}/
-- 1 response --
207 Multi-Status
Content-Type: application/xml; charset=utf-8
DAV: *
!ETag

<D:multistatus xmlns:D="DAV:">
  <D:response>
    <D:href>/dav/{{account}}/a</D:href>
    <D:propstat>
      <D:prop>
        <D:getetag>{{etag:=*}}</D:getetag>
      </D:prop>
      <D:status>HTTP/1.1 200 OK</D:status>
    </D:propstat>
  </D:response>
</D:multistatus>
-- 2 request --
GET /dav/{{account}}/a
-- 2 response --
207 Multi-Status
Body: any
`
	listing := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/xml; charset=utf-8")
		w.Header().Set("DAV", "1")
		w.WriteHeader(http.StatusMultiStatus)
		_, _ = io.WriteString(w, `<d:multistatus xmlns:d="DAV:"><d:response><d:href>/dav/7/a</d:href><d:propstat><d:prop><d:getetag>"abc"</d:getetag></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>`)
	}
	name := filepath.Join(t.TempDir(), "listing.txtar")
	if err := os.WriteFile(name, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	r := &recorder{TB: t}
	s := Server{Handler: http.HandlerFunc(listing), Account: "7", Update: true}
	if Run(r, name, s); r.failed != 1 {
		t.Errorf("%d failures before the rewriting, want 1", r.failed)
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(after, string(got)); diff != "" {
		t.Errorf("rewritten (-want +got):\n%s", diff)
	}
	Run(t, name, Server{Handler: http.HandlerFunc(listing), Account: "7"})
}
