package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

// collectAt is how much the heap may grow before it is collected, in percent of what
// is in use. That is some 3 MiB here, so that Go's 100 would have it collected with
// every large answer; idle, the memory is the same.
const collectAt = 200

// paceCollector sets collectAt unless GOGC says something else.
func paceCollector() {
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(collectAt)
	}
}

// limitMemory tells Go's collector how much memory the process may have, unless
// GOMEMLIMIT says it: without a limit a burst of large requests grows the heap to
// twice what is in use, and the system kills what grows past its own limit.
func limitMemory(logger *slog.Logger) {
	if _, set := os.LookupEnv("GOMEMLIMIT"); set {
		return
	}
	if limit := memoryLimit(os.DirFS("/")); limit > 0 {
		debug.SetMemoryLimit(limit)
		logger.Debug("memory limit", "bytes", limit)
	}
}

// Shares of what there is: a control group is there for us alone and the rest
// covers what Go does not count; a machine has others on it.
const (
	shareOfGroup   = 0.9
	shareOfMachine = 0.5
)

// memoryLimit is the share of the machine or of the tightest control group above
// this process, whichever is less. 0 means that neither is known.
func memoryLimit(root fs.FS) int64 {
	limit := int64(float64(memoryOfMachine(root)) * shareOfMachine)
	if group := memoryOfGroups(root); group > 0 {
		if share := int64(float64(group) * shareOfGroup); limit == 0 || share < limit {
			limit = share
		}
	}
	return limit
}

// memoryOfMachine reads /proc/meminfo; proc_meminfo(5).
func memoryOfMachine(root fs.FS) int64 {
	text, err := fs.ReadFile(root, "proc/meminfo")
	if err != nil {
		return 0 // no Linux
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "MemTotal:"); ok {
			kib, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kib << 10
		}
	}
	return 0
}

// memoryOfGroups is the least limit of the groups that the process is in, of
// either version of cgroups(7). 0: none has one.
func memoryOfGroups(root fs.FS) int64 {
	text, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0
	}
	least := int64(0)
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		base, file := "sys/fs/cgroup", "memory.max"
		switch {
		case parts[0] == "0" && parts[1] == "":
		case strings.Contains(","+parts[1]+",", ",memory,"):
			base, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		default:
			continue
		}
		// In a container the path may be that of the host: what is mounted at the
		// base is the container's own group then.
		for at := path.Clean("/" + parts[2]); ; at = path.Dir(at) {
			if limit := groupLimit(root, path.Join(base, at, file)); limit > 0 && (least == 0 || limit < least) {
				least = limit
			}
			if at == "/" {
				break
			}
		}
	}
	return least
}

// groupLimit reads one limit; "max", or the largest number of version 1, is none.
func groupLimit(root fs.FS, name string) int64 {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	const unlimited = 1 << 60
	if errors.Is(err, strconv.ErrSyntax) || n >= unlimited {
		return 0
	}
	return n
}
