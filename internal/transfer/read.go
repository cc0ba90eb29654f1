package transfer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// sniffed is how much of a file tells what it is.
const sniffed = 4 << 10

// errOther is a file that promised nothing and holds nothing of ours.
var errOther = errors.New("neither cards nor calendars inside")

// read gives a file's text, as UTF-8 where it is UTF-16.
func (f *file) read() ([]byte, error) {
	data, err := f.raw()
	return bytes.TrimLeft(fromUTF16(data), " \t"), err // blanks before the first BEGIN would hide it
}

// raw gives a file's bytes. It never holds more than one copy of what it reads,
// and reads no more than the file promised.
func (f *file) raw() (data []byte, err error) {
	if f.err != nil {
		return nil, f.err
	}
	r, err := f.open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	head := make([]byte, min(sniffed, f.size))
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	head = head[:n]
	if !f.named && !ours(head) {
		return nil, errOther
	}
	if bytes.HasPrefix(head, []byte(zipMagic)) {
		return nil, errors.New("an archive inside an archive; unpack it first")
	}
	return f.rest(head, r)
}

func (f *file) rest(head []byte, r io.Reader) ([]byte, error) {
	b := bytes.NewBuffer(make([]byte, 0, f.size+bytes.MinRead))
	b.Write(head)
	n, err := io.Copy(b, io.LimitReader(r, f.size-int64(len(head))+1))
	if err == nil && int64(len(head))+n > f.size {
		err = fmt.Errorf("longer than the %d bytes that it promised", f.size)
	}
	return b.Bytes(), err
}

// ours tells whether the beginning of a file looks like cards or calendars.
func ours(head []byte) bool {
	upper := bytes.ToUpper(fromUTF16(head))
	return bytes.Contains(upper, []byte("BEGIN:VCARD")) || bytes.Contains(upper, []byte("BEGIN:VCALENDAR"))
}

// fromUTF16 decodes what a byte order mark, or the first letter, says is
// UTF-16: some Windows programs write their exports so.
func fromUTF16(data []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		order, data = binary.LittleEndian, data[2:]
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		order, data = binary.BigEndian, data[2:]
	case bytes.HasPrefix(data, []byte{'B', 0}):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte{0, 'B'}):
		order = binary.BigEndian
	default:
		return data
	}
	out := make([]byte, 0, len(data)/2+len(data)/8)
	for i := 0; i+1 < len(data); i += 2 {
		r := rune(order.Uint16(data[i:]))
		if utf16.IsSurrogate(r) && i+3 < len(data) {
			if pair := utf16.DecodeRune(r, rune(order.Uint16(data[i+2:]))); pair != '\uFFFD' {
				r = pair
				i += 2
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}
