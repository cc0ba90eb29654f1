package dav

import (
	"errors"
	"net/http"

	"ksync/internal/davxml"
	"ksync/store"
)

// multiget is calendar-multiget (RFC 4791 §7.9) and addressbook-multiget (RFC
// 6352 §8.7) of a home, a collection or one object. Every href that was asked gets one response under the spelling of
// the server; vdirsyncer misses those that are left out (clients.md 5.4).
func multiget(call *Call, w http.ResponseWriter) error {
	hrefs, err := call.hrefs()
	if err != nil {
		return err
	}
	g := &getter{request: call.request, plan: call.planOf(call.Body, w), at: call.Resource, seen: map[string]*Resource{}}
	if _, err := g.plan.on(g.at.asMember()); err != nil {
		return err
	}
	if call.Resource.Level >= Collection {
		c := call.Resource.up()
		if err := call.load(g.plan, c); err != nil {
			return err
		}
		g.seen[c.Parent] = c
	}
	first, err := g.fetch(chunk(hrefs, 0))
	if err != nil {
		return err
	}
	return abort(g.write(davxml.NewMultistatus(w), hrefs, first))
}

// wanted is one href of a multiget.
type wanted struct {
	href   string // as the answer has it
	target Target // of level Root if the href names nothing
}

// hrefs are those in the report. RFC 4918 §14.24: no href is twice in one answer,
// however often and in whatever spellings it was asked.
func (call *Call) hrefs() (list []wanted, err error) {
	seen := map[string]bool{}
	for _, e := range call.Body.Children {
		if e.Name != davxml.DAV("href") {
			continue
		}
		one := wanted{href: e.Trimmed()}
		if t, err := call.parse(one.href); err == nil {
			one = wanted{t.Href(), t}
		}
		if !seen[one.href] {
			list = append(list, one)
		}
		seen[one.href] = true
		if len(list) > call.engine.limits.Hrefs {
			return nil, davxml.WithinLimits.Say("too many hrefs")
		}
	}
	return list, nil
}

// asMember stands for any object below the resource.
func (r *Resource) asMember() *Resource { return r.member(&store.Object{}) }

// getter answers a multiget, some hrefs at a time.
type getter struct {
	*request
	plan *plan
	at   *Resource            // the collection, a home, or the one object
	seen map[string]*Resource // collections by name; nil where there is none
}

// chunkSize is how many objects are looked up at once.
const chunkSize = 50

func chunk(hrefs []wanted, from int) []wanted {
	return hrefs[from:min(from+chunkSize, len(hrefs))]
}

func (g *getter) write(m *davxml.Multistatus, hrefs []wanted, found map[string]*Resource) (err error) {
	for from := 0; ; {
		for _, one := range chunk(hrefs, from) {
			if err := g.answer(m, one.href, found[one.href]); err != nil {
				return err
			}
		}
		if from += chunkSize; from >= len(hrefs) {
			return m.End("")
		}
		if found, err = g.fetch(chunk(hrefs, from)); err != nil {
			return err
		}
	}
}

func (g *getter) answer(m *davxml.Multistatus, href string, r *Resource) error {
	if r != nil && g.plan.needs(r)&Bytes != 0 {
		switch err := g.fill(r); {
		case errors.Is(err, store.ErrNotFound): // deleted since it was listed
			r = nil
		case err != nil:
			return err
		}
	}
	if r == nil {
		return m.Status(href, davxml.NotFound)
	}
	return g.plan.write(m, r)
}

// fetch loads the objects among the hrefs that lie below the resource asked.
func (g *getter) fetch(hrefs []wanted) (map[string]*Resource, error) {
	names := map[*Resource][]string{}
	for _, one := range hrefs {
		c, err := g.find(one.target)
		if err != nil {
			return nil, err
		}
		if c != nil {
			names[c] = append(names[c], one.target.Name)
		}
	}
	found := map[string]*Resource{}
	for c, uris := range names {
		if err := g.load(c, uris, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// find gives the collection that a target lies in, nil if that is not below the
// resource asked or may not be read.
func (g *getter) find(t Target) (*Resource, error) {
	if t.Level != Object || t.Kind != g.at.Kind || t.Account != g.at.Account ||
		g.at.Level >= Collection && t.Parent != g.at.Parent || g.at.Level == Object && t.Name != g.at.Name {
		return nil, nil
	}
	if c, known := g.seen[t.Parent]; known {
		return c, nil
	}
	c, err := g.resolve(t.above())
	if g.engine.condition(err) != nil {
		c, err = nil, nil
	}
	if err == nil {
		g.seen[t.Parent] = c
	}
	return c, err
}

func (g *getter) load(c *Resource, uris []string, into map[string]*Resource) error {
	objects, err := g.engine.store.ObjectsByURI(g.ctx, c.Account, c.Collection.ID, uris, false)
	if err != nil {
		return err
	}
	if g.plan.needs(c.asMember())&Bytes != 0 {
		if err := g.fillSmall(c, objects); err != nil {
			return err
		}
	}
	for i := range objects {
		r := c.member(&objects[i])
		into[r.Href()] = r
	}
	return nil
}
