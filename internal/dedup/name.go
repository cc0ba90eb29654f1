package dedup

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

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
		if seen[w.key] || i > 0 && (n.takeGeneration(w.key) || isCounter(w.key)) {
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

// isCounter finds the 2 of "Eva Muster 2", which programs add.
func isCounter(key string) bool { return len(key) < 3 && digitsOf(key) == key }

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
