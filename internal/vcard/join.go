package vcard

import (
	"bytes"
	"io"
)

// Join writes one card of many that make a file, as it was stored: only a byte order mark is left out, the last line is
// ended if nothing does, and UTF-16 becomes UTF-8, as a file has one encoding.
func Join(w io.Writer, card []byte) error {
	text, _ := fromUTF16(card)
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if _, err := w.Write(text); err != nil {
		return err
	}
	if n := len(text); n == 0 || text[n-1] == '\n' || text[n-1] == '\r' {
		return nil
	}
	_, err := w.Write(crlf)
	return err
}
