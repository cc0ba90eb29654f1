package dedup

import (
	"slices"
	"strconv"
	"strings"
)

// Keys are the blocking keys of the card: two cards are compared if they share one. They are what a store keeps in a
// table (book, key, card) to find the neighbours of a changed card. Each begins with a letter for its kind and ":".
func (c *Card) Keys() []string {
	var keys []string
	add := func(kind, key string) {
		if key != "" && len(keys) < 64 {
			keys = append(keys, kind+":"+key)
		}
	}
	add("i", c.UID)
	add("w", c.whole)
	add("h", c.photo)
	for _, p := range c.phones {
		add("p", p.key())
	}
	for _, m := range c.mails {
		add("m", m.key)
	}
	for _, u := range c.urls {
		add("u", u)
	}
	for _, a := range c.addresses {
		add("a", a.key())
	}
	if c.bday.set() {
		c.dateKeys(add)
	}
	if c.name.kind == firm {
		add("o", c.org)
	}
	c.nameKeys(add)
	slices.Sort(keys)
	return slices.Compact(keys)
}

// key is made of what notations leave alone: the number of the house and the code, and a letter of the street.
func (a address) key() string {
	if a.number == "" || len(a.street) == 0 {
		return ""
	}
	place := a.code
	if place == "" {
		place = a.city
	}
	return a.number + "|" + place + "|" + firstRune(a.street[len(a.street)-1])
}

func (c *Card) dateKeys(add func(kind, key string)) {
	day := strconv.Itoa(c.bday.month*100 + c.bday.day)
	if c.bday.year != 0 {
		add("b", c.bday.digits())
	}
	for _, w := range c.name.words {
		add("d", day+"|"+firstRune(w.roman))
	}
}

// nameKeys survive a slip in one word (the other word and an initial), in both (how they begin), another romanisation
// (consonants) and any order.
func (c *Card) nameKeys(add func(kind, key string)) {
	ws := c.name.words[:min(4, len(c.name.words))]
	if len(ws) == 1 {
		add("n", ws[0].key)
	}
	for i, a := range ws {
		for j, b := range ws {
			if i == j || a.roman == "" || b.roman == "" {
				continue
			}
			if !a.initial() {
				add("n", a.roman+"|"+firstRune(b.roman))
			}
			if i < j {
				add("t", inOrder(prefix(a.roman, 3), prefix(b.roman, 3)))
				add("s", inOrder(a.bones, b.bones))
			}
		}
	}
	if len(c.name.nicks) > 0 && len(ws) == 0 {
		add("n", c.name.nicks[0].key)
	}
}

func inOrder(a, b string) string {
	if len(a)+len(b) < 4 {
		return ""
	}
	if b < a {
		a, b = b, a
	}
	return a + "|" + b
}

func firstRune(s string) string { return prefix(s, 1) }

func prefix(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// evidential says whether a key is evidence by itself (a number, a mailbox, an address) and not only a reason to look.
func evidential(key string) bool { return strings.IndexByte("pmua", key[0]) >= 0 }
