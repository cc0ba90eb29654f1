package dedup

import (
	"math"
	"strings"
)

// level is how two words of names compare.
type level uint8

const (
	levelNone level = iota
	levelNear       // alike, but two names: Anna and Hanna, Daniel and Daniela
	levelInitial
	levelCut // one is the beginning of the other
	levelPhonetic
	levelTypo
	levelPet
	levelRoman // same in another script
	levelNick
	levelJoined // Jean-Pierre, Jean Pierre
	levelExact
)

// cost is what an agreement is worth less than an exact one, in bits.
func (l level) cost() float64 {
	switch l {
	case levelExact:
		return 0
	case levelJoined:
		return 0.5
	case levelNick, levelRoman:
		return 2
	case levelPet, levelTypo, levelCut:
		return 3
	case levelPhonetic:
		return 3.5
	}
	return 4
}

// compareWords compares two words of names.
func (s *Stats) compareWords(a, b word) level {
	if a.key == b.key {
		return levelExact
	}
	if a.script != b.script {
		return compareScripts(a, b)
	}
	if a.script == han || a.script == hangul {
		return levelNone
	}
	if a.initial() || b.initial() {
		if firstRune(a.roman) == firstRune(b.roman) {
			return levelInitial
		}
		return levelNone
	}
	return s.compareLatin(a, b)
}

// compareLatin compares two words by their Latin letters.
func (s *Stats) compareLatin(a, b word) level {
	x, y := a.roman, b.roman
	if a.form && b.form && (sameGiven(x, y) || sameGiven(a.key, b.key)) {
		return levelNick
	}
	if firstRune(x) != firstRune(y) && firstRune(y) != "" {
		return s.slip(a, b)
	}
	if bothFamily := a.role == family && b.role == family; !bothFamily && pet(x, y) {
		return levelPet
	}
	if isCut(a, y) || isCut(b, x) {
		return levelCut
	}
	if l := s.slip(a, b); l != levelNone {
		return l
	}
	if len(x) >= 4 && len(y) >= 4 && a.bones == b.bones && len(a.bones) >= 2 && !genderPair(x, y) && jaroWinkler(x, y) >= 0.78 {
		return s.unlessAttested(a, b, levelPhonetic)
	}
	return levelNone
}

func isCut(a word, full string) bool {
	return a.cut && len(a.roman) >= 2 && len(full) > len(a.roman) && full[:len(a.roman)] == a.roman
}

// slip finds typing slips: one in four letters and more, two in eight and more.
func (s *Stats) slip(a, b word) level {
	x, y := a.roman, b.roman
	shorter := min(len(x), len(y))
	limit := 1
	if shorter >= 8 {
		limit = 2
	}
	switch {
	case genderPair(x, y):
		return levelNear
	case shorter < 2 || edits(x, y, limit) > limit && (shorter < 6 || jaroWinkler(x, y) < 0.92):
		return levelNone
	case shorter < 4:
		return levelNear
	}
	return s.unlessAttested(a, b, levelTypo)
}

// unlessAttested: a slip makes a word that is no name. Where both are names they are two.
func (s *Stats) unlessAttested(a, b word, l level) level {
	if s.attested(a) && s.attested(b) {
		return levelNear
	}
	return l
}

// compareScripts compares words of two scripts by how they sound.
func compareScripts(a, b word) level {
	x, y := a.roman, b.roman
	if x == "" || y == "" {
		return levelNone
	}
	if x == y || sameGiven(x, y) {
		return levelRoman
	}
	if a.script == han || b.script == han {
		return levelNone
	}
	if a.initial() || b.initial() {
		if firstRune(x) == firstRune(y) {
			return levelInitial
		}
		return levelNone
	}
	if a.script == cyrillic || b.script == cyrillic {
		x, y = slavic.Replace(x), slavic.Replace(y)
	}
	if jaroWinkler(x, y) >= 0.88 && !genderPair(x, y) {
		return levelRoman
	}
	if sx, sy := a.bones, b.bones; len(sx) >= 2 && len(sy) >= 2 && jaroWinkler(sx, sy) >= 0.85 {
		return levelRoman
	}
	return levelNone
}

// slavic makes one of the romanisations of Cyrillic: English kh is German ch, zh is sch, y is j, v is w.
var slavic = strings.NewReplacer("schtsch", "s", "shch", "s", "tsch", "c", "tch", "c", "sch", "s", "zh", "s", "sh", "s", "kh", "h", "ch", "h", "ts", "z", "ju", "u", "yu", "u", "ja", "a", "ya", "a",
	"jo", "o", "yo", "o", "j", "i", "y", "i", "w", "v", "x", "ks")

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
