package vcard_test

import (
	"strings"
	"testing"

	"ksync/internal/contentline"
	"ksync/internal/vcard"
)

// typical is what a phone sends, with a photo of some size in bytes of base64.
func typical(photo int) []byte {
	properties := "UID:3A1B2C4D-1111-2222-3333-444455556666\nN:Doe;Jane;;;\nFN:Jane Doe\nTEL;TYPE=CELL,VOICE,pref:+1 555 0100\n" +
		"EMAIL;TYPE=INTERNET,HOME:jane@example.com\nADR;TYPE=HOME:;;1 Main Street;Springfield;IL;12345;USA\nBDAY:1996-04-15\n" +
		"item1.URL:https://example.com\nitem1.X-ABLabel:_$!<HomePage>!$_\nNOTE:Met at the fair\\, said so\nREV:2024-05-06T07:08:09Z"
	if photo > 0 {
		properties += "\nPHOTO;ENCODING=b;TYPE=JPEG:" + strings.Repeat(strings.Repeat("A", 74)+"\n ", photo/75) + "AAAA"
	}
	return card("3.0", properties)
}

func benchmark(b *testing.B, run func(data []byte)) {
	for name, photo := range map[string]int{"card": 0, "with photo of 100 KiB": 100 << 10} {
		data := typical(photo)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				run(data)
			}
		})
	}
}

// read is for benchmarks, whose input parses.
func read(data []byte) *vcard.Card {
	c, err := vcard.Parse(data)
	if err != nil {
		panic(err)
	}
	return c
}

func BenchmarkParse(b *testing.B) { benchmark(b, func(data []byte) { read(data) }) }

func BenchmarkServe(b *testing.B) { benchmark(b, func(data []byte) { read(data).Serve(vcard.V3) }) }

func BenchmarkConvert(b *testing.B) {
	benchmark(b, func(data []byte) {
		if _, err := read(data).Convert(vcard.V4); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	filter := vcard.Filter{Props: []vcard.PropFilter{
		{Name: "FN", Texts: []contentline.TextMatch{{Text: "müller", Collation: contentline.UnicodeCasemap}}},
		{Name: "EMAIL", Texts: []contentline.TextMatch{{Text: "müller", Collation: contentline.UnicodeCasemap}}},
	}}
	benchmark(b, func(data []byte) { filter.Match(read(data)) })
}
