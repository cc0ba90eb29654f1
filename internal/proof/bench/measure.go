package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
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
	form   form
	out    column
	loads  []*load // that the null handler is to answer as well
}

func measure(ctx context.Context, p peer, s settings, out column) (loads []*load, err error) {
	r := &runner{settings: s, ctx: ctx, peer: p, out: out}
	if r.server, err = p.start(ctx); err != nil {
		return nil, err
	}
	defer func() { r.server.Stop() }()
	if r.client, err = p.open(ctx, r.server); err != nil {
		return nil, err
	}
	r.form = formOf(r.client)
	for _, step := range []func() error{r.idle, r.fill, r.restart, r.firstSyncs, r.incremental, r.poll, r.questions, r.uploads, r.mixed, r.peak, r.large, r.quiet} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return r.loads, nil
}

func (r *runner) book(name string) string     { return r.client.AddressBooks + name + "-cards/" }
func (r *runner) calendar(name string) string { return r.client.Calendars + name + "-events/" }
func (r *runner) tasks() string               { return r.client.Calendars + "all-tasks/" }

// take measures a load, and has the null handler answer it later.
func (r *runner) take(l *load) error {
	if !r.chosen(l.label) {
		return nil
	}
	r.loads = append(r.loads, l)
	r.out.bar(l.label, l.bar)
	err := l.run(r.client.Host(), r.settings, r.out)
	if err != nil && !r.peer.large { // another one's
		l.failed(err, r.out)
		return nil
	}
	return err
}

func (r *runner) chosen(label string) bool { return strings.Contains(label, r.choice) }

// idle is the memory of a server that has answered a few requests.
func (r *runner) idle() error {
	if err := r.ask(repeated(r.form.propfind(r.client.Principal, "0", pollBody), 20)); err != nil {
		return err
	}
	rss, err := proof.Memory(r.server.PID(), "VmRSS")
	r.out.bytes("memory when idle", rss)
	r.out.bar("memory when idle", "< 40 MB")
	return err
}

// ask sends requests whose answers are of no interest.
func (r *runner) ask(requests []request) error {
	w, err := dial(r.client.Host())
	if err != nil {
		return err
	}
	defer w.close()
	for _, q := range requests {
		if _, err := w.send(q); err != nil {
			return err
		}
	}
	return nil
}

// fill makes the collections that the rest reads.
func (r *runner) fill() error {
	begun := time.Now()
	var all []collection
	for _, n := range []int{r.objects / 10, r.objects} {
		all = append(all, collection{r.book(fmt.Sprint(n)), cards(n)})
	}
	all = append(all, collection{r.calendar(fmt.Sprint(r.objects)), events(r.objects, begun)}, collection{r.tasks(), tasks(r.objects, begun)})
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
	r.form = formOf(r.client)
	return nil
}

