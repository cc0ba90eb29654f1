package profile

import (
	"strings"
	"unicode"
)

// line is a text for one line: of names that people chose. Breaks become
// blanks. What turns the direction of the text that follows goes, as it would
// turn Apple's own; the marks, which only say how their neighbours are read,
// and the joiners, which Persian and emoji need, stay.
func line(s string) string {
	return strings.Join(strings.Fields(strings.Map(plain, valid(s))), " ")
}

// paragraphs is a longer text, whose line breaks stay.
func paragraphs(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(valid(s), "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = line(lines[i])
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// valid drops what is no Unicode.
func valid(s string) string { return strings.ToValidUTF8(s, "") }

func plain(r rune) rune {
	switch {
	case r == '\r', r == '\n', r == '\t', r == '\v', r == '\f', r == '\u0085', r == '\u2028', r == '\u2029':
		return ' '
	case unicode.IsControl(r), turns(r), r == '\ufffe', r == '\uffff', r == unicode.ReplacementChar, r == '\ufeff':
		return -1
	}
	return r
}

// turns reports the embeddings, overrides and isolates of UAX #9.
func turns(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}
