package dav

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"ksync/internal/davxml"
	"ksync/store"
)

// get answers GET and HEAD (RFC 9110 §9.3.1, RFC 4791 §5.3.4): an object as the
// bytes that were stored, unless another representation was asked for.
func (q *request) get(w http.ResponseWriter) error {
	r, err := q.resolve(q.target)
	if err != nil {
		return err
	}
	if r.Level != Object {
		return q.getCollection(w, r)
	}
	o, err := q.engine.store.Object(q.ctx, r.Account, r.Collection.ID, r.Object.URI)
	if err != nil {
		return err
	}
	h := w.Header()
	data := r.represent(h, &o)
	h.Set("Cache-Control", "private, no-cache")
	// Objects are text that clients wrote: no browser may take one for a page.
	h.Set("Content-Disposition", "attachment")
	asked := q.http
	if asked.Method == http.MethodHead { // RFC 9110 §14.2: "GET is the only method for which range handling is defined"
		asked = asked.Clone(q.ctx)
		asked.Header.Del("Range")
	}
	http.ServeContent(w, asked, "", time.UnixMilli(o.Modified), bytes.NewReader(data))
	return nil
}

// put is RFC 4791 §5.3.2 and RFC 6352 §6.3.2. The Content-Type is only looked
// at for JSON: clients send none, or a wrong one, with bytes that are right
// (clients.md 5.9).
func (q *request) put(w http.ResponseWriter) error {
	c, err := q.parent(q.target, WriteContent)
	if err != nil {
		return err
	}
	p, err := q.incoming(c)
	if err != nil {
		return err
	}
	p.put.URI = q.target.Name
	if p.put.Cond, err = q.preconditions(q.target); err != nil {
		return err
	}
	result, err := q.engine.store.PutObject(q.ctx, p.put)
	if err != nil {
		return c.conflict(err)
	}
	p.tell(w, result.ETag)
	return q.done(w, c.member(&store.Object{URI: q.target.Name}), result.Created)
}

// done ends the answer to a request that has written an object.
func (q *request) done(w http.ResponseWriter, r *Resource, created bool) error {
	status := written(created)
	if !q.prefers(w, "return=representation") {
		w.WriteHeader(status)
		return nil
	}
	if status == http.StatusNoContent {
		status = http.StatusOK
	}
	return q.represent(w, r, status)
}

// unreadable blames the media type where it is to blame: what cannot be read and
// was not sent as text, or as bytes without a type, is of another kind.
func (q *request) unreadable(k *Kind, err error) error {
	cond, ok := errors.AsType[*davxml.Error](err)
	kind := strings.ToLower(q.http.Header.Get("Content-Type"))
	vague := kind == "" || strings.HasPrefix(kind, "text/") || strings.HasPrefix(kind, "application/octet-stream")
	if ok && cond.Cond == k.Invalid && !vague {
		return k.DataType.With(err)
	}
	return err
}

// incoming is an object that a client sent, read and checked.
type incoming struct {
	put     store.Put
	decoded bool // what is stored is not what was sent
}

// incoming reads the body as an object of the collection.
func (q *request) incoming(c *Resource) (*incoming, error) {
	body, err := q.content(c)
	if err != nil {
		return nil, err
	}
	text, decoded, err := q.decode(c.Kind, body)
	if err != nil {
		return nil, err
	}
	index, err := c.Kind.Check(c.Collection, text)
	if err != nil {
		return nil, q.unreadable(c.Kind, err)
	}
	return &incoming{decoded: decoded, put: store.Put{
		Account: c.Account, Collection: c.Collection.ID, Bytes: text, Index: index, By: q.actor.author(),
	}}, nil
}

// tell gives the ETag where the bytes are stored as they came, so that the client
// may keep its copy under it (RFC 4791 §5.3.4).
func (p *incoming) tell(w http.ResponseWriter, etag string) {
	if !p.decoded {
		w.Header().Set("ETag", quoteTag(etag))
	}
}

func written(created bool) int {
	if created {
		return http.StatusCreated
	}
	return http.StatusNoContent
}

// content reads the body of a PUT. One that is too long is refused before it is
// read to the end.
func (q *request) content(c *Resource) ([]byte, error) {
	if err := q.plainContent(); err != nil {
		return nil, err
	}
	limit := q.engine.limits.Object
	if q.http.ContentLength > limit {
		return nil, c.Kind.MaxSize.Say("object is too large")
	}
	var b bytes.Buffer
	if q.http.ContentLength > 0 {
		b.Grow(int(q.http.ContentLength))
	}
	n, err := io.Copy(&b, io.LimitReader(q.http.Body, limit+1))
	switch {
	case err != nil:
		return nil, unread(err)
	case n > limit:
		return nil, c.Kind.MaxSize.Say("object is too large")
	}
	return b.Bytes(), nil
}

// unread answers a body that did not come to its end: too much of others' was
// being read, or something is wrong with this one.
func unread(err error) error {
	if again, ok := errors.AsType[*Retry](err); ok {
		return again
	}
	return davxml.BadRequest.With(fmt.Errorf("read body: %w", err))
}

// plainContent refuses what would be stored as something else than it is: coded
// content (RFC 9110 §8.4) and a part of an object (§14.5).
func (q *request) plainContent() error {
	coding := q.http.Header.Get("Content-Encoding")
	switch {
	case coding != "" && !strings.EqualFold(coding, "identity"):
		return davxml.UnsupportedType.Say("Content-Encoding " + coding)
	case q.http.Header.Get("Content-Range") != "":
		return davxml.BadRequest.Say("Content-Range")
	}
	return nil
}

// conflict names the object that has the UID already. 409 and not 403, after
// which DAVx5 would stop to sync the whole collection (clients.md 2.7).
func (c *Resource) conflict(err error) error {
	if other, ok := errors.AsType[*store.UIDConflict](err); ok {
		return c.Kind.UIDConflict.At(c.member(&store.Object{URI: other.URI}).Href())
	}
	return err
}

// noBody is RFC 4918 §8.4: what would be passed over is refused.
func (q *request) noBody() error {
	var b [1]byte
	if n, _ := io.ReadFull(q.http.Body, b[:]); n > 0 {
		return davxml.UnsupportedType.Say(q.http.Method + " with a body")
	}
	return nil
}

// delete removes an object or a whole collection (RFC 4918 §9.6).
func (q *request) delete(w http.ResponseWriter) error {
	if err := q.noBody(); err != nil {
		return err
	}
	r, err := q.resolve(q.target)
	if err != nil {
		return err
	}
	if err := q.check(Unbind, r.Target, r.Collection); err != nil {
		return err
	}
	cond, err := q.preconditions(q.target)
	if err != nil {
		return err
	}
	switch r.Level {
	case Object:
		err = q.engine.store.DeleteObject(q.ctx, store.Delete{
			Account: r.Account, Collection: r.Collection.ID, URI: r.Object.URI, Cond: cond, By: q.actor.author(),
		})
	case Collection:
		err = q.engine.store.DeleteCollection(q.ctx, r.Account, r.Collection.ID, cond)
	default:
		err = lacks(Unbind, r.Target) // homes and principals go with the account
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
