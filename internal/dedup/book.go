package dedup

import (
	"cmp"
	"hash/fnv"
	"runtime"
	"slices"
	"sync"
)

// Book is the cards of one address book, or of several that are searched together, and what is known of their pairs.
// A first scan compares what shares a key; after that a changed card only has its neighbours compared again. A Book is
// not safe for concurrent use.
type Book struct {
	stats  *Stats
	slots  []*entry
	free   []int32
	byID   map[string]int32
	blocks map[uint64][]int32 // slots in order, two and more
	alone  map[uint64]int32   // the slot of keys that one card has: most of them, so no slice each
	groups map[int32][]int32  // by the first slot: groups of two and more, in the order of ids
	group  []int32            // of each slot: the first slot of its group, or itself
	dirty  map[int32]bool     // changed since groups was made
	fresh  bool               // nothing has been scored yet
	order  []arranged         // likely and sure ones, the surest first
	stale  map[int32]bool     // first slots of groups that are not in order as they are
	apart  map[[2]string]bool
	faulty sync.Mutex
	faults []Fault
}

// entry is one card and the pairs it is in.
type entry struct {
	id    string
	card  *Card
	keys  []uint64
	links []link // sorted by slot
}

// link is a pair that is at least possible.
type link struct {
	to    int32
	score float32
}

// NewBook returns an empty book.
func NewBook() *Book {
	return &Book{stats: newStats(), byID: map[string]int32{}, blocks: map[uint64][]int32{}, alone: map[uint64]int32{}, groups: map[int32][]int32{}, dirty: map[int32]bool{}, stale: map[int32]bool{}, fresh: true}
}

// Card returns the card of an id, or nil.
func (b *Book) Card(id string) *Card {
	if at, ok := b.byID[id]; ok {
		return b.slots[at].card
	}
	return nil
}

// Part says which pairs of cards, by id, no group may hold together, in place of those that were said before.
// changed is false if these are the same.
func (b *Book) Part(pairs [][2]string) (changed bool) {
	apart := make(map[[2]string]bool, len(pairs))
	for _, p := range pairs {
		apart[ordered(p[0], p[1])] = true
	}
	for _, sets := range [][2]map[[2]string]bool{{apart, b.apart}, {b.apart, apart}} {
		for p := range sets[0] {
			if !sets[1][p] {
				b.touch(p[0])
				b.touch(p[1])
				changed = true
			}
		}
	}
	b.apart = apart
	return changed
}

func ordered(x, y string) [2]string { return [2]string{min(x, y), max(x, y)} }

func (b *Book) touch(id string) {
	if at, ok := b.byID[id]; ok {
		b.dirty[at] = true
	}
}

// parted says whether two slots must not be in one group.
func (b *Book) parted(x, y int32) bool {
	return len(b.apart) > 0 && b.apart[ordered(b.slots[x].id, b.slots[y].id)]
}

// Put adds a card under an id of the caller's, or replaces the one of that id. A nil card, as Normalise returns for
// groups, is removed.
func (b *Book) Put(id string, c *Card) {
	if c == nil {
		b.Remove(id)
		return
	}
	keys := c.Keys() // before anything is changed: a fault in it leaves the book as it was
	b.Remove(id)
	at := b.slot()
	e := &entry{id: id, card: c}
	b.slots[at], b.byID[id], b.group[at] = e, at, at
	b.stats.add(c, keys, 1)
	e.keys = make([]uint64, len(keys))
	for i, key := range keys {
		e.keys[i] = hash(key)
		b.block(e.keys[i], at)
	}
	b.dirty[at] = true
}

func hash(key string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(key)) // never fails
	return h.Sum64()
}

func (b *Book) slot() int32 {
	if n := len(b.free); n > 0 {
		at := b.free[n-1]
		b.free = b.free[:n-1]
		return at
	}
	b.slots = append(b.slots, nil)
	b.group = append(b.group, 0)
	return int32(len(b.slots) - 1)
}

// Remove takes a card out; an unknown id is no error.
func (b *Book) Remove(id string) {
	at, ok := b.byID[id]
	if !ok {
		return
	}
	e := b.slots[at]
	b.stats.add(e.card, e.card.Keys(), -1)
	for _, key := range e.keys {
		b.unblock(key, at)
	}
	for _, l := range e.links {
		b.unlink(l.to, at)
		b.dirty[l.to] = true
	}
	b.dissolve(at)
	delete(b.byID, id)
	delete(b.dirty, at)
	b.slots[at] = nil
	b.free = append(b.free, at)
}

