//go:build race

package cost_test

// slower is how much longer things take that the race detector looks at.
const slower = 10
