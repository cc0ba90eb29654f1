package dav

import (
	"errors"
	"net/http"
	"slices"

	"ksync/internal/davxml"
	"ksync/store"
)

// propChange is one property of a PROPPATCH or of the body that makes a collection.
type propChange struct {
	element *davxml.Element
	remove  bool
}

// changes is what a request wants of a resource's properties, judged against
// its table: all of it is done, or none (RFC 4918 §9.2).
type changes struct {
	copy   store.Collection // as it would become; nobody keeps it
	live   []func(*store.Collection) error
	set    []store.Property
	remove []string
	names  []davxml.Name                    // of all
	failed map[davxml.Name]davxml.Condition // of those that cannot be
}

// proppatch is RFC 4918 §9.2.
func (q *request) proppatch(w http.ResponseWriter) error {
	body, err := q.body()
	if err != nil {
		return err
	}
	list, err := propertyUpdate(body)
	if err != nil {
		return err
	}
	r, err := q.resolve(q.target)
	if err != nil {
		return err
	}
	if err := q.check(WriteProperties, r.Target, r.Collection); err != nil {
		return err
	}
	if err := q.conditions(); err != nil {
		return err
	}
	c := q.judge(r, list)
	if len(c.failed) == 0 {
		if err := c.settle(q.apply(r, c)); err != nil {
			return err
		}
		if len(c.failed) == 0 && q.minimal(w) { // RFC 8144 §2.2: all went well, and that is all to be told
			w.WriteHeader(http.StatusOK)
			return nil
		}
	}
	m := davxml.NewMultistatus(w)
	if err := m.Response(r.Href(), c.answer); err != nil {
		return abort(err)
	}
	return abort(m.End(""))
}

// propertyUpdate reads the instructions in document order (RFC 4918 §14.19).
func propertyUpdate(body *davxml.Element) ([]propChange, error) {
	if body == nil || body.Name != davxml.DAV("propertyupdate") {
		return nil, davxml.BadRequest.Say("not a propertyupdate element")
	}
	var list []propChange
	for _, instruction := range body.Children {
		remove := instruction.Name == davxml.DAV("remove")
		if !remove && instruction.Name != davxml.DAV("set") {
			continue
		}
		if prop := instruction.Child(davxml.DAV("prop")); prop != nil {
			for _, e := range prop.Children {
				list = append(list, propChange{e, remove})
			}
		}
	}
	return list, nil
}

// judge sorts instructions into live and dead properties and finds those that
// cannot be carried out, by trying them on a copy.
func (q *request) judge(r *Resource, list []propChange) *changes {
	c := &changes{failed: map[davxml.Name]davxml.Condition{}}
	if r.Collection != nil {
		c.copy = *r.Collection
	}
	t := r.table()
	for _, ch := range list {
		row := t.find(ch.element.Name)
		if row != nil && row.Once != nil && r.Collection == nil { // it is being made
			first := *row
			first.Set, row = row.Once, &first
		}
		if !slices.Contains(c.names, ch.element.Name) {
			c.names = append(c.names, ch.element.Name)
		}
		if err := c.take(row, ch, q.engine.limits.Property); err != nil {
			c.failed[ch.element.Name] = err.Cond
		}
	}
	return c
}

func (c *changes) take(row *Prop, ch propChange, limit int) *davxml.Error {
	switch {
	case row == nil:
		return c.keep(ch, limit)
	case row.Set == nil:
		return davxml.CannotModifyProtected.Say(row.Name.Local)
	case ch.element.Size() > limit:
		return davxml.InsufficientRoom.Say("property is too large")
	}
	value := ch.element
	if ch.remove {
		value = nil
	}
	c.live = append(c.live, func(col *store.Collection) error { return row.Set(col, value) })
	if row.Attributes {
		ch.remove = ch.remove || len(ch.element.Attrs) == 0 && ch.element.Lang() == ""
		if err := c.keep(ch, limit); err != nil {
			return err
		}
	}
	return c.try(row, value)
}

// try hears of a bad value before anything is written.
func (c *changes) try(row *Prop, e *davxml.Element) *davxml.Error {
	err := row.Set(&c.copy, e)
	if err == nil {
		return nil
	}
	if cond, ok := err.(*davxml.Error); ok {
		return cond
	}
	return davxml.Conflict.With(err)
}

// keep sets or removes a dead property; later instructions win.
func (c *changes) keep(ch propChange, limit int) *davxml.Error {
	name := davxml.Clark(ch.element.Name)
	if ch.remove {
		c.set = without(c.set, name)
		c.remove = append(c.remove, name)
		return nil
	}
	markup := ch.element.Raw()
	if len(markup) > limit {
		return davxml.InsufficientRoom.Say("property is too large")
	}
	c.set = append(without(c.set, name), store.Property{Name: name, Value: markup})
	return nil
}

func without(props []store.Property, name string) []store.Property {
	kept := props[:0]
	for _, p := range props {
		if p.Name != name {
			kept = append(kept, p)
		}
	}
	return kept
}

func (c *changes) edit(col *store.Collection) error {
	for _, set := range c.live {
		if err := set(col); err != nil {
			return err
		}
	}
	return nil
}

func (q *request) apply(r *Resource, c *changes) error {
	if r.Level == Collection {
		return q.engine.store.UpdateCollection(q.ctx, r.Account, r.Collection.ID, c.edit, c.set, c.removed())
	}
	return q.engine.store.SetProperties(q.ctx, r.place(), c.set, c.removed())
}

// settle blames the dead properties if there are too many of them to be kept.
func (c *changes) settle(err error) error {
	if !errors.Is(err, store.ErrLimit) {
		return err
	}
	for _, p := range c.set {
		c.failed[davxml.FromClark(p.Name)] = davxml.InsufficientRoom
	}
	return nil
}

// removed leaves out what a later instruction has set again.
func (c *changes) removed() []string {
	var names []string
	for _, name := range c.remove {
		if len(without(append([]store.Property{}, c.set...), name)) == len(c.set) {
			names = append(names, name)
		}
	}
	return names
}

// answer tells of each property: all 200, or the failed ones their status and
// the others 424 (RFC 4918 §9.2.1).
func (c *changes) answer(w *davxml.Writer) []davxml.Propstat {
	if len(c.failed) > 0 {
		return c.outcome()
	}
	for _, n := range c.names {
		w.Empty(n)
	}
	return nil
}

func (c *changes) outcome() []davxml.Propstat {
	var stats []davxml.Propstat
	depend := davxml.Propstat{Cond: davxml.Condition{Status: http.StatusFailedDependency}}
	for _, n := range c.names {
		if cond, bad := c.failed[n]; bad {
			stats = append(stats, davxml.Propstat{Cond: cond, Names: []davxml.Name{n}})
		} else {
			depend.Names = append(depend.Names, n)
		}
	}
	return append(stats, depend)
}
