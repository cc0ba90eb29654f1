// Package contentline reads, edits and prints the content lines that iCalendar (RFC 5545 §3.1) and vCard
// (RFC 6350 §3.2, RFC 2426, vCard 2.1) are made of, without losing a byte.
//
// A [Document] is a sequence of logical lines nested into components by BEGIN and END. Each [Line] keeps the exact
// bytes it was read from, folds and line end included, beside a parsed view. Editing a line prints that line anew and
// leaves its neighbours alone, so that a document that was not edited prints as it came: Parse(x).Bytes() equals x.
//
// Reading is lenient: any line end, a byte order mark, blank lines, lines without a colon and bytes that are no UTF-8
// are kept. Only BEGIN and END lines that do not nest are a [SyntaxError]. Everything is bounded by [Limits] and takes
// time linear in the input. What a property means is left to the packages ical and vcard.
package contentline

import (
	"errors"
	"fmt"
	"strings"
)

// ErrTooLarge says that the input exceeds one of its [Limits].
var ErrTooLarge = errors.New("content lines exceed a limit")

// SyntaxError says where BEGIN and END do not nest.
type SyntaxError struct {
	Line   int // physical line, from 1
	Reason string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// Limits bound what Parse accepts. A zero field means its value in [DefaultLimits].
type Limits struct {
	MaxBytes     int // whole input
	MaxLines     int // logical lines
	MaxLineBytes int // one logical line, folds included
	MaxParams    int // parameters and parameter values of one line, counted together
	MaxDepth     int // nested components
}

// DefaultLimits has room for a card with a photo of 20 MiB or a calendar of some ten thousand events.
func DefaultLimits() Limits {
	return Limits{MaxBytes: 32 << 20, MaxLines: 1 << 18, MaxLineBytes: 32 << 20, MaxParams: 1 << 10, MaxDepth: 16}
}

func (lim Limits) orDefault() Limits {
	def := DefaultLimits()
	pick := func(v, d int) int {
		if v == 0 {
			return d
		}
		return v
	}
	return Limits{
		MaxBytes:     pick(lim.MaxBytes, def.MaxBytes),
		MaxLines:     pick(lim.MaxLines, def.MaxLines),
		MaxLineBytes: pick(lim.MaxLineBytes, def.MaxLineBytes),
		MaxParams:    pick(lim.MaxParams, def.MaxParams),
		MaxDepth:     pick(lim.MaxDepth, def.MaxDepth),
	}
}

const byteOrderMark = "\ufeff"

// Parse reads data, which it copies once. The error is ErrTooLarge or a *SyntaxError.
func Parse(data []byte, lim Limits) (*Document, error) {
	p := &parser{scanner: scanner{src: string(data), nextLF: -1}, lim: lim.orDefault(), doc: &Document{}}
	return p.document()
}

func (p *parser) document() (*Document, error) {
	if len(p.src) > p.lim.MaxBytes {
		return nil, ErrTooLarge
	}
	if strings.HasPrefix(p.src, byteOrderMark) {
		p.doc.mark = byteOrderMark
		p.pos = len(byteOrderMark)
	}
	for p.pos < len(p.src) {
		if err := p.line(); err != nil {
			return nil, err
		}
	}
	if n := len(p.stack); n > 0 {
		return nil, &SyntaxError{p.number, "BEGIN:" + p.stack[n-1].Name + " has no END"}
	}
	return p.doc, nil
}

// parser nests logical lines. Lines, parameters and values come from slabs, so that a card costs a handful of
// allocations and not some per line.
type parser struct {
	scanner
	lim    Limits
	reader *Reader // who asks for some properties only, nil if all are read
	doc    *Document
	stack  []*Component
	count  int // logical lines
	lines  []Line
	params []Param
	values []string
}

// line reads one logical line and puts it where it belongs.
func (p *parser) line() error {
	if blank := p.blanks(); blank != "" {
		l := p.newLine()
		l.raw = blank
		p.add(item{line: l})
		return p.counted(0)
	}
	if p.reader != nil && p.skip() {
		return p.counted(1)
	}
	number := p.number + 1
	start := p.pos
	text := p.logical()
	if err := p.counted(1); err != nil || p.pos-start > p.lim.MaxLineBytes {
		return ErrTooLarge
	}
	l := p.newLine()
	l.raw = p.src[start:p.pos]
	l.dangling = p.dangling
	if err := p.fill(l, text); err != nil {
		return err
	}
	switch {
	case l.Group != "": // item1.END is a property, if a strange one
	case l.Name == "BEGIN":
		return p.begin(l)
	case l.Name == "END":
		return p.end(l, number)
	}
	p.add(item{line: l})
	return nil
}

// counted counts logical lines.
func (p *parser) counted(n int) error {
	if p.count += n; p.count > p.lim.MaxLines {
		return ErrTooLarge
	}
	return nil
}

// blanks reads blank lines as one: a file may have a million of them. One that is folded into what follows is not blank.
func (p *parser) blanks() string {
	start := p.pos
	for p.pos < len(p.src) && (p.src[p.pos] == '\n' || p.src[p.pos] == '\r') {
		at := p.pos
		p.physical()
		if p.pos < len(p.src) && isBlank(p.src[p.pos]) {
			p.pos, p.number = at, p.number-1
			break
		}
		p.count++
	}
	return p.src[start:p.pos]
}

func (p *parser) begin(l *Line) error {
	if len(p.stack) >= p.lim.MaxDepth {
		return ErrTooLarge
	}
	c := p.newComponent(componentName(l), l)
	p.add(item{component: c})
	p.stack = append(p.stack, c)
	return nil
}

func (p *parser) end(l *Line, number int) error {
	n := len(p.stack)
	if n == 0 {
		return &SyntaxError{number, "END without BEGIN"}
	}
	c := p.stack[n-1]
	if componentName(l) != c.Name {
		return &SyntaxError{number, "END does not match BEGIN:" + c.Name}
	}
	c.end = l
	p.stack = p.stack[:n-1]
	return nil
}

// componentName trims, because "BEGIN:VCARD " is out there.
func componentName(l *Line) string { return UpperName(trimBlanks(l.Value)) }

func (p *parser) add(it item) {
	if n := len(p.stack); n > 0 {
		p.stack[n-1].items = append(p.stack[n-1].items, it)
		return
	}
	p.doc.items = append(p.doc.items, it)
}

func (p *parser) newComponent(name string, begin *Line) *Component {
	if p.reader != nil {
		return p.reader.component(name, begin)
	}
	return &Component{Name: name, begin: begin}
}

// newLine hands out lines from slabs sized by what is left to read, as most documents are small.
func (p *parser) newLine() *Line {
	if p.reader != nil {
		return p.reader.line()
	}
	if len(p.lines) == 0 {
		p.lines = make([]Line, min(64, 4+(len(p.src)-p.pos)/32))
	}
	l := &p.lines[0]
	p.lines = p.lines[1:]
	return l
}
