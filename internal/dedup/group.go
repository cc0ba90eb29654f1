package dedup

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Group is cards that are about one person or firm.
type Group struct {
	Members []string // ids, sorted
	Score   float64  // probability that all are
	Lane    Lane
	Pairs   []Pair // every two members
}

// Pair is two cards of a group with the probability that they are one, what others of the group add included.
type Pair struct {
	A, B  string
	Score float64
}

// Groups returns the groups that are likely or sure, the surest first, not to be changed by the caller. With possible,
// pairs that may be namesakes follow; their cards may be in other groups as well.
func (b *Book) Groups(possible bool) []Group {
	b.refresh()
	b.arrange()
	all := make([]Group, len(b.order))
	for i, g := range b.order {
		all[i] = g.Group
	}
	if possible {
		more := b.namesakes()
		slices.SortFunc(more, byScore)
		all = append(all, more...)
	}
	return all
}

func (g arranged) before(o arranged) int { return byScore(g.Group, o.Group) }

func byScore(x, y Group) int {
	return cmp.Or(cmp.Compare(y.Score, x.Score), strings.Compare(x.Members[0], y.Members[0]), strings.Compare(x.Members[1], y.Members[1]))
}

// arranged is a group and the first slot of it.
type arranged struct {
	Group
	first int32
}

// arrange describes the groups that changed. A card that changes a little makes other names a little less rare
// everywhere: scores of groups that it has nothing to do with stay as they are until these change.
func (b *Book) arrange() {
	if len(b.stale) == 0 {
		return
	}
	b.order = slices.DeleteFunc(b.order, func(g arranged) bool { return b.stale[g.first] })
	var changed []arranged
	for first := range b.stale {
		if members := b.groups[first]; len(members) > 1 {
			changed = append(changed, arranged{b.describe(members), first})
		}
	}
	clear(b.stale)
	if len(changed) > 64 {
		b.order = append(b.order, changed...)
		slices.SortFunc(b.order, arranged.before)
		return
	}
	for _, g := range changed {
		at, _ := slices.BinarySearchFunc(b.order, g, arranged.before)
		b.order = slices.Insert(b.order, at, g)
	}
}

func (b *Book) describe(members []int32) Group {
	scores := b.closure(members)
	g := Group{Score: 1}
	for i, m := range members {
		g.Members = append(g.Members, b.slots[m].id)
		for j := range i {
			p := Pair{A: b.slots[members[j]].id, B: b.slots[m].id, Score: scores[i][j]}
			if p.B < p.A {
				p.A, p.B = p.B, p.A
			}
			g.Pairs = append(g.Pairs, p)
			g.Score = math.Min(g.Score, p.Score)
		}
	}
	slices.Sort(g.Members)
	slices.SortFunc(g.Pairs, func(x, y Pair) int { return cmp.Or(strings.Compare(x.A, y.A), strings.Compare(x.B, y.B)) })
	g.Lane = max(LaneOf(g.Score), Likely)
	return g
}

// throughOther is what is lost when two cards are only known to be one by way of a third.
const throughOther = 0.985

// closure gives every pair the best of its own score and that of the way over others, unless the two differ in a name.
func (b *Book) closure(members []int32) [][]float64 {
	n := len(members)
	score := make([][]float64, n)
	highest := make([][]float64, n)
	for i := range n {
		score[i], highest[i] = make([]float64, n), make([]float64, n)
		for j := range i {
			m := b.compare(members[i], members[j], false)
			score[i][j], score[j][i] = m.Score, m.Score
			highest[i][j] = m.ceiling()
			highest[j][i] = highest[i][j]
		}
	}
	for k := range n {
		for i := range n {
			for j := range n {
				if i != j && i != k && j != k {
					way := math.Min(math.Min(score[i][k], score[k][j])*throughOther, highest[i][j])
					score[i][j] = math.Max(score[i][j], way)
				}
			}
		}
	}
	return score
}

// ceiling is the most that a way over others can make of a pair.
func (m Match) ceiling() float64 {
	switch m.relation {
	case relHousehold, relDifferent, relMixed:
		return 0.9
	case relRenamed:
		return belowSure
	}
	if m.against < -8 {
		return belowSure
	}
	return 1
}

// namesakes are the possible pairs whose cards are not in one group.
func (b *Book) namesakes() []Group {
	var pairs []Group
	for at, e := range b.slots {
		if e == nil {
			continue
		}
		for _, l := range e.links {
			if int(l.to) < at || b.group[at] == b.group[l.to] || b.parted(int32(at), l.to) {
				continue
			}
			p := Pair{A: e.id, B: b.slots[l.to].id, Score: math.Min(float64(l.score), likelyFrom-0.01)}
			if p.B < p.A {
				p.A, p.B = p.B, p.A
			}
			pairs = append(pairs, Group{Members: []string{p.A, p.B}, Score: p.Score, Lane: Possible, Pairs: []Pair{p}})
		}
	}
	return pairs
}

// Explain compares two cards of the book and says why they score what they do. ok is false for an unknown id.
func (b *Book) Explain(x, y string) (m Match, ok bool) {
	i, okX := b.byID[x]
	j, okY := b.byID[y]
	if !okX || !okY {
		return Match{}, false
	}
	return b.compare(i, j, true), true
}
