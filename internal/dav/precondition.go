package dav

import (
	"net/http"
	"slices"
	"strings"

	"ksync/internal/davxml"
	"ksync/store"
)

// preconditions reads the conditional headers of a write. The If header is
// decided here, against the resource as it stands, and turned into the ETag
// that the statement then insists on; so nothing can slip in between.
//
// If-Schedule-Tag-Match (RFC 6638 §8.3) is passed over: no Schedule-Tag is ever
// handed out, and DAVx5 sends the header in place of If-Match only for objects
// that had one (clients.md 2.6).
func (q *request) preconditions(t Target) (store.Precondition, error) {
	cond := headerPrecondition(q.http.Header)
	if err := q.unmodified(&cond, t); err != nil {
		return cond, err
	}
	header := q.http.Header.Get("If")
	if header == "" {
		return cond, nil
	}
	lists, err := parseIf(header)
	if err != nil {
		return cond, davxml.BadRequest.With(err)
	}
	etag, err := q.holds(lists, t)
	if err != nil {
		return cond, err
	}
	pin(&cond, etag)
	return cond, nil
}

// ifHolds decides the If header before any method (RFC 4918 §10.4.1). Those that
// change an object decide it again, with what they pin.
func (q *request) ifHolds() error {
	if q.http.Header.Get("If") == "" {
		return nil
	}
	lists, err := parseIf(q.http.Header.Get("If"))
	if err != nil {
		return davxml.BadRequest.With(err)
	}
	_, err = q.holds(lists, q.target)
	return err
}

// conditions decides the conditional headers of a method that changes no object
// and has no statement to pin an ETag to (RFC 9110 §13.1).
func (q *request) conditions() error {
	cond := headerPrecondition(q.http.Header)
	if cond.Match == nil && !cond.MatchAny && cond.NoneMatch == nil && !cond.NoneMatchAny {
		return nil
	}
	state, err := q.ifState(q.target)
	if err != nil {
		return err
	}
	there := state.etag != ""
	wanted := len(cond.Match) == 0 && !cond.MatchAny || there && (cond.MatchAny || slices.Contains(cond.Match, state.etag))
	unwanted := there && (cond.NoneMatchAny || slices.Contains(cond.NoneMatch, state.etag))
	if !wanted || unwanted {
		return davxml.PreconditionFail.Say("a conditional header does not hold")
	}
	return nil
}

// unmodified decides If-Unmodified-Since where no ETag is named (RFC 9110 §13.1.4).
func (q *request) unmodified(cond *store.Precondition, t Target) error {
	since, err := http.ParseTime(q.http.Header.Get("If-Unmodified-Since"))
	if err != nil || len(cond.Match) > 0 || cond.MatchAny {
		return nil // what is no date is no condition
	}
	state, err := q.ifState(t)
	if err != nil || state.etag == "" {
		return err
	}
	if state.modified/1000 > since.Unix() {
		return davxml.PreconditionFail.Say("modified since")
	}
	pin(cond, state.etag)
	return nil
}

// pin makes the statement insist on the ETag that was seen; "" is nothing there.
func pin(cond *store.Precondition, etag string) {
	switch {
	case etag == "":
		cond.NoneMatchAny = true
	case len(cond.Match) == 0:
		cond.Match = []string{etag}
	}
}

func headerPrecondition(h http.Header) store.Precondition {
	var cond store.Precondition
	cond.Match, cond.MatchAny = entityTags(h.Values("If-Match"))
	cond.NoneMatch, cond.NoneMatchAny = entityTags(h.Values("If-None-Match"))
	return cond
}

// entityTags reads the lists of If-Match and If-None-Match (RFC 9110 §13.1).
// Weak prefixes, escaped quotes (old Evolution) and missing quotes are looked
// past: the tags are hashes, so nothing else can be meant.
func entityTags(values []string) (tags []string, any bool) {
	for _, v := range values {
		for tag := range strings.SplitSeq(v, ",") {
			switch tag = unquoteTag(tag); tag {
			case "":
			case "*":
				any = true
			default:
				tags = append(tags, tag)
			}
		}
	}
	return tags, any
}

func unquoteTag(tag string) string {
	tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
	// Who read a converted object may change it under the ETag of what it read.
	tag, _, _ = strings.Cut(strings.Trim(tag, `\"`), tagMark)
	return tag
}

