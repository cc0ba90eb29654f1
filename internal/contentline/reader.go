package contentline

import (
	"maps"
	"slices"
	"strings"
)

// Names are names of properties, in upper case.
type Names map[string]bool

// Reader reads one text after another for who asks for some properties and wants nothing printed, with the memory that
// the last one took. Not reading the rest, and not allocating, makes it many times as fast as [Parse].
type Reader struct {
	names      []string
	parser     parser
	doc        Document
	lines      pool[Line]
	components pool[Component]
}

// NewReader reads the properties of these names, within limits of which a zero field means its value in [DefaultLimits].
// Bounds on parameters hold for these properties only.
func NewReader(lim Limits, names Names) *Reader {
	r := &Reader{names: slices.AppendSeq([]string{"BEGIN", "END"}, maps.Keys(names)), parser: parser{lim: lim.orDefault()}}
	r.parser.reader = r
	return r
}

// Read returns a document that has no lines but those of the names, and is good until the next Read. The errors are
// those of [Parse].
func (r *Reader) Read(text string) (*Document, error) {
	r.lines.used, r.components.used = 0, 0
	r.doc = Document{items: r.doc.items[:0]}
	p := &r.parser
	p.scanner = scanner{src: text, nextLF: -1, parts: p.parts}
	p.doc, p.stack, p.count = &r.doc, p.stack[:0], 0
	p.params, p.values = p.params[:0], p.values[:0]
	return p.document()
}

func (r *Reader) line() *Line {
	l := r.lines.next()
	*l = Line{}
	return l
}

func (r *Reader) component(name string, begin *Line) *Component {
	c := r.components.next()
	*c = Component{Name: name, begin: begin, items: c.items[:0]}
	return c
}

// pool hands out for one text what it has handed out for the last.
type pool[T any] struct {
	all  []*T
	used int
}

func (p *pool[T]) next() *T {
	if p.used == len(p.all) {
		p.all = append(p.all, new(T))
	}
	p.used++
	return p.all[p.used-1]
}

// longestName is more than any name that is asked for has; what is longer is read as if it were.
const longestName = 64

// skip passes a line that nobody asks for, with what continues it. It gives up, so that the line is read as any other,
// where the end is not plain to see: at a bare CR, and at what may be a soft break of QUOTED-PRINTABLE.
func (p *parser) skip() bool {
	if p.wanted(p.src[p.pos:min(p.pos+longestName, len(p.src))]) {
		return false
	}
	pos, lines := p.pos, 0
	for {
		end := p.lineFeed(pos)
		text := strings.TrimSuffix(p.src[pos:end], "\r")
		if end == len(p.src) || strings.HasSuffix(text, "=") || strings.IndexByte(text, '\r') >= 0 {
			if lines > 0 {
				p.nextLF = -1 // it is behind the place that we go back to
			}
			return false
		}
		pos = end + 1
		lines++
		if pos == len(p.src) || !isBlank(p.src[pos]) {
			break
		}
	}
	p.pos = pos
	p.number += lines
	return true
}

// wanted tells whether a line that begins so may be one of the names, or nests.
func (p *parser) wanted(start string) bool {
	end, dot := nameEnd(start)
	if end == len(start) || start[end] == '\r' || start[end] == '\n' {
		return true // folded inside its name, or no property
	}
	name := trimBlanks(start[:end])
	if dot >= 0 {
		if _, rest, _ := strings.Cut(name, "."); rest != "" {
			name = trimBlanks(rest)
		}
	}
	for _, asked := range p.reader.names {
		if len(asked) == len(name) && strings.EqualFold(asked, name) {
			return true
		}
	}
	return false
}

// nameEnd is where the name of a line ends, and where a group may end inside of it, -1 if nowhere.
func nameEnd(line string) (end, dot int) {
	dot = -1
	for i := range len(line) {
		switch line[i] {
		case ':', ';', '\r', '\n':
			return i, dot
		case '.':
			dot = i
		}
	}
	return len(line), dot
}
