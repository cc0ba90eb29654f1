package davxml

import (
	"io"
	"sync"
)

// Memory reads bodies and remembers short ones: a client asks for the same
// properties, in the same words, for as long as it lives. Elements are never
// changed, so that requests may share them. A Memory may be used concurrently.
type Memory struct {
	lim   Limits
	mu    sync.RWMutex
	known map[string]*Element
}

// What is remembered: as many bodies as a few dozen kinds of clients have.
const (
	rememberedBytes    = 2 << 10
	rememberedBodies   = 512
	rememberedElements = 100
)

// NewMemory gives one that remembers nothing yet.
func NewMemory(lim Limits) *Memory { return &Memory{lim: lim, known: map[string]*Element{}} }

// Read is [Read].
func (m *Memory) Read(r io.Reader) (*Element, error) {
	source, err := readAll(r, m.lim.Bytes)
	if err != nil {
		return nil, err
	}
	if len(source) > rememberedBytes {
		return parse(source, m.lim)
	}
	m.mu.RLock()
	e := m.known[string(source)]
	m.mu.RUnlock()
	if e != nil {
		return e, nil
	}
	e, err = parse(source, m.lim)
	if err == nil && modest(e) {
		m.remember(source, e)
	}
	return e, err
}

// remember starts anew when it is full: who sends something else each time must
// not keep out what others send always.
func (m *Memory) remember(source []byte, e *Element) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.known) >= rememberedBodies {
		clear(m.known)
	}
	m.known[string(source)] = e
}

// modest reports whether an element has no more in it than rememberedElements:
// of two KiB a hostile client makes five hundred, which take fifty times that.
func modest(e *Element) bool {
	left := rememberedElements
	var count func(*Element)
	count = func(e *Element) {
		left--
		for _, c := range e.Children {
			if left >= 0 {
				count(c)
			}
		}
	}
	count(e)
	return left >= 0
}
