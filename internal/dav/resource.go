package dav

import (
	"errors"

	"ksync/internal/davxml"
	"ksync/store"
)

// Resource is a Target that exists, with what was loaded of it.
type Resource struct {
	Target
	Collection *store.Collection // from Collection down
	Object     *store.Object     // of Object; Bytes only where they were asked for

	refused       davxml.Condition             // why a property cannot be told
	ctag          string                       // of a home
	dead          map[string]string            // dead properties, by name in Clark's form
	deadOfMembers map[string]map[string]string // of a collection's objects, by URI
	q             *request
}

// Actor is who the request acts for.
func (r *Resource) Actor() Actor { return r.q.actor }

// Dead gives a dead property's markup, "" if there is none.
func (r *Resource) Dead(n davxml.Name) string { return r.dead[davxml.Clark(n)] }

// resolve finds what a target names, without an object's bytes, and fails if
// the actor may not read it.
func (q *request) resolve(t Target) (*Resource, error) {
	r := &Resource{Target: t, q: q}
	if t.Level < Principal {
		return r, nil
	}
	if t.Login != "" || t.Level <= Home || t.Account != q.actor.Account.ID {
		return r, q.check(Read, t, nil)
	}
	c, err := q.engine.store.Collection(q.ctx, t.Account, t.Kind.Store, t.Parent)
	if err != nil {
		return nil, err
	}
	r.Collection = &c
	if err := q.check(Read, t, &c); err != nil || t.Level == Collection {
		return r, err
	}
	r.Object, err = q.object(&c, t.Name)
	return r, err
}

// object loads one object without its bytes.
func (q *request) object(c *store.Collection, uri string) (*store.Object, error) {
	found, err := q.engine.store.ObjectsByURI(q.ctx, c.Account, c.ID, []string{uri}, false)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, davxml.NotFound.With(store.ErrNotFound)
	}
	return &found[0], nil
}

// parent resolves the collection that an object's target lies in. RFC 4918
// §9.7.1: a missing one is a conflict, not "not found".
func (q *request) parent(t Target, access Access) (*Resource, error) {
	if t.Level != Object {
		return nil, davxml.MethodNotAllowed.Say("not the path of an object")
	}
	up := t.above()
	r, err := q.resolve(up)
	if errors.Is(err, store.ErrNotFound) {
		return nil, davxml.Conflict.With(err)
	}
	if err != nil {
		return nil, err
	}
	return r, q.check(access, up, r.Collection)
}

// member is the resource of an object that was loaded from this collection.
func (r *Resource) member(o *store.Object) *Resource {
	m := &Resource{Target: r.Target, Collection: r.Collection, Object: o, q: r.q}
	m.Level, m.Name = Object, o.URI
	m.dead = r.deadOfMembers[o.URI]
	return m
}

// up is the collection that an object lies in, or the resource itself.
func (r *Resource) up() *Resource {
	if r.Level != Object {
		return r
	}
	return &Resource{Target: r.Target.above(), Collection: r.Collection, q: r.q}
}

// home is the actor's home of a kind.
func (q *request) home(k *Kind) *Resource {
	return &Resource{Target: Target{Level: Home, Kind: k, Account: q.actor.Account.ID}, q: q}
}

// principal is the actor's own.
func (q *request) principal() *Resource {
	return &Resource{Target: Target{Level: Principal, Account: q.actor.Account.ID}, q: q}
}

// collections are those of a home that the actor may read.
func (q *request) collections(home *Resource) ([]*Resource, error) {
	all, err := q.engine.store.Collections(q.ctx, home.Account, home.Kind.Store)
	if err != nil {
		return nil, err
	}
	var seen []*Resource
	for i := range all {
		c := &all[i]
		r := &Resource{Target: home.Target, Collection: c, q: q}
		r.Level, r.Parent = Collection, c.URI
		if q.actor.may(Read, r.Target, c) {
			seen = append(seen, r)
		}
	}
	return seen, nil
}

// children of a resource above the objects.
func (q *request) children(r *Resource) ([]*Resource, error) {
	switch r.Level {
	case Root:
		out := []*Resource{{Target: Target{Level: Container}, q: q}}
		for _, k := range q.engine.kinds {
			out = append(out, &Resource{Target: Target{Level: Container, Kind: k}, q: q})
		}
		return out, nil
	case Container:
		if r.Kind == nil {
			return []*Resource{q.principal()}, nil
		}
		return q.readable(q.home(r.Kind)), nil
	case Home:
		return q.collections(r)
	}
	return nil, nil
}

func (q *request) readable(r *Resource) []*Resource {
	if !q.actor.may(Read, r.Target, nil) {
		return nil
	}
	return []*Resource{r}
}

// place is where the store keeps the resource's dead properties.
func (r *Resource) place() store.Place {
	p := store.Place{Account: r.Account}
	switch r.Level {
	case Principal:
		p.URI = principalSegment[:len("principal")]
	case Home:
		p.URI = r.Kind.Segment
	case Collection:
		p.Collection = r.Collection.ID
	case Object:
		p.Collection, p.URI = r.Collection.ID, r.Object.URI
	}
	return p
}

// small is the size up to which objects are loaded together; a chunk of them
// fits into memory whatever it holds. Larger ones are loaded one at a time.
const small = 64 << 10

// fillSmall loads the bytes of the small objects among those given.
func (q *request) fillSmall(c *Resource, objects []store.Object) error {
	var uris []string
	for i := range objects {
		if objects[i].Bytes == nil && objects[i].Size <= small {
			uris = append(uris, objects[i].URI)
		}
	}
	if len(uris) == 0 {
		return nil
	}
	loaded, err := q.engine.store.ObjectsByURI(q.ctx, c.Account, c.Collection.ID, uris, true)
	if err != nil {
		return err
	}
	byURI := make(map[string]store.Object, len(loaded))
	for _, o := range loaded {
		byURI[o.URI] = o
	}
	for i := range objects {
		if o, ok := byURI[objects[i].URI]; ok {
			objects[i] = o
		}
	}
	return nil
}

// fill loads the bytes of one object unless they are there. The object may have
// been replaced since it was listed: its ETag goes with its bytes.
func (q *request) fill(r *Resource) error {
	if r.Object.Bytes != nil {
		return nil
	}
	o, err := q.engine.store.Object(q.ctx, r.Account, r.Collection.ID, r.Object.URI)
	if err == nil {
		*r.Object = o
	}
	return err
}

// Limits are the engine's.
func (r *Resource) Limits() Limits { return r.q.engine.limits }

// Refuse makes a condition the outcome of the property whose Get says false next.
func (r *Resource) Refuse(cond davxml.Condition) { r.refused = cond }

// Spend takes repetitions from what one answer may tell, and says whether there
// were that many left.
func (r *Resource) Spend(n int) bool {
	if r.q.spent+n > r.Limits().Repetitions {
		return false
	}
	r.q.spent += n
	return true
}
