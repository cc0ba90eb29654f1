package remote

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"ksync/internal/davxml"
)

// resource is a DAV:response of a multistatus.
type resource struct {
	url    *url.URL
	status int                             // of the resource itself; 0 if it has properties
	props  map[davxml.Name]*davxml.Element // those with status 200
	odd    string                          // what a picky client stumbles over
	absent int                             // properties with another status
}

// hrefs are the DAV:href children of a property, resolved.
func (r *resource) hrefs(name davxml.Name) []*url.URL {
	var all []*url.URL
	if e := r.props[name]; e != nil {
		for _, child := range e.Children {
			if child.Name != davxml.DAV("href") {
				continue
			}
			if u, err := r.url.Parse(child.Trimmed()); err == nil {
				all = append(all, u)
			}
		}
	}
	return all
}

// is tells whether the resource has a type.
func (r *resource) is(name davxml.Name) bool {
	return r.props[davxml.DAV("resourcetype")].Child(name) != nil
}

func (r *resource) text(name davxml.Name) string {
	if e := r.props[name]; e != nil {
		return e.Trimmed()
	}
	return ""
}

// answer is what a server said.
type answer struct {
	url       *url.URL // asked in the end
	status    int
	header    http.Header
	resources []resource
	token     string // DAV:sync-token
	body      []byte // of what is no multistatus, its beginning
}

// find gives the resource with that URL; a trailing slash makes no difference.
func (a *answer) find(u *url.URL) *resource {
	for i := range a.resources {
		if samePath(a.resources[i].url, u) {
			return &a.resources[i]
		}
	}
	return nil
}

func samePath(a, b *url.URL) bool {
	return strings.TrimSuffix(a.Path, "/") == strings.TrimSuffix(b.Path, "/")
}

// query is a request with an XML body.
type query struct {
	method string
	url    *url.URL
	depth  string
	root   davxml.Name
	write  func(*davxml.Writer) // inside the root
}

func (c *Client) propfind(ctx context.Context, u *url.URL, depth int, names ...davxml.Name) (*answer, error) {
	return c.ask(ctx, query{"PROPFIND", u, strconv.Itoa(depth), davxml.DAV("propfind"), func(w *davxml.Writer) { props(w, names...) }})
}

func props(w *davxml.Writer, names ...davxml.Name) {
	w.Open(davxml.DAV("prop"))
	for _, n := range names {
		w.Empty(n)
	}
	w.Close(davxml.DAV("prop"))
}

// ask sends a query. An answer that is no multistatus is none of its errors.
func (c *Client) ask(ctx context.Context, q query) (*answer, error) {
	var body bytes.Buffer
	if q.write != nil {
		w := davxml.NewWriter(&body)
		w.Raw(xml.Header)
		w.OpenWith(q.root, "xmlns:D", davxml.NSDAV, "xmlns:C", davxml.NSCalDAV, "xmlns:CR", davxml.NSCardDAV, "xmlns:CS", davxml.NSServer, "xmlns:A", davxml.NSApple)
		q.write(w)
		w.Close(q.root)
		if err := w.Flush(); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, q.method, q.url.String(), bytes.NewReader(body.Bytes()))
	if err != nil {
		return nil, err
	}
	if q.depth != "" {
		r.Header.Set("Depth", q.depth)
	}
	if body.Len() > 0 {
		r.Header.Set("Content-Type", davxml.ContentType)
	}
	return c.answer(r)
}

// answer sends a request and reads all of the answer.
func (c *Client) answer(r *http.Request) (_ *answer, err error) {
	resp, err := c.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() {
		if closed := resp.Body.Close(); err == nil {
			err = closed
		}
	}()
	a := &answer{url: resp.Request.URL, status: resp.StatusCode, header: resp.Header}
	if resp.StatusCode != http.StatusMultiStatus {
		a.body, err = io.ReadAll(io.LimitReader(resp.Body, 64<<10))
		return a, err
	}
	root, err := davxml.Read(resp.Body, davxml.Limits{Bytes: maxAnswer, Depth: 64, Elements: maxElements})
	if err != nil {
		return a, fmt.Errorf("answer of %s: %w", a.url.Path, err)
	}
	if root.Name != davxml.DAV("multistatus") {
		return a, fmt.Errorf("answer of %s: %s instead of a multistatus", a.url.Path, root.Name.Local)
	}
	a.read(root)
	return a, nil
}

func (a *answer) read(root *davxml.Element) {
	if e := root.Child(davxml.DAV("sync-token")); e != nil {
		a.token = e.Trimmed()
	}
	for _, e := range root.Children {
		if e.Name != davxml.DAV("response") {
			continue
		}
		u, err := a.url.Parse(e.Href())
		if err != nil {
			continue // names nothing that could be asked for
		}
		r := resource{url: u, props: map[davxml.Name]*davxml.Element{}}
		if s := e.Child(davxml.DAV("status")); s != nil {
			r.status = statusCode(s.Trimmed())
		}
		r.readProps(e)
		a.resources = append(a.resources, r)
	}
}

func (r *resource) readProps(response *davxml.Element) {
	first := true
	for _, e := range response.Children {
		if e.Name != davxml.DAV("propstat") {
			continue
		}
		line := ""
		if s := e.Child(davxml.DAV("status")); s != nil {
			line = s.Trimmed()
		}
		ok := statusCode(line) == http.StatusOK
		if first && !ok || ok && line != "HTTP/1.1 200 OK" {
			r.odd = line
		}
		first = false
		prop := e.Child(davxml.DAV("prop"))
		if prop != nil && !ok {
			r.absent += len(prop.Children)
		}
		if prop != nil && ok {
			for _, p := range prop.Children {
				r.props[p.Name] = p
			}
		}
	}
}

// statusCode reads a status line; 0 if it is none.
func statusCode(line string) int {
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return 0
	}
	code, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return code
}

// Denied is an answer with another status than was hoped for.
type Denied struct {
	Method, Path string
	Status       int
	Reason       string // in the server's words
}

func (e *Denied) Error() string {
	s := fmt.Sprintf("%s %s: %d %s", e.Method, e.Path, e.Status, http.StatusText(e.Status))
	if e.Reason != "" && e.Reason != http.StatusText(e.Status) {
		s += " (" + e.Reason + ")"
	}
	return s
}

// want makes an error of an answer with none of the statuses.
func (a *answer) want(method string, statuses ...int) error {
	for _, s := range statuses {
		if a.status == s {
			return nil
		}
	}
	return &Denied{method, a.url.Path, a.status, reasonIn(a.body)}
}

// reasonIn finds the condition in a DAV:error, or the first line of a plain text.
func reasonIn(body []byte) string {
	if e, err := davxml.Read(bytes.NewReader(body), davxml.DefaultLimits); err == nil && e.Name == davxml.DAV("error") {
		for _, child := range e.Children {
			return child.Name.Local
		}
		return ""
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(body)), "\n")
	if strings.HasPrefix(line, "<") || len(line) > 200 {
		return ""
	}
	return line
}
