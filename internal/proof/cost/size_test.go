//go:build unix && !race

package cost_test

import "os"

// size is how long an input is: a mebibyte where the figures are wanted (make cost), else what a test of every day has
// the time for.
var size = func() int {
	if os.Getenv("KSYNC_COST") != "" {
		return mebibyte
	}
	return mebibyte / 16
}()
