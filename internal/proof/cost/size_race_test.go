//go:build unix && race

package cost_test

// size is less here: the race detector costs ten times the work, and looks for something else.
var size = mebibyte / 64
