package contentline

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// foldWidth is in octets without the line end: RFC 5545 §3.1, RFC 6350 §3.2.
const foldWidth = 75

// print sets the raw form from the parsed one.
func (l *Line) print(end string) {
	var buf [2 * foldWidth]byte // most lines are short: one copy is made
	text := buf[:0]
	if len(l.Value) > foldWidth {
		text = make([]byte, 0, len(l.Value)+len(l.Value)/16+2*foldWidth)
	}
	text, l.dangling = l.appendTo(text, end)
	l.raw = string(text)
}

// AppendLine appends what New prints, without making a Line.
func AppendLine(b []byte, group, name, value string, params ...Param) []byte {
	l := Line{Group: group, written: name, Value: oneLine(value), Params: params}
	b, _ = l.appendTo(b, "\r\n")
	return b
}

func (l *Line) appendTo(b []byte, end string) (line []byte, dangling bool) {
	start := len(b)
	if l.Group != "" {
		b = append(append(b, l.Group...), '.')
	}
	b = append(b, l.written...)
	for _, p := range l.Params {
		b = appendParam(b, p)
	}
	b = append(b, ':')
	quotedPrintable := len(l.Params) > 0 && isQuotedPrintable(string(b[start:]))
	b = append(b, l.Value...)
	if quotedPrintable {
		// A fold after "=" would read as a soft line break.
		return append(b, end...), b[len(b)-1] == '='
	}
	return fold(b, start, end), false
}

func appendParam(b []byte, p Param) []byte {
	b = append(append(b, ';'), p.Name...)
	for i, v := range p.Values {
		b = append(b, "=,"[min(i, 1)])
		v = encodeParam(v)
		if strings.ContainsAny(v, ",;:") {
			b = append(append(append(b, '"'), v...), '"')
			continue
		}
		b = append(b, v...)
	}
	return b
}

// encodeParam applies RFC 6868 §3.1 where it must: a "^" that starts no escape stays as it is, which every reader
// understands, also one that never heard of RFC 6868.
func encodeParam(v string) string {
	if !strings.ContainsAny(v, "^\"\r\n") {
		return v
	}
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '"':
			b.WriteString("^'")
		case c == '\n':
			b.WriteString("^n")
		case c == '\r':
			if i+1 == len(v) || v[i+1] != '\n' {
				b.WriteString("^n")
			}
		case c == '^' && i+1 < len(v) && strings.IndexByte("n^'\"\r\n", v[i+1]) >= 0:
			b.WriteString("^^")
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

var lineBreaks = strings.NewReplacer("\r\n", `\n`, "\n", `\n`, "\r", `\n`)

// oneLine keeps a value from breaking out of its line.
func oneLine(v string) string {
	if !strings.ContainsAny(v, "\r\n") {
		return v
	}
	return lineBreaks.Replace(v)
}

// fold breaks the text from start on into lines of at most 75 octets, never inside a character (RFC 6350 §3.2), and
// ends it.
func fold(b []byte, start int, end string) []byte {
	if len(b)-start <= foldWidth {
		return append(b, end...)
	}
	text := string(b[start:])
	b = slices.Grow(b[:start], len(text)+(len(text)/(foldWidth-4)+1)*(len(end)+1))
	for width := foldWidth; len(text) > width; width = foldWidth - 1 {
		cut := runeStart(text, width)
		b = append(append(append(b, text[:cut]...), end...), ' ')
		text = text[cut:]
	}
	return append(append(b, text...), end...)
}

// runeStart moves cut back to where a character starts, unless the bytes there are no UTF-8.
func runeStart(text string, cut int) int {
	for i := cut; i > cut-utf8.UTFMax; i-- {
		if utf8.RuneStart(text[i]) {
			return i
		}
	}
	return cut
}
