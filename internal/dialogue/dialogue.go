// Package dialogue plays conversations between a real client and the server, written down as readable files, and compares
// the answers by meaning.
//
// A dialogue is a txtar archive. Its comment says who talks, what the dialogue shows and which RFC section asks for it. Then
// come the steps, in order, each a request and the answer that is expected:
//
//	-- 1 request: the phone looks for its principal --
//	PROPFIND /dav/
//	Depth: 0
//	Content-Type: application/xml; charset=utf-8
//
//	<D:propfind xmlns:D="DAV:"><D:prop><D:current-user-principal/></D:prop></D:propfind>
//	-- 1 response --
//	207 Multi-Status
//	DAV: *
//
//	<D:multistatus xmlns:D="DAV:">…</D:multistatus>
//
// # Requests
//
// A request is a request line, headers, an empty line and a body. The runner signs it in with Basic, unless it has an
// Authorization header: "none" sends none, and "Basic name:password" is encoded by the runner. The lines of a body of type
// text/calendar or text/vcard are sent with CRLF.
//
// # Answers
//
// An answer lists the status and the headers that matter: "Name: value" must be equal, "Name: *" present, "!Name" absent.
// Repeated headers are joined by ", ". The body is compared
//
//   - as XML when it starts with "<": names with their namespaces, attributes and text. Prefixes, the order of attributes, white
//     space between elements and comments mean nothing; neither do the order of responses in a multistatus, of properties in
//     a propstat, of privileges, reports and components in their sets. The order of propstats does: there are clients that
//     read the first only;
//   - as text, byte by byte, otherwise; with CRLF at line ends when the answer is text/calendar or text/vcard.
//
// Every answer, whatever its step says, must also follow the rules in wire.go, which are what all clients rely on.
//
// # Words that change the comparison
//
// The pseudo-header "Body:" of one request or answer, or the archive's file "options" for all of them, holds some of
//
//	subset    only what is listed must be there: responses, propstats, properties, members of sets; lines of a text, in their order
//	any       the body does not matter
//	ordered   order matters everywhere
//	lf        lines of calendars and cards end in LF, sent and expected
//
// # Variables
//
// {{account}}, {{login}}, {{password}} and {{base}} (scheme and host) come from the runner. In an expected header, text or
// attribute {{name:=*}} matches anything that is not empty and binds it to the name, {{*}} matches it and forgets it.
// From the next step on {{name}} stands for the bound text, in requests and answers.
package dialogue

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// Dialogue is a parsed file. Its steps are played in order, against an account that nobody else uses meanwhile.
type Dialogue struct {
	Comment string
	Steps   []Step

	archive *txtar.Archive
}

// Step is one request and the answer expected to it.
type Step struct {
	Name     string // as the file numbers it, with the note behind the colon
	Request  Request
	Response Response

	file int // index of the response in the archive
}

// Header is one header line, in the order of the file. A name starting with "!" is a header that must be absent.
type Header struct{ Name, Value string }

// Request is what a client sends, before variables are put in.
type Request struct {
	Method, Target string
	Headers        []Header
	Body           string
	Mode           Mode
}

// Response is what is expected to come, with its patterns.
type Response struct {
	Status  string // "207 Multi-Status", or the number alone
	Headers []Header
	Body    string
	Mode    Mode

	words string // of this answer's own Body line
}

// Mode is how bodies are sent and compared; the zero Mode is exact.
type Mode struct{ Subset, Any, Ordered, LF bool }

// ReadFile parses the named dialogue.
func ReadFile(name string) (*Dialogue, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return Parse(data)
}

