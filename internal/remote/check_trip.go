package remote

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"ksync/internal/davxml"
	"ksync/store"
)

// trip sends an object through a new collection, or through the given one, and
// takes all away again.
func (c *checker) trip(ctx context.Context, s service, home, in *url.URL) {
	t := &trip{checker: c, service: s, name: s.label() + ": round trip"}
	if err := t.prepare(ctx, home, in); err != nil {
		c.add(t.name, Warn, err.Error(), "No collection could be made to try it in; apps cannot make one, either.")
		return
	}
	err := t.run(ctx)
	t.tell(err)
	if err == nil && t.made && t.thorough {
		t.onTheWay(ctx)
	}
	if left := t.clean(context.WithoutCancel(ctx)); left != nil {
		c.add(t.name, Warn, left.Error(), "Delete "+t.collection.Path+" by hand: it was made for this check.")
	}
}

// tell is the step about the round trip itself.
func (t *trip) tell(err error) {
	switch {
	case err != nil:
		t.broken(t.name, err, "Clients lose changes, or load everything again and again.")
	case t.doubt != "":
		t.add(t.name, Warn, t.doubt, "A client that trusts the ETag never sees what was changed (RFC 4791 §5.3.4): give none after a PUT that is changed.")
	default:
		t.add(t.name, OK, strings.Join(t.seen, ", "), "")
	}
}

type trip struct {
	*checker
	service
	name       string
	collection *url.URL
	object     *url.URL
	made       bool // the collection is ours
	put        bool // the object may be there
	data       []byte
	etag       string
	token      string
	seen       []string
	doubt      string // what only some clients suffer from
}

func (t *trip) prepare(ctx context.Context, home, in *url.URL) error {
	random := make([]byte, 8)
	if _, err := io.ReadFull(t.options.Rand, random); err != nil {
		return err
	}
	id := "ksync-check-" + hex.EncodeToString(random)
	t.data = sampleCard(id)
	if t.kind == store.Calendar {
		t.data = sampleEvent(id, t.options.Now())
	}
	t.collection = in
	if in == nil {
		t.collection = home.JoinPath(id + "/")
		if err := t.make(ctx); err != nil {
			return err
		}
		t.made = true
	}
	t.object = t.collection.JoinPath(id + t.extension)
	return nil
}

// make uses MKCALENDAR (RFC 4791 §5.3.1), or MKCOL with a type (RFC 5689).
func (t *trip) make(ctx context.Context) error {
	q := query{method: "MKCALENDAR", url: t.collection, root: davxml.CalDAV("mkcalendar"), write: func(w *davxml.Writer) {
		t.setProps(w, func() {
			set := davxml.CalDAV("supported-calendar-component-set")
			w.Open(set)
			w.EmptyWith(davxml.CalDAV("comp"), "name", "VEVENT")
			w.Close(set)
		})
	}}
	if t.kind == store.AddressBook {
		q.method, q.root = "MKCOL", davxml.DAV("mkcol")
		q.write = func(w *davxml.Writer) {
			t.setProps(w, func() {
				w.Open(davxml.DAV("resourcetype"))
				w.Empty(davxml.DAV("collection"))
				w.Empty(t.container)
				w.Close(davxml.DAV("resourcetype"))
			})
		}
	}
	a, err := t.client.ask(ctx, q)
	if err != nil {
		return err
	}
	return a.want(q.method, http.StatusCreated)
}

func (t *trip) setProps(w *davxml.Writer, more func()) {
	w.Open(davxml.DAV("set"))
	w.Open(davxml.DAV("prop"))
	w.Elem(davxml.DAV("displayname"), "ksyncd check (may be deleted)")
	more()
	w.Close(davxml.DAV("prop"))
	w.Close(davxml.DAV("set"))
}

// padding makes an object as long as compressors like it, and shorter than what
// servers compress by themselves: then a proxy's compression shows.
func padding() string {
	return strings.Repeat("X-KSYNC-PADDING:0123456789012345678901234567890123456789\r\n", 10)
}

func sampleCard(id string) []byte {
	return []byte("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:" + id + "\r\nFN:ksyncd check\r\nN:check;ksyncd;;;\r\nX-KSYNC-CHECK;X-P=\"a,b\":Gr\u00fc\u00dfe\\, \U0001f642\r\n" + padding() + "END:VCARD\r\n")
}

func sampleEvent(id string, now time.Time) []byte {
	day := now.UTC().Format("20060102")
	return []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//ksyncd//check//EN\r\nBEGIN:VEVENT\r\nUID:" + id +
		"\r\nDTSTAMP:" + day + "T000000Z\r\nDTSTART:" + day + "T100000Z\r\nDTEND:" + day + "T110000Z\r\nSUMMARY:ksyncd check\r\nX-KSYNC-CHECK;X-P=\"a,b\":Gr\u00fc\u00dfe\\, \U0001f642\r\n" + padding() + "END:VEVENT\r\nEND:VCALENDAR\r\n")
}

// run is what a client does with one object in its life.
func (t *trip) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{t.firstToken, t.create, t.fetch, t.compressed, t.listed, t.synced, t.guarded, t.remove, t.gone} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (t *trip) sync(ctx context.Context) (*answer, error) {
	a, err := t.client.ask(ctx, query{"REPORT", t.collection, "0", davxml.DAV("sync-collection"), func(w *davxml.Writer) {
		w.Elem(davxml.DAV("sync-token"), t.token)
		w.Elem(davxml.DAV("sync-level"), "1")
		props(w, davxml.DAV("getetag"))
	}})
	if err == nil && a.status == http.StatusMultiStatus {
		t.token = a.token
	}
	return a, err
}

