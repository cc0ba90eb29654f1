package dav

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"ksync/internal/davxml"
	"ksync/store"
)

// propfind is RFC 4918 §9.1.
func (q *request) propfind(w http.ResponseWriter) error {
	body, err := q.body()
	if err != nil {
		return err
	}
	p, err := q.plan(body, w)
	if err != nil {
		return err
	}
	depth, err := q.depth()
	if err != nil {
		return err
	}
	r, err := q.resolve(q.target)
	if err != nil {
		return err
	}
	p.noObjects = depth == 0 || r.Level != Collection
	children, err := q.loaded(p, r, depth)
	if err != nil {
		return err
	}
	members, err := q.members(p, r, depth)
	if err != nil {
		return err
	}
	p.noRoot = depth > 0 && (strings.HasSuffix(q.http.Header.Get("Depth"), "noroot") || q.prefers(w, "depth-noroot"))
	m := davxml.NewMultistatus(w)
	return abort(q.listing(m, p, append([]*Resource{r}, children...), members))
}

// loaded gets everything but objects before the answer begins, so that a fault
// up to there is still a 503.
func (q *request) loaded(p *plan, r *Resource, depth int) ([]*Resource, error) {
	if err := q.load(p, r); err != nil || depth == 0 || r.Level >= Collection {
		return nil, err
	}
	children, err := q.children(r)
	for _, c := range children {
		if err := q.load(p, c); err != nil {
			return nil, err
		}
	}
	return children, err
}

func (q *request) listing(m *davxml.Multistatus, p *plan, above []*Resource, members *search) error {
	if p.noRoot {
		above = above[1:]
	}
	for _, r := range above {
		if err := p.write(m, r); err != nil {
			return err
		}
	}
	if members != nil {
		err := members.each(func(o *store.Object) error { return p.write(m, members.c.member(o)) })
		if err != nil {
			return err
		}
	}
	return m.End("")
}

// members is the list of a collection's objects, if they are to be told, its
// first page read.
func (q *request) members(p *plan, c *Resource, depth int) (*search, error) {
	if depth == 0 || c.Level != Collection {
		return nil, nil
	}
	s := &search{request: q, c: c, filter: everything(), bytes: p.needs(c.asMember())&Bytes != 0}
	return s, s.begin()
}

// needs tells what has to be loaded to answer for a resource; a plan that
// cannot be made says so when it is used.
func (p *plan) needs(r *Resource) Needs {
	s, err := p.on(r)
	if err != nil {
		return 0
	}
	return s.needs
}

// load gets what the plan needs of a resource and, for a collection, of its members.
func (q *request) load(p *plan, r *Resource) error {
	needs := p.needs(r)
	if _, err := p.on(r); err != nil {
		return err
	}
	if needs&Bytes != 0 && r.Level == Object {
		if err := q.fill(r); err != nil {
			return err
		}
	}
	if needs&Usage != 0 {
		if err := q.countUsage(); err != nil {
			return err
		}
	}
	if needs&Members != 0 {
		if err := q.loadTag(r); err != nil {
			return err
		}
	}
	// A collection's live properties may have been kept with their attributes.
	if needs&Dead != 0 || r.Level == Collection {
		if err := q.loadDead(r); err != nil {
			return err
		}
	}
	if r.Level != Collection || p.noObjects {
		return nil
	}
	s, err := p.on(r.asMember()) // what cannot be told of members is refused before the answer begins
	if err == nil && s.needs&Dead != 0 {
		err = q.loadMembersDead(r)
	}
	return err
}

// loadTag makes a home's ctag out of those of its collections.
func (q *request) loadTag(home *Resource) error {
	collections, err := q.collections(home)
	if err != nil {
		return err
	}
	h := sha256.New()
	for _, c := range collections {
		fmt.Fprintln(h, c.Href(), syncToken(c.Collection))
	}
	home.ctag = fmt.Sprintf("urn:ksync:home:%x", h.Sum(nil)[:16])
	return nil
}

