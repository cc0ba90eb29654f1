package main

import (
	"errors"
	"fmt"
	"html"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"ksync/internal/proof"
)

// actor is one client of the mixed load, with its view of the collection.
type actor struct {
	wire       *wire
	form       form
	collection string
	random     *rand.Rand
	number     int
	made       int
	token      string
	etags      map[string]string // by href
	hrefs      []string          // that were in etags once
	took       map[string][]time.Duration
}

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
	paced, crowd, err := r.play(book, clients, clients*4*time.Second/time.Duration(perSecond))
	if err != nil {
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
	actors := make([]*actor, clients)
	for i := range actors {
		if actors[i], err = r.enter(book, i); err != nil {
			return 0, nil, err
		}
		defer actors[i].wire.close()
	}
	begun := time.Now()
	deadline := begun.Add(r.while)
	var wg sync.WaitGroup
	errs := make([]error, clients)
	for i, a := range actors {
		wg.Go(func() { errs[i] = a.actUntil(deadline, pause) })
	}
	wg.Wait()
	spent := time.Since(begun)
	if err := errors.Join(errs...); err != nil {
		return 0, nil, err
	}
	n, took := 0, map[string][]time.Duration{}
	for _, a := range actors {
		for kind, all := range a.took {
			n += len(all)
			took[kind] = append(took[kind], all...)
		}
	}
	return float64(n) / spent.Seconds(), took, r.compare(book, actors)
}

func (r *runner) enter(book string, i int) (*actor, error) {
	w, err := dial(r.client.Host())
	if err != nil {
		return nil, err
	}
	a := &actor{wire: w, form: r.form, collection: book, number: i, random: rand.New(rand.NewPCG(uint64(i), uint64(time.Now().UnixNano()))),
		etags: map[string]string{}, took: map[string][]time.Duration{}}
	return a, a.sync()
}

func (a *actor) actUntil(deadline time.Time, pause time.Duration) error {
	for time.Now().Before(deadline) {
		kind, act := a.choose()
		begun := time.Now()
		if err := act(); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		a.took[kind] = append(a.took[kind], time.Since(begun))
		if pause > 0 {
			time.Sleep(time.Duration(a.random.Int64N(int64(2 * pause)))) // a client that has nothing to do
		}
	}
	return nil
}

func (a *actor) choose() (string, func() error) {
	switch n := a.random.IntN(100); {
	case n < 60:
		return "sync", a.sync
	case n < 80:
		return "GET", a.get
	case n < 95:
		return "PUT", a.put
	default:
		return "DELETE", a.remove
	}
}

func (a *actor) sync() error {
	q := a.form.report(a.collection, proof.SyncBody(a.token, 0))
	q.keep = true
	if _, err := a.wire.send(q); err != nil {
		return err
	}
	for href, etag := range changesOf(a.wire.body) {
		if etag == "" {
			delete(a.etags, href)
			continue
		}
		if a.etags[href] == "" {
			a.hrefs = append(a.hrefs, href)
		}
		a.etags[href] = etag
	}
	a.token = tokenOf(a.wire.body)
	return nil
}

// known is a random object that was there at the last sync, "" without luck.
func (a *actor) known() string {
	for range 20 {
		if href := a.hrefs[a.random.IntN(len(a.hrefs))]; a.etags[href] != "" {
			return href
		}
	}
	return ""
}

func (a *actor) get() error { return a.ask("GET", a.known(), "", "") }

// put makes a new card, or another text of one.
func (a *actor) put() error {
	href := a.known()
	if href == "" || a.random.IntN(3) == 0 {
		a.made++
		href = fmt.Sprintf("%scard-%d-%d-%d.vcf", a.collection, a.number, a.made, a.random.Uint32())
	}
	uid := strings.TrimSuffix(href[strings.LastIndexByte(href, '/')+1:], ".vcf")
	return a.ask("PUT", href, "Content-Type: text/vcard\r\n", string(proof.Card(uid, a.number, int(a.random.Uint32()))))
}

func (a *actor) remove() error { return a.ask("DELETE", a.known(), "", "") }

// ask takes any answer that may come when others remove what one knows.
func (a *actor) ask(method, href, header, body string) error {
	if href == "" {
		return nil
	}
	got, err := a.wire.send(a.form.make(0, method, href, header, body))
	if got.status == 0 || got.status >= 500 {
		return err
	}
	return nil
}

// compare syncs everybody once more and holds the views against a listing.
func (r *runner) compare(book string, actors []*actor) error {
	list, err := r.client.Listing(r.ctx, book)
	if err != nil {
		return err
	}
	wrong := 0
	for _, a := range actors {
		if err := a.sync(); err != nil {
			return err
		}
		if !maps.EqualFunc(a.etags, list, func(x, y string) bool { return unquoted(x) == unquoted(y) }) {
			wrong++
		}
	}
	label := fmt.Sprintf("wrong views of %d clients at the end", len(actors))
	r.out.note(label, fmt.Sprint(wrong))
	r.out.bar(label, "0")
	return nil
}

func unquoted(etag string) string {
	return strings.Trim(html.UnescapeString(etag), `"`)
}
