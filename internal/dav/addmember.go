package dav

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"ksync/internal/davxml"
	"ksync/store"
)

// addMember is the href to which new objects are posted (RFC 5995 §3.2). It is
// not that of the collection, where a POST may come to mean other things. Who may
// not add anything is not told of it.
func addMember(w *davxml.Writer, r *Resource) bool {
	if !r.Actor().may(Bind, r.Target, r.Collection) {
		return false
	}
	w.Href(r.AddMember())
	return true
}

// post stores a new object under a name of the server's choice (RFC 5995 §3.1),
// after the checks of a PUT.
func (q *request) post(w http.ResponseWriter) error {
	if !q.atAddMember() {
		return davxml.MethodNotAllowed.Say("no add-member href")
	}
	c, err := q.resolve(q.target)
	if err != nil {
		return err
	}
	if err := q.check(Bind, c.Target, c.Collection); err != nil {
		return err
	}
	if err := q.declared(c.Kind); err != nil {
		return err
	}
	p, err := q.incoming(c)
	if err != nil {
		return err
	}
	result, err := q.add(c, p)
	if err != nil {
		return c.conflict(err)
	}
	w.Header().Set("Location", c.member(&store.Object{URI: p.put.URI}).Href())
	p.tell(w, result.ETag)
	return q.done(w, c.member(&store.Object{URI: p.put.URI}), true)
}

// atAddMember tells whether the request is for an add-member href, where POST is
// all there is (RFC 5995 §3.1): who deletes it must not lose the collection.
func (q *request) atAddMember() bool {
	return q.target.Level == Collection && isAddMember(q.http.URL)
}

// declared insists on a type that the collection takes. A PUT does not, because
// of old clients that send another one; none of them posts, but forms do.
func (q *request) declared(k *Kind) error {
	header := q.http.Header.Get("Content-Type")
	mediaType, _, err := mime.ParseMediaType(header)
	if err != nil || mediaType == "" || k.Representations.Find(mediaType, "") == nil {
		return k.DataType.Say("Content-Type " + header)
	}
	return nil
}

// add names the object after its UID, as clients do. If another one has that
// name already, or the UID cannot be a name, it is a random one.
func (q *request) add(c *Resource, p *incoming) (result store.PutResult, err error) {
	if p.put.URI = nameOf(p.put.Index.UID, c.Kind.Extension); p.put.URI != "" {
		result, err = q.addAs(c, p)
		if !errors.Is(err, store.ErrPrecondition) {
			return result, err
		}
	}
	if p.put.URI, err = q.engine.randomName(c.Kind.Extension); err != nil {
		return result, err
	}
	return q.addAs(c, p)
}

func (q *request) addAs(c *Resource, p *incoming) (result store.PutResult, err error) {
	if p.put.Cond, err = q.preconditions(c.member(&store.Object{URI: p.put.URI}).Target); err != nil {
		return result, err
	}
	p.put.Cond.NoneMatchAny = true
	return q.engine.store.PutObject(q.ctx, p.put)
}

func (e *Engine) randomName(extension string) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(e.rand, b[:]); err != nil {
		return "", fmt.Errorf("random name: %w", err)
	}
	return hex.EncodeToString(b[:]) + extension, nil
}
