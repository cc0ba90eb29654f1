package transfer

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestBlocks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       []string // name, a colon, line, a colon, text
	}{
		{"nothing", "\ufeff\r\n\n", nil},
		{"cards", "BEGIN:VCARD\nA:1\nEND:VCARD\n\nbegin:vcard\r\nEND:VCARD", []string{"VCARD:1:BEGIN:VCARD|A:1|END:VCARD|", "VCARD:5:begin:vcard|END:VCARD"}},
		{"old Mac", "BEGIN:VCARD\rEND:VCARD\rBEGIN:VCARD\rEND:VCARD", []string{"VCARD:1:BEGIN:VCARD|END:VCARD|", "VCARD:3:BEGIN:VCARD|END:VCARD"}},
		{"agent", "BEGIN:VCARD\nAGENT:\nBEGIN:VCARD\nEND:VCARD\nEND:VCARD", []string{"VCARD:1:BEGIN:VCARD|AGENT:|BEGIN:VCARD|END:VCARD|END:VCARD"}},
		{"no END", "BEGIN:VCARD\nA:1\nBEGIN:VCARD\nEND:VCARD\n", []string{"VCARD:1:BEGIN:VCARD|A:1|", "VCARD:3:BEGIN:VCARD|END:VCARD|"}},
		{"calendar without END", "BEGIN:VCALENDAR\nA:1\nBEGIN:VCALENDAR\nEND:VCALENDAR\n", []string{"VCALENDAR:1:BEGIN:VCALENDAR|A:1|", "VCALENDAR:3:BEGIN:VCALENDAR|END:VCALENDAR|"}},
		{"between", "x\ny\nBEGIN:VCARD\nEND:VCARD\nz", []string{":1:x|y|", "VCARD:3:BEGIN:VCARD|END:VCARD|", ":5:z"}},
		{"bare event", "BEGIN:VEVENT\nEND:VEVENT\n", []string{":1:BEGIN:VEVENT|END:VEVENT|"}},
		{"folded BEGIN is text", "BEGIN:VCARD\nNOTE:a\n BEGIN:VCARD\nEND:VCARD\n", []string{"VCARD:1:BEGIN:VCARD|NOTE:a| BEGIN:VCARD|END:VCARD|"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for b := range blocks([]byte(tt.text)) {
				text := strings.NewReplacer("\r\n", "|", "\r", "|", "\n", "|").Replace(string(b.data))
				got = append(got, b.name+":"+string(rune('0'+b.line))+":"+text)
			}
			diff(t, got, tt.want)
		})
	}
}

func TestCutCalendar_BrokenComponentsTakeNoOtherAlong(t *testing.T) {
	t.Parallel()
	b := block{vcalendarName, []byte(crlf(`
BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VTIMEZONE
TZID:X
BEGIN:STANDARD
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:long
 er
BEGIN:VALARM
UID:of-the-alarm
END:VALARM
END:VEVENT
X-LATE:1
BEGIN:VEVENT
UID;X=y:no-end
BEGIN:VTODO
UID:t
END:VTODO
BEGIN:VPOLL
UID:p
BEGIN:VEVENT
UID:inside
END:VEVENT
END:VPOLL
END:VCALENDAR
`)), 11}
	c := cutCalendar(b, 0)
	var got []string
	for _, p := range c.parts {
		got = append(got, p.component+" "+p.uid+" "+string(rune('A'+p.line-b.line)))
	}
	diff(t, got, []string{"VEVENT longer H", "VEVENT no-end P", "VTODO t R", "VPOLL p U"})
	diff(t, string(c.head), "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-LATE:1\r\n")
	diff(t, len(c.zones), 1)
}

// Whatever the text: blocks come in order, do not overlap, and leave out
// nothing but blank lines.
func TestBlocks_LoseNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SampledFrom([]string{"BEGIN:VCARD", "END:VCARD", "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "UID:x", " fold", "", "\t", "AGENT:"})
		end := rapid.SampledFrom([]string{"\n", "\r\n", "\r", "\r\r\n"})
		var text strings.Builder
		for range rapid.IntRange(0, 30).Draw(t, "lines") {
			text.WriteString(piece.Draw(t, "piece") + end.Draw(t, "end"))
		}
		rest := []byte(text.String())
		for b := range blocks([]byte(text.String())) {
			before, after, ok := bytes.Cut(rest, b.data)
			if !ok || len(bytes.TrimSpace(before)) > 0 {
				t.Fatalf("%q lost before %q in %q", before, b.data, text.String())
			}
			rest = after
			if b.name == vcalendarName {
				c := cutCalendar(b, 0)
				n := len(c.head)
				for _, z := range c.zones {
					n += len(z)
				}
				for _, p := range c.parts {
					n += len(p.data)
				}
				blank := len(b.data) - len(bytes.TrimRight(b.data, "\r\n"))
				if end := len(b.data) - n; end < 0 || end > len("END:VCALENDAR")+blank {
					t.Fatalf("%d bytes of %q not cut", end, b.data)
				}
			}
		}
		if len(bytes.TrimSpace(rest)) > 0 {
			t.Fatalf("%q lost at the end of %q", rest, text.String())
		}
	})
}

func TestBatches_OfALargeCalendar(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	const events = 20_000
	for i := range events {
		b.WriteString(event("e"+strings.Repeat("x", i%50)+string(rune('a'+i%26))+strings.Repeat("y", i/1300), "some text to make it long enough to matter"))
	}
	file := []byte(calendarOf(b.String()))
	c := cutCalendar(block{vcalendarName, file, 1}, 0)
	diff(t, len(c.parts), events)
	all := []calendar{c}
	n := 0
	for batch := range batches(groups(all), all) {
		if size := len(text(batch, all)); size > batchSize+1024 && len(batch) > 1 {
			t.Errorf("%d bytes in a batch", size)
		}
		n++
	}
	if want := len(file) / batchSize; n < want || n > want+3 {
		t.Errorf("%d batches of %d bytes", n, len(file))
	}
}
