package ical

import (
	"strings"
	"time"
)

// replace swaps the one occurrence of a text, and panics when there is none: a test that
// changes nothing tests nothing.
func replace(text, old, with string) string {
	if !strings.Contains(text, old) {
		panic("no " + old)
	}
	return strings.Replace(text, old, with, 1)
}

// patience tells a bounded answer from one that never comes, on a machine that is busy
// with other things and under the race detector. The benchmarks say how long it takes.
const patience = 30 * time.Second
