package dialogue

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse_ReadsRequestsAndAnswersInOrder(t *testing.T) {
	t.Parallel()
	d, err := Parse([]byte(`A phone asks. RFC 4918 §9.1.

-- options --
lf
-- 1 request: the root --
PROPFIND /dav/ HTTP/1.1
Depth: 0
Body: any

<a/>

<b/>
-- 1 response --
HTTP/1.1 207 Multi-Status
ETag: *
!Location
Body: subset

<c/>
-- 2 request --
GET /
-- 2 response --
404
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Step{
		{
			Name:     "1: the root",
			Request:  Request{"PROPFIND", "/dav/", []Header{{"Depth", "0"}}, "<a/>\n\n<b/>\n", Mode{Any: true, LF: true}},
			Response: Response{"207 Multi-Status", []Header{{"ETag", "*"}, {"!Location", ""}}, "<c/>\n", Mode{Subset: true, LF: true}, "subset"},
			file:     2,
		},
		{
			Name:     "2",
			Request:  Request{Method: "GET", Target: "/", Mode: Mode{LF: true}},
			Response: Response{Status: "404", Mode: Mode{LF: true}},
			file:     4,
		},
	}
	if diff := cmp.Diff(want, d.Steps, cmp.AllowUnexported(Step{}, Response{})); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if d.Comment != "A phone asks. RFC 4918 §9.1.\n\n" {
		t.Errorf("comment %q", d.Comment)
	}
}

func TestParse_NamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, file, want string }{
		{"no comment", "-- 1 request --\nGET /\n-- 1 response --\n200 OK\n", "no comment"},
		{"no steps", "shows nothing\n", "pairs"},
		{"request without answer", "c\n-- 1 request --\nGET /\n", "pairs"},
		{"wrong order", "c\n-- 1 response --\n200 OK\n-- 1 request --\nGET /\n", `"1 response" is not the name of a request`},
		{"answer to another", "c\n-- 1 request --\nGET /\n-- 2 response --\n200 OK\n", `"1 request" is followed by "2 response"`},
		{"request line", "c\n-- 1 request --\nGET\n-- 1 response --\n200 OK\n", `1 request: request line "GET"`},
		{"status line", "c\n-- 1 request --\nGET /\n-- 1 response --\nOK\n", `1 response: status line "OK"`},
		{"header line", "c\n-- 1 request --\nGET /\nDepth\n-- 1 response --\n200 OK\n", `header line "Depth"`},
		{"part without a name", "c\n-- 1 request --\nGET /\n-- --\r\n200 OK\n", "line 4: a part without a name"},
		{"part with a blank name", "c\n--  --\n", "line 2: a part without a name"},
		{"word about bodies", "c\n-- 1 request --\nGET /\n-- 1 response --\n200 OK\nBody: some\n", `unknown word "some"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse([]byte(tt.file))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("c\n-- 1 request --\nGET /{{a}}\nBody: lf\n\nx\n-- 1 response --\n200 OK\nETag: {{e:=*}}\n\n<a/>\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Parse(data)
		if err == nil && len(d.Steps) == 0 {
			t.Error("a dialogue without steps")
		}
	})
}
