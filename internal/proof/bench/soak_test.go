package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ksync/internal/proof"
)

var soak = flag.Duration("soak", 2*time.Second, "how long the server is soaked")

const (
	soakClients = 32
	soakCards   = 1000
	mostWAL     = 64 << 20 // what the store leaves of its journal
	warmUp      = 3        // one part in so many is not counted
)

// reading is what a server takes at a moment.
type reading struct {
	at                time.Duration
	memory, heap, wal int64
	goroutines, files int64
}

// TestSoak_NothingGrows has 32 clients play the mixed load, and one more come
// for a first sync and go, again and again. Once warm, the server's memory,
// goroutines and open files stay, its journal is bounded, and every client's
// view is right at the end. For a minute and more, memory may grow by a tenth
// and 4 MiB between warm and end: in five minutes of 4,000 requests a second a
// leak of 15 bytes a request is more. A short run is all warm-up and may grow by
// 32 MiB.
func TestSoak_NothingGrows(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("memory is read from /proc")
	}
	s := soaked(t)
	samples, requests := s.run(t)
	t.Logf("%d requests of %d clients in %v, %.0f a second", requests, soakClients, *soak, float64(requests)/soak.Seconds())
	show(t, samples)
	warm := samples[len(samples)/warmUp:]
	room := int64(32 << 20)
	if *soak >= time.Minute {
		room = 4<<20 + middle(warm, func(s reading) int64 { return s.memory })/10
	}
	for _, tt := range []struct {
		name string
		of   func(reading) int64
		room int64
	}{
		{"memory", func(s reading) int64 { return s.memory }, room},
		{"goroutines", func(s reading) int64 { return s.goroutines }, 8},
		{"open files", func(s reading) int64 { return s.files }, 8},
	} {
		grown := growth(warm, tt.of)
		t.Logf("%s: grown by %d since it was warm, %d allowed, %d at the median", tt.name, grown, tt.room, middle(warm, tt.of))
		if grown > tt.room {
			t.Errorf("%s: grown by %d, %d allowed", tt.name, grown, tt.room)
		}
	}
	for _, x := range samples {
		if x.wal > mostWAL {
			t.Errorf("after %v the journal has %d MiB", x.at, x.wal>>20)
		}
	}
}

// soaking is a server with one account and its administrator's address.
type soaking struct {
	server *proof.Server
	client *proof.Client
	admin  string
	data   string
	book   string
}

func soaked(t *testing.T) *soaking {
	t.Helper()
	s := &soaking{data: t.TempDir(), admin: proof.FreeAddress()}
	binary, err := proof.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if s.server, err = proof.Start(t.Context(), binary, s.data, "--admin-listen", s.admin); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.server.Stop)
	if s.client, err = s.server.Account(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	s.book = s.client.AddressBooks + "soak/"
	if err := fillByPut(t.Context(), s.client, []collection{{s.book, cards(soakCards)}}); err != nil {
		t.Fatal(err)
	}
	return s
}

// run plays and takes a hundred samples meanwhile.
func (s *soaking) run(t *testing.T) (samples []reading, requests int) {
	t.Helper()
	c, err := gather(s.client, s.book, soakClients)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	begun := time.Now()
	pause := time.Duration(0)
	if *soak < time.Minute {
		pause = 50 * time.Millisecond // beside other tests: 640 requests a second
	}
	over := make(chan error, 1)
	go func() { over <- c.actUntil(begun.Add(*soak), pause) }()
	tick := time.NewTicker(max(*soak/100, 50*time.Millisecond))
	defer tick.Stop()
	for playing := true; playing; {
		select {
		case err = <-over:
			playing = false
		case <-tick.C:
			s.visit(t)
		}
		samples = append(samples, s.sample(t, time.Since(begun)))
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, s.server.Log())
	}
	if wrong, err := c.wrongViews(t.Context()); err != nil || wrong > 0 {
		t.Errorf("%d clients have wrong views; %v", wrong, err)
	}
	requests, _ = c.times()
	return samples, requests
}

