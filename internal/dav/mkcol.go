package dav

import (
	"net/http"

	"ksync/internal/davxml"
	"ksync/store"
)

// mkcol is MKCOL with a body (RFC 5689) and MKCALENDAR (RFC 4791 §5.3.1). Both
// make the kind of collection that the home is for; a home takes no plain ones.
func (q *request) mkcol(w http.ResponseWriter) error {
	body, err := q.body()
	if err != nil {
		return err
	}
	home, err := q.site()
	if err != nil {
		return err
	}
	list, err := q.wanted(body)
	if err != nil {
		return err
	}
	if err := q.checkType(list); err != nil {
		return err
	}
	probe := Resource{Target: q.target, q: q}
	c := q.judge(&probe, creating(probe.table(), list))
	if len(c.failed) > 0 {
		return davxml.WritePropstats(w, http.StatusFailedDependency, responseName(body), c.outcome()...)
	}
	if err := q.create(home, c, list); err != nil {
		return err
	}
	w.Header().Set("Location", q.target.Href())
	w.Header().Set("Cache-Control", "no-cache") // RFC 4791 §5.3.1
	w.WriteHeader(http.StatusCreated)
	return nil
}

// site checks that a collection may be made at the target.
func (q *request) site() (*Resource, error) {
	t := q.target
	if t.Level != Collection {
		if t.Kind != nil && t.Level == Object {
			return nil, t.Kind.Location.Say("no collections within collections") // RFC 4791 §4.2
		}
		return nil, davxml.MethodNotAllowed.Say("there is something already") // RFC 4918 §9.3.1
	}
	home := t
	home.Level, home.Parent = Home, ""
	r, err := q.resolve(home)
	if err != nil {
		return nil, err
	}
	return r, q.check(Bind, home, nil)
}

// wanted are the properties in the body; MKCALENDAR may come without one.
func (q *request) wanted(body *davxml.Element) ([]propChange, error) {
	calendar := q.http.Method == "MKCALENDAR"
	switch {
	case body == nil && calendar:
		return nil, nil
	case body == nil:
		return nil, q.target.Kind.Location.Say("a home takes no plain collections") // RFC 4791 §4.2
	case body.Name == davxml.DAV("mkcol"), body.Name == davxml.CalDAV("mkcalendar"):
	default:
		return nil, davxml.UnsupportedType.Say("body is no mkcol element") // RFC 4918 §9.3
	}
	var list []propChange
	for _, set := range body.Children {
		if prop := set.Child(davxml.DAV("prop")); set.Name == davxml.DAV("set") && prop != nil {
			for _, e := range prop.Children {
				list = append(list, propChange{element: e})
			}
		}
	}
	return list, nil
}

// checkType compares DAV:resourcetype with what the home holds. DAVx5 sends it
// with MKCALENDAR too; Apple makes subscriptions that way (clients.md 2.8, 4.3).
func (q *request) checkType(list []propChange) error {
	k := q.target.Kind
	if q.http.Method == "MKCALENDAR" && k.Type != davxml.CalDAV("calendar") {
		return davxml.CalendarLocation.Say("calendars are made in the calendar home")
	}
	e := lookup(list, davxml.DAV("resourcetype"))
	switch {
	case e == nil && q.http.Method == "MKCALENDAR":
		return nil
	case e.Child(k.Type) != nil:
		return nil
	case e.Child(davxml.Server("subscribed")) != nil && k.Store == store.Calendar:
		return nil
	}
	return davxml.ValidResourceType.Say("not what this home holds")
}

func lookup(list []propChange, n davxml.Name) *davxml.Element {
	for _, ch := range list {
		if ch.element.Name == n {
			return ch.element
		}
	}
	return nil
}

// creating leaves the resource type out, and lets properties through that can be
// chosen only once: the components of a calendar (RFC 4791 §5.2.3), the source
// of a subscription.
func creating(t *table, list []propChange) []propChange {
	var kept []propChange
	for _, ch := range list {
		n := ch.element.Name
		row := t.find(n)
		once := row != nil && row.Once != nil
		if n != davxml.DAV("resourcetype") && n != davxml.Server("source") && !once {
			kept = append(kept, ch)
		}
	}
	return kept
}

func (q *request) create(home *Resource, c *changes, list []propChange) error {
	probe := Resource{Target: q.target, q: q}
	col := store.Collection{Account: home.Account, Kind: home.Kind.Store, URI: q.target.Parent}
	if err := c.edit(&col); err != nil {
		return err
	}
	for _, ch := range list {
		if row := probe.table().find(ch.element.Name); row != nil && row.Once != nil {
			if err := row.Once(&col, ch.element); err != nil {
				return err
			}
		}
	}
	if e := lookup(list, davxml.Server("source")); e != nil {
		col.Source = e.Href()
	}
	// Who may not delete it later, may not make it: the scope does not cover what
	// it is to hold.
	if !q.actor.may(Unbind, q.target, &col) {
		return davxml.NeedPrivileges.At(home.Href())
	}
	_, err := q.engine.store.CreateCollection(q.ctx, col, c.set)
	return err
}

// responseName is the root of an answer about properties that failed (RFC 5689
// §5.2, RFC 4791 §9.3's counterpart).
func responseName(body *davxml.Element) davxml.Name {
	if body.Name == davxml.CalDAV("mkcalendar") {
		return davxml.CalDAV("mkcalendar-response")
	}
	return davxml.DAV("mkcol-response")
}
