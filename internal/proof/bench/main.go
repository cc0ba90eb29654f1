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

// settings bound the whole run to some minutes.
type settings struct {
	objects int           // in the big collections
	while   time.Duration // for one measurement of a rate
	repeat  int           // of what is measured one by one
	choice  string        // measure only what has this in its label
}

func main() {
	quick := flag.Bool("quick", false, "a tenth of the objects, for CI")
	only := flag.String("only", "", "measure just ksyncd, radicale or xandikos")
	null := flag.String("null", "", "be the null handler, at this address")
	s := settings{objects: 10_000, while: 3 * time.Second, repeat: 11}
	flag.IntVar(&s.objects, "objects", s.objects, "objects in the big collections")
	flag.DurationVar(&s.while, "while", s.while, "how long a rate is measured")
	flag.IntVar(&s.repeat, "repeat", s.repeat, "how often what is measured one by one is asked")
	flag.StringVar(&s.choice, "run", "", "measure only what has this in its label")
	flag.Parse()
	if *quick {
		s.objects, s.while, s.repeat = 1000, time.Second, 5
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	do := func() error { return run(ctx, s, *only) }
	if *null != "" {
		do = func() error { return serveNull(*null) }
	}
	if err := do(); err != nil {
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
	for i, p := range peers {
		begun := time.Now()
		loads, err := measure(ctx, p, s, results.column(p.name))
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", p.name, err))
		}
		if i == 0 {
			failed = errors.Join(failed, limits(ctx, loads, s, results.column("limit here")))
		}
		fmt.Fprintf(os.Stderr, "%s measured in %v\n", p.name, time.Since(begun).Round(time.Second))
	}
	return errors.Join(failed, results.print(os.Stdout))
}

// limits is what the null handler makes of the same requests.
func limits(ctx context.Context, loads []*load, s settings, out column) error {
	server, err := startNull(ctx)
	if err != nil {
		return err
	}
	defer server.Stop()
	for _, l := range loads {
		if err := l.atNull().run(hostOf(server), s, out); err != nil {
			return err
		}
	}
	return nil
}
