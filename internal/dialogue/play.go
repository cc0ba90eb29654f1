package dialogue

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// Server is whom a dialogue is played against, and the account it is about. One of Handler and URL is needed.
type Server struct {
	Handler http.Handler // served on a loopback port meanwhile
	URL     string       // scheme and host of a running server

	Login, Password string // for Basic
	Account         string // the id in hrefs; a fresh account

	Update bool // rewrite what the file expects from what the server says
}

// Failure is what went wrong in one step.
type Failure struct {
	Step   string
	Diffs  []string
	Answer string // the whole answer, for a person
}

func (f Failure) String() string {
	return fmt.Sprintf("step %s\n  %s\nthe whole answer:\n%s", f.Step, strings.Join(f.Diffs, "\n  "), f.Answer)
}

// Run plays the dialogue in file and reports what differs. With Update set it rewrites the file instead: the status, the listed
// headers and the body of each answer that differs, with the patterns that still match and the variables that are known.
func Run(t testing.TB, file string, s Server) {
	t.Helper()
	d, err := ReadFile(file)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	failures := d.Play(t.Context(), s)
	for _, f := range failures {
		t.Errorf("%s: %v", file, f)
	}
	if s.Update && len(failures) > 0 {
		if err := os.WriteFile(file, txtar.Format(d.archive), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: rewritten, read the difference", file)
	}
}

// Play plays the dialogue and returns the steps that went wrong. It ends early where a step cannot be sent.
func (d *Dialogue) Play(ctx context.Context, s Server) []Failure {
	p := &player{ctx: ctx, server: s, base: s.URL, client: newClient()}
	defer p.client.CloseIdleConnections()
	if s.Handler != nil {
		local := httptest.NewServer(s.Handler)
		defer local.Close()
		p.base = local.URL
	}
	p.vars = vars{"account": s.Account, "login": s.Login, "password": s.Password, "base": p.base}
	var failures []Failure
	for _, step := range d.Steps {
		failure, err := p.step(d, step)
		if len(failure.Diffs) > 0 {
			failures = append(failures, failure)
		}
		if err != nil {
			return append(failures, Failure{Step: step.Name, Diffs: []string{err.Error()}})
		}
	}
	return failures
}

// newClient follows no redirect and adds no header of its own.
func newClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       30 * time.Second,
	}
}

type player struct {
	ctx    context.Context
	server Server
	base   string
	client *http.Client
	vars   vars
}

func (p *player) step(d *Dialogue, step Step) (Failure, error) {
	got, err := p.send(step.Request)
	if err != nil {
		return Failure{}, err
	}
	c := &comparison{want: step.Response, got: got, vars: p.vars}
	diffs, err := c.run()
	if len(diffs) > 0 && p.server.Update {
		d.archive.Files[step.file].Data = []byte(c.rewritten())
	}
	diffs = append(diffs, got.breaches()...)
	return Failure{Step: step.Name + ": " + step.Request.Method + " " + step.Request.Target, Diffs: diffs, Answer: got.describe()}, err
}

func (p *player) send(r Request) (*answer, error) {
	request, err := p.request(r)
	if err != nil {
		return nil, err
	}
	response, err := p.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := readBody(response)
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	return &answer{Status: response.Status, Header: response.Header, Body: body, collection: reads && strings.HasSuffix(r.Target, "/")}, nil
}

func readBody(response *http.Response) (string, error) {
	in := io.Reader(response.Body)
	if response.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(in)
		if err != nil {
			return "", err
		}
		in = unzipped
	}
	var out bytes.Buffer
	_, err := out.ReadFrom(in)
	return out.String(), err
}

func (p *player) request(r Request) (*http.Request, error) {
	target, err := p.vars.expand(r.Target, verbatim)
	if err != nil {
		return nil, err
	}
	escape := verbatim
	if strings.HasPrefix(r.Body, "<") {
		escape = escapeXML
	}
	body, err := p.vars.expand(r.Body, escape)
	if err != nil {
		return nil, err
	}
	header, err := p.header(r.Headers)
	if err != nil {
		return nil, err
	}
	if hasLines(header) && !r.Mode.LF {
		body = strings.ReplaceAll(body, "\n", "\r\n")
	}
	request, err := http.NewRequestWithContext(p.ctx, r.Method, p.base+target, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header = header
	return request, nil
}

func (p *player) header(lines []Header) (http.Header, error) {
	header := http.Header{"User-Agent": nil}
	for _, h := range lines {
		value, err := p.vars.expand(h.Value, verbatim)
		if err != nil {
			return nil, err
		}
		header.Add(h.Name, value)
	}
	switch auth := header.Get("Authorization"); {
	case auth == "":
		header.Set("Authorization", basic(p.server.Login+":"+p.server.Password))
	case auth == "none":
		header.Del("Authorization")
	case strings.HasPrefix(auth, "Basic ") && strings.Contains(auth, ":"):
		header.Set("Authorization", basic(strings.TrimPrefix(auth, "Basic ")))
	}
	return header, nil
}

// basic encodes name:password. RFC 7617 §2.
func basic(pair string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair)) }
