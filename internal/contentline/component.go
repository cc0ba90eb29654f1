package contentline

import (
	"iter"
	"slices"
	"strings"
)

// Component is what stands between BEGIN and END, these included.
type Component struct {
	Name       string // upper case
	begin, end *Line
	items      []item
}

// item is a line or a component, in document order.
type item struct {
	line      *Line
	component *Component
}

// Document is a parsed text: components and whatever stands around them.
type Document struct {
	mark  string // byte order mark
	items []item
}

// NewComponent returns an empty component with CRLF line ends.
func NewComponent(name string) *Component {
	return &Component{Name: UpperName(name), begin: New("", "BEGIN", name), end: New("", "END", name)}
}

// Components returns those at the top level.
func (d *Document) Components() []*Component { return components(d.items) }

func components(items []item) []*Component {
	var found []*Component
	for _, it := range items {
		if it.component != nil {
			found = append(found, it.component)
		}
	}
	return found
}

// Sole returns the component that the document is, if it is one of that name and nothing is beside it but lines; else nil.
func (d *Document) Sole(name string) *Component {
	var sole *Component
	for _, it := range d.items {
		if it.component == nil {
			continue
		}
		if sole != nil || it.component.Name != name {
			return nil
		}
		sole = it.component
	}
	return sole
}

// Lines yields the component's own properties in order, without BEGIN, END, blank lines and lines without a colon. The
// line just yielded may be edited.
func (c *Component) Lines() iter.Seq[*Line] {
	return func(yield func(*Line) bool) {
		for _, it := range c.items {
			if it.line != nil && it.line.Name != "" && !yield(it.line) {
				return
			}
		}
	}
}

// Components yields the components directly inside.
func (c *Component) Components() iter.Seq[*Component] {
	return func(yield func(*Component) bool) {
		for _, it := range c.items {
			if it.component != nil && !yield(it.component) {
				return
			}
		}
	}
}

// First returns the first property of that (upper case) name, nil if there is none.
func (c *Component) First(name string) *Line {
	for l := range c.Lines() {
		if l.Name == name {
			return l
		}
	}
	return nil
}

// All returns the properties of that (upper case) name.
func (c *Component) All(name string) []*Line {
	var found []*Line
	for l := range c.Lines() {
		if l.Name == name {
			found = append(found, l)
		}
	}
	return found
}

// Append puts l behind the component's own properties and before the components that follow them, as readers expect.
func (c *Component) Append(l *Line) {
	at := len(c.items)
	for at > 0 && c.items[at-1].component != nil {
		at--
	}
	c.insert(at, l)
}

// InsertBefore puts l in front of ref; if ref is nil or not there, in front of everything.
func (c *Component) InsertBefore(ref, l *Line) {
	at := slices.IndexFunc(c.items, func(it item) bool { return ref != nil && it.line == ref })
	c.insert(max(at, 0), l)
}

func (c *Component) insert(at int, l *Line) {
	if end := lineEnd(c.begin.raw); !strings.HasSuffix(l.raw, end) || lineEnd(l.raw) != end {
		l.print(end)
	}
	c.items = slices.Insert(c.items, at, item{line: l})
}

// RemoveFunc takes out every property for which drop is true.
func (c *Component) RemoveFunc(drop func(*Line) bool) {
	c.items = slices.DeleteFunc(c.items, func(it item) bool {
		return it.line != nil && it.line.Name != "" && drop(it.line)
	})
}

// Rewrite calls each with every property in order; what it emits takes the property's place. It takes linear time,
// so it is the way to change many lines.
func (c *Component) Rewrite(each func(l *Line, emit func(*Line))) {
	old := c.items
	c.items = make([]item, 0, len(old)+8)
	emit := func(l *Line) { c.insert(len(c.items), l) }
	for _, it := range old {
		if it.line == nil || it.line.Name == "" {
			c.items = append(c.items, it)
			continue
		}
		each(it.line, emit)
	}
}

// RemoveJunk takes out blank lines and lines without a colon, in the components inside as well.
func (c *Component) RemoveJunk() {
	c.items = slices.DeleteFunc(c.items, func(it item) bool { return it.line != nil && it.line.Name == "" })
	c.begin.tighten()
	c.end.tighten()
	for _, it := range c.items {
		if it.component != nil {
			it.component.RemoveJunk()
			continue
		}
		it.line.tighten()
	}
}

