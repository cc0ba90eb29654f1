package store

import (
	"fmt"
	"runtime/debug"
	"strings"
)

// sieve asks for the bytes of many rows whether to keep them, a batch at a time
// on a goroutine of its own: judging takes about as long as reading, which goes on.
type sieve struct {
	keep  func(bytes string) bool
	next  batch
	full  chan batch
	done  chan struct{}
	kept  []string // names, in the order of the rows
	fault error    // a panic of keep
}

// batch is rows whose bytes stand one behind the other.
type batch struct {
	uris  []string
	ends  []int // of each row's bytes
	bytes *strings.Builder
}

// A batch is sent off before it has much more than this: small enough that
// nobody waits long for the last one, large enough that sending costs nothing.
const (
	batchRows  = 64
	batchBytes = 32 << 10
)

func newSieve(keep func(string) bool) *sieve {
	s := &sieve{keep: keep, full: make(chan batch, 4), done: make(chan struct{})}
	go s.judge()
	return s
}

// add takes a row, of which it copies the bytes.
func (s *sieve) add(uri string, bytes []byte) {
	if s.next.bytes == nil {
		s.next.bytes = &strings.Builder{}
		s.next.bytes.Grow(max(batchBytes, len(bytes)))
	}
	s.next.bytes.Write(bytes)
	s.next.uris = append(s.next.uris, uri)
	s.next.ends = append(s.next.ends, s.next.bytes.Len())
	if len(s.next.uris) == batchRows || s.next.bytes.Len() >= batchBytes {
		s.send()
	}
}

func (s *sieve) send() {
	s.full <- s.next
	s.next = batch{}
}

// rest waits for what has been added to be judged. It must be called, once, for
// the goroutine to end. A panic of keep goes on in the caller.
func (s *sieve) rest() []string {
	if len(s.next.uris) > 0 {
		s.send()
	}
	close(s.full)
	<-s.done
	if s.fault != nil {
		panic(s.fault)
	}
	return s.kept
}

func (s *sieve) judge() {
	defer close(s.done)
	for b := range s.full {
		if s.fault == nil {
			s.fault = s.protected(b)
		}
	}
}

func (s *sieve) protected(b batch) (fault error) {
	defer func() {
		if r := recover(); r != nil {
			fault = fmt.Errorf("%v\n%s", r, debug.Stack())
		}
	}()
	start, all := 0, b.bytes.String()
	for i, uri := range b.uris {
		if s.keep(all[start:b.ends[i]]) {
			s.kept = append(s.kept, uri)
		}
		start = b.ends[i]
	}
	return nil
}
