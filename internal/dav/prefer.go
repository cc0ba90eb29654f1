package dav

import (
	"net/http"
	"strings"

	"ksync/internal/davxml"
)

// prefers reads the Prefer header (RFC 7240 §2): whether this is asked for, in any
// case, quoted or not, with parameters or without. Of several values of one
// preference the first holds. What is heeded is told back.
func (q *request) prefers(w http.ResponseWriter, preference string) bool {
	name, _, _ := strings.Cut(preference, "=")
	for _, v := range q.http.Header.Values("Prefer") {
		for pref := range strings.SplitSeq(v, ",") {
			pref, _, _ = strings.Cut(strings.ToLower(pref), ";")
			pref = strings.NewReplacer(`"`, "", " ", "", "\t", "", "return-minimal", "return=minimal").Replace(pref) // Apple's spelling
			if first, _, _ := strings.Cut(pref, "="); first != name {
				continue
			}
			if pref != preference {
				return false
			}
			q.applied(w, preference)
			return true
		}
	}
	return false
}

func (q *request) applied(w http.ResponseWriter, preference string) {
	h := w.Header()
	if h.Get("Preference-Applied") == "" {
		h.Add("Vary", "Prefer")
	}
	h.Add("Preference-Applied", preference)
}

// minimal is return=minimal (RFC 7240 §4.2, RFC 8144 §2), and the older Brief: t.
func (q *request) minimal(w http.ResponseWriter) bool {
	return strings.EqualFold(q.http.Header.Get("Brief"), "t") || q.prefers(w, "return=minimal")
}

// represent ends an answer with the object as it is now, as return=representation
// asks for (RFC 8144 §3.1).
func (q *request) represent(w http.ResponseWriter, r *Resource, status int) error {
	o, err := q.engine.store.Object(q.ctx, r.Account, r.Collection.ID, r.Object.URI)
	if err != nil {
		return err
	}
	data := r.represent(w.Header(), &o)
	w.Header().Set("Content-Location", r.Href())
	w.WriteHeader(status)
	_, err = w.Write(data)
	return abort(err)
}

// unmet answers a condition that did not hold with what there is, to who asks
// for it (RFC 8144 §3.2): the client needs not fetch it to see what has changed.
// Overwrite: F is about another resource.
func (q *request) unmet(w http.ResponseWriter, err error) error {
	cond := q.engine.condition(err)
	if cond == nil || cond.Cond != davxml.PreconditionFail || q.target.Level != Object || !q.conditional() {
		return err
	}
	r, missing := q.resolve(q.target)
	if missing != nil || !q.prefers(w, "return=representation") {
		return err
	}
	return q.represent(w, r, http.StatusPreconditionFailed)
}

// conditional tells whether a request has conditions about its target.
func (q *request) conditional() bool {
	for _, name := range []string{"If-Match", "If-None-Match", "If-Unmodified-Since", "If"} {
		if q.http.Header.Get(name) != "" {
			return true
		}
	}
	return false
}