func (q *request) loadDead(r *Resource) error {
	if r.Level < Principal {
		return nil
	}
	props, err := q.engine.store.Properties(q.ctx, r.place())
	if err != nil {
		return err
	}
	r.dead = byName(props)
	return nil
}

func (q *request) loadMembersDead(r *Resource) error {
	all, err := q.engine.store.AllProperties(q.ctx, r.Account, r.Collection.ID)
	if err != nil {
		return err
	}
	r.deadOfMembers = make(map[string]map[string]string, len(all))
	for uri, props := range all {
		r.deadOfMembers[uri] = byName(props)
	}
	return nil
}

func byName(props []store.Property) map[string]string {
	m := make(map[string]string, len(props))
	for _, p := range props {
		m[p.Name] = p.Value
	}
	return m
}

func (q *request) countUsage() (err error) {
	if !q.counted {
		q.used, err = q.engine.store.Usage(q.ctx, q.actor.Account.ID)
		q.counted = err == nil
	}
	return err
}

// plan reads the DAV:propfind element; no body is allprop (RFC 4918 §9.1).
func (q *request) plan(body *davxml.Element, w http.ResponseWriter) (*plan, error) {
	p := &plan{mode: allProp, minimal: q.minimal(w)}
	switch {
	case body == nil:
	case body.Name != davxml.DAV("propfind"):
		return nil, davxml.BadRequest.Say("not a propfind element")
	case body.Child(davxml.DAV("prop")) != nil:
		p.mode, p.asked = named, body.Child(davxml.DAV("prop")).Children
	case body.Child(davxml.DAV("propname")) != nil:
		p.mode = namesOnly
	case body.Child(davxml.DAV("allprop")) != nil:
		if include := body.Child(davxml.DAV("include")); include != nil {
			p.asked = include.Children
		}
	default:
		return nil, davxml.BadRequest.Say("propfind asks for nothing")
	}
	return p, nil
}

// planOf makes a plan of a report's DAV:prop; none asks for nothing.
func (q *request) planOf(report *davxml.Element, w http.ResponseWriter) *plan {
	p := &plan{minimal: q.minimal(w)}
	switch prop := report.Child(davxml.DAV("prop")); {
	case prop != nil:
		p.asked = prop.Children
	case report.Child(davxml.DAV("propname")) != nil:
		p.mode = namesOnly
	case report.Child(davxml.DAV("allprop")) != nil:
		p.mode = allProp
	}
	return p
}

// depth reads the Depth header of a PROPFIND. RFC 4918 §9.1 takes none for
// infinity, which no server of this kind allows; clients that send none mean
// the resource and what is right below it (clients.md 6.1).
func (q *request) depth() (int, error) {
	switch strings.ReplaceAll(strings.ToLower(q.http.Header.Get("Depth")), " ", "") {
	case "0":
		return 0, nil
	case "1", "1,noroot": // the latter is older than RFC 8144, which has it in appendix A
		return 1, nil
	case "":
		if q.target.Level == Object {
			return 0, nil
		}
		return 1, nil
	case "infinity":
		return 0, davxml.PropfindFiniteDepth.Say("Depth: infinity")
	}
	return 0, davxml.BadRequest.Say("Depth cannot be read")
}

// body reads the request's XML; nil is an empty one.
func (q *request) body() (*davxml.Element, error) {
	if err := q.plainContent(); err != nil {
		return nil, err
	}
	if q.http.ContentLength > q.engine.limits.XML.Bytes {
		return nil, davxml.TooLarge.With(davxml.ErrTooLarge)
	}
	e, err := q.engine.bodies.Read(q.http.Body)
	switch {
	case err == nil:
		return e, nil
	case errors.Is(err, davxml.ErrEmpty):
		return nil, nil
	case errors.Is(err, davxml.ErrTooLarge):
		return nil, davxml.TooLarge.With(err)
	case q.ctx.Err() != nil:
		return nil, q.ctx.Err()
	}
	return nil, unread(err)
}
