package ical

import (
	"io"
	"mime/quotedprintable"
	"strings"
	"unicode/utf8"

	"ksync/internal/contentline"
)

// upgrade makes the texts of a vCalendar 1.0 component readable as RFC 5545: values in
// QUOTED-PRINTABLE are decoded. Its recurrence rules, of another grammar, stay as they
// are; nothing that RFC 5545 knows is dropped.
func upgrade(c *contentline.Component) {
	for l := range c.Lines() {
		encoding, _ := l.Param("ENCODING")
		if !strings.EqualFold(encoding, "QUOTED-PRINTABLE") && !bare(l, "QUOTED-PRINTABLE") {
			continue
		}
		text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(l.Value)))
		if err != nil {
			continue
		}
		charset, _ := l.Param("CHARSET")
		l.DelParam("ENCODING")
		l.DelParam("QUOTED-PRINTABLE")
		l.DelParam("CHARSET")
		l.SetValue(escapeBreaks(decode(text, charset)))
	}
	for inner := range c.Components() {
		upgrade(inner)
	}
}

func bare(l *contentline.Line, name string) bool {
	_, ok := l.Param(name)
	return ok
}

// decode reads UTF-8, or Latin-1 where it says so or is no UTF-8.
func decode(text []byte, charset string) string {
	if utf8.Valid(text) && !strings.EqualFold(charset, "ISO-8859-1") {
		return string(text)
	}
	runes := make([]rune, len(text))
	for i, b := range text {
		runes[i] = rune(b)
	}
	return string(runes)
}

// escapeBreaks: vCalendar 1.0 escapes the semicolon already, but writes breaks as bytes.
func escapeBreaks(s string) string {
	return strings.NewReplacer("\r\n", `\n`, "\n", `\n`, "\r", `\n`).Replace(s)
}
