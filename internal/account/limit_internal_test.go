package account

import (
	"crypto/rand"
	"testing"
	"time"
)

// What one account password costs to check: sign-ins in the browser cannot be
// faster (docs/performance.md).
func BenchmarkLimit_Hash(b *testing.B) {
	h, err := newHasher(HashCost{}, rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	best := time.Hour
	for b.Loop() {
		begun := time.Now()
		if _, err := h.hash(b.Context(), "correct zebra battery"); err != nil {
			b.Fatal(err)
		}
		best = min(best, time.Since(begun))
	}
	b.ReportMetric(float64(best.Microseconds()), "best-µs")
}
