package dav

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"ksync/internal/davxml"
	"ksync/store"
)

// transfer is COPY and MOVE (RFC 4918 §9.8, §9.9) of an object, within or
// between the account's collections of one kind.
func (q *request) transfer(w http.ResponseWriter) error {
	if err := q.noBody(); err != nil {
		return err
	}
	to, err := q.destination()
	if err != nil {
		return err
	}
	from, err := q.resolve(q.target)
	if err != nil {
		return err
	}
	dest, err := q.room(from, to)
	if err != nil {
		return err
	}
	t := store.Transfer{
		Account:   from.Account,
		From:      from.place(),
		To:        store.Place{Account: to.Account, Collection: dest.Collection.ID, URI: to.Name},
		Overwrite: !strings.EqualFold(q.http.Header.Get("Overwrite"), "F"), // RFC 4918 §10.6: T if absent
		By:        q.actor.author(),
	}
	if t.Cond, err = q.preconditions(q.target); err != nil {
		return err
	}
	created, err := q.run(t)
	if errors.Is(err, store.ErrExists) {
		return davxml.Forbidden.With(err) // RFC 4918 §9.8.5: onto itself
	}
	if err != nil {
		return dest.conflict(err)
	}
	w.Header().Set("Location", to.Href())
	return q.done(w, dest.member(&store.Object{URI: to.Name}), created)
}

func (q *request) run(t store.Transfer) (bool, error) {
	if q.http.Method == "COPY" {
		return q.engine.store.CopyObject(q.ctx, t)
	}
	return q.engine.store.MoveObject(q.ctx, t)
}

// destination reads the Destination header (RFC 4918 §10.3): an absolute URI,
// or a path. RFC 4918 §9.8.5: another server's is 502.
func (q *request) destination() (Target, error) {
	header := strings.TrimSpace(q.http.Header.Get("Destination"))
	if header == "" {
		return Target{}, davxml.BadRequest.Say("Destination is missing")
	}
	u, err := url.Parse(header)
	if err != nil {
		return Target{}, davxml.BadRequest.With(err)
	}
	if u.Host != "" && !q.ours(u.Hostname()) {
		return Target{}, davxml.BadGateway.Say("destination is on another server")
	}
	t, err := q.parse(u.EscapedPath())
	if err != nil {
		return Target{}, davxml.Forbidden.With(err)
	}
	if t.Level != Object {
		return Target{}, davxml.Forbidden.Say("destination is not the path of an object")
	}
	return t, nil
}

// ours tells whether a host is this server: its public name, or the one it was
// asked under. Ports are not compared: proxies get them wrong.
func (q *request) ours(host string) bool {
	asked := (&url.URL{Host: q.http.Host}).Hostname()
	return strings.EqualFold(host, asked) || q.engine.host != "" && strings.EqualFold(host, q.engine.host)
}

// room checks both ends: rights on each, one kind, and that the destination
// takes such an object. It gives the collection of the destination.
func (q *request) room(from *Resource, to Target) (*Resource, error) {
	if from.Level != Object {
		return nil, davxml.Forbidden.Say("only objects are copied and moved")
	}
	if q.http.Method == "MOVE" {
		if err := q.check(Unbind, from.Target, from.Collection); err != nil {
			return nil, err
		}
	}
	dest, err := q.parent(to, Bind)
	if err != nil {
		return nil, err
	}
	o, err := q.engine.store.Object(q.ctx, from.Account, from.Collection.ID, from.Object.URI)
	if err != nil {
		return nil, err
	}
	// A card is no calendar object and the other way round: the kind says which.
	_, err = dest.Kind.Check(dest.Collection, o.Bytes)
	return dest, err
}
