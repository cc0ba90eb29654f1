//go:build unix

package duplicates

import (
	"syscall"
	"time"
)

// cpuTime is what this process has used of all processors: wall time says little on a machine that does other things.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