// visit is a client that comes for a first sync and goes.
func (s *soaking) visit(t *testing.T) {
	t.Helper()
	one, err := gather(s.client, s.book, 1)
	if err != nil {
		t.Fatal(err)
	}
	one.close()
}

func (s *soaking) sample(t *testing.T, at time.Duration) reading {
	t.Helper()
	told, err := metricsOf(t.Context(), s.admin)
	if err != nil {
		t.Fatal(err)
	}
	memory, err := proof.Memory(s.server.PID(), "VmRSS")
	if err != nil {
		t.Fatal(err)
	}
	wal := int64(0)
	if info, err := os.Stat(filepath.Join(s.data, "ksyncd.db-wal")); err == nil {
		wal = info.Size()
	}
	return reading{at, memory, told["go_memstats_heap_alloc_bytes"], wal, told["go_goroutines"], told["process_open_fds"]}
}

// metricsOf reads the metrics that have no labels.
func metricsOf(ctx context.Context, admin string) (map[string]int64, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+admin+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // it was read, or there is an error already
	told := map[string]int64{}
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			told[name] = int64(n)
		}
	}
	for _, name := range []string{"go_goroutines", "process_open_fds", "go_memstats_heap_alloc_bytes"} {
		if told[name] == 0 {
			return nil, fmt.Errorf("the metrics do not tell %s", name)
		}
	}
	return told, lines.Err()
}

// show prints about twenty of the samples.
func show(t *testing.T, samples []reading) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%8s %9s %9s %10s %6s %9s\n", "after", "memory", "heap", "goroutines", "files", "journal")
	const mib = 1 << 20
	for i := 0; i < len(samples); i += max(1, len(samples)/20) {
		s := samples[i]
		fmt.Fprintf(&b, "%8s %5.1f MiB %5.1f MiB %10d %6d %5.1f MiB\n", s.at.Round(100*time.Millisecond), float64(s.memory)/mib, float64(s.heap)/mib, s.goroutines, s.files, float64(s.wal)/mib)
	}
	t.Logf("\n%s", &b)
}

func middle(samples []reading, of func(reading) int64) int64 {
	var all []int64
	for _, s := range samples {
		all = append(all, of(s))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// growth is by how much something has grown from the first to the last sample,
// along the median of the slopes between every two of them (Theil and Sen): what
// the garbage collector makes go up and down does not count.
func growth(samples []reading, of func(reading) int64) int64 {
	var slopes []float64
	for i, a := range samples {
		for _, b := range samples[i+1:] {
			slopes = append(slopes, float64(of(b)-of(a))/(b.at-a.at).Seconds())
		}
	}
	if len(slopes) == 0 {
		return 0
	}
	slices.Sort(slopes)
	span := samples[len(samples)-1].at - samples[0].at
	return int64(slopes[len(slopes)/2] * span.Seconds())
}

func TestGrowth_ALeakIsToldFromNoise(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for _, tt := range []struct {
		name        string
		each, noise int64 // bytes a sample
		least, most int64
	}{
		{"flat", 0, 0, 0, 0},
		{"goes up and down", 0, 20 * mib, -4 * mib, 4 * mib},
		{"leak", mib / 5, 0, 19 * mib, 20 * mib},
		{"leak that goes up and down", mib / 5, 10 * mib, 16 * mib, 24 * mib},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(1, 2))
			var samples []reading
			for i := range int64(100) {
				samples = append(samples, reading{at: time.Duration(i) * time.Second, memory: 60*mib + i*tt.each + random.Int64N(tt.noise+1)})
			}
			if got := growth(samples, func(s reading) int64 { return s.memory }); got < tt.least || got > tt.most {
				t.Errorf("grown by %d, want between %d and %d", got, tt.least, tt.most)
			}
		})
	}
}
