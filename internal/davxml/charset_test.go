package davxml

import (
	"bytes"
	"encoding/binary"
	"testing"
	"unicode/utf16"
)

func in16(order binary.AppendByteOrder, text string) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return b
}

// RFC 4918 §19: a server reads UTF-8 and UTF-16, with or without a mark.
func TestRead_UTF16(t *testing.T) {
	t.Parallel()
	const text = `<?xml version="1.0" encoding="utf-16"?><a xmlns="urn:x">Zoë 🎂</a>`
	for name, body := range map[string][]byte{
		"big endian with a mark":    in16(binary.BigEndian, "\ufeff"+text),
		"little endian with a mark": in16(binary.LittleEndian, "\ufeff"+text),
		"big endian":                in16(binary.BigEndian, text),
		"little endian":             in16(binary.LittleEndian, text),
		"UTF-8 with a mark":         []byte("\ufeff" + `<a xmlns="urn:x">Zoë 🎂</a>`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := Read(bytes.NewReader(body), DefaultLimits)
			if err != nil {
				t.Fatal(err)
			}
			if e.Text != "Zoë 🎂" || e.Raw() != `<a xmlns="urn:x">Zoë 🎂</a>` {
				t.Errorf("%q, %q", e.Text, e.Raw())
			}
		})
	}
}

// RFC 4918 §4.3: the language around a property is kept with it.
func TestRaw_KeepsTheLanguageAroundIt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, body, want string }{
		{"from around it", `<a xml:lang="de-CH"><b>x</b></a>`, `<b xml:lang="de-CH">x</b>`},
		{"its own", `<a xml:lang="de-CH"><b xml:lang="fr">x</b></a>`, `<b xml:lang="fr">x</b>`},
		{"none", `<a><b>x</b></a>`, `<b>x</b>`},
		{"that of a neighbour", `<a><c xml:lang="it"/><b>x</b></a>`, `<b>x</b>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := read(t, tt.body)
			if got := e.Child(Name{Local: "b"}).Raw(); got != tt.want {
				t.Errorf("got %s", got)
			}
		})
	}
}
