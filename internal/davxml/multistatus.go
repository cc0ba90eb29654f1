package davxml

import (
	"bytes"
	"net/http"
	"strconv"
)

// Multistatus streams a DAV:multistatus (RFC 4918 §13) to a client.
//
// A response carries either propstats or a status of its own, never both, and
// the propstat with status 200 comes first: Thunderbird looks at no other
// (clients.md 5.1).
type Multistatus struct {
	w *Writer
}

// NewMultistatus sends the head of a 207 answer.
func NewMultistatus(rw http.ResponseWriter) *Multistatus {
	return newMultistatus(rw, http.StatusMultiStatus, DAV("multistatus"))
}

func newMultistatus(rw http.ResponseWriter, status int, root Name) *Multistatus {
	rw.Header().Set("Content-Type", ContentType)
	rw.WriteHeader(status)
	m := &Multistatus{w: NewWriter(rw)}
	m.w.document(func() { m.w.Open(root) })
	return m
}

// Status writes a response that is only a status, as Writer.Status does.
func (m *Multistatus) Status(href string, c Condition) error {
	m.w.Status(href, c)
	return m.w.settle()
}

// Response writes a response with properties, as Writer.Response does.
func (m *Multistatus) Response(href string, write func(*Writer) []Propstat) error {
	m.w.Response(href, write)
	return m.w.settle()
}

// Status writes a response that is only a status (RFC 4918 §14.24): a removed
// member of a sync, a missing href of a multiget, a page that goes on. The
// condition's name, if it has one, follows as DAV:error.
func (w *Writer) Status(href string, c Condition) {
	w.Open(DAV("response"))
	w.Href(href)
	w.statusLine(c.Status)
	if c.Name.Local != "" {
		(&Error{Cond: c}).body(w)
	}
	w.Close(DAV("response"))
}

// statusLine spells the version HTTP/1.1 on every protocol: clients compare the
// literal text (clients.md 4.2).
func (w *Writer) statusLine(code int) {
	w.Open(DAV("status"))
	w.Raw("HTTP/1.1 " + strconv.Itoa(code) + " " + http.StatusText(code))
	w.Close(DAV("status"))
}

// Propstat is the outcome of some properties that are not simply there.
type Propstat struct {
	Cond  Condition
	Names []Name
}

// Response writes a response with properties: write appends the elements of
// those that are there, and returns the names of those with another outcome. A
// response in which nothing was found and nothing else is told carries an empty
// 200 (RFC 8144 §2.1).
func (w *Writer) Response(href string, write func(*Writer) []Propstat) {
	w.Open(DAV("response"))
	w.Href(href)
	start := w.mark()
	w.Open(DAV("propstat"))
	w.Open(DAV("prop"))
	inner := w.mark()
	others := write(w)
	if w.mark() == inner && named(others) {
		w.cut(start)
	} else {
		w.Close(DAV("prop"))
		w.statusLine(http.StatusOK)
		w.Close(DAV("propstat"))
	}
	for _, o := range others {
		w.propstat(o)
	}
	w.Close(DAV("response"))
}

func named(others []Propstat) bool {
	for _, o := range others {
		if len(o.Names) > 0 {
			return true
		}
	}
	return false
}

func (w *Writer) propstat(p Propstat) {
	if len(p.Names) == 0 {
		return
	}
	w.Open(DAV("propstat"))
	w.Open(DAV("prop"))
	for _, n := range p.Names {
		w.Empty(n)
	}
	w.Close(DAV("prop"))
	w.statusLine(p.Cond.Status)
	if p.Cond.Name.Local != "" {
		(&Error{Cond: p.Cond}).body(w)
	}
	w.Close(DAV("propstat"))
}

// Property writes one property's element around what get writes; if get says
// no, nothing is written and Property tells so.
func (w *Writer) Property(n Name, get func(*Writer) bool) bool {
	at := w.mark()
	w.Open(n)
	inner := w.mark()
	if !get(w) {
		w.cut(at)
		return false
	}
	if w.mark() == inner {
		w.cut(at)
		w.Empty(n)
		return true
	}
	w.Close(n)
	return true
}

// End writes what follows the last response (a DAV:sync-token, or nothing) and
// the end of the document.
func (m *Multistatus) End(token string) error {
	if token != "" {
		m.w.Elem(DAV("sync-token"), token)
	}
	m.w.Close(DAV("multistatus"))
	return m.w.Flush()
}

// WriteDocument answers with one small XML document.
func WriteDocument(rw http.ResponseWriter, status int, root Name, body func(*Writer)) error {
	rw.Header().Set("Content-Type", ContentType)
	rw.WriteHeader(status)
	w := NewWriter(rw)
	w.document(func() {
		w.Open(root)
		body(w)
		w.Close(root)
	})
	return w.Flush()
}

// WritePropstats answers with propstats directly below root, as RFC 5689 §5.2
// has it for a MKCOL that failed.
func WritePropstats(rw http.ResponseWriter, status int, root Name, others ...Propstat) error {
	m := newMultistatus(rw, status, root)
	for _, o := range others {
		m.w.propstat(o)
	}
	m.w.Close(root)
	return m.w.Flush()
}

// Hrefs gives the texts of the DAV:href elements that write writes.
func Hrefs(write func(*Writer)) []string {
	var b bytes.Buffer
	w := NewWriter(&b)
	w.document(func() {
		w.Open(DAV("prop"))
		write(w)
		w.Close(DAV("prop"))
	})
	if w.Flush() != nil {
		return nil
	}
	e, err := Read(&b, DefaultLimits)
	if err != nil {
		return nil
	}
	var hrefs []string
	for _, c := range e.Children {
		if c.Name == DAV("href") {
			hrefs = append(hrefs, c.Trimmed())
		}
	}
	return hrefs
}
