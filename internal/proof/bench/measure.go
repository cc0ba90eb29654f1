package main

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"sync/atomic"
	"time"

	"ksync/internal/proof"
)

// runner is one peer being measured.
type runner struct {
	settings
	ctx    context.Context
	peer   peer
	server *proof.Server
	client *proof.Client
	out    column
}

func measure(ctx context.Context, p peer, s settings, out column) (err error) {
	r := &runner{settings: s, ctx: ctx, peer: p, out: out}
	if r.server, err = p.start(ctx); err != nil {
		return err
	}
	defer func() { r.server.Stop() }()
	if r.client, err = p.open(ctx, r.server); err != nil {
		return err
	}
	for _, step := range []func() error{r.idle, r.fill, r.restart, r.firstSyncs, r.flat, r.incremental, r.poll, r.query, r.uploads, r.peak} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (r *runner) book(name string) string     { return r.client.AddressBooks + name + "-cards/" }
func (r *runner) calendar(name string) string { return r.client.Calendars + name + "-events/" }

// idle is the memory of a server that has answered a few requests.
func (r *runner) idle() error {
	for range 20 {
		if _, err := r.client.Query(r.ctx, "PROPFIND", r.client.Principal, "0", pollBody); err != nil {
			return err
		}
	}
	rss, err := proof.Memory(r.server.PID(), "VmRSS")
	r.out.bytes("memory when idle", rss)
	return err
}

// fill makes the collections that the rest reads.
func (r *runner) fill() error {
	begun := time.Now()
	var all []collection
	for _, n := range []int{100, r.objects} {
		name := fmt.Sprint(n)
		all = append(all, collection{r.book(name), cards(n)}, collection{r.calendar(name), events(n, begun)})
	}
	if err := r.peer.fill(r.ctx, r.client, all); err != nil {
		return err
	}
	r.out.note("("+r.peer.note+")", time.Since(begun).Round(time.Second).String())
	return nil
}

// restart times the start on the data that is there now.
func (r *runner) restart() (err error) {
	r.server.Stop()
	begun := time.Now()
	if r.server, err = r.peer.start(r.ctx); err != nil {
		return err
	}
	r.out.duration("start on that data", time.Since(begun))
	r.client = r.client.At(r.server.URL)
	return nil
}

// firstSyncs are those of clients that have nothing yet: a listing by
// sync-collection, then the objects by multiget, four requests at a time. DAVx5
// asks for 10 objects at once, Evolution for 100, Thunderbird for 500.
func (r *runner) firstSyncs() error {
	for _, batch := range []int{10, 100, 500} {
		for kind, collection := range r.both(fmt.Sprint(r.objects)) {
			label := fmt.Sprintf("first sync of %d %s, %d a multiget", r.objects, kind, batch)
			if err := r.once(label, func(ctx context.Context) error { return r.firstSync(ctx, kind, collection, batch) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// firstSync only counts what comes: reading it would take longer than it takes
// ksyncd to say it.
func (r *runner) firstSync(ctx context.Context, kind, collection string, batch int) error {
	if _, err := r.ask(ctx, collection, proof.SyncBody("", 0), r.objects); err != nil {
		return err
	}
	hrefs := make([]string, r.objects)
	for i := range hrefs {
		hrefs[i] = collection + sample(kind, i, time.Time{}).name
	}
	batches := slices.Collect(slices.Chunk(hrefs, batch))
	return inParallel(4, len(batches), func(i int) error {
		_, err := r.ask(ctx, collection, proof.MultigetBody(batches[i]), len(batches[i]))
		return err
	})
}

// ask sends a report and counts the resources in the answer; want may be -1.
func (r *runner) ask(ctx context.Context, collection, body string, want int) (int, error) {
	text, err := r.client.Ask(ctx, "REPORT", collection, "1", body)
	if err != nil {
		return 0, err
	}
	n := bytes.Count(text, []byte("response>")) / 2
	if want >= 0 && n != want {
		return n, fmt.Errorf("report on %s: %d resources, want %d", collection, n, want)
	}
	return n, nil
}

// flat is the peak of memory until here: what first syncs of everything need.
func (r *runner) flat() error {
	hwm, err := proof.Memory(r.server.PID(), "VmHWM")
	r.out.bytes("peak memory of start and first syncs", hwm)
	return err
}

// both are the two collections of a name, in order.
func (r *runner) both(name string) iter.Seq2[string, string] {
	return func(yield func(kind, collection string) bool) {
		_ = yield("cards", r.book(name)) && yield("events", r.calendar(name))
	}
}

// incremental is what a client waits for that knows all but one change.
func (r *runner) incremental() error {
	for _, n := range []int{100, r.objects} {
		collection := r.book(fmt.Sprint(n))
		replica := proof.NewReplica(r.client, collection)
		if _, err := replica.Sync(r.ctx, 0); err != nil {
			return err
		}
		change := func(ctx context.Context, i int) error {
			_, err := r.client.Put(ctx, collection+"card-7.vcf", proof.Card("card-7", 7, 100+i))
			return err
		}
		ask := func(ctx context.Context, _ int) error {
			changes, err := replica.Sync(ctx, 0)
			if err == nil && changes != 1 {
				err = fmt.Errorf("%d changes, want 1", changes)
			}
			return err
		}
		if err := r.median(fmt.Sprintf("sync after one change, %d cards", n), change, ask); err != nil {
			return err
		}
	}
	return nil
}

const pollBody = `<D:propfind xmlns:D="DAV:" xmlns:CS="http://calendarserver.org/ns/"><D:prop><D:sync-token/><CS:getctag/></D:prop></D:propfind>`

// poll is what every client asks most: has anything changed?
func (r *runner) poll() error {
	for _, n := range []int{100, r.objects} {
		err := r.median(fmt.Sprintf("poll, %d cards", n), nothing, func(ctx context.Context, _ int) error {
			_, err := r.client.Query(ctx, "PROPFIND", r.book(fmt.Sprint(n)), "0", pollBody)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// query is kSync's and DAVx5's listing of events: all that end after a day 90
// days ago, with no end (clients.md 2.5).
func (r *runner) query() error {
	start := time.Now().AddDate(0, 0, -90).UTC().Format("20060102T150405Z")
	body := `<C:calendar-query xmlns:C="` + proof.CalDAV + `" xmlns:D="DAV:"><D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range start="` +
		start + `"/></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>`
	return r.median(fmt.Sprintf("kSync's query of %d events", r.objects), nothing, func(ctx context.Context, i int) error {
		n, err := r.ask(ctx, r.calendar(fmt.Sprint(r.objects)), body, -1)
		if err == nil && i == 0 {
			r.out.note("(events that it finds)", fmt.Sprint(n))
		}
		return err
	})
}

// uploads counts PUTs of new objects into new collections for a while.
func (r *runner) uploads() error {
	for _, clients := range []int{1, 32} {
		for kind, collection := range r.both(fmt.Sprintf("put-%d", clients)) {
			if err := makeCollection(r.ctx, r.client, collection); err != nil {
				return err
			}
			rate, err := r.putRate(clients, kind, collection)
			if err != nil {
				return err
			}
			r.out.rate(fmt.Sprintf("PUT of %s, %d client(s)", kind, clients), rate)
		}
	}
	return nil
}

func (r *runner) putRate(clients int, kind, collection string) (perSecond float64, err error) {
	var next, stored atomic.Int64
	begun := time.Now()
	deadline := begun.Add(r.settings.uploads)
	err = inParallel(clients, clients, func(int) error {
		for time.Now().Before(deadline) {
			n := int(next.Add(1))
			o := sample(kind, n, begun)
			if _, err := r.client.Put(r.ctx, collection+o.name, o.data); err != nil {
				return err
			}
			stored.Add(1)
		}
		return nil
	})
	return float64(stored.Load()) / time.Since(begun).Seconds(), err
}

func (r *runner) peak() error {
	hwm, err := proof.Memory(r.server.PID(), "VmHWM")
	r.out.bytes("peak memory of all the above", hwm)
	return err
}
