package dedup

import "unicode/utf8"

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
	forms := formsOf()
	w.form = len(forms[w.key])+len(forms[w.roman]) > 0
	return w
}

func (w word) initial() bool { return w.script == latin && utf8.RuneCountInString(w.key) == 1 }
