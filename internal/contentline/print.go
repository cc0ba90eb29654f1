package contentline

import (
	"strings"
	"unicode/utf8"
)

// foldWidth is in octets without the line end: RFC 5545 §3.1, RFC 6350 §3.2.
const foldWidth = 75

// print sets the raw form from the parsed one.
func (l *Line) print(end string) {
	var b strings.Builder
	b.Grow(len(l.Value) + len(l.Value)/24 + 64)
	if l.Group != "" {
		b.WriteString(l.Group)
		b.WriteByte('.')
	}
	b.WriteString(l.written)
	for _, p := range l.Params {
		printParam(&b, p)
	}
	quotedPrintable := isQuotedPrintable(b.String() + ":")
	b.WriteByte(':')
	b.WriteString(l.Value)
	text := b.String()
	if quotedPrintable {
		// A fold after "=" would read as a soft line break.
		l.raw, l.dangling = text+end, strings.HasSuffix(text, "=")
		return
	}
	l.raw, l.dangling = fold(text, end), false
}

func printParam(b *strings.Builder, p Param) {
	b.WriteByte(';')
	b.WriteString(p.Name)
	for i, v := range p.Values {
		b.WriteByte("=,"[min(i, 1)])
		v = encodeParam(v)
		if strings.ContainsAny(v, ",;:") {
			b.WriteString(`"` + v + `"`)
			continue
		}
		b.WriteString(v)
	}
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

// fold breaks text into lines of at most 75 octets, never inside a character (RFC 6350 §3.2).
func fold(text, end string) string {
	if len(text) <= foldWidth {
		return text + end
	}
	var b strings.Builder
	b.Grow(len(text) + (len(text)/(foldWidth-4)+1)*(len(end)+1))
	for width := foldWidth; len(text) > width; width = foldWidth - 1 {
		cut := runeStart(text, width)
		b.WriteString(text[:cut])
		b.WriteString(end)
		b.WriteByte(' ')
		text = text[cut:]
	}
	b.WriteString(text)
	b.WriteString(end)
	return b.String()
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
