package transfer

import "iter"

// Names of what a file can hold.
const (
	vcardName     = "VCARD"
	vcalendarName = "VCALENDAR"
)

// block is a stretch of a text: a VCARD, a VCALENDAR, or what is neither.
type block struct {
	name string // "" for what is neither
	data []byte
	line int // where it starts
}

// blocks cuts a text at its outermost BEGIN and END lines. It does not judge
// what is inside. Cards stand in cards (vCard 2.1 §2.5.2), so that only the end
// of the text tells that an END is missing: what is open then is cut at every
// BEGIN, and half a card takes no other with it. Calendars never nest. Blank
// lines between blocks are dropped, everything else is in some block.
func blocks(data []byte) iter.Seq[block] {
	return func(yield func(block) bool) {
		c := cutter{data: data}
		for l := newLines(data); ; {
			ln, more := l.next()
			if more {
				c.take(ln)
			} else {
				c.abandon(len(data))
			}
			for _, b := range c.ready {
				if !yield(b) {
					return
				}
			}
			if c.ready = c.ready[:0]; !more {
				return
			}
		}
	}
}

type cutter struct {
	data  []byte
	ready []block
	name  string // of the open block
	depth int    // BEGINs without their END
	marks []mark // where the open block and all in it begin
}

type mark struct{ at, line int }

func (c *cutter) take(ln line) {
	if name, ok := ln.begins(); ok && (name == vcardName || name == vcalendarName) {
		c.begin(name, ln)
		return
	}
	if c.marks == nil {
		if !ln.blank() {
			c.name, c.marks = "", append(c.marks, mark{ln.start, ln.number})
		}
		return
	}
	if name, ok := ln.ends(); ok && c.name != "" && name == c.name {
		if c.depth--; c.depth == 0 {
			c.finish(c.marks[0], ln.end)
			c.marks = nil
		}
	}
}

func (c *cutter) begin(name string, ln line) {
	if c.marks != nil && (name != vcardName || c.name != vcardName) {
		c.abandon(ln.start)
	}
	if c.marks == nil {
		c.name, c.depth = name, 0
	}
	c.depth++
	c.marks = append(c.marks, mark{ln.start, ln.number})
}

// abandon ends a block that has no END.
func (c *cutter) abandon(end int) {
	for i, m := range c.marks {
		if i+1 < len(c.marks) {
			c.finish(m, c.marks[i+1].at)
		} else {
			c.finish(m, end)
		}
	}
	c.marks = nil
}

func (c *cutter) finish(from mark, end int) {
	c.ready = append(c.ready, block{c.name, c.data[from.at:end], from.line})
}
