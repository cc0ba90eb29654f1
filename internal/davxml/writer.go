package davxml

import (
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"unicode/utf8"
)

// flushAt is how much an answer gathers before it is sent on.
const flushAt = 32 << 10

// Writer appends XML to a buffer and hands it on in pieces. It keeps the first
// error of the stream below and then does nothing more. Names of the
// namespaces of this package get the prefix declared at the document's root.
type Writer struct {
	out io.Writer
	buf []byte
	err error
}

// NewWriter gives a Writer on out.
func NewWriter(out io.Writer) *Writer { return &Writer{out: out} }

// Flush hands everything on, and tells the first error of the stream.
func (w *Writer) Flush() error {
	if w.err == nil && len(w.buf) > 0 {
		_, w.err = w.out.Write(w.buf)
	}
	w.buf = w.buf[:0]
	return w.err
}

// settle hands on what is gathered once it is worth a write. It may be called
// only where nothing before will be taken back.
func (w *Writer) settle() error {
	if len(w.buf) < flushAt {
		return w.err
	}
	return w.Flush()
}

// Open starts an element.
func (w *Writer) Open(n Name) { w.tag("<", n, ">") }

// Close ends an element.
func (w *Writer) Close(n Name) { w.tag("</", n, ">") }

// Empty writes an element without content.
func (w *Writer) Empty(n Name) { w.tag("<", n, "/>") }

// OpenWith starts an element with attributes, given as name, value, name, value.
func (w *Writer) OpenWith(n Name, attrs ...string) {
	w.tag("<", n, "")
	w.attrs(attrs)
	w.buf = append(w.buf, '>')
}

// EmptyWith writes an element with attributes and without content.
func (w *Writer) EmptyWith(n Name, attrs ...string) {
	w.tag("<", n, "")
	w.attrs(attrs)
	w.buf = append(w.buf, '/', '>')
}

func (w *Writer) attrs(attrs []string) {
	for i := 0; i+1 < len(attrs); i += 2 {
		w.buf = append(w.buf, ' ')
		w.buf = append(w.buf, attrs[i]...)
		w.buf = append(w.buf, '=', '"')
		w.Text(attrs[i+1])
		w.buf = append(w.buf, '"')
	}
}

// tag writes a name with the prefix of its namespace. Other namespaces are
// declared on the element itself; the end tag then needs no prefix.
func (w *Writer) tag(open string, n Name, end string) {
	w.buf = append(w.buf, open...)
	if p := prefixOf(n.Space); p != "" {
		w.buf = append(w.buf, p...)
		w.buf = append(w.buf, ':')
		w.buf = append(w.buf, n.Local...)
	} else {
		w.buf = append(w.buf, n.Local...)
		if open == "<" {
			w.buf = append(w.buf, ` xmlns="`...)
			w.Text(n.Space)
			w.buf = append(w.buf, '"')
		}
	}
	w.buf = append(w.buf, end...)
}

// Elem writes an element with text.
func (w *Writer) Elem(n Name, text string) {
	w.Open(n)
	w.Text(text)
	w.Close(n)
}

// Href writes a DAV:href with a path that is already percent-encoded.
func (w *Writer) Href(href string) { w.Elem(DAV("href"), href) }

// Raw writes markup that is already well-formed, such as Element.Raw.
func (w *Writer) Raw(markup string) { w.buf = append(w.buf, markup...) }

// Text writes character data. Characters that XML 1.0 cannot carry are left
// out: a control character in one card must not make a client refuse all
// others (clients.md 5.9). CR is written as a reference, or a parser would turn
// CRLF into LF (XML 1.0 §2.11).
func (w *Writer) Text(s string) { w.buf = appendText(w.buf, s) }

func appendText(buf []byte, s string) []byte {
	from := 0
	for i := 0; i < len(s); {
		esc, size := escape(s[i:])
		if size == 0 {
			i++
			continue
		}
		if esc != keep {
			buf = append(append(buf, s[from:i]...), esc...)
			from = i + size
		}
		i += size
	}
	return append(buf, s[from:]...)
}

// keep is what escape gives for a multi-byte character that stays as it is.
const keep = "\x00"

// escape tells what stands for the first character of s and how long that is;
// size 0 stands for one plain ASCII character.
func escape(s string) (esc string, size int) {
	switch c := s[0]; {
	case c == '&':
		return "&amp;", 1
	case c == '<':
		return "&lt;", 1
	case c == '>':
		return "&gt;", 1
	case c == '"':
		return "&#34;", 1
	case c == '\r':
		return "&#13;", 1
	case c == '\t', c == '\n':
		return "", 0
	case c < ' ', c == 0x7f:
		return "", 1
	case c < utf8.RuneSelf:
		return "", 0
	}
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && size == 1 {
		return "\uFFFD", 1
	}
	if r == 0xFFFE || r == 0xFFFF {
		return "", size
	}
	return keep, size
}

// mark and cut take back what was written since: a property that turned out to
// have no value leaves no trace.
func (w *Writer) mark() int  { return len(w.buf) }
func (w *Writer) cut(at int) { w.buf = w.buf[:at] }

// document writes the XML declaration, then what body writes. The namespaces
// are declared on the first element.
func (w *Writer) document(body func()) {
	w.buf = append(slices.Grow(w.buf, 2<<10), xml.Header[:len(xml.Header)-1]...)
	at := w.mark()
	body()
	w.declare(at)
}

// declare puts the namespace declarations into the start tag at the mark.
func (w *Writer) declare(at int) {
	end := bytes.IndexAny(w.buf[at:], " />")
	w.buf = slices.Insert(w.buf, at+end, declarations...)
}

var declarations = func() (all []byte) {
	for _, p := range prefixes {
		all = append(all, " xmlns:"+p.prefix+`="`+p.space+`"`...)
	}
	return all
}()
