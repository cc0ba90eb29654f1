package transfer

import (
	"bytes"
	"iter"
	"slices"
	"strings"
)

// batchSize is how much text is given to the parser at once.
const batchSize = 1 << 20

// calendar is a VCALENDAR cut into its parts.
type calendar struct {
	block
	head  []byte   // BEGIN and its own properties
	zones [][]byte // its VTIMEZONEs
	parts []part   // its other components
	ended bool     // has an END
}

// part is a component of a calendar.
type part struct {
	calendar  int // index of its calendar in the file
	component string
	uid       string
	data      []byte
	line      int
}

// group is all the components of a file with one UID, or one without any.
type group struct {
	uid   string
	line  int
	size  int
	parts []part
}

// top are the components that stand in nothing but a VCALENDAR. VPOLL alone
// has such ones inside.
var top = []string{"VTIMEZONE", "VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VAVAILABILITY", "VPOLL"}

// cutCalendar takes the n-th calendar of a file apart. Like blocks, it does not
// judge, and ends a component that has no END where the next one begins.
func cutCalendar(b block, n int) calendar {
	c := partCutter{calendar: calendar{block: b}, n: n, offset: b.line - 1}
	l := newLines(b.data)
	for ln, ok := l.next(); ok; ln, ok = l.next() {
		c.take(ln)
	}
	c.finish(len(b.data))
	return c.calendar
}

type partCutter struct {
	calendar
	n, offset int
	open      *part
	start     int
	depth     int    // components inside the open one
	folding   string // the property whose folds are being read
}

func (c *partCutter) take(ln line) {
	if c.unfold(ln) {
		return
	}
	if name, ok := ln.begins(); ok {
		c.begin(name, ln)
		return
	}
	name, ends := ln.ends()
	switch {
	case c.open == nil && ends && name == vcalendarName:
		c.ended = true
	case c.open == nil:
		c.head = append(c.head, c.data[ln.start:ln.end]...)
	case ends && name == c.open.component:
		c.finish(ln.end)
	case ends && name == vcalendarName:
		c.finish(ln.start)
		c.ended = true
	case ends:
		c.depth--
	case c.depth == 0:
		c.property(ln)
	}
}

func (c *partCutter) begin(name string, ln line) {
	switch {
	case name == vcalendarName:
		c.head = append(c.head, c.data[ln.start:ln.end]...)
		return
	case c.open != nil && (!slices.Contains(top, name) || c.open.component == "VPOLL"):
		c.depth++
		return
	}
	c.finish(ln.start)
	c.open = &part{calendar: c.n, component: name, line: c.offset + ln.number}
	c.start, c.depth = ln.start, 0
}

// property keeps the UID.
func (c *partCutter) property(ln line) {
	name, rest, _ := bytes.Cut(ln.text, []byte(":"))
	name, _, _ = bytes.Cut(name, []byte(";"))
	if c.open.uid == "" && bytes.EqualFold(name, []byte("UID")) {
		c.open.uid, c.folding = string(rest), "UID"
	}
}

// unfold takes a line that continues the UID, or the head.
func (c *partCutter) unfold(ln line) bool {
	if !ln.folded() {
		c.folding = ""
		return false
	}
	if c.folding != "" && c.open != nil {
		c.open.uid += string(ln.text[1:])
	}
	if c.open == nil {
		c.head = append(c.head, c.data[ln.start:ln.end]...)
	}
	return true
}

func (c *partCutter) finish(end int) {
	if c.open == nil {
		return
	}
	p := *c.open
	p.data, p.uid = c.data[c.start:end], strings.TrimSpace(p.uid)
	c.open, c.folding = nil, ""
	if p.component == "VTIMEZONE" {
		c.zones = append(c.zones, p.data)
		return
	}
	c.parts = append(c.parts, p)
}

// uids are those of the components.
func (c *calendar) uids() map[string]bool {
	all := map[string]bool{}
	for _, p := range c.parts {
		all[p.uid] = true
	}
	return all
}

// only gives the UID if the calendar has an end and all its components have
// that one.
func (c *calendar) only() (uid string, one bool) {
	if !c.ended || len(c.parts) == 0 || c.parts[0].uid == "" || len(c.uids()) > 1 {
		return "", false
	}
	return c.parts[0].uid, true
}

// groups gathers the components of a file's calendars by UID, in file order.
func groups(calendars []calendar) []*group {
	var all []*group
	byUID := map[string]*group{}
	for _, c := range calendars {
		for _, p := range c.parts {
			g := byUID[p.uid]
			if g == nil || p.uid == "" {
				g = &group{uid: p.uid, line: p.line}
				byUID[p.uid] = g
				all = append(all, g)
			}
			g.parts = append(g.parts, p)
			g.size += len(p.data)
		}
	}
	return all
}

// batches joins groups until they are worth a parse.
func batches(all []*group, calendars []calendar) iter.Seq[[]*group] {
	limit := batchSize
	for _, c := range calendars {
		// What every batch repeats must stay a fraction of it.
		limit = max(limit, 8*c.overhead())
	}
	return func(yield func([]*group) bool) {
		for len(all) > 0 {
			n, size := 1, all[0].size
			for n < len(all) && size+all[n].size <= limit {
				size += all[n].size
				n++
			}
			if !yield(all[:n]) {
				return
			}
			all = all[n:]
		}
	}
}

func (c *calendar) overhead() int {
	n := len(c.head)
	for _, z := range c.zones {
		n += len(z)
	}
	return n
}

// text prints groups as a stream of the calendars that they are from.
func text(batch []*group, calendars []calendar) []byte {
	var parts []part
	for _, g := range batch {
		parts = append(parts, g.parts...)
	}
	slices.SortStableFunc(parts, func(a, b part) int { return a.calendar - b.calendar })
	var b bytes.Buffer
	for i, p := range parts {
		c := &calendars[p.calendar]
		if i == 0 || parts[i-1].calendar != p.calendar {
			c.open(&b)
		}
		writeEnded(&b, p.data)
		if i+1 == len(parts) || parts[i+1].calendar != p.calendar {
			b.WriteString("END:VCALENDAR\r\n")
		}
	}
	return b.Bytes()
}

func (c *calendar) open(b *bytes.Buffer) {
	writeEnded(b, c.head)
	for _, z := range c.zones {
		writeEnded(b, z)
	}
}

// writeEnded writes a text and ends its last line if nothing does.
func writeEnded(b *bytes.Buffer, data []byte) {
	b.Write(data)
	if n := len(data); n > 0 && data[n-1] != '\n' && data[n-1] != '\r' {
		b.WriteString("\r\n")
	}
}
