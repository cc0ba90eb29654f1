package vcard

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"

	"ksync/internal/contentline"
)

// fromUTF16 turns a card that some exporters write in UTF-16, with or without a byte order mark, into UTF-8. recoded
// is false, and data returned, for everything else.
func fromUTF16(data []byte) (text []byte, recoded bool) {
	order := utf16Order(data)
	if order == nil {
		return data, false
	}
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return []byte(strings.TrimPrefix(string(utf16.Decode(units)), "\ufeff")), true
}

// utf16Order is that of a card in UTF-16, nil for any other.
func utf16Order[T string | []byte](data T) binary.ByteOrder {
	switch {
	case len(data) < 2:
		return nil
	case data[0] == 0xfe && data[1] == 0xff, data[0] == 0 && data[1] == 'B':
		return binary.BigEndian
	case data[0] == 0xff && data[1] == 0xfe, data[0] == 'B' && data[1] == 0:
		return binary.LittleEndian
	}
	return nil
}

// decode makes text of bytes in the named charset. Without a name, or with an unknown or wrong one, bytes that are not
// UTF-8 are taken for Windows-1252, of which Latin-1 is a part: it is what old address books are in.
func decode(v, charset string) string {
	charset = strings.TrimSpace(charset)
	if charset != "" && !strings.EqualFold(charset, "utf-8") {
		if enc, err := htmlindex.Get(charset); err == nil {
			if s, err := enc.NewDecoder().String(v); err == nil {
				return s
			}
		}
	}
	if utf8.ValidString(v) {
		return v
	}
	s, err := charmap.Windows1252.NewDecoder().String(v)
	if err != nil {
		return strings.ToValidUTF8(v, "\ufffd")
	}
	return s
}

// unquote decodes QUOTED-PRINTABLE (RFC 2045 §6.7) and leaves what is none as it is. Soft line breaks are gone already.
func unquote(v string) string {
	var b strings.Builder
	b.Grow(len(v))
	for i := 0; i < len(v); i++ {
		if v[i] == '=' && i+2 < len(v) {
			if hi, lo := unhex(v[i+1]), unhex(v[i+2]); hi >= 0 && lo >= 0 {
				b.WriteByte(byte(hi<<4 | lo))
				i += 2
				continue
			}
		}
		b.WriteByte(v[i])
	}
	return b.String()
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// text is a line's value as a reader sees it: decoded and unescaped.
func text(l *contentline.Line) string {
	v := l.Value
	if len(l.Params) == 0 && utf8.ValidString(v) {
		return contentline.Unescape(v)
	}
	p := propertyOf(l)
	p.decode()
	return contentline.Unescape(p.value)
}
