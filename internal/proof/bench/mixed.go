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
// played as fast as it goes, and with the pauses that leave the server idle for
// most of the time, since of 32 clients that never pause each one waits for all others.
func (r *runner) mixed() error {
	const clients = 32
	if !r.chosen("mixed load") {
		return nil
	}
	book := r.book("mixed")
	if err := r.peer.fill(r.ctx, r.client, []collection{{book, cards(1000)}}); err != nil {
		return err
	}
	perSecond, _, err := r.play(book, crowding{clients: clients})
	if err != nil {
		return err
	}
	r.out.rate("mixed load, 32 clients", perSecond)
	r.out.bar("mixed load, 32 clients", "≥ 4,000/s")
	return r.tails(book, clients, clients*4*time.Second/time.Duration(perSecond))
}

// tails compares the slowest answers that 32 clients get with what one of them
// would get alone. That one pauses as well: a machine that one client keeps busy
// is not idle, its cores are awake and its caches warm. The median of a client
// that does not pause is noted beside it.
func (r *runner) tails(book string, clients int, pause time.Duration) error {
	_, busy, err := r.play(book, crowding{clients: 1})
	if err != nil {
		return err
	}
	_, idle, err := r.play(book, crowding{clients: 1, pause: pause})
	if err != nil {
		return err
	}
	stop, err := r.bystander(pause)
	if err != nil {
		return err
	}
	paced, crowd, err := r.play(book, crowding{clients: clients, pause: pause})
	if err = errors.Join(err, stop()); err != nil {
		return err
	}
	r.out.rate("mixed load with pauses", paced)
	for _, kind := range slices.Sorted(maps.Keys(idle)) {
		p50, p99 := quantile(idle[kind], .5), quantile(crowd[kind], .99)
		label := kind + ": p99 of 32 with pauses : p50 of one with pauses (of one without)"
		r.out.note(label, fmt.Sprintf("%s (%v)", against(p99, p50), quantile(busy[kind], .5).Round(10*time.Microsecond)))
		r.out.bar(label, "≤ 5")
	}
	return nil
}

func against(x, y time.Duration) string {
	return fmt.Sprintf("%v : %v = %.1f", x.Round(10*time.Microsecond), y.Round(10*time.Microsecond), x.Seconds()/y.Seconds())
}

func quantile(all []time.Duration, q float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[int(float64(len(all)-1)*q)]
}

// crowding is how many clients act, and how long each pauses after a request, on
// average.
type crowding struct {
	clients int
	pause   time.Duration
}

// lasts is longer with pauses: one client that pauses removes something twice a second.
func (c crowding) lasts(while time.Duration) time.Duration {
	if c.pause > 0 {
		return 5 * while
	}
	return while
}

// play has clients act for a while and compares their views at the end.
func (r *runner) play(book string, as crowding) (perSecond float64, took map[string][]time.Duration, err error) {
	c, err := gather(r.client, book, as.clients)
	if err != nil {
		return 0, nil, err
	}
	defer c.close()
	begun := time.Now()
	if err := c.actUntil(begun.Add(as.lasts(r.while)), as.pause); err != nil {
		return 0, nil, err
	}
	spent := time.Since(begun)
	n, took := c.times()
	wrong, err := c.wrongViews(r.ctx)
	label := fmt.Sprintf("wrong views of %d clients at the end", as.clients)
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
	alone, err := asked(w, q, time.Now().Add(r.while), pause)
	var beside []time.Duration
	var others sync.WaitGroup
	others.Go(func() {
		var failed error
		beside, failed = asked(w, q, time.Now().Add(crowding{pause: pause}.lasts(r.while)), pause)
		err = errors.Join(err, failed)
	})
	return func() error {
		others.Wait()
		w.close()
		null.Stop()
		r.out.note("null handler beside them: p99 : p50 alone, both with pauses", against(quantile(beside, .99), quantile(alone, .5)))
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
