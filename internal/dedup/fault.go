package dedup

import (
	"fmt"
	"runtime/debug"
)

// Fault is two cards whose comparison failed, by a fault of ours: they are not thought to be one, and the rest of the
// book is searched all the same.
type Fault struct {
	A, B string // ids
	Err  error  // says nothing of what the cards say
}

// maxFaults bounds those that are remembered: one strange card fails with each of its neighbours.
const maxFaults = 16

// Faults returns those since it was asked for the last time.
func (b *Book) Faults() []Fault {
	b.faulty.Lock()
	defer b.faulty.Unlock()
	all := b.faults
	b.faults = nil
	return all
}

// compare scores two cards by their slots. It may be called concurrently.
func (b *Book) compare(x, y int32, explain bool) (m Match) {
	defer func() {
		if p := recover(); p != nil {
			m = Match{}
			b.fault(x, y, p)
		}
	}()
	return b.stats.compare(b.slots[x].card, b.slots[y].card, explain)
}

func (b *Book) fault(x, y int32, p any) {
	b.faulty.Lock()
	defer b.faulty.Unlock()
	if len(b.faults) < maxFaults {
		b.faults = append(b.faults, Fault{b.slots[x].id, b.slots[y].id, fmt.Errorf("panic: %v\n%s", p, debug.Stack())})
	}
}
