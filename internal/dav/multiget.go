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
	var hrefs []string
	for _, e := range call.Body.Children {
		if e.Name == davxml.DAV("href") {
			hrefs = append(hrefs, e.Trimmed())
		}
	}
	if len(hrefs) > call.engine.limits.Hrefs {
		return davxml.WithinLimits.Say("too many hrefs")
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

func chunk(hrefs []string, from int) []string {
	return hrefs[from:min(from+chunkSize, len(hrefs))]
}

func (g *getter) write(m *davxml.Multistatus, hrefs []string, found map[string]*Resource) (err error) {
	for from := 0; ; {
		if err := g.answer(m, chunk(hrefs, from), found); err != nil {
			return err
		}
		if from += chunkSize; from >= len(hrefs) {
			return m.End("")
		}
		if found, err = g.fetch(chunk(hrefs, from)); err != nil {
			return err
		}
	}
}

func (g *getter) answer(m *davxml.Multistatus, hrefs []string, found map[string]*Resource) error {
	for _, href := range hrefs {
		t, err := g.engine.Parse(href)
		if err != nil {
			if err := m.Status(href, davxml.NotFound); err != nil {
				return err
			}
			continue
		}
		if err := g.one(m, t, found[t.Href()]); err != nil {
			return err
		}
	}
	return nil
}

func (g *getter) one(m *davxml.Multistatus, t Target, r *Resource) error {
	if r != nil && g.plan.needs(r)&Bytes != 0 {
		switch err := g.fill(r); {
		case errors.Is(err, store.ErrNotFound): // deleted since it was listed
			r = nil
		case err != nil:
			return err
		}
	}
	if r == nil {
		return m.Status(t.Href(), davxml.NotFound)
	}
	return g.plan.write(m, r)
}

// fetch loads the objects among the hrefs that lie below the resource asked.
func (g *getter) fetch(hrefs []string) (map[string]*Resource, error) {
	names := map[*Resource][]string{}
	for _, href := range hrefs {
		c, uri, err := g.find(href)
		if err != nil {
			return nil, err
		}
		if c != nil {
			names[c] = append(names[c], uri)
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

// find gives the collection that an href lies in, nil if that is not below the
// resource asked or may not be read.
func (g *getter) find(href string) (*Resource, string, error) {
	t, err := g.engine.Parse(href)
	if err != nil || t.Level != Object || t.Kind != g.at.Kind || t.Account != g.at.Account ||
		g.at.Level >= Collection && t.Parent != g.at.Parent || g.at.Level == Object && t.Name != g.at.Name {
		return nil, "", nil
	}
	c, known := g.seen[t.Parent]
	if !known {
		up := t
		up.Level, up.Name = Collection, ""
		c, err = g.resolve(up)
		if g.engine.condition(err) != nil {
			c, err = nil, nil
		}
		if err != nil {
			return nil, "", err
		}
		g.seen[t.Parent] = c
	}
	return c, t.Name, nil
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