// firstToken finds out whether the server can tell changes (RFC 6578).
func (t *trip) firstToken(ctx context.Context) error {
	a, err := t.sync(ctx)
	if err == nil && a.status == http.StatusMultiStatus && a.token == "" {
		return errors.New("sync-collection gives no sync-token")
	}
	return err
}

func (t *trip) send(ctx context.Context, method string, body []byte, header ...string) (*answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, t.object.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		r.Header.Set("Content-Type", t.mediaType)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return t.client.answer(r)
}

func (t *trip) create(ctx context.Context) error {
	t.put = true
	a, err := t.send(ctx, http.MethodPut, t.data, "If-None-Match", "*")
	if err != nil {
		return err
	}
	if err := a.want("PUT", http.StatusCreated, http.StatusNoContent, http.StatusOK); err != nil {
		return err
	}
	t.etag = a.header.Get("ETag")
	t.seen = append(t.seen, "PUT")
	return nil
}

func (t *trip) fetch(ctx context.Context) error {
	a, err := t.send(ctx, http.MethodGet, nil, "Accept-Encoding", "identity")
	if err != nil {
		return err
	}
	if err := a.want("GET", http.StatusOK); err != nil {
		return err
	}
	same, etag := bytes.Equal(a.body, t.data), a.header.Get("ETag")
	switch {
	case etag == "" || strings.HasPrefix(etag, "W/"):
		return fmt.Errorf("GET has the ETag %q, not a strong one; a proxy that compresses may have weakened it", etag)
	case t.etag != "" && etag != t.etag:
		return fmt.Errorf("the ETag is %s after PUT and %s in GET", t.etag, etag)
	}
	if t.etag != "" && !same {
		t.doubt = "PUT gave an ETag, but GET gives other bytes"
	}
	t.etag = etag
	if same {
		t.seen = append(t.seen, "GET with the same bytes")
	} else {
		t.seen = append(t.seen, "GET (the server changed the bytes)")
	}
	return nil
}

// compressed: a proxy that compresses may give each form an ETag of its own,
// which no later If-Match then finds (clients.md 7).
func (t *trip) compressed(ctx context.Context) error {
	a, err := t.send(ctx, http.MethodGet, nil, "Accept-Encoding", "gzip")
	if err != nil {
		return err
	}
	if etag := a.header.Get("ETag"); a.status == http.StatusOK && etag != t.etag {
		return fmt.Errorf("the ETag is %s, but %s for who accepts gzip", t.etag, etag)
	}
	return nil
}

func (t *trip) listed(ctx context.Context) error {
	a, err := t.client.propfind(ctx, t.collection, 1, davxml.DAV("getetag"), davxml.DAV("resourcetype"))
	if err != nil {
		return err
	}
	r := a.find(t.object)
	switch {
	case r == nil:
		return errors.New("PROPFIND of the collection does not list the object")
	case r.text(davxml.DAV("getetag")) != t.etag:
		return fmt.Errorf("the ETag is %s in GET and %q in PROPFIND", t.etag, r.text(davxml.DAV("getetag")))
	}
	t.seen = append(t.seen, "PROPFIND")
	return nil
}

func (t *trip) synced(ctx context.Context) error {
	if t.token == "" {
		return nil // the missing sync-token was told before
	}
	a, err := t.sync(ctx)
	if err != nil {
		return err
	}
	r := a.find(t.object)
	switch {
	case r == nil:
		return errors.New("sync-collection does not tell of the new object")
	case r.text(davxml.DAV("getetag")) != t.etag:
		return fmt.Errorf("the ETag is %s in GET and %q in sync-collection", t.etag, r.text(davxml.DAV("getetag")))
	}
	t.seen = append(t.seen, "sync of the new object")
	return nil
}

// guarded: two devices must not overwrite each other unseen.
func (t *trip) guarded(ctx context.Context) error {
	a, err := t.send(ctx, http.MethodPut, t.data, "If-Match", `"not-the-etag"`)
	if err != nil {
		return err
	}
	if a.status != http.StatusPreconditionFailed {
		return fmt.Errorf("PUT with a wrong If-Match gives %d, not 412: devices overwrite each other", a.status)
	}
	t.seen = append(t.seen, "If-Match")
	return nil
}

func (t *trip) remove(ctx context.Context) error {
	a, err := t.send(ctx, http.MethodDelete, nil, "If-Match", t.etag)
	if err != nil {
		return err
	}
	if err := a.want("DELETE", http.StatusNoContent, http.StatusOK); err != nil {
		return err
	}
	t.put = false
	t.seen = append(t.seen, "DELETE")
	return nil
}

func (t *trip) gone(ctx context.Context) error {
	if t.token == "" {
		return nil
	}
	a, err := t.sync(ctx)
	if err != nil {
		return err
	}
	if r := a.find(t.object); r == nil || r.status != http.StatusNotFound {
		return errors.New("sync-collection does not tell of the deletion with 404: the object stays on devices")
	}
	t.seen = append(t.seen, "sync of the deletion")
	return nil
}

// clean takes away what the trip made, also when it failed.
func (t *trip) clean(ctx context.Context) error {
	var errs []error
	if t.put && !t.made {
		_, err := t.send(ctx, http.MethodDelete, nil)
		errs = append(errs, err)
	}
	if t.made {
		a, err := t.client.ask(ctx, query{method: http.MethodDelete, url: t.collection})
		if err == nil {
			err = a.want("DELETE", http.StatusNoContent, http.StatusOK)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