// Parse parses a dialogue. The error names the part of the archive that is no request or answer.
func Parse(data []byte) (*Dialogue, error) {
	if at := unnamed(data); at > 0 {
		return nil, fmt.Errorf("line %d: a part without a name", at)
	}
	d := &Dialogue{archive: txtar.Parse(data)}
	d.Comment = string(d.archive.Comment)
	if strings.TrimSpace(d.Comment) == "" {
		return nil, errors.New("no comment that says what the dialogue shows")
	}
	files, options := d.archive.Files, ""
	start := 0
	if len(files) > 0 && files[0].Name == "options" {
		options, start = string(files[0].Data), 1
	}
	if len(files) == start || (len(files)-start)%2 != 0 {
		return nil, errors.New("steps come in pairs: a request, its response")
	}
	for i := start; i < len(files); i += 2 {
		step, err := parseStep(files[i], files[i+1], options)
		if err != nil {
			return nil, err
		}
		step.file = i + 1
		d.Steps = append(d.Steps, step)
	}
	return d, nil
}

// unnamed finds the first marker line that has no name, 0 if there is none: txtar.Parse panics at "-- --", and takes one
// with more blanks for a line of the text before.
func unnamed(data []byte) (line int) {
	for text := range bytes.Lines(data) {
		line++
		name, opens := bytes.CutPrefix(bytes.TrimRight(text, "\r\n"), []byte("-- "))
		name, closes := bytes.CutSuffix(name, []byte("--"))
		if opens && closes && len(bytes.TrimSpace(name)) == 0 {
			return line
		}
	}
	return 0
}

func parseStep(request, response txtar.File, options string) (Step, error) {
	number, note, isRequest := strings.Cut(request.Name, " request")
	if !isRequest {
		return Step{}, fmt.Errorf("%q is not the name of a request", request.Name)
	}
	if response.Name != number+" response" {
		return Step{}, fmt.Errorf("%q is followed by %q, not by its response", request.Name, response.Name)
	}
	step := Step{Name: number + note}
	err := parsePart(request, options, func(first string, p part) error {
		method, target, ok := strings.Cut(strings.TrimSuffix(first, " HTTP/1.1"), " ")
		if !ok || strings.ContainsAny(target, " ") {
			return fmt.Errorf("request line %q", first)
		}
		step.Request = Request{Method: method, Target: target, Headers: p.headers, Body: p.body, Mode: p.mode}
		return nil
	})
	if err != nil {
		return Step{}, err
	}
	return step, parsePart(response, options, func(first string, p part) error {
		first = strings.TrimPrefix(first, "HTTP/1.1 ")
		if len(first) < 3 || strings.Trim(first[:3], "0123456789") != "" {
			return fmt.Errorf("status line %q", first)
		}
		step.Response = Response{Status: first, Headers: p.headers, Body: p.body, Mode: p.mode, words: p.words}
		return nil
	})
}

// part is what requests and responses have in common.
type part struct {
	headers []Header
	body    string
	mode    Mode
	words   string
}

func parsePart(f txtar.File, options string, use func(first string, p part) error) error {
	head, body, _ := bytes.Cut(f.Data, []byte("\n\n"))
	lines := strings.Split(strings.TrimRight(string(head), "\n"), "\n")
	p := part{body: string(body)}
	for _, line := range lines[1:] {
		if err := p.header(line); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	var err error
	if p.mode, err = parseMode(options + " " + p.words); err == nil {
		err = use(lines[0], p)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	return nil
}

func (p *part) header(line string) error {
	name, value, ok := strings.Cut(line, ":")
	switch {
	case !ok && strings.HasPrefix(line, "!"):
		name = line
	case !ok:
		return fmt.Errorf("header line %q", line)
	case name == "Body":
		p.words = strings.TrimSpace(value)
		return nil
	}
	p.headers = append(p.headers, Header{name, strings.TrimSpace(value)})
	return nil
}

func parseMode(words string) (Mode, error) {
	all := strings.Fields(words)
	known := []string{"subset", "any", "ordered", "lf"}
	for _, w := range all {
		if !slices.Contains(known, w) {
			return Mode{}, fmt.Errorf("unknown word %q about bodies, known: %v", w, known)
		}
	}
	has := func(w string) bool { return slices.Contains(all, w) }
	return Mode{Subset: has("subset"), Any: has("any"), Ordered: has("ordered"), LF: has("lf")}, nil
}
