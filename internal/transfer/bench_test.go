package transfer

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// BenchmarkImport: 10,000 cards or events of about 350 bytes, new and again.
// On 2 shared cores: 5,000 to 6,000 new ones a second, which is what one writer
// of SQLite takes, and 9,000 to 20,000 that are there already.
func BenchmarkImport(b *testing.B) {
	var cards, events strings.Builder
	for i := range 10_000 {
		cards.WriteString(strings.Replace(card(fmt.Sprint("uid-", i), fmt.Sprint("Person ", i)), "END:VCARD", "TEL;TYPE=CELL:+49 170 "+fmt.Sprint(i)+"\r\nEMAIL:p"+fmt.Sprint(i)+"@example.org\r\nNOTE:"+strings.Repeat("note ", 30)+"\r\nEND:VCARD", 1))
		events.WriteString(event(fmt.Sprint("uid-", i), strings.Repeat("meeting ", 25)))
	}
	for _, file := range []struct{ name, text string }{{"a.vcf", cards.String()}, {"a.ics", calendarOf(events.String())}} {
		dir := tree(b, file.name, file.text)
		b.Run(file.name, func(b *testing.B) {
			for b.Loop() {
				st, a := newAccount(b)
				for _, round := range []string{"new", "again"} {
					start := time.Now()
					r := importAll(b, Options{Store: st, Account: a.ID}, Limits{}, dir)
					if r.Total[Failed] > 0 {
						b.Fatal(r.Total)
					}
					b.ReportMetric(float64(len(r.Items))/time.Since(start).Seconds(), "items/s-"+round)
				}
			}
		})
	}
}

// BenchmarkExport: 10,000 cards into one file.
func BenchmarkExport(b *testing.B) {
	var cards strings.Builder
	for i := range 10_000 {
		cards.WriteString(card(fmt.Sprint("uid-", i), strings.Repeat("Person ", 30)))
	}
	st, a := newAccount(b)
	importAll(b, Options{Store: st, Account: a.ID}, Limits{}, tree(b, "a.vcf", cards.String()))
	n := 0
	for b.Loop() {
		n++
		e := Exporter{Store: st, Account: a.ID, Now: fixedNow}
		if _, err := e.Export(b.Context(), filepath.Join(b.TempDir(), fmt.Sprint(n))); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(10_000*float64(n)/b.Elapsed().Seconds(), "objects/s")
}

// TestImport_MemoryOfALargeFile: what an import holds is the file, once, and
// little more.
func TestImport_MemoryOfALargeFile(t *testing.T) {
	const size = 24 << 20
	photo := strings.Repeat(strings.Repeat("A", 74)+"\r\n ", 1500)
	path := filepath.Join(t.TempDir(), "a.vcf")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, n := 0, 0; n < size; i++ {
		c := strings.Replace(card(fmt.Sprint("u", i), "Ann"), "END:VCARD", "PHOTO;ENCODING=b;TYPE=JPEG:"+photo+"A\r\nEND:VCARD", 1)
		n += len(c)
		if _, err := f.WriteString(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	st, a := newAccount(t)
	var most uint64
	calls := 0
	o := Options{Store: st, Account: a.ID, Progress: func(Progress) {
		if calls++; calls%2 == 0 {
			return // a collection takes long under the race detector
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapAlloc)
	}}
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	importAll(t, o, Limits{}, path)
	if used := most - before.HeapAlloc; used > size*2 {
		t.Errorf("%d MiB in use for a file of %d MiB", used>>20, size>>20)
	}
}
