package contentline

import "strings"

// scanner cuts the source into logical lines.
type scanner struct {
	src      string
	pos      int // start of the next physical line
	number   int // physical lines read
	nextLF   int // first line feed at or behind pos once looked for, len(src) if none: looked for once, so CR-only input is linear
	parts    []string
	dangling bool // the last logical line is QUOTED-PRINTABLE and ends in a soft break that continues nothing
}

// lineFeed is where the first one is at or behind a place that never goes back.
func (s *scanner) lineFeed(from int) int {
	if s.nextLF < from {
		s.nextLF = len(s.src)
		if i := strings.IndexByte(s.src[from:], '\n'); i >= 0 {
			s.nextLF = from + i
		}
	}
	return s.nextLF
}

// physical reads up to a line end: CRLF, LF, CR, and CRCRLF, which old Macs and careless uploads leave.
func (s *scanner) physical() string {
	start := s.pos
	text := s.src[start:s.lineFeed(start)]
	s.number++
	cr := strings.IndexByte(text, '\r')
	if cr < 0 {
		s.pos = min(s.nextLF+1, len(s.src))
		return text
	}
	if rest := text[cr:]; s.nextLF < len(s.src) && (rest == "\r" || rest == "\r\r") {
		s.pos = s.nextLF + 1
	} else {
		s.pos = start + cr + 1
	}
	return text[:cr]
}

// logical reads a physical line and what continues it: RFC 5545 §3.1, RFC 6350 §3.2: lines that begin with a space or
// a tab; vCard 2.1: whatever follows a QUOTED-PRINTABLE line that ends in "=". It allocates only for folded lines.
func (s *scanner) logical() string {
	s.parts = append(s.parts[:0], s.physical())
	s.dangling = false
	var quoted, known bool
	for s.pos < len(s.src) {
		last := &s.parts[len(s.parts)-1]
		if strings.HasSuffix(*last, "=") {
			if !known {
				quoted, known = s.quoted()
			}
			if quoted {
				*last = (*last)[:len(*last)-1]
				if s.dangling = s.atEND(); s.dangling {
					break
				}
				s.parts = append(s.parts, s.physical())
				continue
			}
		}
		if !isBlank(s.src[s.pos]) {
			break
		}
		s.parts = append(s.parts, s.physical()[1:])
	}
	line := s.parts[0]
	if len(s.parts) > 1 {
		line = strings.Join(s.parts, "")
	}
	if quoted { // a soft break that continues nothing says nothing, and printed again would join what follows
		line = strings.TrimRight(line, "=")
	}
	return line
}

// longestHead is how many bytes of a folded line are looked at for its encoding.
const longestHead = 512

// quoted tells whether the line read so far is QUOTED-PRINTABLE. That is not known before all that stands in front of
// the value has been read: it may be folded.
func (s *scanner) quoted() (yes, known bool) {
	head := s.parts[0]
	for _, part := range s.parts[1:] {
		if len(head) >= longestHead {
			break
		}
		head += part
	}
	colon, closed := findColon(head)
	return isQuotedPrintable(head), colon >= 0 && closed || len(head) >= longestHead
}

// atEND keeps a last soft break from swallowing the end of the component.
func (s *scanner) atEND() bool {
	rest := s.src[s.pos:]
	return len(rest) >= 4 && strings.EqualFold(rest[:4], "END:")
}

// isQuotedPrintable looks for the encoding in front of the value. The value of ENCODING and a bare parameter both count,
// that of another parameter does not.
func isQuotedPrintable(text string) bool {
	colon, quotes := findColon(text)
	if colon < 0 {
		return false
	}
	_, params, _ := strings.Cut(text[:colon], ";")
	for params != "" {
		name, value, valued, rest := cutParam(params, quotes)
		name, params = UpperName(trimBlanks(name)), rest
		if !valued && name == "QUOTED-PRINTABLE" || name == "ENCODING" && strings.Contains(strings.ToUpper(value), "QUOTED-PRINTABLE") {
			return true
		}
	}
	return false
}

// trimBlanks is strings.Trim, for what mostly has none.
func trimBlanks(s string) string {
	for s != "" && isBlank(s[0]) {
		s = s[1:]
	}
	for s != "" && isBlank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }
