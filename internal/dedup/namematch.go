package dedup

import "math"

// relation is how two names as a whole compare.
type relation uint8

const (
	relNone      relation = iota // one has no name to compare
	relSame                      // all words of the shorter agree exactly, two at least
	relVariant                   // two words at least agree, not all exactly
	relWeak                      // one word agrees, others only by their initial or not there
	relScript                    // scripts that nothing here can compare
	relHousehold                 // one family name, two given names
	relRenamed                   // one given name, two family names
	relMixed                     // something agrees, something does not
	relDifferent
)

// nameMatch is the comparison of two names.
type nameMatch struct {
	relation relation
	bits     float64 // what agrees is worth, rarity of the words counted
	soft     bool    // what differs is alike
	lone     bool    // one of the names is a single word
	extra    bool    // one has words that the other has not
	headless bool    // the first of several given or family names among them
	twin     bool    // the given names are alike and not equal
	worst    level   // of the words that agree
}

// pairing assigns words of one name to those of another.
type pairing struct {
	s         *Stats
	a, b      *name
	levelA    [12]level
	levelB    [12]level
	roleA     [12]role // of the words that agree
	bits      float64
	strong    int
	initials  int
	worst     level
	givenOK   bool
	familyOK  bool
	unknownOK bool
	allExact  bool
	softGiven bool // a given name agrees by a slip or a short form
}

// compareNames compares two names word by word: the best pairs first, whatever their order.
func (s *Stats) compareNames(a, b *name) nameMatch {
	if len(a.words) == 0 || len(b.words) == 0 || a.kind == alias || b.kind == alias {
		return nameMatch{relation: relNone}
	}
	p := pairing{s: s, a: a, b: b, worst: levelExact, allExact: true}
	var grid [12][12]level
	for i, x := range a.words {
		for j, y := range b.words {
			grid[i][j] = s.compareWords(x, y)
		}
	}
	for l := levelExact; l >= levelInitial; l-- {
		if l == levelJoined {
			p.join()
		}
		for i := range a.words {
			for j := range b.words {
				if grid[i][j] == l && p.levelA[i] == levelNone && p.levelB[j] == levelNone {
					p.take(i, j, l)
				}
			}
		}
	}
	p.nicks()
	return p.conclude(&grid)
}

// take pairs two words.
func (p *pairing) take(i, j int, l level) {
	p.levelA[i], p.levelB[j] = l, l
	x, y := p.a.words[i], p.b.words[j]
	if l == levelInitial {
		p.initials++
		p.bits += 2.5
		p.allExact = false
		p.note(i, j, l)
		return
	}
	worth := math.Min(p.s.rarity(x), p.s.rarity(y))
	if l == levelTypo || l == levelPhonetic || l == levelCut {
		worth = math.Min(p.s.familiar(x, y), 10)
	}
	p.bits += math.Max(worth-l.cost(), 1)
	p.strong++
	p.allExact = p.allExact && l == levelExact
	p.note(i, j, l)
}

// familiar is the rarity of the word that is the name: the other one is a slip of it.
func (s *Stats) familiar(x, y word) float64 {
	if s.words[y.key].all > s.words[x.key].all {
		return s.rarity(y)
	}
	return s.rarity(x)
}

// note remembers what role agreed.
func (p *pairing) note(i, j int, l level) {
	p.worst = min(p.worst, l)
	ra, rb := p.s.roleOf(p.a, p.a.words[i]), p.s.roleOf(p.b, p.b.words[j])
	r := ra
	if r == anyRole || !p.a.sure && rb != anyRole {
		r = rb
	}
	p.roleA[i] = r
	switch r {
	case given:
		p.givenOK = true
		p.softGiven = p.softGiven || l < levelJoined && l > levelInitial && l != levelRoman
	case family:
		p.familyOK = true
	default:
		p.unknownOK = true
	}
}

// join pairs two words of one name with their joined form in the other: Jean-Pierre and Jeanpierre, Xiao Ming and
// Xiaoming, and with their initials: JP.
func (p *pairing) join() {
	p.joinTo(p.a.words, p.b.words, &p.levelA, &p.levelB, func(i, j int) { p.take(i, j, levelJoined) })
	p.joinTo(p.b.words, p.a.words, &p.levelB, &p.levelA, func(i, j int) { p.take(j, i, levelJoined) })
}

func (p *pairing) joinTo(parts, whole []word, levels, other *[12]level, take func(i, j int)) {
	for j, w := range whole {
		if other[j] != levelNone || len(w.roman) < 2 {
			continue
		}
		for i := range parts {
			for k := range parts {
				if i == k || levels[i] != levelNone || levels[k] != levelNone || other[j] != levelNone {
					continue
				}
				x, y := parts[i].roman, parts[k].roman
				if x+y == w.roman || firstRune(x)+firstRune(y) == w.roman {
					take(i, j)
					levels[k] = levelJoined
				}
			}
		}
	}
}

// nicks pairs what is left with nicknames that the other card names.
func (p *pairing) nicks() {
	for i, w := range p.a.words {
		if p.levelA[i] == levelNone && hasNick(p.b.nicks, w) {
			p.levelA[i] = levelNick
			p.credit(w)
		}
	}
	for j, w := range p.b.words {
		if p.levelB[j] == levelNone && hasNick(p.a.nicks, w) {
			p.levelB[j] = levelNick
			p.credit(w)
		}
	}
}

func (p *pairing) credit(w word) {
	p.bits += math.Max(p.s.rarity(w)-levelNick.cost(), 1)
	p.strong++
	p.givenOK = true
	p.allExact = false
	p.worst = min(p.worst, levelNick)
}

func hasNick(nicks []word, w word) bool {
	for _, n := range nicks {
		if n.key == w.key || n.roman == w.roman && w.roman != "" {
			return true
		}
	}
	return false
}
