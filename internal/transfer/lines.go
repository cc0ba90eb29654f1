package transfer

import (
	"bytes"
	"strings"
)

// line is one physical line of a text.
type line struct {
	text       []byte // without its end
	start, end int    // offsets; end is behind the line's end
	number     int    // from 1
}

// lines reads physical lines, ended by CRLF, LF or CR.
type lines struct {
	data   []byte
	pos    int
	number int
	nextLF int // first LF at or behind pos, once looked for
}

func newLines(data []byte) *lines {
	l := &lines{data: data, nextLF: -1}
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		l.pos = 3
	}
	return l
}

func (l *lines) next() (line, bool) {
	if l.pos >= len(l.data) {
		return line{}, false
	}
	if l.nextLF < l.pos {
		l.nextLF = len(l.data)
		if i := bytes.IndexByte(l.data[l.pos:], '\n'); i >= 0 {
			l.nextLF = l.pos + i
		}
	}
	l.number++
	start, stop := l.pos, l.nextLF
	l.pos = min(stop+1, len(l.data))
	if i := bytes.IndexByte(l.data[start:stop], '\r'); i >= 0 {
		if rest := len(bytes.TrimLeft(l.data[start+i:stop], "\r")); rest > 0 || stop == len(l.data) {
			l.pos = start + i + 1
		}
		stop = start + i
	}
	return line{l.data[start:stop], start, l.pos, l.number}, true
}

// folded tells whether the line continues the one before.
// RFC 5545 §3.1, RFC 6350 §3.2.
func (l line) folded() bool { return len(l.text) > 0 && (l.text[0] == ' ' || l.text[0] == '\t') }

func (l line) blank() bool { return len(bytes.TrimSpace(l.text)) == 0 }

// begins gives the component that a BEGIN line opens, in capitals.
func (l line) begins() (string, bool) { return l.value("BEGIN") }

// ends gives the component that an END line closes, in capitals.
func (l line) ends() (string, bool) { return l.value("END") }

// value is that of a property with this name and no need to look closer.
func (l line) value(name string) (string, bool) {
	if len(l.text) <= len(name) || l.text[len(name)] != ':' || !bytes.EqualFold(l.text[:len(name)], []byte(name)) {
		return "", false
	}
	return strings.ToUpper(string(bytes.TrimSpace(l.text[len(name)+1:]))), true
}
