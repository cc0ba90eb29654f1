//go:build race

package cost_test

// size is less here: the race detector costs ten times the work, and looks for something else.
const size = 1 << 16
