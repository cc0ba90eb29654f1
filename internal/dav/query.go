package dav

import (
	"errors"
	"net/http"

	"ksync/internal/davxml"
	"ksync/store"
)

// query is calendar-query (RFC 4791 §7.8) and addressbook-query (RFC 6352 §8.6):
// the index narrows, then decides where it can, and only what is left is read.
func query(call *Call, w http.ResponseWriter) error {
	filter, err := call.Resource.Kind.Filter(call.Resource.Collection, call.Body)
	if err != nil {
		return err
	}
	s := &search{request: call.request, c: call.Resource, filter: filter, plan: call.planOf(call.Body, w)}
	if err := call.load(s.plan, call.Resource); err != nil {
		return err
	}
	s.bytes = s.plan.needs(s.c.asMember())&Bytes != 0
	page, err := s.page("")
	if err != nil {
		return err
	}
	return abort(s.write(davxml.NewMultistatus(w), page))
}

// search is one answer to a query.
type search struct {
	*request
	c      *Resource
	filter *Filter
	plan   *plan
	bytes  bool // the answer has the objects' bytes in it
	count  int
}

// wide is the size of a page without bytes: the store looks through the index of
// spans once a page.
const wide = 5000

func (s *search) page(after string) ([]store.Object, error) {
	q := store.Query{
		Account: s.c.Account, Collection: s.c.Collection.ID, After: after,
		Components: s.filter.Components, From: s.filter.From, To: s.filter.To,
		WithBytes: s.bytes,
	}
	if !s.bytes {
		q.Limit = wide
	}
	return s.engine.store.Objects(s.ctx, q)
}

func (s *search) write(m *davxml.Multistatus, page []store.Object) (err error) {
	for len(page) > 0 {
		matches, err := s.matching(page)
		if err != nil {
			return err
		}
		for i := range matches {
			if s.filter.Limit > 0 && s.count == s.filter.Limit {
				return s.truncate(m)
			}
			s.count++
			if err := s.plan.write(m, s.c.member(&matches[i])); err != nil {
				return err
			}
		}
		if page, err = s.page(page[len(page)-1].URI); err != nil {
			return err
		}
	}
	return m.End("")
}

// truncate tells that the client's limit cut the answer (RFC 6352 §8.6.2).
func (s *search) truncate(m *davxml.Multistatus) error {
	more := davxml.WithinLimits
	more.Status = http.StatusInsufficientStorage
	if err := m.Status(s.c.Href(), more); err != nil {
		return err
	}
	return m.End("")
}

// matching keeps the objects of a page that match, in order. The bytes of those
// that the index leaves open are read a chunk at a time.
func (s *search) matching(page []store.Object) ([]store.Object, error) {
	verdicts := make([]Verdict, len(page))
	var open []int
	for i := range page {
		verdicts[i] = s.filter.Decide(&page[i])
		if verdicts[i] == Unsure {
			open = append(open, i)
		}
	}
	for len(open) > 0 {
		n := min(chunkSize, len(open))
		if err := s.judge(page, open[:n], verdicts); err != nil {
			return nil, err
		}
		open = open[n:]
	}
	kept := page[:0:0]
	for i, v := range verdicts {
		if v == Yes {
			kept = append(kept, page[i])
		}
	}
	return kept, nil
}

func (s *search) judge(page []store.Object, open []int, verdicts []Verdict) error {
	objects := make([]store.Object, len(open))
	for i, at := range open {
		objects[i] = page[at]
	}
	if err := s.fillSmall(s.c, objects); err != nil {
		return err
	}
	for i, at := range open {
		verdicts[at] = No
		switch err := s.fill(s.c.member(&objects[i])); {
		case errors.Is(err, store.ErrNotFound): // deleted since it was listed
		case err != nil:
			return err
		case s.filter.Match(&objects[i]):
			verdicts[at] = Yes
		}
		objects[i].Bytes = nil
	}
	return nil
}