// firstSyncs are those of clients that have nothing yet: a listing by
// sync-collection, then the objects by multiget, four requests at a time. DAVx5
// asks for 10 objects at once, Evolution for 100, Thunderbird for 500.
func (r *runner) firstSyncs() error {
	for _, batch := range []int{10, 50, 500} {
		for _, kind := range []string{"cards", "events"} {
			collection := r.book(fmt.Sprint(r.objects))
			if kind == "events" {
				collection = r.calendar(fmt.Sprint(r.objects))
			}
			l := &load{label: fmt.Sprintf("first sync of %d %s, %d a multiget", r.objects, kind, batch), clients: 4, requests: r.firstSync(kind, collection, r.objects, batch)}
			if batch == 50 {
				l.bar = "≤ 0.45 s"
			}
			if err := r.take(l); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *runner) firstSync(kind, collection string, n, batch int) []request {
	requests := []request{r.form.report(collection, proof.SyncBody("", 0))}
	hrefs := make([]string, n)
	for i := range hrefs {
		hrefs[i] = collection + sample(kind, i, time.Time{}).name
	}
	for some := range slices.Chunk(hrefs, batch) {
		requests = append(requests, r.form.report(collection, proof.MultigetBody(some)))
	}
	return requests
}

// incremental is what a client waits for that knows all but one change.
func (r *runner) incremental() error {
	for _, n := range []int{r.objects / 10, r.objects} {
		if err := r.oneChange(r.book(fmt.Sprint(n)), n); err != nil {
			return err
		}
	}
	return nil
}

func (r *runner) oneChange(collection string, n int) error {
	label := fmt.Sprintf("sync after one change, %d cards", n)
	if !r.chosen(label) {
		return nil
	}
	w, err := dial(r.client.Host())
	if err != nil {
		return err
	}
	defer w.close()
	token, err := r.token(w, collection)
	if err != nil {
		return err
	}
	var all []time.Duration
	for i := range r.repeat * 10 {
		if _, err := r.client.Put(r.ctx, collection+"card-7.vcf", proof.Card("card-7", 7, 100+i)); err != nil {
			return err
		}
		q := r.form.report(collection, proof.SyncBody(token, 0))
		q.keep = true
		begun := time.Now()
		if _, err := w.send(q); err != nil {
			return err
		}
		all = append(all, time.Since(begun))
		if changes := strings.Count(string(w.body), "getetag>") / 2; changes != 1 {
			return fmt.Errorf("sync of %s: %d changes, want 1", collection, changes)
		}
		token = tokenOf(w.body)
	}
	r.out.duration(label, median(all))
	r.out.bar(label, "≤ 0.5 ms, at any size")
	return nil
}

func (r *runner) token(w *wire, collection string) (string, error) {
	for token := ""; ; {
		q := r.form.report(collection, proof.SyncBody(token, 0))
		q.keep = true
		if _, err := w.send(q); err != nil {
			return "", err
		}
		more := bytes.Contains(w.body, []byte(" 507 "))
		if token = tokenOf(w.body); !more {
			return token, nil
		}
	}
}

// poll is what every client asks most: has anything changed?
func (r *runner) poll() error {
	q := r.form.propfind(r.book(fmt.Sprint(r.objects)), "0", pollBody)
	if err := r.take(&load{label: "poll, one client", way: middling, clients: 1, requests: repeated(q, r.repeat*20)}); err != nil {
		return err
	}
	return r.take(&load{label: "poll, 8 clients", bar: "≥ 12,000/s", way: rate, clients: 8, requests: repeated(q, 1)})
}

// questions are reports and listings over a big collection.
func (r *runner) questions() error {
	now := time.Now()
	book, calendar := r.book(fmt.Sprint(r.objects)), r.calendar(fmt.Sprint(r.objects))
	for _, l := range []load{
		{label: "kSync's query of events", bar: "≤ 70 ms", requests: []request{r.form.report(calendar, kSyncQuery(now))}},
		{label: "events of a month", bar: "≤ 70 ms", requests: []request{r.form.report(calendar, month(now))}},
		{label: "text match over cards", bar: "≤ 30 ms", requests: []request{r.form.report(book, textMatch)}},
		{label: "open tasks", bar: "≤ 20 ms", requests: []request{r.form.report(r.tasks(), openTasks)}},
		{label: "PROPFIND 1 of cards", bar: "≤ 65 ms", requests: []request{r.form.propfind(book, "1", listBody)}},
		{label: "PROPFIND 1 of events", bar: "≤ 65 ms", requests: []request{r.form.propfind(calendar, "1", listBody)}},
	} {
		l.way, l.clients, l.requests = middling, 1, repeated(l.requests[0], r.repeat)
		if err := r.take(&l); err != nil {
			return err
		}
	}
	return nil
}

// uploads counts PUTs of new objects into new collections for a while.
func (r *runner) uploads() error {
	for _, clients := range []int{1, 8, 32} {
		for _, kind := range []string{"cards", "events"} {
			collection := r.book(fmt.Sprintf("put-%d", clients))
			if kind == "events" {
				collection = r.calendar(fmt.Sprintf("put-%d", clients))
			}
			if err := r.upload(kind, collection, clients); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *runner) upload(kind, collection string, clients int) error {
	label := fmt.Sprintf("PUT of %s, %d client(s)", kind, clients)
	if !r.chosen(label) {
		return nil
	}
	if err := makeCollection(r.ctx, r.client, collection); err != nil {
		return err
	}
	most := int(r.while.Seconds() * 12_000)
	objects := make([]request, most)
	for i := range objects {
		objects[i] = r.form.put(sample(kind, i, time.Now()), collection)
	}
	l := &load{label: label, way: rate, clients: clients, requests: objects}
	if clients > 1 {
		l.bar = "≥ 3,000/s"
	}
	if clients > 1 && r.peer.large {
		return r.shared(l)
	}
	return r.take(l)
}

func (r *runner) peak() error {
	hwm, err := proof.Memory(r.server.PID(), "VmHWM")
	r.out.bytes("peak memory of all the above", hwm)
	return err
}