// quoteTag prints a stored ETag as the header and the property have it.
func quoteTag(tag string) string { return `"` + tag + `"` }

// ifList is one list of an If header (RFC 4918 §10.4): all of its conditions
// have to hold, and one list of those that apply to a resource is enough.
type ifList struct {
	resource string // Resource-Tag, "" for the target of the request
	terms    []ifTerm
}

type ifTerm struct {
	not  bool
	etag string // without quotes
	// token is a state token: a lock's, of which there are none, or a sync
	// token (RFC 6578 §5).
	token string
}

// holds tells the ETag of the request's target if the If header is true of it.
func (q *request) holds(lists []ifList, target Target) (etag string, err error) {
	states := map[string]ifState{}
	ok := false
	for _, l := range lists {
		href := l.resource
		t := target
		if href != "" {
			if t, err = q.parse(href); err != nil {
				continue
			}
		}
		state, known := states[t.Href()]
		if !known {
			if state, err = q.ifState(t); err != nil {
				return "", err
			}
			states[t.Href()] = state
		}
		if state.allows(l.terms) {
			ok = true
		}
		if t.Href() == target.Href() {
			etag = state.etag
		}
	}
	if !ok {
		return "", davxml.PreconditionFail.Say("If header does not hold")
	}
	if _, known := states[target.Href()]; !known {
		state, err := q.ifState(target)
		return state.etag, err
	}
	return etag, nil
}

type ifState struct {
	etag, token string
	modified    int64
}

func (s ifState) allows(terms []ifTerm) bool {
	for _, t := range terms {
		is := t.token != "" && t.token == s.token || t.etag != "" && t.etag == s.etag
		if is == t.not {
			return false
		}
	}
	return true
}

// ifState is what the If header can speak of; a resource that is not there has
// an empty state.
func (q *request) ifState(t Target) (ifState, error) {
	if t.Level < Collection {
		return ifState{}, nil
	}
	r, err := q.resolve(t)
	switch {
	case err != nil:
		if cond := q.engine.condition(err); cond != nil && cond.Cond.Status == http.StatusNotFound {
			return ifState{}, nil
		}
		return ifState{}, err
	case r.Object != nil:
		return ifState{etag: r.Object.ETag, modified: r.Object.Modified}, nil
	}
	c := r.Collection
	return ifState{etag: c.ETag(), token: syncToken(c), modified: c.Modified}, nil
}

type ifParser struct{ rest string }

// parseIf reads an If header. Bounded by the size of a header.
func parseIf(header string) ([]ifList, error) {
	p := ifParser{strings.TrimSpace(header)}
	var lists []ifList
	resource := ""
	for p.rest != "" {
		if p.rest[0] == '<' {
			resource = p.until('>')
		}
		p.blank()
		if !strings.HasPrefix(p.rest, "(") {
			return nil, errIf
		}
		terms, err := p.list()
		if err != nil {
			return nil, err
		}
		lists = append(lists, ifList{resource, terms})
		p.blank()
	}
	return lists, nil
}

var errIf = davxml.BadRequest.Say("If header cannot be read")

func (p *ifParser) list() (terms []ifTerm, err error) {
	p.rest = p.rest[1:]
	for {
		p.blank()
		if p.rest == "" {
			return nil, errIf
		}
		if p.rest[0] == ')' && len(terms) > 0 {
			p.rest = p.rest[1:]
			return terms, nil
		}
		term, err := p.term()
		if err != nil {
			return nil, err
		}
		terms = append(terms, term)
	}
}

func (p *ifParser) term() (t ifTerm, err error) {
	if len(p.rest) > 3 && strings.EqualFold(p.rest[:3], "not") {
		t.not = true
		p.rest = p.rest[3:]
		p.blank()
	}
	switch {
	case strings.HasPrefix(p.rest, "<"):
		t.token = p.until('>')
	case strings.HasPrefix(p.rest, "["):
		t.etag = unquoteTag(p.until(']'))
	}
	if t.token == "" && t.etag == "" {
		return t, errIf
	}
	return t, nil
}

// until takes what lies between the character at hand and the end.
func (p *ifParser) until(end byte) string {
	i := strings.IndexByte(p.rest, end)
	if i < 0 {
		p.rest = ""
		return ""
	}
	s := p.rest[1:i]
	p.rest = p.rest[i+1:]
	return s
}

func (p *ifParser) blank() { p.rest = strings.TrimLeft(p.rest, " \t") }
