// Command bench puts ksyncd beside Radicale, which people would choose instead,
// and prints what both take for what people wait for: uploads, a first sync, a
// sync after one change, a poll, kSync's query, memory, the start.
//
// Both run on this machine on directories of their own, one after the other,
// with their writes made durable, and answer the same requests. The figures say
// something beside each other, in one run; nothing is asserted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

// settings bound the whole run to a few minutes.
type settings struct {
	objects  int           // in the big collections
	uploads  time.Duration // for one measurement of PUTs
	patience time.Duration // for one request before the measurement is given up
	repeat   int           // of what is measured one by one
}

func main() {
	quick := flag.Bool("quick", false, "a tenth of the objects, for CI")
	only := flag.String("only", "", "measure just ksyncd or radicale")
	s := settings{objects: 10_000, uploads: 3 * time.Second, patience: time.Minute, repeat: 5}
	flag.IntVar(&s.objects, "objects", s.objects, "objects in the big collections")
	flag.Parse()
	if *quick {
		s = settings{objects: 1000, uploads: time.Second, patience: 20 * time.Second, repeat: 3}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, s, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings, only string) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	peers, err := peersFor(ctx, dir, only)
	if err != nil {
		return err
	}
	results := newTable(s)
	var failed error
	for _, p := range peers {
		begun := time.Now()
		if err := measure(ctx, p, s, results.column(p.name)); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", p.name, err))
		}
		fmt.Fprintf(os.Stderr, "%s measured in %v\n", p.name, time.Since(begun).Round(time.Second))
	}
	return errors.Join(failed, results.print(os.Stdout))
}
