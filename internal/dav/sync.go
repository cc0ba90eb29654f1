package dav

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

	"ksync/internal/davxml"
	"ksync/store"
)

// tokenPrefix makes a token a URI, as RFC 6578 §6.2 wants it; Evolution takes
// one without ":" or "/" for something else (clients.md 5.2). No host is in it:
// a server may move.
const tokenPrefix = "urn:ksync:sync:"

// token is what a DAV:sync-token says: all changes of the collection with this
// epoch up to the number At are known.
type token struct {
	epoch string
	at    int64
	// since is set while a first sync is paged: the number of its beginning. The
	// objects between are still to come, and no tombstone older than that
	// matters, so the token stays good even when older ones are purged.
	since int64
}

func syncToken(c *store.Collection) string { return token{epoch: c.Epoch, at: c.Change}.String() }

func (t token) String() string {
	s := tokenPrefix + t.epoch + ":" + strconv.FormatInt(t.at, 10)
	if t.since > 0 {
		s += ":" + strconv.FormatInt(t.since, 10)
	}
	return s
}

func parseToken(s string) (t token, ok bool) {
	rest, ok := strings.CutPrefix(s, tokenPrefix)
	parts := strings.Split(rest, ":")
	if !ok || len(parts) < 2 || len(parts) > 3 {
		return t, false
	}
	t.epoch = parts[0]
	var err error
	if t.at, err = strconv.ParseInt(parts[1], 10, 64); err != nil || t.at < 1 {
		return t, false
	}
	if len(parts) == 3 {
		t.since, err = strconv.ParseInt(parts[2], 10, 64)
		return t, err == nil && t.since >= t.at
	}
	return t, true
}

// valid tells whether all that happened since the token can still be told.
func (t token) valid(page store.Page) bool {
	known := t.at
	if t.since > 0 {
		known = t.since
	}
	return t.epoch == page.Epoch && page.Valid(known)
}

// syncCollection is RFC 6578 §3.2. Depth 0, 1 or none are all the same: clients
// write sync-level, or the older Depth 1, and mean the members.
func syncCollection(call *Call, w http.ResponseWriter) error {
	if level := call.Body.Child(davxml.DAV("sync-level")); level != nil && level.Trimmed() == "infinite" {
		return davxml.SyncTraversal.Say("sync-level infinite")
	}
	s := &sync{request: call.request, c: call.Resource, plan: call.planOf(call.Body, w)}
	if err := s.limits(call.Body); err != nil {
		return err
	}
	if err := s.begin(call.Body.Child(davxml.DAV("sync-token"))); err != nil {
		return err
	}
	if err := call.load(s.plan, call.Resource); err != nil {
		return err
	}
	err := s.write(davxml.NewMultistatus(w))
	note := call.note()
	note.Sync, note.Members = true, s.count
	return abort(err)
}

// sync is one answer to a sync-collection.
type sync struct {
	*request
	c     *Resource
	plan  *plan
	max   int // changes in this answer
	bytes bool

	from  token // where the next page begins
	first int64 // number of the collection when the answer began
	page  store.Page
	count int

	told store.Names
	held int64 // a change of what was told before: left to the next sync, with all behind it; 0: none
}

// limits reads DAV:limit (RFC 6578 §3.7). Thunderbird knows no truncated
// answers on address books (clients.md 5.1).
func (s *sync) limits(body *davxml.Element) error {
	s.max = s.engine.limits.SyncPage
	s.bytes = s.plan.needs(s.c.asMember())&Bytes != 0
	if isThunderbird(s.http) {
		s.max = math.MaxInt
	}
	n, err := Results(body.Child(davxml.DAV("limit")).Child(davxml.DAV("nresults")))
	if n > 0 {
		s.max = min(s.max, n)
	}
	return err
}

func isThunderbird(r *http.Request) bool {
	return strings.Contains(r.UserAgent(), "Thunderbird/")
}

// begin reads the first page and judges the token by it: one snapshot holds both.
func (s *sync) begin(e *davxml.Element) error {
	given := ""
	if e != nil {
		given = e.Trimmed()
	}
	ok := true
	if given != "" {
		s.from, ok = parseToken(given)
	}
	if ok {
		if err := s.next(); err != nil {
			return err
		}
		ok = given == "" || s.from.valid(s.page)
	}
	if !ok {
		return s.badToken()
	}
	s.first = s.page.Now
	if given == "" {
		s.from = token{epoch: s.page.Epoch, since: s.page.Now}
	}
	return nil
}

// badToken is DAV:valid-sync-token (RFC 6578 §3.2). Thunderbird begins anew
// after 400 only; 403 leaves its address book stuck for ever (clients.md 5.1).
func (s *sync) badToken() error {
	cond := davxml.ValidSyncToken
	if isThunderbird(s.http) && s.c.Kind.Store == store.AddressBook {
		cond.Status = http.StatusBadRequest
	}
	return cond.Say("unknown token")
}

// pageSize is how many changes are read at once.
const pageSize = 500

func (s *sync) next() (err error) {
	limit := min(pageSize, s.max-s.count)
	s.page, err = s.engine.store.Changes(s.ctx, s.c.Account, s.c.Collection.ID, s.from.at, limit, s.bytes)
	return err
}

// write goes on until it has caught up with the state that it began with, so
// that it ends under any load. Each page is a snapshot of its own: an object
// that changes meanwhile moves to a later number, where it is met again.
func (s *sync) write(m *davxml.Multistatus) error {
	for {
		for i := range s.page.Objects {
			if err := s.change(m, &s.page.Objects[i]); err != nil {
				return err
			}
		}
		s.count += len(s.page.Objects)
		switch {
		case !s.page.More:
			s.from.at = s.page.Now
			return m.End(s.reached())
		case s.count >= s.max:
			return s.truncate(m)
		case s.from.at >= s.first:
			return m.End(s.reached())
		}
		if err := s.next(); err != nil {
			return err
		}
		if !s.from.valid(s.page) { // deletions that were still to be told have expired: the token is void
			return fmt.Errorf("sync from change %d: %w", s.from.at, store.ErrRestless)
		}
	}
}

// change tells of one object. RFC 6578 §3.2: a given member URL must appear only
// once in the response. Only what has changed since the answer began can have
// been in it before.
func (s *sync) change(m *davxml.Multistatus, c *store.Change) error {
	s.from.at = c.Change
	if c.Change > s.first && s.told.Has(c.URI) {
		if s.held == 0 {
			s.held = c.Change
		}
		return nil
	}
	s.told.Add(c.URI)
	member := s.c.member(&c.Object)
	if c.Deleted {
		return m.Status(member.Href(), davxml.NotFound)
	}
	return s.plan.write(m, member)
}

// reached is the token for what was told of, to its end or up to a truncation.
func (s *sync) reached() string {
	t := s.from
	if s.held > 0 {
		t.at = s.held - 1
	}
	if t.at >= t.since {
		t.since = 0
	}
	return t.String()
}

// truncate tells that there is more (RFC 6578 §3.6), with the token of the last
// change that was written.
func (s *sync) truncate(m *davxml.Multistatus) error {
	if err := m.Status(s.c.Href(), davxml.Truncated); err != nil {
		return err
	}
	return m.End(s.reached())
}
