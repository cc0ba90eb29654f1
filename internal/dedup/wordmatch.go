package dedup

import "strings"

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
