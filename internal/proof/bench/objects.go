package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"ksync/internal/proof"
)

func cards(n int) []object {
	all := make([]object, n)
	for i := range all {
		all[i] = sample("cards", i, time.Time{})
	}
	return all
}

// events spread over four years around now; 15% of them recur.
func events(n int, now time.Time) []object {
	all := make([]object, n)
	for i := range all {
		all[i] = sample("events", i, now)
	}
	return all
}

func sample(kind string, n int, now time.Time) object {
	if kind == "cards" {
		uid := fmt.Sprintf("card-%d", n)
		return object{uid + ".vcf", proof.Card(uid, n, 0)}
	}
	uid := fmt.Sprintf("event-%d", n)
	day := now.UTC().Truncate(24*time.Hour).AddDate(0, 0, n*7%1461-1096)
	return object{uid + ".ics", proof.Event(uid, n, 0, day, n%20 < 3)}
}

// memory reads a row of a process's status in bytes: VmRSS, VmHWM.
func memory(pid int, row string) (int64, error) {
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
