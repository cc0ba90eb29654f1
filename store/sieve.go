package store

import (
	"cmp"
	"strings"
)

// sieve asks for the bytes of many rows whether to keep them, a batch at a time
// on a goroutine of its own: judging takes about as long as reading, which goes on.
type sieve struct {
	keep      func(bytes string) bool
	withBytes bool
	next      batch
	full      chan batch
	done      chan struct{}
	kept      []Object // in the order of the rows, as light ones
	last      string   // name of the last row
	fault     error    // a panic of keep
}

// batch is rows whose texts stand one behind the other.
type batch struct {
	rows []row
	text *strings.Builder
}

// row is where the name, the UID and the bytes of an object end.
type row struct{ uri, uid, bytes int }

// A batch is sent off before it has much more than this: small enough that
// nobody waits long for the last one, large enough that sending costs nothing.
const (
	batchRows  = 128
	batchBytes = 32 << 10
)

func newSieve(keep func(string) bool, withBytes bool) *sieve {
	s := &sieve{keep: keep, withBytes: withBytes, full: make(chan batch, 4), done: make(chan struct{})}
	go s.judge()
	return s
}

// add takes a row, of which it copies the texts.
func (s *sieve) add(uri, uid, bytes []byte) {
	b := &s.next
	if b.text == nil {
		b.rows, b.text = make([]row, 0, batchRows), &strings.Builder{}
		b.text.Grow(batchBytes + len(bytes))
	}
	var r row
	b.text.Write(uri)
	r.uri = b.text.Len()
	b.text.Write(uid)
	r.uid = b.text.Len()
	b.text.Write(bytes)
	r.bytes = b.text.Len()
	b.rows = append(b.rows, r)
	if len(b.rows) == batchRows || r.bytes >= batchBytes {
		s.send()
	}
}

func (s *sieve) send() {
	s.full <- s.next
	s.next = batch{}
}

// rest waits for what has been added to be judged. It must be called, once, for
// the goroutine to end. The error is that of the reading, or a panic of keep.
func (s *sieve) rest(reading error) (kept []Object, last string, err error) {
	if len(s.next.rows) > 0 {
		s.send()
	}
	close(s.full)
	<-s.done
	return s.kept, s.last, cmp.Or(reading, s.fault)
}

func (s *sieve) judge() {
	defer close(s.done)
	for b := range s.full {
		if s.fault == nil {
			s.fault = protected("search", func() error { s.sift(b); return nil })
		}
	}
}

func (s *sieve) sift(b batch) {
	start, all := 0, b.text.String()
	for _, r := range b.rows {
		if bytes := all[r.uid:r.bytes]; s.keep(bytes) {
			s.kept = append(s.kept, s.light(all[start:r.uri], all[r.uri:r.uid], []byte(bytes)))
		}
		s.last, start = all[start:r.uri], r.bytes
	}
}

// light is what can be told of an object by its bytes.
func (s *sieve) light(uri, uid string, bytes []byte) Object {
	o := Object{URI: uri, ETag: etagOf(bytes), Size: int64(len(bytes)), Index: Index{UID: uid}}
	if s.withBytes {
		o.Bytes = bytes
	}
	return o
}
