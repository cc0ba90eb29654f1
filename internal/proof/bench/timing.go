package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// once times something long. What outlasts our patience is printed as such.
func (r *runner) once(label string, do func(context.Context) error) error {
	took, err := r.timed(do)
	if errors.Is(err, errSlow) {
		r.out.note(label, fmt.Sprintf("> %v", r.patience))
		return nil
	}
	r.out.duration(label, took)
	return err
}

func nothing(context.Context, int) error { return nil }

// median times something short several times, after a preparation each. The
// first time warms up and does not count.
func (r *runner) median(label string, prepare, do func(context.Context, int) error) error {
	var all []time.Duration
	for i := range r.repeat + 1 {
		if err := prepare(r.ctx, i); err != nil {
			return fmt.Errorf("%s: %w", label, err)
		}
		took, err := r.timed(func(ctx context.Context) error { return do(ctx, i) })
		if errors.Is(err, errSlow) {
			r.out.note(label, fmt.Sprintf("> %v", r.patience))
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", label, err)
		}
		all = append(all, took)
	}
	all = all[1:]
	slices.Sort(all)
	r.out.duration(label, all[len(all)/2])
	return nil
}

var errSlow = errors.New("longer than we wait")

func (r *runner) timed(do func(context.Context) error) (time.Duration, error) {
	ctx, cancel := context.WithTimeoutCause(r.ctx, r.patience, errSlow)
	defer cancel()
	begun := time.Now()
	err := do(ctx)
	if err != nil && ctx.Err() != nil && context.Cause(ctx) == errSlow {
		err = errSlow
	}
	return time.Since(begun), err
}

// inParallel calls do for each number below n, some at a time, until one fails.
func inParallel(workers, n int, do func(int) error) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, workers)
	for w := range workers {
		wg.Go(func() {
			for i := int(next.Add(1) - 1); i < n; i = int(next.Add(1) - 1) {
				if errs[w] = do(i); errs[w] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
