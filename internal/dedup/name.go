package dedup

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// role says what a word of a name is, as far as the card tells.
type role uint8

const (
	anyRole role = iota
	given
	family
)

// word is one word of a name.
type word struct {
	key    string // folded and loosened, in its own script
	roman  string // in Latin letters; the key itself for Latin words
	script script
	bones  string // skeleton of roman
	sure   bool   // the romanisation is the only one
	common bool   // one of commonNames
	form   bool   // one of the nicknames or of their full names
	role   role
	cut    bool // may have been cut off at its end
}

func newWord(folded string, r role) word {
	w := word{script: scriptOf(folded), role: r, key: folded, sure: true}
	if w.script == latin {
		w.key = loosen(folded)
		w.roman = w.key
	} else {
		w.roman, w.sure = romanise(folded, w.script)
		w.roman = loosen(w.roman)
	}
	w.bones = skeleton(w.roman)
	w.common = commonNames[w.key] || commonNames[w.roman]
	w.form = len(formsOf[w.key])+len(formsOf[w.roman]) > 0
	return w
}

func (w word) initial() bool { return w.script == latin && utf8.RuneCountInString(w.key) == 1 }

// kind is what a card is about.
type kind uint8

const (
	unknownKind kind = iota
	person
	firm
	couple // or a whole family
	alias  // no name: a kinship word, a number or mailbox in the place of one, nothing
)

// generation tells parent from child of the same name.
type generation int8

const (
	senior generation = iota - 1
	noGeneration
	junior
)

// name is what a card says somebody is called.
type name struct {
	words      []word // titles, generation words and particles left out
	nicks      []word
	generation generation
	kind       kind
	sure       bool // which words are given and which family names is known
}

// nameFields are the properties that a name is read from.
type nameFields struct {
	full      string
	parts     []string // N: family, given, additional, prefixes, suffixes
	nicknames []string
	org       string
	company   bool // KIND:org, X-ABShowAs:COMPANY
	own       func(folded string) bool
}

// parseName reads FN and N together: either may be missing, in another order, cut off or shortened.
func parseName(f nameFields) name {
	var n name
	full := joinForms(f.full)
	for i, p := range f.parts {
		f.parts[i] = joinForms(p)
	}
	full, nick := cutQuoted(full)
	full = cutBrackets(full)
	for _, s := range append(f.nicknames, nick) {
		n.addNick(s)
	}
	if stands := fold(strings.TrimSpace(full)); stands == "" && emptyParts(f.parts) || isContact(stands) || f.own(stands) {
		n.kind = alias
		if emptyParts(f.parts) || isContact(fold(strings.Join(f.parts, " "))) || f.own(fold(strings.TrimSpace(strings.Join(f.parts, "")))) {
			return n
		}
		full, n.kind = "", unknownKind
	}
	n.read(full, f.parts)
	n.decideKind(full, f)
	return n
}

// joinForms writes S.p.A. and S. L. as one word, unless a name begins with it.
func joinForms(s string) string {
	if strings.Count(s, ".") < 2 {
		return s
	}
	return dottedForm.ReplaceAllStringFunc(s, func(form string) string {
		if joined := strings.Join(words(fold(form)), ""); legalForms[joined] {
			return " " + joined + " "
		}
		return form
	})
}

var dottedForm = regexp.MustCompile(`(?i)\s(?:\pL{1,3}\. ?){2,4}(?:\s|$)`)

func emptyParts(parts []string) bool {
	return !slices.ContainsFunc(parts, func(p string) bool { return strings.TrimSpace(p) != "" })
}

// isContact finds mailboxes and numbers in the place of a name.
func isContact(s string) bool {
	if strings.Contains(s, "@") {
		return true
	}
	digits := 0
	for _, r := range s {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			return false
		}
	}
	return digits > 3
}

