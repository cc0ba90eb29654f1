package dedup

import (
	"slices"
	"strings"
	"unicode"

	"ksync/internal/contentline"
	"ksync/internal/vcard"
)

// name decides on N, FN and what goes with them together: the reference's, unless it has no name but a number or a
// mailbox in the place of one.
func (m *merger) name() {
	from := m.nameFrom()
	var kept []unit
	for _, u := range m.cards[from] {
		if u.class == naming && m.state[u.ref] == 0 && !u.empty() {
			kept = append(kept, u)
		}
	}
	known := knownNames(kept)
	for i, us := range m.cards {
		for _, u := range us {
			if u.class == naming && m.state[u.ref] == 0 && i != from && !u.empty() {
				if m.state[u.ref] = known.state(u); m.state[u.ref] == Identical {
					m.adopt(known[u.key], u)
				} else {
					m.leaveAsides(u)
				}
			}
		}
	}
	if from != 0 {
		m.rename(kept)
	}
	m.completeName(from, kept)
}

// rename puts the name of a duplicate in the place of what the reference has.
func (m *merger) rename(with []unit) {
	for _, u := range m.cards[0] {
		if u.class == naming && m.state[u.ref] != Dropped {
			m.remove(u)
		}
	}
	for _, u := range with {
		m.state[u.ref] = Added
		m.add(u)
	}
}

// completeName takes over parts of the name that its card lacks from a duplicate that has the same name.
func (m *merger) completeName(from int, kept []unit) {
	have := map[string]bool{}
	for _, u := range kept {
		have[u.line.Name] = true
	}
	for i := range m.cards {
		if i == 0 || i == from || !m.sameName(from, i) {
			continue
		}
		for _, u := range m.cards[i] {
			if u.class != naming || have[u.line.Name] || u.empty() || m.state[u.ref] == Dropped {
				continue
			}
			have[u.line.Name] = true
			m.removeEmpty(u.line.Name)
			m.state[u.ref] = Added
			m.add(u)
		}
	}
}

// removeEmpty takes out the reference's empty line (N:;;;;) that is to be filled.
func (m *merger) removeEmpty(property string) {
	for _, u := range m.cards[0] {
		if u.line.Name == property && u.empty() {
			m.remove(u)
		}
	}
}

// sameName says whether two cards' names are made of the same words.
func (m *merger) sameName(one, other int) bool {
	a, b := m.nameWords(one), m.nameWords(other)
	if len(a) != len(b) {
		return false
	}
	for w := range a {
		if !b[w] {
			return false
		}
	}
	return true
}

func (m *merger) nameWords(card int) map[string]bool {
	set := map[string]bool{}
	for _, property := range []string{"FN", "N"} {
		for _, u := range m.cards[card] {
			if u.line.Name == property && len(set) == 0 {
				for _, w := range words(fold(strings.Join(vcard.Parts(u.line), " "))) {
					set[w] = true
				}
			}
		}
	}
	return set
}

// names finds a part of a name by its key, and by its words in any order.
type names map[string]*contentline.Line

func knownNames(kept []unit) names {
	known := names{}
	for _, u := range slices.Backward(kept) {
		known[u.key], known[sortedWords(u)] = u.line, u.line
	}
	return known
}

func (known names) state(u unit) State {
	if l := known[u.key]; l != nil {
		return sameState(l, u.line)
	}
	if known[sortedWords(u)] != nil {
		return Notation // another order, case, composition
	}
	return Conflict
}

func sortedWords(u unit) string {
	ws := words(fold(strings.Join(vcard.Parts(u.line), " ")))
	slices.Sort(ws)
	return u.line.Name + "=" + strings.Join(ws, " ")
}

// nameFrom is the card whose name the result has.
func (m *merger) nameFrom() int {
	for _, property := range []string{"N", "FN"} {
		if pick, ok := m.o.Choices.Pick[property]; ok && pick.Card >= 0 && pick.Card < len(m.cards) && m.calls(pick.Card) {
			return pick.Card
		}
	}
	mails := m.mailboxes()
	named := -1
	for i := range m.cards {
		switch {
		case !m.named(i, mails):
		case i == 0 || m.ofPerson(i):
			return i
		case named < 0:
			named = i
		}
	}
	if named < 0 || m.givenName() {
		return 0
	}
	return named
}

// ofPerson says whether a card is called as one person is, and not as a family, a firm or "Mum".
func (m *merger) ofPerson(card int) bool {
	kind := Normalise(m.sources[card], m.o.Region).name.kind
	return kind == person || kind == unknownKind
}

// givenName says whether the reference is called by one word that looks like a given name, be it a mailbox, too: Eva is
// one beside "Familie Muster, eva@muster.example", and em or emuster79 are none.
func (m *merger) givenName() bool {
	return slices.ContainsFunc(m.cards[0], func(u unit) bool {
		if u.line.Name != "FN" && u.line.Name != "N" || m.state[u.ref] == Dropped {
			return false
		}
		said := []rune(strings.TrimSpace(strings.Join(vcard.Parts(u.line), " ")))
		return len(said) > 2 && !unicode.IsLower(said[0]) && !unicode.IsUpper(said[1]) && !slices.ContainsFunc(said, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.Is(unicode.M, r) })
	})
}

// calls says whether a card has something in the place of a name, be it a number.
func (m *merger) calls(card int) bool {
	return slices.ContainsFunc(m.cards[card], func(u unit) bool {
		return (u.line.Name == "FN" || u.line.Name == "N") && m.state[u.ref] != Dropped && !u.empty()
	})
}

// mailboxes are the addresses of all cards, which are one person's, and their local parts.
func (m *merger) mailboxes() map[string]bool {
	mails := map[string]bool{}
	for _, us := range m.cards {
		for _, u := range us {
			if u.line.Name == "EMAIL" {
				address := cleanMail(vcard.Text(u.line))
				local, _, _ := strings.Cut(address, "@")
				mails[address], mails[local] = true, true
			}
		}
	}
	return mails
}

// named says whether a card has a name that is one, and no mailbox in the place of it.
func (m *merger) named(card int, mails map[string]bool) bool {
	for _, u := range m.cards[card] {
		if u.line.Name != "FN" && u.line.Name != "N" || m.state[u.ref] == Dropped || u.empty() {
			continue
		}
		said := fold(plain(strings.Join(vcard.Parts(u.line), " ")))
		if !isContact(said) && !mails[said] {
			return true
		}
	}
	return false
}
