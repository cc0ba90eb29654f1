package csvcard

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// decode finds out the encoding: by a byte order mark; UTF-16 without one by its zero bytes; what is valid UTF-8; and
// else Windows-1252, which Outlook and Excel write in the West.
func decode(data []byte) (text, name string) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return strings.ToValidUTF8(string(data[3:]), "\ufffd"), "UTF-8"
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), zeros(data, 1):
		return utf16(data, unicode.LittleEndian)
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}), zeros(data, 0):
		return utf16(data, unicode.BigEndian)
	case utf8.Valid(data):
		return string(data), "UTF-8"
	}
	decoded, err := charmap.Windows1252.NewDecoder().Bytes(data)
	if err != nil {
		return strings.ToValidUTF8(string(data), "\ufffd"), "UTF-8"
	}
	return string(decoded), "Windows-1252"
}

func utf16(data []byte, order unicode.Endianness) (text, name string) {
	decoded, err := unicode.UTF16(order, unicode.UseBOM).NewDecoder().Bytes(data)
	if err != nil {
		return strings.ToValidUTF8(string(data), "\ufffd"), "UTF-8"
	}
	return string(decoded), "UTF-16"
}

// zeros tells whether every other byte of the beginning is zero: the column names are Latin letters.
func zeros(data []byte, from int) bool {
	head := data[:min(len(data)&^1, 64)]
	for i := from; i < len(head); i += 2 {
		if head[i] != 0 || head[i^1] == 0 {
			return false
		}
	}
	return len(head) >= 4
}

// delimiter is the one that parts the first line into most. "sep=;" in front of it, which Excel reads, says it.
func delimiter(text string) (rune, string) {
	text = strings.TrimLeft(text, "\r\n")
	line, rest, _ := strings.Cut(text, "\n")
	if said, ok := strings.CutPrefix(strings.TrimSpace(line), "sep="); ok && len(said) == 1 && strings.Contains(",;|", said) {
		return rune(said[0]), rest
	}
	best, most := ',', 0
	for _, candidate := range ",;\t|" {
		if n := outside(line, candidate); n > most {
			best, most = candidate, n
		}
	}
	return best, text
}

// outside counts what is not in quotes.
func outside(line string, c rune) (n int) {
	quoted := false
	for _, r := range line {
		switch {
		case r == '"':
			quoted = !quoted
		case r == c && !quoted:
			n++
		}
	}
	return n
}