// cutQuoted takes the nickname out of: Maximilian "Mäx" Dähler.
func cutQuoted(s string) (rest, nick string) {
	for _, pair := range []string{`""`, "“”", "„“", "«»", "‘’"} {
		runes := []rune(pair)
		i := strings.IndexRune(s, runes[0])
		if i < 0 {
			continue
		}
		after := s[i+utf8.RuneLen(runes[0]):]
		if j := strings.IndexRune(after, runes[1]); j > 0 {
			return s[:i] + after[j+utf8.RuneLen(runes[1]):], after[:j]
		}
	}
	return s, ""
}

// cutBrackets takes out what people add to tell contacts apart: "Eva (Tennis)".
func cutBrackets(s string) string {
	i := strings.IndexAny(s, "([")
	if i <= 0 {
		return s
	}
	if j := strings.IndexAny(s[i:], ")]"); j > 0 {
		return s[:i] + s[i+j+1:]
	}
	return s[:i]
}

func (n *name) addNick(s string) {
	for _, w := range words(fold(s)) {
		n.nicks = append(n.nicks, newWord(w, given))
	}
}

// read collects the words of N, which say their role, and those of FN that are not among them.
func (n *name) read(full string, parts []string) {
	if len(parts) < 2 || emptyParts(parts[:2]) || strings.TrimSpace(parts[0]) == "" || strings.TrimSpace(parts[1]) == "" {
		if full == "" {
			full = strings.Join(parts, " ")
		}
		n.readFull(full)
		return
	}
	n.sure = true
	n.addWords(words(fold(parts[1])), given)
	if len(parts) > 2 {
		n.addWords(words(fold(parts[2])), given)
	}
	n.addWords(words(fold(parts[0])), family)
	if len(parts) > 4 {
		n.addWords(words(fold(cutBrackets(" "+parts[4]))), anyRole)
	}
	for _, w := range words(fold(full)) {
		if !n.has(w) {
			n.addWords([]string{w}, anyRole)
		}
	}
	n.tidy()
}

// has says whether a word of FN is one of N, or an initial or a joined form of those.
func (n *name) has(w string) bool {
	key := newWord(w, anyRole).key
	joined := ""
	for _, own := range n.words {
		joined += own.key
		if own.key == key || len(key) == 1 && strings.HasPrefix(own.key, key) {
			return true
		}
	}
	return strings.Contains(joined, key) || own(n.words, key)
}

// own says whether key is two neighbours in the other order: 王伟 of N:伟;王.
func own(ws []word, key string) bool {
	for i := range ws {
		for j := range ws {
			if i != j && ws[i].key+ws[j].key == key {
				return true
			}
		}
	}
	return false
}

// readFull reads a name of one string: "First Last", "Last, First", "LAST First", 王小明.
func (n *name) readFull(full string) {
	if last, first, ok := strings.Cut(full, ","); ok && len(words(fold(first))) > 0 {
		n.sure = true
		n.addWords(words(fold(first)), given)
		n.addWords(words(fold(last)), family)
		n.tidy()
		return
	}
	folded := words(fold(full))
	if len(folded) == 1 && scriptOf(folded[0]) == han {
		surname, first := splitHan(folded[0])
		if surname != "" {
			n.addWords([]string{surname}, family)
		}
		n.addWords([]string{first}, given)
		n.tidy()
		return
	}
	n.addWords(folded, anyRole)
	n.tidy()
	n.capitals(full)
	if len(n.words) > 0 && len(strings.TrimSpace(full)) >= 8 {
		n.words[len(n.words)-1].cut = true
	}
}

// capitals: a word in capitals beside others that are not is the family name: "EGGERTSWYLER Noémie".
func (n *name) capitals(full string) {
	upper := map[string]bool{}
	mixed := false
	for _, w := range strings.Fields(full) {
		switch {
		case utf8.RuneCountInString(w) < 3:
		case w == strings.ToUpper(w) && w != strings.ToLower(w):
			upper[loosen(fold(w))] = true
		default:
			mixed = true
		}
	}
	if !mixed || len(upper) == 0 {
		return
	}
	for i, w := range n.words {
		n.words[i].role = given
		if upper[w.key] {
			n.words[i].role = family
		}
	}
}