// block puts a slot into a block. Two keys of a card may have one hash: it is there once.
func (b *Book) block(key uint64, at int32) {
	if members := b.blocks[key]; len(members) > 0 {
		if i, there := slices.BinarySearch(members, at); !there {
			b.blocks[key] = slices.Insert(members, i, at)
		}
		return
	}
	other, taken := b.alone[key]
	switch {
	case !taken:
		b.alone[key] = at
	case other != at:
		delete(b.alone, key)
		b.blocks[key] = []int32{min(at, other), max(at, other)}
	}
}

func (b *Book) unblock(key uint64, at int32) {
	members := b.blocks[key]
	i, there := slices.BinarySearch(members, at)
	switch {
	case there && len(members) == 2:
		delete(b.blocks, key)
		b.alone[key] = members[1-i]
	case there:
		b.blocks[key] = slices.Delete(members, i, i+1)
	case len(members) == 0:
		if other, taken := b.alone[key]; taken && other == at { // not if it is gone with an equal key of the card
			delete(b.alone, key)
		}
	}
}

func (b *Book) unlink(at, to int32) {
	e := b.slots[at]
	e.links = slices.DeleteFunc(e.links, func(l link) bool { return l.to == to })
}

// maxBlock bounds the cards of a block that are all compared. What is more frequent is no reason to look: of larger
// blocks each card is compared with the next few only, copies first.
const (
	maxBlock = 40
	window   = 8
)

// neighbours calls fn once with each slot that shares a key with at. seen is scratch, one per slot, holding mark where
// a slot has been.
func (b *Book) neighbours(at int32, seen []int32, mark int32, fn func(other int32)) {
	seen[at] = mark
	for _, key := range b.slots[at].keys {
		members := b.blocks[key]
		if len(members) > maxBlock {
			members = b.near(members, at)
		}
		for _, other := range members {
			if seen[other] != mark {
				seen[other] = mark
				fn(other)
			}
		}
	}
}

// near is the part of a large block around a card.
func (b *Book) near(members []int32, at int32) []int32 {
	i, _ := slices.BinarySearch(members, at)
	return members[max(0, i-window):min(len(members), i+window+1)]
}

// scan scores all pairs that share a key, on all processors.
func (b *Book) scan() {
	workers := max(1, min(runtime.GOMAXPROCS(0), 8))
	found := make([][]link, len(b.slots)) // to later slots
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			seen := make([]int32, len(b.slots))
			for at := w; at < len(b.slots); at += workers {
				if b.slots[at] != nil {
					found[at] = b.score(int32(at), seen, int32(at)+1, true)
				}
			}
		})
	}
	wg.Wait()
	for at, links := range found {
		for _, l := range links {
			b.slots[at].links = append(b.slots[at].links, l)
			b.slots[l.to].links = append(b.slots[l.to].links, link{int32(at), l.score})
		}
	}
	for _, e := range b.slots {
		if e != nil {
			sortLinks(e.links)
		}
	}
}

// score compares a card with its neighbours, or only with those in later slots.
func (b *Book) score(at int32, seen []int32, mark int32, later bool) []link {
	var links []link
	b.neighbours(at, seen, mark, func(other int32) {
		if later && other < at {
			return
		}
		if m := b.compare(at, other, false); m.Score >= possibleFrom {
			links = append(links, link{other, float32(m.Score)})
		}
	})
	sortLinks(links)
	return links
}

func sortLinks(links []link) {
	slices.SortFunc(links, func(x, y link) int { return cmp.Compare(x.to, y.to) })
}

// refresh brings pairs and groups up to date: everything the first time, then what changed.
func (b *Book) refresh() {
	if b.fresh {
		b.fresh = false
		b.scan()
		for at := range b.slots {
			b.dirty[int32(at)] = b.slots[at] != nil
		}
	} else {
		b.rescore()
	}
	b.regroup()
	clear(b.dirty)
}

// rescore compares the changed cards with their neighbours.
func (b *Book) rescore() {
	if len(b.dirty) == 0 {
		return
	}
	seen := make([]int32, len(b.slots))
	for i, at := range sorted(b.dirty) {
		e := b.slots[at]
		if e == nil {
			continue
		}
		old := e.links
		e.links = b.score(at, seen, int32(i)+1, false)
		for _, l := range old {
			b.unlink(l.to, at)
			b.dirty[l.to] = true
		}
		for _, l := range e.links {
			b.unlink(l.to, at)
			other := b.slots[l.to]
			other.links = append(other.links, link{at, l.score})
			sortLinks(other.links)
			b.dirty[l.to] = true
		}
	}
}

func sorted(set map[int32]bool) []int32 {
	var all []int32
	for at, in := range set {
		if in {
			all = append(all, at)
		}
	}
	slices.Sort(all)
	return all
}
