package proof

import (
	"context"
	"fmt"
	"net/http"
)

// Replica is what a client that syncs by token (RFC 6578) knows of a collection.
type Replica struct {
	Client     *Client
	Collection string // path
	Token      string
	ETags      map[string]string // by href
}

// NewReplica gives a client's empty copy of a collection.
func NewReplica(c *Client, collection string) *Replica {
	return &Replica{Client: c, Collection: collection, ETags: map[string]string{}}
}

// Sync asks for changes until there are no more. A limit of 0 asks for all at
// once. The number tells how many changes there were.
func (r *Replica) Sync(ctx context.Context, limit int) (changes int, err error) {
	for {
		n, more, err := r.Page(ctx, limit)
		if changes += n; err != nil || !more {
			return changes, err
		}
	}
}

// Page asks once. More is set when the server says that it has not told all.
func (r *Replica) Page(ctx context.Context, limit int) (changes int, more bool, err error) {
	body, err := r.Client.Ask(ctx, "REPORT", r.Collection, "0", SyncBody(r.Token, limit))
	if err != nil {
		return 0, false, err
	}
	return r.page(body)
}

// Take reads an answer that holds all changes since the token.
func (r *Replica) Take(body []byte) error {
	_, more, err := r.page(body)
	if err == nil && more {
		err = fmt.Errorf("sync of %s: not all was told", r.Collection)
	}
	return err
}

func (r *Replica) page(body []byte) (changes int, more bool, err error) {
	ms, err := ParseMultistatus(body)
	if err != nil {
		return 0, false, err
	}
	if ms.Token == "" {
		return 0, false, fmt.Errorf("sync of %s: answer without token", r.Collection)
	}
	for _, a := range ms.Answers {
		// RFC 6578 §3.6: a cut answer has the collection itself with 507.
		if a.Href == r.Collection && a.Status == http.StatusInsufficientStorage {
			more = true
			continue
		}
		if err := r.apply(a); err != nil {
			return changes, more, err
		}
		changes++
	}
	if more && ms.Token == r.Token {
		return changes, more, fmt.Errorf("sync of %s: more to come, but the token stays %s", r.Collection, r.Token)
	}
	r.Token = ms.Token
	return changes, more, nil
}

func (r *Replica) apply(a Answer) error {
	if a.Status == http.StatusNotFound {
		delete(r.ETags, a.Href)
		return nil
	}
	etag := a.Text("DAV:", "getetag")
	if a.Status != 0 || etag == "" {
		return fmt.Errorf("sync of %s: %s has status %d and ETag %q", r.Collection, a.Href, a.Status, etag)
	}
	r.ETags[a.Href] = etag
	return nil
}

// SyncBody asks for all changes since a token, or for at most so many.
func SyncBody(token string, limit int) string {
	body := `<D:sync-collection xmlns:D="DAV:"><D:sync-token>` + token + `</D:sync-token><D:sync-level>1</D:sync-level>`
	if limit > 0 {
		body += fmt.Sprintf(`<D:limit><D:nresults>%d</D:nresults></D:limit>`, limit)
	}
	return body + `<D:prop><D:getetag/></D:prop></D:sync-collection>`
}
