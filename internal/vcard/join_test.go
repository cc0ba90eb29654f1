package vcard_test

import (
	"bytes"
	"testing"
	"unicode/utf16"

	"ksync/internal/vcard"
)

func TestJoin(t *testing.T) {
	t.Parallel()
	const one = "BEGIN:VCARD\r\nFN:Zo\u00eb\r\nEND:VCARD"
	wide := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(one)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	for name, card := range map[string][]byte{
		"no last line end": []byte(one), "as it is": []byte(one + "\r\n"), "byte order mark": []byte("\ufeff" + one), "UTF-16": wide,
	} {
		var b bytes.Buffer
		if err := vcard.Join(&b, card); err != nil || b.String() != one+"\r\n" {
			t.Errorf("%s: %q, %v", name, b.String(), err)
		}
	}
}
