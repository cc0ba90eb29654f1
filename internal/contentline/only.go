package contentline

import "strings"

// Names are names of properties, in upper case.
type Names map[string]bool

// ParseOnly is [Parse] for who asks for some properties and wants nothing printed: the document has no lines but
// those of the names, which makes it several times as fast. Bounds on parameters hold for these lines only.
func ParseOnly(data []byte, lim Limits, names Names) (*Document, error) {
	return parse(data, lim, names)
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
		if pos == len(p.src) || p.src[pos] != ' ' && p.src[pos] != '\t' {
			break
		}
	}
	p.pos = pos
	p.number += lines
	return true
}

// wanted tells whether a line that begins so may be one of the names, or nests.
func (p *parser) wanted(start string) bool {
	end := strings.IndexAny(start, ":;\r\n")
	if end < 0 {
		return true
	}
	if start[end] == '\r' || start[end] == '\n' {
		return true // folded inside its name, or no property
	}
	name := strings.Trim(start[:end], " \t")
	if _, rest, grouped := strings.Cut(name, "."); grouped && rest != "" {
		name = rest
	}
	name = strings.ToUpper(name)
	return name == "BEGIN" || name == "END" || p.only[name]
}
