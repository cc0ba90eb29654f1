package trace

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"
)

// script is the file of one trace: a txtar archive, one exchange after the other.
type script struct {
	subject Subject
	words   *masks

	mu      sync.Mutex
	file    *os.File // nil once it was closed
	left    int64
	counted int
}

func newScript(f *os.File, s Subject, room int64) *script {
	return &script{subject: s, words: newMasks(s), file: f, left: room}
}

func (s *script) open(began time.Time, version string) error {
	_, err := fmt.Fprintf(s.file, "A trace of account %d from %s on, by ksyncd %s. Passwords are not in it; contacts and events are.\n"+
		"{{account}}, {{login}}, {{base}} and {{tokenN}} stand for what differs from one server to the next.\n\n",
		s.subject.Account, began.Format(time.RFC3339), version)
	return err
}

// add writes one exchange. full means that no other has room.
func (s *script) add(x *exchange) (full bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return false, nil
	}
	s.counted++
	var b bytes.Buffer
	note := fmt.Sprintf("%s, %d ms", x.began.UTC().Format("15:04:05.000"), x.took.Milliseconds())
	if x.cut {
		note += ", the answer was broken off"
	}
	fmt.Fprintf(&b, "-- %d request: %s --\n", s.counted, note)
	s.request(&b, x)
	fmt.Fprintf(&b, "-- %d response --\n", s.counted)
	s.response(&b, x)
	if int64(b.Len()) > s.left {
		return true, nil
	}
	s.left -= int64(b.Len())
	_, err = s.file.Write(b.Bytes())
	return false, err
}

func (s *script) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

// asked are the headers of a request that are written, in this order.
func asked() []string {
	return []string{
		"User-Agent", "Depth", "Content-Type", "Accept", "If-Match", "If-None-Match", "If", "Destination", "Overwrite", "Prefer", "Brief",
		"Range", "CalDAV-Timezones", "Schedule-Reply", "If-Schedule-Tag-Match", "Slug", "Content-Encoding", "Content-Range", "X-Http-Method-Override", "Timeout", "Lock-Token",
	}
}

// told are those of an answer.
func told() []string {
	return []string{"Content-Type", "ETag", "DAV", "Allow", "Location", "Content-Location", "Preference-Applied", "WWW-Authenticate", "Content-Range"}
}

func (s *script) request(b *bytes.Buffer, x *exchange) {
	fmt.Fprintf(b, "%s %s HTTP/1.1\n", oneLine(x.request.Method), s.words.asked(oneLine(x.target)))
	switch {
	case x.signedIn: // whoever plays it brings credentials of their own
	case x.request.Header.Get("Authorization") == "":
		b.WriteString("Authorization: none\n")
	default:
		b.WriteString("Authorization: Basic {{login}}:***\n")
	}
	s.headers(b, asked(), x.request.Header, func(v string) string { return s.words.place(s.words.asked(v), x.request.Host) })
	text, words := s.body(&x.asked, x.request.Header)
	if text == "" && x.asked.size > 0 {
		fmt.Fprintf(b, "X-Left-Out: a body of %d bytes\n", x.asked.size)
	}
	if words != "" {
		b.WriteString("Body: " + words + "\n")
	}
	b.WriteString(separated(s.words.asked(text)))
}

func (s *script) response(b *bytes.Buffer, x *exchange) {
	status := x.status
	if status == 0 {
		status, x.header = http.StatusOK, http.Header{} // net/http sends that for who writes nothing
	}
	fmt.Fprintf(b, "%d %s\n", status, http.StatusText(status))
	s.headers(b, told(), x.header, func(v string) string { return s.words.place(s.words.told(v), x.request.Host) })
	text, words := s.body(&x.answered, x.header)
	if text == "" && x.answered.size > 0 || x.request.Method == http.MethodHead || x.cut {
		words = "any"
	}
	if words != "" {
		b.WriteString("Body: " + words + "\n")
	}
	b.WriteString(separated(s.words.told(text)))
}

func (s *script) headers(b *bytes.Buffer, names []string, h http.Header, mask func(string) string) {
	for _, name := range names {
		if values := h.Values(name); len(values) > 0 {
			fmt.Fprintf(b, "%s: %s\n", name, mask(oneLine(strings.Join(values, ", "))))
		}
	}
}

// archive is what would end a file of a txtar archive, or nearly so, or stand for
// a variable: a body with it cannot be written.
var archive = regexp.MustCompile(`(?m)^-- .*--\s*$|\{\{[\w:=*]*\}\}`)

// body is a body as a dialogue has it, and the words about it; "" when it is too
// long, or cannot be written. Lines of calendars and cards end in CRLF there
// unless it says otherwise.
func (s *script) body(c *clip, h http.Header) (text, words string) {
	text = c.text.String()
	if !c.whole() || archive.MatchString(text) {
		return "", ""
	}
	kind := strings.ToLower(h.Get("Content-Type"))
	if !strings.HasPrefix(kind, "text/calendar") && !strings.HasPrefix(kind, "text/vcard") {
		return text, ""
	}
	bare := strings.ReplaceAll(text, "\r\n", "\n")
	if strings.ReplaceAll(bare, "\n", "\r\n") == text {
		return bare, ""
	}
	return text, "lf"
}

// separated is a body behind its empty line, ending in the end of a line, as an
// archive wants it.
func separated(text string) string {
	if text == "" {
		return ""
	}
	return "\n" + strings.TrimSuffix(text, "\n") + "\n"
}

// oneLine keeps what a client sent from becoming another line of the archive.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, s)
}

// list is what [Recorder.ServeHTTP] prints.
func (s *script) list(w io.Writer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	_, err := fmt.Fprintf(w, "account %d, %d requests, %s\n", s.subject.Account, s.counted, s.file.Name())
	return err
}