func (n *name) addWords(folded []string, r role) {
	for _, w := range folded {
		n.words = append(n.words, newWord(w, r))
	}
}

// tidy moves the generation out, drops titles and particles, and doubled words.
func (n *name) tidy() {
	seen := map[string]bool{}
	kept := n.words[:0]
	for i, w := range n.words {
		switch {
		case seen[w.key] || i > 0 && n.takeGeneration(w.key):
			continue
		}
		seen[w.key] = true
		kept = append(kept, w)
	}
	n.words = kept
	n.drop(titleWords, 1)
	n.drop(particles, 2)
	n.drop(contextWords, 1)
	if len(n.words) > 12 {
		n.words = n.words[:12]
	}
}

func (n *name) takeGeneration(key string) bool {
	switch {
	case juniorWords[key]:
		n.generation = junior
	case seniorWords[key]:
		n.generation = senior
	default:
		return false
	}
	return true
}

// drop removes the words of a set as long as that many others are left.
func (n *name) drop(set map[string]bool, leave int) {
	rest := 0
	for _, w := range n.words {
		if !set[w.key] {
			rest++
		}
	}
	if rest >= leave && rest < len(n.words) {
		n.words = slices.DeleteFunc(n.words, func(w word) bool { return set[w.key] })
	}
}

// decideKind tells people from firms, couples and words that stand for somebody.
func (n *name) decideKind(full string, f nameFields) {
	folded := words(fold(full + " " + strings.Join(f.parts[:min(2, len(f.parts))], " ")))
	has := func(set map[string]bool) bool {
		return slices.ContainsFunc(folded, func(w string) bool { return set[w] })
	}
	switch {
	case len(n.words) == 0:
		n.kind = alias
	case n.allKin():
		n.kind = alias
	case n.isCouple(full, f.parts):
		n.kind = couple
	case has(familyWords):
		n.kind = couple
	case f.company || has(legalForms) && !n.sure || n.isOrg(f.org) && !n.sure || (has(firmWords) || has(deskWords)) && !n.sure:
		n.kind = firm
		n.drop(legalForms, 1)
	case n.sure:
		n.kind = person
	}
}

// allKin: "Mum", "Ma chérie", and "Papa Muster" if the card has Papa for the given name.
func (n *name) allKin() bool {
	isKin := func(w word) bool { return kinWords[w.key] }
	if len(n.words) <= 2 && !slices.ContainsFunc(n.words, func(w word) bool { return !isKin(w) }) {
		return true
	}
	givens := 0
	for _, w := range n.words {
		if w.role == given {
			givens++
			if !isKin(w) {
				return false
			}
		}
	}
	return n.sure && givens > 0
}

// isOrg says whether the name is the firm's.
func (n *name) isOrg(org string) bool {
	if org == "" {
		return false
	}
	o := map[string]bool{}
	for _, w := range words(fold(org)) {
		o[loosen(w)] = true
	}
	return !slices.ContainsFunc(n.words, func(w word) bool { return !o[w.key] && !legalForms[w.key] })
}

// isCouple finds "A & B Family" and "A und B Family": two given names and something in between.
func (n *name) isCouple(full string, parts []string) bool {
	text := full
	if len(parts) > 1 && strings.TrimSpace(parts[1]) != "" {
		text = parts[1]
	}
	fields := strings.Fields(fold(text))
	for i, w := range fields {
		if i > 0 && i < len(fields)-1 && (w == "&" || w == "+" || len(w) > 1 && coupleWords[w] && !particles[w]) {
			return true
		}
	}
	return strings.Contains(text, "&") && len(parts) > 1
}
