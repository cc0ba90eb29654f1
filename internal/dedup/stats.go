package dedup

import (
	"math"
	"slices"
)

// Stats is what must be known of all cards of a book to weigh the agreement of two.
type Stats struct {
	cards    int
	unlikely float64 // see prior
	words    map[string]wordCount
	carriers map[string]*carriers
	orgs     map[string]int32
}

// wordCount is on how many cards a word is part of a name, and as what where the card says so.
type wordCount struct{ all, given, family int32 }

// carriers are the cards that share a number, a mailbox, an address or a link.
type carriers struct {
	cards int32
	firms int32
	signs []signCount // initials of the names: about how many people they are
}

// signCount counts the cards whose names have those initials. Few keys have many: a slice is enough.
type signCount struct {
	sign  string
	cards int32
}

func (c *carriers) sign(sign string, by int32) {
	i := slices.IndexFunc(c.signs, func(s signCount) bool { return s.sign == sign })
	if i < 0 {
		c.signs = append(c.signs, signCount{sign, by})
		return
	}
	if c.signs[i].cards += by; c.signs[i].cards == 0 {
		c.signs = slices.Delete(c.signs, i, i+1)
	}
}

func newStats() *Stats {
	return &Stats{words: map[string]wordCount{}, carriers: map[string]*carriers{}, orgs: map[string]int32{}}
}

// add counts a card in, or out with by = -1.
func (s *Stats) add(c *Card, keys []string, by int32) {
	s.cards += int(by)
	s.unlikely = math.Log2(float64(s.cards + priorCards))
	for _, w := range c.name.words {
		n := s.words[w.key]
		n.all += by
		switch {
		case c.name.sure && w.role == given:
			n.given += by
		case c.name.sure && w.role == family:
			n.family += by
		}
		s.words[w.key] = n
		if n.all == 0 {
			delete(s.words, w.key)
		}
	}
	if c.org != "" {
		if s.orgs[c.org] += by; s.orgs[c.org] == 0 {
			delete(s.orgs, c.org)
		}
	}
	sign := c.name.sign()
	for _, key := range keys {
		if evidential(key) {
			s.carry(key, sign, c.name.kind == firm, by)
		}
	}
}

func (s *Stats) carry(key, sign string, isFirm bool, by int32) {
	c := s.carriers[key]
	if c == nil {
		c = &carriers{}
		s.carriers[key] = c
	}
	c.cards += by
	if isFirm {
		c.firms += by
	}
	if sign != "" {
		c.sign(sign, by)
	}
	if c.cards == 0 {
		delete(s.carriers, key)
	}
}

// sign is the initials of a name in order: most spellings of one person's name have the same.
func (n *name) sign() string {
	if len(n.words) == 0 {
		return ""
	}
	first, last := firstRune(n.words[0].roman), firstRune(n.words[len(n.words)-1].roman)
	if last < first {
		first, last = last, first
	}
	return first + last
}

// people estimates how many people carry the key.
func (s *Stats) people(key string) int {
	if c := s.carriers[key]; c != nil {
		return len(c.signs)
	}
	return 1
}

// ofFirm says whether a firm's own card carries the key.
func (s *Stats) ofFirm(key string) bool {
	c := s.carriers[key]
	return c != nil && c.firms > 0
}

// prior is how unlikely it is to begin with that two cards are one, in bits: each card of n has about one double.
func (s *Stats) prior() float64 { return s.unlikely }

const (
	priorCards  = 1000   // keeps small books from believing too much
	smoothCards = 1500   // cards whose names are known beforehand
	rareName    = 0.0002 // how frequent a name is that one knows nothing about
	commonName  = 0.012  // one of commonNames
)

// rarity is what the agreement of a word is worth: the logarithm of how seldom it is.
func (s *Stats) rarity(w word) float64 {
	known := rareName
	if w.common {
		known = commonName
	}
	f := (float64(s.words[w.key].all) + smoothCards*known) / (float64(s.cards) + smoothCards)
	return -math.Log2(f)
}

// attested says whether a word is a name of its own here, and no slip of another.
func (s *Stats) attested(w word) bool {
	return w.common || w.form || s.words[w.key].all >= 4
}

// roleOf is the word's role on its card, or the one it has on most.
func (s *Stats) roleOf(n *name, w word) role {
	if n.sure && w.role != anyRole {
		return w.role
	}
	c := s.words[w.key]
	switch {
	case c.given > 3*c.family:
		return given
	case c.family > 3*c.given:
		return family
	case c.given == 0 && c.family == 0 && w.form:
		return given
	}
	return w.role
}
