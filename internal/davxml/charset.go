package davxml

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
)

// plainUTF8 gives a document in UTF-8 and without a byte order mark, and whether
// it was UTF-16. RFC 4918 §19: both are read, the latter told by its mark or by
// how "<" is written in it (XML 1.0 appendix F).
func plainUTF8(source []byte) (plain []byte, was16 bool) {
	switch {
	case bytes.HasPrefix(source, []byte("\xef\xbb\xbf")):
		return source[3:], false
	case bytes.HasPrefix(source, []byte("\xfe\xff")):
		return decode16(source[2:], binary.BigEndian), true
	case bytes.HasPrefix(source, []byte("\xff\xfe")):
		return decode16(source[2:], binary.LittleEndian), true
	case bytes.HasPrefix(source, []byte("\x00<")):
		return decode16(source, binary.BigEndian), true
	case bytes.HasPrefix(source, []byte("<\x00")):
		return decode16(source, binary.LittleEndian), true
	}
	return source, false
}

func decode16(source []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, len(source)/2)
	for i := range units {
		units[i] = order.Uint16(source[2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}

// declared takes the encoding that an XML declaration names: that of a document
// that was UTF-16 is no longer true of what is read.
func declared(was16 bool) func(string, io.Reader) (io.Reader, error) {
	return func(label string, r io.Reader) (io.Reader, error) {
		label = strings.ToLower(label)
		if was16 == strings.HasPrefix(label, "utf-16") && (was16 || label == "us-ascii") {
			return r, nil
		}
		return nil, fmt.Errorf("encoding %q is not read", label)
	}
}
