package dav

import (
	"bufio"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"ksync/store"
)

// Joiner writes the objects of a collection as one file.
type Joiner interface {
	// Add writes an object. It fails only if the writer does: what cannot be read
	// is left out.
	Add(stored []byte) error
	End() error
}

// getCollection answers GET and HEAD of what is no object: a collection is one
// file of all its objects, as calendar apps subscribe to and people keep for a
// backup. For browsers, and everywhere else, it is a short page.
func (q *request) getCollection(w http.ResponseWriter, r *Resource) error {
	h := w.Header()
	h.Set("Cache-Control", "private, no-cache")
	h.Add("Vary", "Accept")
	if r.Level == Collection && !wantsPage(q.http.Header.Get("Accept")) {
		return q.export(w, r)
	}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	_, err := io.WriteString(w, "This is a place for contact and calendar apps: give its address to one.\n")
	return abort(err)
}

// wantsPage tells a browser by what it wants first.
func wantsPage(accept string) bool {
	first, _, _ := strings.Cut(accept, ",")
	mediaType, _, _ := mime.ParseMediaType(first)
	return mediaType == "text/html" || mediaType == "application/xhtml+xml"
}

// export streams the collection, page by page, in the version of the text that
// Accept names, else as its objects are stored.
func (q *request) export(w http.ResponseWriter, r *Resource) error {
	rep := r.Kind.Representations.negotiate(q.http.Header.Values("Accept"))
	if rep == nil || rep.Encode != nil {
		rep = &Representation{Type: r.Kind.Representations[0].Type}
	}
	h, tag := w.Header(), exportTag(r.Collection, rep)
	h.Set("ETag", "W/"+quoteTag(tag))
	if have, any := entityTags(q.http.Header.Values("If-None-Match")); any || slices.Contains(have, tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	s := &search{request: q, c: r, filter: everything(), bytes: true}
	if err := s.begin(); err != nil {
		h.Del("ETag")
		return err
	}
	h.Set("Content-Type", rep.Type+"; charset=utf-8")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": exportName(r.Collection) + r.Kind.Extension}))
	if q.http.Method == http.MethodHead {
		return nil
	}
	return abort(s.join(w, rep))
}

// exportTag is weak (RFC 9110 §8.8.1): objects may change while they are written,
// and then the tag is older than what it is of, so that it is asked for again.
func exportTag(c *store.Collection, rep *Representation) string {
	return c.ETag() + "-" + strconv.FormatInt(c.Modified, 10) + rep.Mark
}

func exportName(c *store.Collection) string {
	name := c.DisplayName
	if name == "" {
		name = c.URI
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
}

func (s *search) join(w io.Writer, rep *Representation) error {
	b := bufio.NewWriterSize(w, 64<<10)
	j, err := s.c.Kind.Join(b, s.c.Collection)
	if err != nil {
		return err
	}
	err = s.each(func(o *store.Object) error {
		data, err := rep.convert(o.Bytes)
		if err != nil {
			return err
		}
		return j.Add(data)
	})
	if err != nil {
		return err
	}
	if err := j.End(); err != nil {
		return err
	}
	return b.Flush()
}
