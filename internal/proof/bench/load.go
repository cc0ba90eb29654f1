package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// load is requests that some connections send, each one after the other.
type load struct {
	label    string
	bar      string // what is asked of ksyncd
	clients  int
	requests []request
	way      way
	sizes    []int64 // of the answers, once measured
}

// way is how a load is measured.
type way uint8

const (
	through  way = iota // all requests once; the time of all
	middling            // each once, one at a time; the median time
	rate                // in turn, again and again for a while; how many a second
)

// run measures a load and says it in a column.
func (l *load) run(host string, s settings, out column) error {
	wires, err := dialAll(host, l.clients)
	if err != nil {
		return err
	}
	defer closeWires(wires)
	l.sizes = make([]int64, len(l.requests))
	switch l.way {
	case through:
		took, err := l.once(wires)
		out.duration(l.label, took)
		return l.wrap(err)
	case middling:
		took, err := l.each(wires[0])
		out.duration(l.label, took)
		return l.wrap(err)
	default:
		perSecond, err := l.often(wires, s.while)
		out.rate(l.label, perSecond)
		return l.wrap(err)
	}
}

// failed notes that a server could not do it, which is no reason to ask it nothing else.
func (l *load) failed(err error, out column) {
	fmt.Fprintf(os.Stderr, "%s: %.300v\n", out.name, err)
	out.note(l.label, "fails")
}

func (l *load) wrap(err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", l.label, err)
	}
	return nil
}

// once takes the better of two rounds: the first one warms up.
func (l *load) once(wires []*wire) (best time.Duration, err error) {
	for range 2 {
		begun := time.Now()
		err := inParallel(len(wires), len(l.requests), func(w, i int) error {
			a, err := wires[w].send(l.requests[i])
			l.sizes[i] = a.bytes
			return err
		})
		if err != nil {
			return 0, err
		}
		if took := time.Since(begun); best == 0 || took < best {
			best = took
		}
	}
	return best, nil
}

func (l *load) each(w *wire) (time.Duration, error) {
	var all []time.Duration
	for i, r := range l.requests {
		begun := time.Now()
		a, err := w.send(r)
		if err != nil {
			return 0, err
		}
		l.sizes[i] = a.bytes
		all = append(all, time.Since(begun))
	}
	return median(all), nil
}

func (l *load) often(wires []*wire, while time.Duration) (perSecond float64, err error) {
	var sent atomic.Int64
	begun := time.Now()
	deadline := begun.Add(while)
	err = inParallel(len(wires), len(wires), func(w, _ int) error {
		for i := w; time.Now().Before(deadline); i += len(wires) {
			a, err := wires[w].send(l.requests[i%len(l.requests)])
			if err != nil {
				return err
			}
			if w == 0 {
				l.sizes[i%len(l.requests)] = a.bytes
			}
			sent.Add(1)
		}
		return nil
	})
	return float64(sent.Load()) / time.Since(begun).Seconds(), err
}

// atNull is the same load for the null handler.
func (l *load) atNull() *load {
	same := *l
	same.requests = make([]request, len(l.requests))
	for i, r := range l.requests {
		same.requests[i] = atNull(r, max(l.sizes[i], l.sizes[0]))
	}
	return &same
}

// repeated is n times the same request, the first of which warms up.
func repeated(r request, n int) []request { return slices.Repeat([]request{r}, n) }

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

func dialAll(host string, n int) (all []*wire, err error) {
	for range n {
		w, err := dial(host)
		if err != nil {
			closeWires(all)
			return nil, err
		}
		all = append(all, w)
	}
	return all, nil
}

func closeWires(all []*wire) {
	for _, w := range all {
		w.close()
	}
}

// inParallel calls do for each number below n, by so many workers, until one fails.
func inParallel(workers, n int, do func(worker, i int) error) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, workers)
	for w := range workers {
		wg.Go(func() {
			for i := int(next.Add(1) - 1); i < n; i = int(next.Add(1) - 1) {
				if errs[w] = do(w, i); errs[w] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
