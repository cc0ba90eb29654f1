package dedup

import "slices"

// conclude says what the pairs, and what is left on both sides, make of the names as a whole.
func (p *pairing) conclude(grid *[12][12]level) nameMatch {
	m := nameMatch{bits: p.bits, worst: p.worst, lone: len(p.a.words) == 1 || len(p.b.words) == 1}
	var spaceA, spaceB [12]int
	left, right := spaceA[:0], spaceB[:0]
	for i := range p.a.words {
		if p.levelA[i] == levelNone {
			left = append(left, i)
		}
	}
	for j := range p.b.words {
		if p.levelB[j] == levelNone {
			right = append(right, j)
		}
	}
	if len(left) > 0 && len(right) > 0 {
		left, right = p.drop(left, right)
	}
	m.extra = len(left)+len(right) > 0
	m.headless = p.headless(p.a, left) || p.headless(p.b, right) || p.crossed()
	m.twin = p.softGiven
	if len(left) > 0 && len(right) > 0 {
		p.conflict(&m, grid, left, right)
		return m
	}
	m.relation = p.agreement()
	return m
}

// drop leaves out initials that have no partner when the names agree without them: Grace M against Grace K. is not
// decided by the letter alone.
func (p *pairing) drop(left, right []int) (a, b []int) {
	if p.strong < 2 {
		return left, right
	}
	return withoutInitials(left, p.a.words), withoutInitials(right, p.b.words)
}

func withoutInitials(at []int, ws []word) []int {
	kept := at[:0]
	for _, i := range at {
		if !ws[i].initial() {
			kept = append(kept, i)
		}
	}
	return kept
}

// agreement: nothing contradicts.
func (p *pairing) agreement() relation {
	full := p.strong >= 2 && (p.familyOK || p.unknownOK)
	switch {
	case p.firms() && len(p.a.words) != len(p.b.words):
		return relMixed // a firm, and its branch, department or sister
	case full && p.allExact, p.firms() && p.allExact:
		return relSame
	case full, p.firms():
		return relVariant
	}
	return relWeak
}

// firms says whether this is about firms: one at least says so, and the other does not look like a person.
func (p *pairing) firms() bool {
	return p.a.kind == firm && (p.b.kind == firm || p.b.kind == unknownKind) || p.b.kind == firm && p.a.kind == unknownKind
}

// headless: what is missing in the other name is the first of several given names, or the first of two family names,
// which are the ones that people go by.
func (p *pairing) headless(n *name, left []int) bool {
	for _, i := range left {
		r := n.words[i].role
		first := i == 0 || n.words[i-1].role != r
		if n.sure && (r == given || r == family) && first {
			return true
		}
	}
	return false
}

// crossed: García López and López García are two families.
func (p *pairing) crossed() bool {
	a, b := p.a.families(), p.b.families()
	return len(a) > 1 && len(b) > 1 && p.a.sure && p.b.sure && a[0].key != b[0].key && a[0].key == b[1].key
}

func (n *name) families() []word {
	i := slices.IndexFunc(n.words, func(w word) bool { return w.role == family })
	if i < 0 {
		return nil
	}
	return n.words[i:]
}

// conflict: each name has words that the other has not.
func (p *pairing) conflict(m *nameMatch, grid *[12][12]level, left, right []int) {
	for _, i := range left {
		for _, j := range right {
			m.soft = m.soft || grid[i][j] == levelNear
		}
	}
	if p.incomparable(left, right) {
		m.relation = relScript
		return
	}
	given1, family1 := p.roles(p.a, left)
	given2, family2 := p.roles(p.b, right)
	switch {
	case p.firms(): // branches, departments
		m.relation, m.lone = relDifferent, false
	case p.strong == 0:
		m.relation = relDifferent
	case p.givenOK && p.familyOK || p.strong >= 2:
		m.relation = relMixed
		if given1 && given2 && !(family1 && family2) && p.bothSure() {
			m.relation = relHousehold
		}
	case p.familyOK:
		m.relation = relHousehold
	case p.givenOK:
		m.relation = relRenamed
	default:
		m.relation = relMixed
	}
}

func (p *pairing) bothSure() bool { return p.a.sure && p.b.sure }

func (p *pairing) roles(n *name, at []int) (givens, families bool) {
	for _, i := range at {
		switch p.s.roleOf(n, n.words[i]) {
		case given:
			givens = true
		case family:
			families = true
		default:
			givens, families = true, true
		}
	}
	return givens, families
}

// incomparable says whether what is left is in scripts whose sounds are not certain.
func (p *pairing) incomparable(left, right []int) bool {
	for _, i := range left {
		for _, j := range right {
			a, b := p.a.words[i], p.b.words[j]
			if a.script == b.script || a.sure && b.sure {
				return false
			}
		}
	}
	return true
}
