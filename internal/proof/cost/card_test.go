//go:build unix

package cost_test

import (
	"fmt"
	"strings"
)

func card(version, lines string) string {
	return "BEGIN:VCARD\r\nVERSION:" + version + "\r\nUID:1\r\nFN:A\r\nN:A;;;;\r\n" + lines + "END:VCARD\r\n"
}

func cards() (list []input) {
	for _, in := range shared() {
		list = append(list, input{in.name, card("3.0", in.text)})
		if strings.Contains(in.name, "parameters") || strings.Contains(in.name, "TYPE") {
			list = append(list, input{in.name + ", 4.0", card("4.0", in.text)}, input{in.name + ", 2.1", card("2.1", in.text)})
		}
	}
	for _, in := range properties() {
		for _, version := range []string{"2.1", "3.0", "4.0"} {
			list = append(list, input{in.name + ", " + version, card(version, in.text)})
		}
	}
	return append(list, files()...)
}

// properties are lines that conversion has work with. There are as many as a card may have.
func properties() []input {
	const most = 19_900
	many := func(line func(i int) string) string {
		text, left := fill(line), most
		for i := range text {
			if text[i] == '\n' {
				if left--; left == 0 {
					return text[:i+1]
				}
			}
		}
		return text
	}
	fixed := func(line string) string { return many(func(int) string { return line }) }
	return []input{
		{"members", many(func(i int) string { return fmt.Sprintf("MEMBER:urn:uuid:%032d\r\n", i) })},
		{"members of Apple", many(func(i int) string { return fmt.Sprintf("X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:%032d\r\n", i) })},
		{"addresses with labels", fixed("ADR;TYPE=home;LABEL=x:;;a;;;;\r\n")},
		{"labels", fixed("ADR;TYPE=home:;;a;;;;\r\nLABEL;TYPE=home:x\r\n")},
		{"labels before addresses", fixed("LABEL;TYPE=home:x\r\n") + fixed("ADR;TYPE=home:;;a;;;;\r\n")},
		{"anniversaries", fixed("ANNIVERSARY:20090808\r\n")},
		{"labels of Apple", many(func(i int) string { return fmt.Sprintf("i%d.X-ABDATE:2009-08-08\r\ni%d.X-ABLabel:y\r\n", i, i) })},
		{"labels of Apple in one group", fixed("i.X-ABDATE:2009-08-08\r\ni.X-ABLabel:y\r\n")},
		{"groups that are taken", many(func(i int) string { return fmt.Sprintf("item%d.ANNIVERSARY:20090808\r\nANNIVERSARY:20090808\r\n", i) })},
		{"relations", fixed("RELATED;VALUE=text;TYPE=spouse:x\r\n")},
		{"preferences", many(func(i int) string { return fmt.Sprintf("TEL;PREF=%d:1\r\n", i) })},
		{"versions", fixed("VERSION:3.0\r\n")},
		{"names", fixed("N;SORT-AS=a:;;;;\r\nSORT-STRING:a\r\n")},
		{"photos", fixed("PHOTO;ENCODING=b;TYPE=JPEG:QUJD\r\n")},
		{"photos of data", fixed("PHOTO:data:image/png;base64,QUJD\r\n")},
		{"a photo of percents", "PHOTO:data:," + repeated("%41") + "\r\n"},
		{"a photo of spaces", "PHOTO;ENCODING=b:" + repeated("A ") + "\r\n"},
		{"a name of semicolons", "N:" + repeated(";") + "\r\n"},
		{"a name of commas", "N:" + repeated(",") + "\r\n"},
		{"an address of both", "ADR:" + repeated(",;") + "\r\n"},
		{"an organisation of escapes", "ORG:" + repeated(`\;`) + "\r\n"},
		{"a place", "GEO:geo:" + repeated("1") + "," + "1\r\n"},
		{"a place of spaces", "GEO:" + repeated(" ") + "1\r\n"},
		{"a zone", "TZ:" + repeated("+01") + "\r\n"},
		{"telephone numbers", fixed("TEL;VALUE=uri:tel:%2b1\r\n")},
		{"a telephone number", "TEL;VALUE=uri:tel:" + repeated("%2b") + "\r\n"},
		{"dates", fixed("BDAY;VALUE=date-and-or-time:--0512\r\n")},
		{"a date", "BDAY:" + repeated("2009-") + "\r\n"},
		{"types that are bare", fixed("TEL;HOME;CELL;PREF;VOICE:1\r\n")},
		{"agents", fixed("AGENT:\r\nBEGIN:VCARD\r\nEND:VCARD\r\n")},
		{"empty agents", fixed("AGENT:\r\n")},
		{"cards inside", fixed("BEGIN:VCARD\r\nEND:VCARD\r\n")},
		{"instant messengers", fixed("IMPP;X-SERVICE-TYPE=Jabber;TYPE=home:xmpp:a\r\n")},
	}
}

// files have many cards, or are not even that.
func files() []input {
	return []input{
		{"many cards", repeated(card("3.0", ""))},
		{"many empty cards", repeated("BEGIN:VCARD\nEND:VCARD\n")},
		{"cards without an end", repeated("BEGIN:VCARD\n")},
		{"cards in cards", repeated(strings.Repeat("BEGIN:VCARD\n", 7) + strings.Repeat("END:VCARD\n", 7))},
		{"cards in cards in cards", strings.Repeat("BEGIN:VCARD\n", 40_000) + strings.Repeat("END:VCARD\n", 40_000)},
		{"UTF-16", "\xff\xfe" + wide(card("3.0", "NOTE:"+strings.Repeat("x", size/2-100)+"\r\n"))},
		{"a file of returns", repeated("\r")},
	}
}

// wide is UTF-16, little-endian, of ASCII.
func wide(s string) string {
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		b = append(b, s[i], 0)
	}
	return string(b)
}
