package dav

import (
	"bytes"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"ksync/internal/davxml"
	"ksync/store"
)

// Representation is one form in which an object is given: a row of a kind's table. All of them say the same; the bytes
// that are stored are what everybody gets who does not ask for another one by name.
type Representation struct {
	Type    string // media type
	Version string // of the format
	// Mark is what is added to the ETag of an object that was converted: one representation, one ETag (RFC 9110
	// §8.8.3). Without one the row is the stored bytes.
	Mark string
	// Advertised is in the list of what a collection takes and gives.
	Advertised bool

	Text   func(stored []byte) []byte           // in the version; nil: as it is stored
	Encode func(text []byte) ([]byte, error)    // what is no text; nil: the text
	Decode func(encoded []byte) ([]byte, error) // the way back, for a PUT; fails with a *davxml.Error
}

// tagMark stands between the ETag of an object and the Mark. No stored ETag has one.
const tagMark = "+"

// Representations are a kind's, the one that goes without saying first.
type Representations []Representation

// Find gives the row for a media type and version, each of which may be "" for the first that fits; nil if there is
// none.
func (rs Representations) Find(mediaType, version string) *Representation {
	for i := range rs {
		r := &rs[i]
		if (mediaType == "" || strings.EqualFold(r.Type, mediaType)) && (version == "" || r.Version == version) {
			return r
		}
	}
	return nil
}

// Advertise writes one element for each row that is advertised (RFC 4791 §5.2.4, RFC 6352 §6.2.2).
func (rs Representations) Advertise(w *davxml.Writer, n davxml.Name) {
	for _, r := range rs {
		if r.Advertised {
			w.EmptyWith(n, "content-type", r.Type, "version", r.Version)
		}
	}
}

// WriteData writes text as the content of calendar-data or address-data, with the attributes that tell what it is
// unless that goes without saying (RFC 4791 §9.6, RFC 6352 §10.4). Nothing is kept from its owner because it cannot be
// encoded: it is then given as text.
func (rs Representations) WriteData(w *davxml.Writer, n davxml.Name, r *Representation, text []byte) {
	if r.Encode != nil {
		if encoded, err := r.Encode(text); err == nil {
			text = encoded
		} else {
			r = &rs[0]
		}
	}
	if r == &rs[0] {
		w.Open(n)
	} else {
		w.OpenWith(n, "content-type", r.Type, "version", r.Version)
	}
	w.Text(string(text))
	w.Close(n)
}

// contentType is that of an answer.
func (r *Representation) contentType() string {
	if r.Encode != nil {
		return r.Type
	}
	return r.Type + "; charset=utf-8; version=" + r.Version
}

// convert makes the representation of an object's bytes.
func (r *Representation) convert(stored []byte) (data []byte, err error) {
	if data = stored; r.Text != nil {
		data = r.Text(stored)
	}
	if r.Encode == nil {
		return data, nil
	}
	data, err = r.Encode(data)
	return append(data, '\n'), err
}

// maxRanges bounds an Accept header.
const maxRanges = 64

// negotiate reads Accept (RFC 9110 §12.5.1) and gives the conversion that is wanted more than what is stored; nil for
// the stored bytes. A form is only given to who names it, the version of text included: "text/*", "*/*" and what
// nobody knows mean the stored bytes, and nothing is ever refused, since phones send anything.
func (rs Representations) negotiate(accept []string) (best *Representation) {
	var bestQuality, stored, exactness float64
	ranges := strings.Split(strings.Join(accept, ","), ",")
	for _, item := range ranges[:min(len(ranges), maxRanges)] {
		mediaType, params, err := mime.ParseMediaType(item)
		if err != nil {
			continue
		}
		quality := qualityOf(params)
		if r := rs.named(mediaType, params["version"]); r != nil {
			if r.Mark != "" && quality > bestQuality {
				best, bestQuality = r, quality
			}
			continue
		}
		if exact := rs.exactness(mediaType); exact > exactness {
			stored, exactness = quality, exact
		}
	}
	if bestQuality <= stored {
		return nil
	}
	return best
}

// named is the row that a media range means: text only with its version.
func (rs Representations) named(mediaType, version string) *Representation {
	r := rs.Find(mediaType, version)
	if r == nil || mediaType == "" || r.Encode == nil && version == "" {
		return nil
	}
	return r
}

// exactness tells how closely a media range means the stored bytes (RFC 9110 §12.5.1: the most specific counts).
func (rs Representations) exactness(mediaType string) float64 {
	switch mediaType {
	case rs[0].Type:
		return 3
	case "text/*":
		return 2
	case "*/*":
		return 1
	}
	return 0
}

// qualityOf is RFC 9110 §12.4.2.
func qualityOf(params map[string]string) float64 {
	s, ok := params["q"]
	if !ok {
		return 1
	}
	q, err := strconv.ParseFloat(s, 64)
	if err != nil || q < 0 || q > 1 {
		return 0
	}
	return q
}

// represent chooses what a GET of an object is answered with, and sets the headers that say so.
func (r *Resource) represent(h http.Header, o *store.Object) []byte {
	data, tag, contentType := o.Bytes, o.ETag, r.Kind.MediaType(o)
	if rep := r.Kind.Representations.negotiate(r.q.http.Header.Values("Accept")); rep != nil {
		if converted, err := rep.convert(o.Bytes); err == nil {
			data, tag, contentType = converted, o.ETag+tagMark+rep.Mark, rep.contentType()
		}
	}
	h.Add("Vary", "Accept") // RFC 9110 §12.5.5
	h.Set("ETag", quoteTag(tag))
	h.Set("Content-Type", contentType)
	return data
}

// decode makes text of a body that says it is something else that the kind can read. What says so and is text all the
// same stays as it is (clients.md 5.9).
func (q *request) decode(k *Kind, body []byte) (text []byte, decoded bool, err error) {
	mediaType, _, err := mime.ParseMediaType(q.http.Header.Get("Content-Type"))
	if err != nil {
		return body, false, nil
	}
	r := k.Representations.Find(mediaType, "")
	if r == nil || r.Decode == nil || !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n\ufeff"), []byte("[")) {
		return body, false, nil
	}
	text, err = r.Decode(body)
	return text, true, err
}
