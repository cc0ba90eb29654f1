package proof

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Memory reads a row of a process's status in bytes: VmRSS, VmHWM.
func Memory(pid int, row string) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, row+":"); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("no %s for process %d", row, pid)
}
