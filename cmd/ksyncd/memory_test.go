package main

import (
	"testing"
	"testing/fstest"
)

func TestMemoryLimit_IsAShareOfWhatThereIs(t *testing.T) {
	t.Parallel()
	const (
		gib     = 1 << 30
		machine = "MemTotal:        8388608 kB\nMemFree:          123 kB\n"
	)
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	share := func(of, n int64) int64 { return int64(float64(of) * float64(n) / 10) }
	for name, tt := range map[string]struct {
		files fstest.MapFS
		want  int64
	}{
		"nothing known":    {fstest.MapFS{}, 0},
		"broken files":     {fstest.MapFS{"proc/meminfo": file("MemTotal: lots\n"), "proc/self/cgroup": file("x\n")}, 0},
		"machine":          {fstest.MapFS{"proc/meminfo": file(machine)}, 4 * gib},
		"group of systemd": {fstest.MapFS{"proc/meminfo": file(machine), "proc/self/cgroup": file("0::/system.slice/ksyncd.service\n"), "sys/fs/cgroup/system.slice/ksyncd.service/memory.max": file("1073741824\n")}, share(gib, 9)},
		"group without":    {fstest.MapFS{"proc/meminfo": file(machine), "proc/self/cgroup": file("0::/a\n"), "sys/fs/cgroup/a/memory.max": file("max\n")}, 4 * gib},
		"group above":      {fstest.MapFS{"proc/meminfo": file(machine), "proc/self/cgroup": file("0::/a/b\n"), "sys/fs/cgroup/a/memory.max": file("536870912\n"), "sys/fs/cgroup/a/b/memory.max": file("1073741824\n")}, share(gib/2, 9)},
		"container":        {fstest.MapFS{"proc/meminfo": file(machine), "proc/self/cgroup": file("0::/docker/1234\n"), "sys/fs/cgroup/memory.max": file("1073741824\n")}, share(gib, 9)},
		"version 1":        {fstest.MapFS{"proc/meminfo": file(machine), "proc/self/cgroup": file("5:cpu,memory:/a\n2:cpu:/\n"), "sys/fs/cgroup/memory/a/memory.limit_in_bytes": file("1073741824\n")}, share(gib, 9)},
		"version 1, none":  {fstest.MapFS{"proc/meminfo": file(machine), "proc/self/cgroup": file("5:memory:/\n"), "sys/fs/cgroup/memory/memory.limit_in_bytes": file("9223372036854771712\n")}, 4 * gib},
		"group above the machine": {fstest.MapFS{"proc/meminfo": file(machine), "proc/self/cgroup": file("0::/\n"),
			"sys/fs/cgroup/memory.max": file("109951162777600\n")}, 4 * gib},
	} {
		if got := memoryLimit(tt.files); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}
