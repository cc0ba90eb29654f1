package dav

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"

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
	p := call.planOf(call.Body, w)
	if err := call.load(p, call.Resource.up()); err != nil {
		return err
	}
	s := &search{request: call.request, c: call.Resource.up(), only: call.Resource.Object, filter: filter}
	needs := p.needs(s.c.asMember())
	s.bytes, s.light = needs&Bytes != 0, needs&Row == 0
	if err := s.begin(); err != nil {
		return err
	}
	return abort(s.write(davxml.NewMultistatus(w), p))
}

// Matching calls visit for each object that matches, with its bytes.
func (call *Call) Matching(filter *Filter, visit func(*store.Object) error) error {
	s := &search{request: call.request, c: call.Resource, filter: filter, bytes: true}
	if err := s.begin(); err != nil {
		return err
	}
	return s.each(visit)
}

// search goes through the objects that match a filter. What is there from its
// beginning to its end is told, whatever others do meanwhile.
type search struct {
	*request
	c      *Resource
	only   *store.Object // the one object that was asked, if the report is about one
	filter *Filter
	bytes  bool           // the pages have the objects' bytes in them
	light  bool           // nothing of an object's row is wanted
	chosen bool           // all of the pages match: the store has asked the filter
	page   []store.Object // the next to be looked at
	list   *store.Listing // of those behind it; nil with only
	ahead  *reading       // the page behind, if it is being read
	missed bool           // an object was there no more
	unsaid []store.Object // those of them that are not in the answer
}

// everything is a filter that all objects pass.
func everything() *Filter {
	return &Filter{Decide: func(*store.Object) Verdict { return Yes }}
}

// wide is the size of a page without bytes: the store looks through the index of
// spans once a page.
const wide = 5000

// begin reads the first page, while a fault can still be told as one.
func (s *search) begin() error {
	if s.only != nil {
		s.page = []store.Object{*s.only}
		return nil
	}
	s.chosen = s.filter.Blind && s.filter.From == nil && s.filter.To == nil
	s.bytes = s.bytes || s.filter.Blind && !s.chosen
	q := store.Query{Components: s.filter.Components, From: s.filter.From, To: s.filter.To, WithBytes: s.bytes, Light: s.light}
	var keep func(string) bool
	if s.chosen {
		keep = s.filter.Match
	} else if !s.bytes {
		q.Limit = wide
	}
	s.list = s.engine.store.List(*s.c.Collection, q, keep)
	return s.next()
}

// next goes on to the page behind, and has the one behind that read meanwhile.
func (s *search) next() (err error) {
	s.page = nil
	if s.list == nil {
		return nil
	}
	if s.ahead != nil {
		s.page, err = s.ahead.wait()
		s.ahead = nil
	}
	if s.missed {
		s.list.Missed(s.unsaid...)
		s.missed, s.unsaid = false, nil
	}
	if len(s.page) == 0 && err == nil {
		s.page, err = s.list.Next(s.ctx)
	}
	if err == nil && s.list.Walking() {
		s.ahead = readAhead(s.ctx, s.list)
	}
	return err
}

// reading is a page that is read while the one before it is answered.
type reading struct {
	done chan struct{}
	page []store.Object
	err  error
}

func readAhead(ctx context.Context, list *store.Listing) *reading {
	r := &reading{done: make(chan struct{})}
	go func() {
		defer close(r.done)
		defer func() {
			if p := recover(); p != nil { // as it would be on the request's own goroutine
				r.err = fmt.Errorf("reading ahead panicked: %v\n%s", p, debug.Stack())
			}
		}()
		r.page, r.err = list.Next(ctx)
	}()
	return r
}

func (r *reading) wait() ([]store.Object, error) {
	<-r.done
	return r.page, r.err
}

