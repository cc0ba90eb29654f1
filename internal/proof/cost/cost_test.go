//go:build unix

// Package cost measures what a hostile text can cost: every parser and every
// operation that bytes of a client reach, on a mebibyte that is made to be dear.
// The bar is a quarter of a second of CPU for each; the test fails far beyond,
// as what is not linear is, because machines differ. KSYNC_COST_OF picks inputs by
// a regular expression.
package cost_test

import (
	"cmp"
	"os"
	"regexp"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

const (
	mebibyte = 1 << 20
	bar      = 250 * time.Millisecond
	most     = slower * 2 * time.Second // for the shorter inputs, too: what is not linear is far beyond even then
)

// operation is what a client can have done with a text.
type operation struct {
	name string
	run  func([]byte)
}

type family struct {
	name       string
	inputs     func() []input
	operations []operation
}

func families() []family {
	return []family{
		{"calendars", calendars, onCalendars()},
		{"cards", cards, onCards()},
		{"documents", documents, onDocuments()},
		{"jsons", jsons, onJSONs()},
		{"tables", tables, onTables()},
	}
}

// cpu is what the process has used up, garbage collection included.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func spent(op operation, data []byte) time.Duration {
	start := cpu()
	op.run(data)
	return cpu() - start
}

// measured is the dearest operation on one input.
type measured struct {
	input, operation string
	bytes            int
	took             time.Duration
}

// The inputs run one after the other, and no other test of this package beside them.
func TestHostileInputs(t *testing.T) {
	for _, f := range families() {
		t.Run(f.name, func(t *testing.T) {
			var all []measured
			only := regexp.MustCompile(os.Getenv("KSYNC_COST_OF"))
			for _, in := range f.inputs() {
				if only.MatchString(in.name) {
					all = append(all, f.dearest(t, in))
				}
			}
			slices.SortFunc(all, func(a, b measured) int { return cmp.Compare(b.took, a.took) })
			over := 0
			for _, m := range all {
				if m.took > bar {
					over++
				}
				if m.took > most {
					t.Errorf("%s: %s takes %v", m.input, m.operation, m.took)
				}
			}
			report(t, all)
			t.Logf("%d inputs × %d operations, %d over %v", len(all), len(f.operations), over, bar)
		})
	}
}

// dearest measures twice what seems over the bar: the machine does other things as well.
func (f family) dearest(t testing.TB, in input) measured {
	data := []byte(in.text)
	m := measured{input: in.name, bytes: len(data)}
	runtime.GC() // what others left is not this one's
	for _, op := range f.operations {
		took := spent(op, data)
		if took > bar {
			took = min(took, spent(op, data))
			t.Logf("%6d ms  %s: %s", took.Milliseconds(), in.name, op.name)
		}
		if took > m.took {
			m.operation, m.took = op.name, took
		}
	}
	return m
}

// report prints the dearest few.
func report(t *testing.T, all []measured) {
	for _, m := range all[:min(len(all), 12)] {
		t.Logf("%6d ms  %7d bytes  %s: %s", m.took.Milliseconds(), m.bytes, m.input, m.operation)
	}
}

// What one mebibyte costs: the dearest input of each family.
func BenchmarkHostileInputs(b *testing.B) {
	for _, f := range families() {
		inputs, worst := f.inputs(), measured{}
		for _, in := range inputs {
			if m := f.dearest(b, in); m.took > worst.took {
				worst = m
			}
		}
		b.Run(f.name, func(b *testing.B) {
			op := f.operations[slices.IndexFunc(f.operations, func(o operation) bool { return o.name == worst.operation })]
			data := []byte(inputs[slices.IndexFunc(inputs, func(i input) bool { return i.name == worst.input })].text)
			start := cpu()
			for b.Loop() {
				op.run(data)
			}
			took := float64((cpu() - start).Microseconds()) / 1000 / float64(b.N)
			b.ReportMetric(took*(1<<20)/float64(len(data)), "cpu-ms/MiB")
			b.Log(worst.input, worst.operation)
		})
	}
}
