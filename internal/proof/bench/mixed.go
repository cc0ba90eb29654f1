package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// mixed is 32 clients of one address book: 60% syncs, 20% GETs, 15% PUTs, 5%
// DELETEs. Afterwards each client's view must be what a listing says. It is
// played twice: as fast as it goes, and with the pauses that leave the server
// idle for most of the time, since of 32 clients that never pause each one waits for
// all others.
func (r *runner) mixed() error {
	const clients = 32
	if !r.chosen("mixed load") {
		return nil
	}
	book := r.book("mixed")
	if err := r.peer.fill(r.ctx, r.client, []collection{{book, cards(1000)}}); err != nil {
		return err
	}
	_, alone, err := r.play(book, 1, 0)
	if err != nil {
		return err
	}
	perSecond, _, err := r.play(book, clients, 0)
	if err != nil {
		return err
	}
	r.out.rate("mixed load, 32 clients", perSecond)
	r.out.bar("mixed load, 32 clients", "≥ 4,000/s")
	pause := clients * 4 * time.Second / time.Duration(perSecond)
	stop, err := r.bystander(pause)
	if err != nil {
		return err
	}
	paced, crowd, err := r.play(book, clients, pause)
	if err = errors.Join(err, stop()); err != nil {
		return err
	}
	r.out.rate("mixed load with pauses", paced)
	for _, kind := range slices.Sorted(maps.Keys(alone)) {
		p50, p99 := quantile(alone[kind], .5), quantile(crowd[kind], .99)
		label := fmt.Sprintf("%s: p99 with pauses : p50 alone", kind)
		r.out.note(label, fmt.Sprintf("%v : %v = %.1f", p99.Round(10*time.Microsecond), p50.Round(10*time.Microsecond), p99.Seconds()/p50.Seconds()))
		r.out.bar(label, "≤ 5")
	}
	return nil
}

func quantile(all []time.Duration, q float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[int(float64(len(all)-1)*q)]
}

// play has clients act for a while and compares their views at the end.
func (r *runner) play(book string, clients int, pause time.Duration) (perSecond float64, took map[string][]time.Duration, err error) {
	c, err := gather(r.client, book, clients)
	if err != nil {
		return 0, nil, err
	}
	defer c.close()
	begun := time.Now()
	if err := c.actUntil(begun.Add(r.while), pause); err != nil {
		return 0, nil, err
	}
	spent := time.Since(begun)
	n, took := c.times()
	wrong, err := c.wrongViews(r.ctx)
	label := fmt.Sprintf("wrong views of %d clients at the end", clients)
	r.out.note(label, fmt.Sprint(wrong))
	r.out.bar(label, "0")
	return float64(n) / spent.Seconds(), took, err
}

// bystander asks the null handler while others load the machine, as often as one
// of them: what it waits longer than alone is the machine's doing. Stopping it
// notes that.
func (r *runner) bystander(pause time.Duration) (stop func() error, err error) {
	null, err := startNull(r.ctx)
	if err != nil {
		return nil, err
	}
	w, err := dial(hostOf(null))
	if err != nil {
		null.Stop()
		return nil, err
	}
	q := atNull(r.form.propfind(r.client.Principal, "0", pollBody), 400) // bytes, about those of a GET or a sync
	alone, err := asked(w, q, time.Now().Add(r.while/4), 0)
	var beside []time.Duration
	var others sync.WaitGroup
	others.Go(func() {
		var failed error
		beside, failed = asked(w, q, time.Now().Add(r.while), pause)
		err = errors.Join(err, failed)
	})
	return func() error {
		others.Wait()
		w.close()
		null.Stop()
		p50, p99 := quantile(alone, .5), quantile(beside, .99)
		r.out.note("null handler beside them", fmt.Sprintf("%v : %v = %.1f", p99.Round(10*time.Microsecond), p50.Round(time.Microsecond), p99.Seconds()/p50.Seconds()))
		return err
	}, nil
}

// asked is how long answers take until then.
func asked(w *wire, q request, until time.Time, pause time.Duration) (took []time.Duration, err error) {
	for time.Now().Before(until) {
		begun := time.Now()
		if _, err := w.send(q); err != nil {
			return took, err
		}
		took = append(took, time.Since(begun))
		time.Sleep(pause)
	}
	return took, nil
}