func (s *search) each(visit func(*store.Object) error) error {
	defer func() {
		if s.ahead != nil {
			<-s.ahead.done // nothing reads for a request that has ended
		}
	}()
	for len(s.page) > 0 {
		if err := s.eachOfPage(visit); err != nil {
			return err
		}
		if err := s.next(); err != nil {
			return err
		}
	}
	return nil
}

// eachOfPage judges a chunk at a time; the bytes of those that the index leaves
// open are read unless they are there.
func (s *search) eachOfPage(visit func(*store.Object) error) error {
	for from := 0; from < len(s.page); from += chunkSize {
		objects := s.page[from:min(from+chunkSize, len(s.page))]
		verdicts, err := s.judge(objects)
		if err != nil {
			return err
		}
		for i := range objects {
			if verdicts[i] != Yes {
				continue
			}
			if err := visit(&objects[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *search) judge(objects []store.Object) ([]Verdict, error) {
	verdicts := make([]Verdict, len(objects))
	var unsure []int
	for i := range objects {
		if verdicts[i] = s.decide(&objects[i]); verdicts[i] == Unsure {
			unsure = append(unsure, i)
		}
	}
	read := make([]store.Object, len(unsure))
	for i, at := range unsure {
		read[i] = objects[at]
	}
	if err := s.fillSmall(s.c, read); err != nil {
		return nil, err
	}
	for i, at := range unsure {
		verdict, err := s.read(&read[i])
		if err != nil {
			return nil, err
		}
		s.miss(&objects[at], &read[i], verdict)
		verdicts[at] = verdict
	}
	return verdicts, nil
}

// decide asks the index, which tells all only of what the store has listed by it.
func (s *search) decide(o *store.Object) Verdict {
	switch {
	case s.only != nil:
		return Unsure
	case s.chosen:
		return Yes
	}
	return s.filter.Decide(o)
}

// read decides by an object's bytes, and lets go of them.
func (s *search) read(o *store.Object) (Verdict, error) {
	defer func() { o.Bytes = nil }()
	switch err := s.fill(s.c.member(o)); {
	case errors.Is(err, store.ErrNotFound): // deleted since it was listed, or moved
		s.missed, s.unsaid = true, append(s.unsaid, *o)
		return No, nil
	case err != nil:
		return No, err
	case s.filter.Match(string(o.Bytes)):
		return Yes, nil
	}
	return No, nil
}

// miss notes that what was listed is there no more, though its name is: another
// object has it, and the one that had it may have another.
func (s *search) miss(listed, read *store.Object, verdict Verdict) {
	if read.UID == listed.UID && read.Created == listed.Created {
		return
	}
	if s.missed = true; verdict == No {
		s.unsaid = append(s.unsaid, *listed)
	}
}

// errLimit ends a search that the client has limited.
var errLimit = errors.New("limit of the client")

func (s *search) write(m *davxml.Multistatus, p *plan) error {
	count := 0
	err := s.each(func(o *store.Object) error {
		if s.filter.Limit > 0 && count == s.filter.Limit {
			return errLimit
		}
		count++
		member := s.c.member(o)
		if s.bytes {
			if err := s.fill(member); err != nil {
				return err
			}
		}
		return p.write(m, member)
	})
	if errors.Is(err, errLimit) {
		err = s.truncate(m)
	}
	if err != nil {
		return err
	}
	return m.End("")
}

// Results reads an nresults element (RFC 5323 §5.17, RFC 6352 §10.6.1): the most
// that a client wants to be told; 0 without the element.
func Results(e *davxml.Element) (int, error) {
	if e == nil {
		return 0, nil
	}
	n, err := strconv.Atoi(e.Trimmed())
	if err != nil || n < 1 {
		return 0, davxml.BadRequest.Say("nresults is no positive number")
	}
	return n, nil
}

// truncate tells that the client's limit cut the answer (RFC 6352 §8.6.2).
func (s *search) truncate(m *davxml.Multistatus) error {
	return m.Status(s.c.Href(), davxml.Truncated)
}
