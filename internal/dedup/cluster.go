package dedup

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// regroup makes the groups anew in which something changed, and the ones linked to them.
func (b *Book) regroup() {
	done := map[int32]bool{}
	for _, at := range sorted(b.dirty) {
		if done[at] || b.slots[at] == nil {
			continue
		}
		members := b.component(at, done)
		for _, m := range members {
			b.dissolve(m)
		}
		for _, g := range b.cluster(members) {
			b.groups[g[0]], b.stale[g[0]] = g, true
			for _, m := range g {
				b.group[m] = g[0]
			}
		}
	}
}

// dissolve makes single cards of the group that a slot is in.
func (b *Book) dissolve(at int32) {
	first := b.group[at]
	b.stale[first] = true
	for _, m := range b.groups[first] {
		b.group[m] = m
	}
	delete(b.groups, first)
	b.group[at] = at
}

// component collects what is connected by links that are likely, and marks it done.
func (b *Book) component(at int32, done map[int32]bool) []int32 {
	members := []int32{at}
	done[at] = true
	for i := 0; i < len(members); i++ {
		for _, l := range b.slots[members[i]].links {
			if l.score >= likelyFrom && !done[l.to] {
				done[l.to] = true
				members = append(members, l.to)
			}
		}
		for _, m := range b.groups[b.group[members[i]]] {
			if !done[m] && b.slots[m] != nil {
				done[m] = true
				members = append(members, m)
			}
		}
	}
	return members
}

// edge is a link inside a component.
type edge struct {
	a, b  int32
	score float32
}

// cluster joins the cards of a component, the surest pair first, as long as nothing in the joined group contradicts:
// A~B and B~C do not make A~C if A and C differ.
func (b *Book) cluster(members []int32) [][]int32 {
	if len(members) < 2 {
		return nil
	}
	group := map[int32][]int32{}
	for _, m := range members {
		group[m] = []int32{m}
	}
	refused := map[refusal]bool{}
	for _, e := range b.edges(members) {
		x, y := group[e.a], group[e.b]
		if x[0] == y[0] {
			continue
		}
		if r := refusalOf(x, y); refused[r] || !b.mayJoin(x, y) {
			refused[r] = true
			continue
		}
		joined := slices.Concat(x, y)
		slices.SortFunc(joined, b.byName)
		for _, m := range joined {
			group[m] = joined
		}
	}
	var groups [][]int32
	for _, m := range members {
		if g := group[m]; len(g) > 1 && g[0] == m {
			groups = append(groups, g)
		}
	}
	return groups
}

// refusal is two groups that may not be one. Many pairs can join the same two, and groups only grow: their first cards
// and sizes tell which they are.
type refusal struct {
	first [2]int32
	size  [2]int
}

func refusalOf(x, y []int32) refusal {
	if y[0] < x[0] {
		x, y = y, x
	}
	return refusal{[2]int32{x[0], y[0]}, [2]int{len(x), len(y)}}
}

func (b *Book) edges(members []int32) []edge {
	var edges []edge
	for _, m := range members {
		for _, l := range b.slots[m].links {
			if l.to > m && l.score >= likelyFrom {
				e := edge{m, l.to, l.score}
				if b.byName(e.b, e.a) < 0 {
					e.a, e.b = e.b, e.a
				}
				edges = append(edges, e)
			}
		}
	}
	slices.SortFunc(edges, func(x, y edge) int {
		return cmp.Or(cmp.Compare(y.score, x.score), b.byName(x.a, y.a), b.byName(x.b, y.b))
	})
	return edges
}

// byName orders slots by the ids of their cards, so that groups do not depend on the order in which cards came.
func (b *Book) byName(x, y int32) int { return strings.Compare(b.slots[x].id, b.slots[y].id) }

// maxGroup is more cards than anyone has of one person on purpose.
const maxGroup = 40

// mayJoin looks at all pairs across two groups. A card that tells little, such as one with a first name and a number,
// does not bridge two that conflict.
func (b *Book) mayJoin(x, y []int32) bool {
	if len(x)+len(y) > maxGroup {
		return false
	}
	sum := 0.0
	for _, i := range x {
		for _, j := range y {
			m := b.compare(i, j, false)
			if m.Veto || b.parted(i, j) {
				return false
			}
			sum += m.standing()
		}
	}
	return sum >= 0
}

// standing is what a pair adds for or against a group that holds both. That two cards have nothing in common is no
// reason against it, that they contradict each other is.
func (m Match) standing() float64 {
	if m.bits > 0 {
		return math.Min(m.bits, 8)
	}
	if m.bare {
		return math.Max(m.bits, -4)
	}
	switch m.relation {
	case relHousehold:
		return math.Max(m.bits, -9)
	case relDifferent:
		return math.Max(m.bits, -6)
	case relMixed, relRenamed:
		return math.Max(m.bits, -4)
	}
	return math.Max(m.against*0.4, -6)
}
