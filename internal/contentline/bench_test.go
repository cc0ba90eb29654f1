package contentline_test

import (
	"strings"
	"testing"

	"ksync/internal/contentline"
)

func BenchmarkParse(b *testing.B) {
	card := "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:3A1B\r\nN:Doe;Jane;;;\r\nFN:Jane Doe\r\nTEL;TYPE=CELL,VOICE:+1 555 0100\r\n" +
		"EMAIL;TYPE=INTERNET,HOME;TYPE=PREF:jane@example.com\r\nADR;TYPE=HOME:;;1 Main Street;Springfield;IL;12345;USA\r\n" +
		"item1.URL:https://example.com\r\nitem1.X-ABLabel:_$!<HomePage>!$_\r\n%END:VCARD\r\n"
	photo := strings.Repeat("A", 10<<20)
	folded := strings.Repeat(strings.Repeat("A", 74)+"\r\n ", 200<<10/77)
	for name, extra := range map[string]string{
		"card": "", "folded photo 200 KiB": "PHOTO;ENCODING=b;TYPE=JPEG:" + folded + "\r\n", "one line of 10 MiB": "PHOTO;ENCODING=b:" + photo + "\r\n",
	} {
		data := []byte(strings.Replace(card, "%", extra, 1))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := contentline.Parse(data, contentline.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
