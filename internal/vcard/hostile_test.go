package vcard_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"ksync/internal/vcard"
)

// TestHostileCards take time linear in their size: what a client sends once must not keep the server busy for seconds.
func TestHostileCards(t *testing.T) {
	t.Parallel()
	many := func(n int, line func(i int) string) string {
		lines := make([]string, n)
		for i := range lines {
			lines[i] = line(i)
		}
		return strings.Join(lines, "\n")
	}
	fixed := func(line string) func(int) string { return func(int) string { return line } }
	const n = 6_000
	tests := map[string]struct{ version, properties string }{
		"addresses with labels": {"4.0", many(n, fixed("ADR;LABEL=x:;;a;;;;"))},
		"labels":                {"3.0", many(n/2, fixed("ADR:;;a;;;;")) + "\n" + many(n/2, fixed("LABEL:x"))},
		"anniversaries":         {"4.0", many(n, fixed("ANNIVERSARY:20090808"))},
		"groups":                {"3.0", many(n/2, func(i int) string { return "i" + strconv.Itoa(i) + ".X-ABDATE:x\ni" + strconv.Itoa(i) + ".X-ABLabel:y" })},
		"relations":             {"4.0", many(n, fixed("RELATED;VALUE=text;TYPE=spouse:x"))},
		"cards inside":          {"2.1", many(n/2, fixed("BEGIN:VCARD\nEND:VCARD"))},
		"agents":                {"2.1", many(n/3, fixed("AGENT:\nBEGIN:VCARD\nEND:VCARD"))},
		"types":                 {"2.1", many(n/15, fixed("TEL"+strings.Repeat(";CELL", 500)+":1"))},
		"preferences":           {"4.0", many(n, func(i int) string { return "TEL;PREF=" + strconv.Itoa(i) + ":1" })},
		"versions":              {"3.0", many(n, fixed("VERSION:3.0"))},
		"data":                  {"4.0", "PHOTO:data:," + strings.Repeat("%41", 1<<18)},
		"quoted":                {"2.1", "NOTE;QUOTED-PRINTABLE;CHARSET=UTF-7:" + strings.Repeat("=FF=\n", 1<<16)},
		"backslashes":           {"2.1", "NOTE:" + strings.Repeat(`\`, 1<<18)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { // one after the other: they are timed
			data := card(tt.version, tt.properties)
			start := time.Now()
			c := parse(t, data)
			for _, version := range []string{vcard.V3, vcard.V4} {
				if _, err := c.Convert(version); err != nil {
					t.Fatal(err)
				}
				c.Serve(version)
			}
			if _, err := vcard.Split(data); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}
