package dav

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"ksync/internal/davxml"
	"ksync/store"
)

// mkcol is MKCOL with a body (RFC 5689) and MKCALENDAR (RFC 4791 §5.3.1). Both
// make the kind of collection that the home is for; a home takes no plain ones.
func (q *request) mkcol(w http.ResponseWriter) error {
	home, err := q.site()
	if err != nil {
		return err
	}
	if err := q.conditions(); err != nil {
		return err
	}
	body, err := q.mkcolBody()
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
	c := q.judge(&probe, slices.DeleteFunc(list, isType))
	if len(c.failed) > 0 {
		return q.refuse(w, c)
	}
	if err := q.create(home, c); err != nil {
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
	switch {
	case t.Level == Object:
		if _, err := q.parent(t, Bind); err != nil { // RFC 4918 §9.3.1: 409 where it is missing
			return nil, err
		}
		return nil, t.Kind.Location.Say("no collections within collections") // RFC 4791 §4.2
	case t.Level != Collection:
		return nil, davxml.MustBeEmptyOrNew.Say("there is something already") // RFC 4918 §9.3.1
	}
	home := t.above()
	r, err := q.resolve(home)
	if err != nil {
		return nil, err
	}
	if err := q.check(Bind, home, nil); err != nil {
		return nil, err
	}
	return r, q.vacant()
}

// vacant fails if there is a collection at the target, before anything is said
// of the request's body (RFC 4918 §9.3.1, RFC 4791 §5.3.1).
func (q *request) vacant() error {
	_, err := q.engine.store.Collection(q.ctx, q.target.Account, q.target.Kind.Store, q.target.Parent)
	switch {
	case err == nil:
		return davxml.MustBeEmptyOrNew.Say("there is something already")
	case errors.Is(err, store.ErrNotFound):
		return nil
	}
	return err
}

// mkcolBody reads the body. RFC 4918 §9.3: one of a type that the server does
// not know what to do with is 415.
func (q *request) mkcolBody() (*davxml.Element, error) {
	body, err := q.body()
	if kind := q.http.Header.Get("Content-Type"); isCondition(err, http.StatusBadRequest) && kind != "" && !strings.Contains(kind, "xml") {
		return nil, davxml.UnsupportedType.With(err)
	}
	return body, err
}

// wanted are the properties in the body; MKCALENDAR may come without one.
func (q *request) wanted(body *davxml.Element) ([]propChange, error) {
	calendar := q.http.Method == "MKCALENDAR"
	switch {
	case body == nil && calendar:
		return nil, nil
	case body == nil:
		return nil, q.target.Kind.Location.Say("a home takes no plain collections") // RFC 4791 §4.2
	case body.Name == davxml.DAV("mkcol"), body.Name == davxml.CalDAV("mkcalendar") && calendar:
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
	var e *davxml.Element
	if i := slices.IndexFunc(list, isType); i >= 0 {
		e = list[i].element
	} else if q.http.Method == "MKCALENDAR" {
		return nil
	}
	subscribed := davxml.Server("subscribed")
	ok := e.Child(k.Type) != nil || e.Child(subscribed) != nil && k.Store == store.Calendar
	for i := 0; ok && i < len(e.Children); i++ {
		n := e.Children[i].Name
		ok = n == k.Type || n == davxml.DAV("collection") || n == subscribed
	}
	if !ok {
		return davxml.ValidResourceType.Say("not what this home holds") // RFC 5689 §3.3
	}
	return nil
}

func isType(ch propChange) bool { return ch.element.Name == davxml.DAV("resourcetype") }

func (q *request) create(home *Resource, c *changes) error {
	col := store.Collection{Account: home.Account, Kind: home.Kind.Store, URI: q.target.Parent}
	if err := c.edit(&col); err != nil {
		return err
	}
	// Who may not delete it later, may not make it: the scope does not cover what
	// it is to hold.
	if !q.actor.may(Unbind, q.target, &col) {
		return lacks(Bind, home.Target)
	}
	_, err := q.engine.store.CreateCollection(q.ctx, col, c.set)
	return err
}

// refuse tells which properties kept a collection from being made. RFC 5689 §3.5
// has propstats in a mkcol-response. RFC 4791 §5.3.1 knows conditions of its own,
// such as valid-calendar-data, and a 207 for whatever else cannot be set.
func (q *request) refuse(w http.ResponseWriter, c *changes) error {
	if q.http.Method != "MKCALENDAR" {
		return davxml.WritePropstats(w, http.StatusFailedDependency, davxml.DAV("mkcol-response"), c.outcome()...)
	}
	for _, n := range c.names {
		if cond, bad := c.failed[n]; bad && cond.Name.Space == davxml.NSCalDAV {
			return cond.Say(n.Local)
		}
	}
	w.Header().Set("Cache-Control", "no-cache") // RFC 4791 §5.3.1
	m := davxml.NewMultistatus(w)
	if err := m.Response(q.target.Href(), func(*davxml.Writer) []davxml.Propstat { return c.outcome() }); err != nil {
		return abort(err)
	}
	return abort(m.End(""))
}
