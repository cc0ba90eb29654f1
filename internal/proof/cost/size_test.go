//go:build !race

package cost_test

// size is how long an input is.
const size = 1 << 20
