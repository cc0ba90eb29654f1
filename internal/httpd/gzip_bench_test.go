package httpd_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"ksync/internal/proof"
)

// What the levels cost and save on answers as clients ask for them; compress
// takes the level that this speaks for. docs/performance.md has the figures.
func BenchmarkGzip_Levels(b *testing.B) {
	for _, answer := range []struct {
		name string
		body []byte
	}{{"listing of 1000", listing(1000)}, {"50 cards", multiget(50)}, {"10 cards", multiget(10)}} {
		for level := gzip.BestSpeed; level <= gzip.BestCompression; level++ {
			b.Run(fmt.Sprintf("%s/level %d", answer.name, level), func(b *testing.B) {
				var out bytes.Buffer
				w, err := gzip.NewWriterLevel(&out, level)
				if err != nil {
					b.Fatal(err)
				}
				best := time.Hour // of many: what else the machine does only adds
				for b.Loop() {
					out.Reset()
					begun := time.Now()
					w.Reset(&out)
					_, _ = w.Write(answer.body) // to memory
					if err := w.Close(); err != nil {
						b.Fatal(err)
					}
					best = min(best, time.Since(begun))
				}
				b.ReportMetric(float64(best.Microseconds()), "best-µs")
				b.ReportMetric(float64(out.Len()), "bytes-of-"+fmt.Sprint(len(answer.body)))
			})
		}
	}
}

func listing(n int) []byte {
	var b strings.Builder
	for i := range n {
		// ETags do not compress: 32 digits that nothing foretells
		fmt.Fprintf(&b, `<D:response><D:href>/dav/addressbooks/795327803/contacts/card-%d.vcf</D:href><D:propstat><D:prop><D:getetag>"%016x%016x"</D:getetag></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`,
			i, uint64(i+1)*0x9E3779B97F4A7C15, uint64(i+7)*0xD1B54A32D192ED03)
	}
	return []byte(b.String())
}

func multiget(n int) []byte {
	var b strings.Builder
	random := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		fmt.Fprintf(&b, `<D:response><D:href>/dav/addressbooks/795327803/contacts/card-%d.vcf</D:href><D:propstat><D:prop><D:getetag>"%016x%016x"</D:getetag><D:status>HTTP/1.1 200 OK</D:status></D:prop><CR:address-data>%s`,
			i, uint64(i+1)*0x9E3779B97F4A7C15, uint64(i+7)*0xD1B54A32D192ED03, proof.Card(fmt.Sprint(i), i, 0))
		fmt.Fprintf(&b, "NOTE:%s</CR:address-data></D:propstat></D:response>", words(random))
	}
	return []byte(b.String())
}

// words are what nobody said before, like much of what people note.
func words(random *rand.Rand) string {
	var b strings.Builder
	for range 12 {
		for range 1 + random.IntN(4) {
			b.WriteByte("bdfgklmnprstvz"[random.IntN(14)])
			b.WriteByte("aeiou"[random.IntN(5)])
		}
		b.WriteByte(' ')
	}
	return b.String()
}
