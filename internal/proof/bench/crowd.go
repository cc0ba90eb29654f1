package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"ksync/internal/proof"
)

// share is how often the clients of a mixed load do something, in percent.
type share struct {
	percent int
	kind    string
	act     func(*actor) error
}

func shares() []share {
	return []share{{60, "sync", (*actor).sync}, {20, "GET", (*actor).get}, {15, "PUT", (*actor).put}, {5, "DELETE", (*actor).remove}}
}

// crowd is clients of one address book that act at the same time.
type crowd struct {
	client *proof.Client
	book   string
	actors []*actor
}

// gather has clients enter: each begins with a first sync.
func gather(c *proof.Client, book string, clients int) (*crowd, error) {
	all := &crowd{client: c, book: book}
	for i := range clients {
		w, err := dial(c.Host())
		if err != nil {
			all.close()
			return nil, err
		}
		a := &actor{wire: w, form: formOf(c), shares: shares(), collection: book, number: i, random: rand.New(rand.NewPCG(uint64(i), uint64(time.Now().UnixNano()))),
			etags: map[string]string{}, place: map[string]int{}, took: map[string][]time.Duration{}}
		all.actors = append(all.actors, a)
		if err := a.sync(); err != nil {
			all.close()
			return nil, err
		}
	}
	return all, nil
}

func (c *crowd) close() {
	for _, a := range c.actors {
		a.wire.close()
	}
}

// actUntil has all of them act, with a pause after each request.
func (c *crowd) actUntil(deadline time.Time, pause time.Duration) error {
	var wg sync.WaitGroup
	errs := make([]error, len(c.actors))
	for i, a := range c.actors {
		wg.Go(func() { errs[i] = a.actUntil(deadline, pause) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// times are how long each kind of request took.
func (c *crowd) times() (n int, took map[string][]time.Duration) {
	took = map[string][]time.Duration{}
	for _, a := range c.actors {
		for kind, all := range a.took {
			n += len(all)
			took[kind] = append(took[kind], all...)
		}
	}
	return n, took
}

// wrongViews syncs everybody once more and holds the views against a listing.
func (c *crowd) wrongViews(ctx context.Context) (wrong int, err error) {
	list, err := c.client.Listing(ctx, c.book)
	if err != nil {
		return 0, err
	}
	for _, a := range c.actors {
		if err := a.sync(); err != nil {
			return 0, err
		}
		if !maps.EqualFunc(a.etags, list, func(x, y string) bool { return unquoted(x) == unquoted(y) }) {
			wrong++
		}
	}
	return wrong, nil
}

func unquoted(etag string) string {
	return strings.Trim(html.UnescapeString(etag), `"`)
}

// actor is one client of the mixed load, with its view of the collection.
type actor struct {
	wire       *wire
	form       form
	shares     []share
	collection string
	random     *rand.Rand
	number     int
	made       int
	token      string
	etags      map[string]string // by href
	hrefs      []string          // the same in a row, to choose from
	place      map[string]int    // of each in hrefs
	took       map[string][]time.Duration
}

func (a *actor) actUntil(deadline time.Time, pause time.Duration) error {
	for time.Now().Before(deadline) {
		s := a.choose()
		begun := time.Now()
		if err := s.act(a); err != nil {
			return fmt.Errorf("%s: %w", s.kind, err)
		}
		a.took[s.kind] = append(a.took[s.kind], time.Since(begun))
		if pause > 0 {
			time.Sleep(time.Duration(a.random.Int64N(int64(2 * pause)))) // a client that has nothing to do
		}
	}
	return nil
}

// choose is by the shares, which are percent of all.
func (a *actor) choose() share {
	n := a.random.IntN(100)
	for _, s := range a.shares {
		if n -= s.percent; n < 0 {
			return s
		}
	}
	panic("bench: shares below 100 percent")
}

func (a *actor) sync() error {
	q := a.form.report(a.collection, proof.SyncBody(a.token, 0))
	q.keep = true
	if _, err := a.wire.send(q); err != nil {
		return err
	}
	for href, etag := range changesOf(a.wire.body) {
		if etag == "" {
			a.forget(href)
			continue
		}
		if a.etags[href] == "" {
			a.place[href] = len(a.hrefs)
			a.hrefs = append(a.hrefs, href)
		}
		a.etags[href] = etag
	}
	a.token = tokenOf(a.wire.body)
	return nil
}

// forget has the last one take the place of one that is gone.
func (a *actor) forget(href string) {
	if a.etags[href] == "" {
		return
	}
	at, last := a.place[href], len(a.hrefs)-1
	a.hrefs[at] = a.hrefs[last]
	a.place[a.hrefs[at]] = at
	a.hrefs = a.hrefs[:last]
	delete(a.place, href)
	delete(a.etags, href)
}

// known is a random object that was there at the last sync, "" without any.
func (a *actor) known() string {
	if len(a.hrefs) == 0 {
		return ""
	}
	return a.hrefs[a.random.IntN(len(a.hrefs))]
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