// loose says whether the raw form begins with a blank line that is folded into something, or with a fold of nothing.
func (l *Line) loose() bool { return l.raw != "" && strings.IndexByte(" \t\r\n", l.raw[0]) >= 0 }

func (l *Line) tighten() {
	if l.loose() {
		l.edited()
	}
}

// AppendComponent puts inner last.
func (c *Component) AppendComponent(inner *Component) {
	c.items = append(c.items, item{component: inner})
}

// RemoveComponents takes out every component directly inside for which drop is true.
func (c *Component) RemoveComponents(drop func(*Component) bool) {
	c.items = slices.DeleteFunc(c.items, func(it item) bool { return it.component != nil && drop(it.component) })
}

// Clone returns a deep copy, whose edits leave the original alone.
func (c *Component) Clone() *Component {
	n := &Component{Name: c.Name, begin: c.begin.Clone(), end: c.end.Clone(), items: make([]item, len(c.items))}
	lines := make([]Line, len(c.items))
	for i, it := range c.items {
		if it.component != nil {
			n.items[i].component = it.component.Clone()
			continue
		}
		lines[i] = *it.line
		n.items[i].line = &lines[i]
	}
	return n
}

// Shell is Clone without the components inside.
func (c *Component) Shell() *Component {
	shell := *c
	shell.items = slices.DeleteFunc(slices.Clone(c.items), func(it item) bool { return it.component != nil })
	return shell.Clone()
}

// Tidy says whether the document is nothing but components, without a byte order mark, blank lines and lines without a
// colon.
func (d *Document) Tidy() bool {
	for _, it := range d.items {
		if it.component == nil || !it.component.tidy() {
			return false
		}
	}
	return d.mark == ""
}

func (c *Component) tidy() bool {
	for _, it := range c.items {
		if it.component != nil && !it.component.tidy() || it.line != nil && (it.line.Name == "" || it.line.loose()) {
			return false
		}
	}
	return !c.begin.loose() && !c.end.loose()
}

// Bytes prints the component from BEGIN to END, exactly as it was read where it was not edited.
func (c *Component) Bytes() []byte {
	w := writer{buf: make([]byte, 0, c.size())}
	w.component(c)
	return w.buf
}

// Bytes prints the document: what Parse was given, until something was edited.
func (d *Document) Bytes() []byte {
	size := len(d.mark)
	for _, it := range d.items {
		size += it.size()
	}
	w := writer{buf: append(make([]byte, 0, size), d.mark...), fresh: true}
	w.items(d.items)
	return w.buf
}

func (c *Component) size() int {
	size := len(c.begin.raw) + len(c.end.raw)
	for _, it := range c.items {
		size += it.size()
	}
	return size
}

func (it item) size() int {
	if it.line != nil {
		return len(it.line.raw)
	}
	return it.component.size()
}

// writer joins raw lines and sees to it that lines which were not neighbours before do not run together.
type writer struct {
	buf      []byte
	fresh    bool // nothing but a byte order mark so far
	dangling bool // the last line ends in a soft line break
}

func (w *writer) component(c *Component) {
	w.line(c.begin)
	w.items(c.items)
	w.line(c.end)
}

func (w *writer) items(items []item) {
	for _, it := range items {
		if it.line != nil {
			w.line(it.line)
			continue
		}
		w.component(it.component)
	}
}

func (w *writer) line(l *Line) {
	if n := len(w.buf); n > 0 && !w.fresh {
		cr := w.buf[n-1] == '\r'
		switch {
		case cr && (strings.HasPrefix(l.raw, "\n") || strings.HasPrefix(l.raw, "\r\n")):
			w.buf = append(w.buf, '\n') // or the blank line would become a part of the line end
		case !cr && w.buf[n-1] != '\n', w.dangling && (l.Name != "END" || l.Group != ""):
			w.buf = append(w.buf, lineEnd(l.raw)...)
		}
	}
	w.buf = append(w.buf, l.raw...)
	w.fresh, w.dangling = false, l.dangling
}
