package dialogue

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// answer is what the server said.
type answer struct {
	Status string // "207 Multi-Status"
	Header http.Header
	Body   string

	tree       *node // of the body, once it was compared as XML
	collection bool  // the answer to a GET or HEAD of what ends in a slash
}

// comparison checks one answer against what its step expects.
type comparison struct {
	want  Response
	got   *answer
	vars  vars
	diffs []string
}

// run returns what differs; the error is a variable that nothing has bound.
func (c *comparison) run() ([]string, error) {
	c.status()
	var failed error
	for _, h := range c.want.Headers {
		if ok, err := c.header(h); err != nil {
			failed = err
		} else if !ok {
			c.differ("header %s: want %q, got %q", h.Name, c.vars.show(h.Value), c.value(h.Name))
		}
	}
	if err := c.body(); err != nil {
		failed = err
	}
	return c.diffs, failed
}

func (c *comparison) differ(format string, args ...any) {
	c.diffs = append(c.diffs, fmt.Sprintf(format, args...))
}

func (c *comparison) status() {
	want, got := c.want.Status, c.got.Status
	if len(want) == 3 {
		got = got[:3]
	}
	if want != got {
		c.differ("want %s, got %s", want, c.got.Status)
	}
}

func (c *comparison) value(name string) string {
	return strings.Join(c.got.Header.Values(strings.TrimPrefix(name, "!")), ", ")
}

func (c *comparison) header(h Header) (bool, error) {
	value := c.value(h.Name)
	switch {
	case strings.HasPrefix(h.Name, "!"):
		return value == "", nil
	case h.Value == "*":
		return value != "", nil
	}
	return c.vars.match(h.Value, value)
}

func (c *comparison) body() error {
	switch {
	case c.want.Mode.Any:
		return nil
	case strings.HasPrefix(c.want.Body, "<"):
		return c.xml()
	case c.want.Mode.Subset:
		return c.lines()
	}
	return c.text()
}

func (c *comparison) xml() error {
	want, err := parseXML(c.want.Body)
	if err != nil {
		return fmt.Errorf("the expected answer: %w", err)
	}
	if c.got.tree, err = parseXML(c.got.Body); err != nil {
		c.differ("body: want XML: %v", err)
		return nil
	}
	m := &matcher{vars: c.vars, mode: c.want.Mode}
	m.element(qualified(want.Name), want, c.got.tree)
	for name, value := range m.vars {
		c.vars[name] = value
	}
	c.diffs = append(c.diffs, m.diffs...)
	return m.err
}

func (c *comparison) text() error {
	want := c.want.Body
	if hasLines(c.got.Header) && !c.want.Mode.LF {
		want = strings.ReplaceAll(want, "\n", "\r\n")
	}
	ok, err := c.vars.match(want, c.got.Body)
	if !ok {
		c.differ("body (-want +got):\n%s", cmp.Diff(splitLines(c.vars.show(want)), splitLines(c.got.Body)))
	}
	return err
}

func splitLines(s string) []string { return strings.SplitAfter(s, "\n") }

// lines looks for each expected line, below the one before.
func (c *comparison) lines() error {
	rest := strings.Split(strings.ReplaceAll(c.got.Body, "\r\n", "\n"), "\n")
	for want := range strings.Lines(c.want.Body) {
		want = strings.TrimSuffix(want, "\n")
		at, err := c.find(want, rest)
		if err != nil {
			return err
		}
		if at < 0 {
			c.differ("body: no line %q where it is expected", c.vars.show(want))
			continue
		}
		rest = rest[at+1:]
	}
	return nil
}

func (c *comparison) find(want string, lines []string) (int, error) {
	for i, line := range lines {
		if ok, err := c.vars.match(want, line); ok || err != nil {
			return i, err
		}
	}
	return -1, nil
}

// hasLines says whether a body is of a kind whose lines end in CRLF. RFC 5545 §3.1, RFC 6350 §3.2.
func hasLines(h http.Header) bool {
	kind := strings.ToLower(h.Get("Content-Type"))
	return strings.HasPrefix(kind, "text/calendar") || strings.HasPrefix(kind, "text/vcard")
}

// describe shows the whole answer to a person.
func (a *answer) describe() string {
	var out strings.Builder
	out.WriteString(a.Status + "\n")
	for _, name := range []string{"Content-Type", "DAV", "ETag", "Location", "Allow", "WWW-Authenticate", "Retry-After"} {
		if value := a.Header.Get(name); value != "" {
			out.WriteString(name + ": " + value + "\n")
		}
	}
	body := strings.ReplaceAll(a.Body, "\r\n", "\n")
	if tree, err := parseXML(a.Body); err == nil && strings.HasPrefix(a.Body, "<") {
		body = tree.String()
	}
	return out.String() + "\n" + body
}
