package dedup

import (
	"strings"

	"ksync/internal/contentline"
	"ksync/internal/vcard"
)

// singles decides the properties that have one value, each by itself.
func (m *merger) singles() {
	done := map[string]bool{}
	for _, us := range m.cards {
		for _, u := range us {
			if u.class == single && !done[u.line.Name] {
				done[u.line.Name] = true
				m.single(u.line.Name)
			}
		}
	}
}

// single decides one property. The reference may hold several lines of one that others have once (ORG): they stay.
func (m *merger) single(property string) {
	all := m.candidates(property)
	if len(all) == 0 {
		return
	}
	if _, picked := m.o.Choices.Pick[property]; isKind(property) && all[0].ref.Card != 0 && !m.firm && !picked {
		m.keepKind(all)
		return
	}
	chosen := all[m.choose(property, all)]
	m.settle(all, chosen)
	if chosen.ref.Card == 0 {
		return
	}
	if all[0].ref.Card == 0 {
		m.replace(all[0], chosen)
	} else {
		m.add(chosen)
	}
	m.state[chosen.ref] = Added
	if property == "PHOTO" {
		m.photoFacts(chosen.ref.Card)
	}
}

func isKind(property string) bool {
	return property == "KIND" || property == "X-ABSHOWAS" || property == "X-ADDRESSBOOKSERVER-KIND"
}

// keepKind leaves a kind out that nobody picked, since a person does not become a firm by a merge; "individual" says what a card without a kind says anyway, RFC 6350 §6.1.4.
func (m *merger) keepKind(all []unit) {
	for _, u := range all {
		m.state[u.ref] = Conflict
		if strings.EqualFold(strings.TrimSpace(u.line.Value), "individual") {
			m.state[u.ref] = Identical
		}
	}
}

// settle says of each candidate how it stands to the chosen one.
func (m *merger) settle(all []unit, chosen unit) {
	for _, u := range all {
		switch {
		case u.ref == chosen.ref:
			if u.ref.Card == 0 && sharedByOther(all, u) {
				m.state[u.ref] = Identical
			}
		case u.ref.Card == 0 && chosen.ref.Card == 0:
		case u.key == chosen.key:
			m.state[u.ref] = sameState(chosen.line, u.line)
			m.adopt(chosen.line, u)
			m.leaveLabel(chosen, u)
		case agrees(u, chosen):
			m.state[u.ref] = Notation
			m.leaveAsides(u)
			m.leaveLabel(chosen, u)
		default:
			m.state[u.ref] = Conflict
			if own := stays(all, u, chosen); own != nil {
				m.state[u.ref] = sameState(own, u.line)
				m.leaveLabel(chosen, u)
			}
			m.leaveAsides(u)
		}
	}
}

// stays is the line of the reference that says what a duplicate does and stays beside the chosen one: a second ORG.
func stays(all []unit, u, chosen unit) *contentline.Line {
	for i, own := range all {
		if u.ref.Card != 0 && own.ref.Card == 0 && own.key == u.key && (i > 0 || chosen.ref.Card == 0) {
			return own.line
		}
	}
	return nil
}

func sharedByOther(all []unit, u unit) bool {
	for _, o := range all {
		if o.ref.Card != u.ref.Card && o.key == u.key {
			return true
		}
	}
	return false
}

func (m *merger) candidates(property string) []unit {
	var all []unit
	for _, us := range m.cards {
		for _, u := range us {
			if u.line.Name == property && m.state[u.ref] == 0 && !u.empty() {
				all = append(all, u)
			}
		}
	}
	return all
}

// choose is the person's choice, or the first candidate, unless a later one says the same more fully.
func (m *merger) choose(property string, all []unit) int {
	if pick, ok := m.o.Choices.Pick[property]; ok {
		for i, u := range all {
			if u.ref == pick {
				return i
			}
		}
	}
	best := 0
	for i, u := range all {
		if fuller(u, all[best]) {
			best = i
		}
	}
	return best
}

// fuller: a birthday with its year, an embedded picture instead of a link, a firm with its legal form or department.
func fuller(u, than unit) bool {
	switch u.line.Name {
	case "PHOTO", "LOGO":
		_, here := vcard.Media(u.line)
		_, there := vcard.Media(than.line)
		return here && !there
	case "ORG":
		return agrees(u, than) && len(u.key) > len(than.key)
	}
	return dated(u.line.Name) && agrees(u, than) && parseDate(vcard.Text(than.line)).year == 0 && parseDate(vcard.Text(u.line)).year != 0
}

// dated names the properties that are days.
func dated(property string) bool {
	switch property {
	case "BDAY", "ANNIVERSARY", "X-ANNIVERSARY", "DEATHDATE", "X-DEATHDATE":
		return true
	}
	return false
}

// agrees says whether two values of a property that has one do not contradict each other.
func agrees(a, b unit) bool {
	switch {
	case dated(a.line.Name):
		match := compareDates(parseDate(vcard.Text(a.line)), parseDate(vcard.Text(b.line)))
		return match == dateSame || match == dateSameDay
	case a.line.Name == "ORG":
		x, y := vcard.Parts(a.line), vcard.Parts(b.line)
		if len(x) > 1 && len(y) > 1 && !strings.EqualFold(plain(strings.Join(x[1:], ";")), plain(strings.Join(y[1:], ";"))) {
			return false
		}
		return orgKey(x[0]) == orgKey(y[0])
	}
	return strings.EqualFold(a.key, b.key)
}

// replace puts a duplicate's line in the place of one of the reference.
func (m *merger) replace(old, with unit) {
	group := m.freeGroup(with)
	for _, l := range append([]*contentline.Line{with.line}, with.with...) {
		l = l.Clone()
		if l.Group != group {
			l.SetGroup(group)
		}
		m.note(l)
		m.out.InsertBefore(old.line, l)
	}
	m.remove(old)
}

// photoFacts takes over what one duplicate says of its photo, which became the result's.
func (m *merger) photoFacts(card int) {
	for _, u := range m.cards[0] {
		if u.class == private {
			m.remove(u)
			m.state[u.ref] = NotTaken
		}
	}
	for _, u := range m.cards[card] {
		if u.class == private && m.state[u.ref] == 0 {
			m.add(u)
			m.state[u.ref] = Added
		}
	}
}

// complete sees to it that a card of 3.0 has an N, which RFC 2426 §3.1.2 asks for, and any card an FN.
func (m *merger) complete() {
	fn := m.out.First("FN")
	if fn == nil {
		return // the reference had none: its server shows one made up
	}
	if m.version == vcard.V3 && m.out.First("N") == nil {
		m.out.InsertBefore(fn, contentline.New("", "N", ";"+contentline.Escape(vcard.Text(fn))+";;;"))
	}
}

// prodID is what made the result.
const prodID = "-//ksyncd//EN"

// revise says when and by what the result was made: RFC 6350 §6.7.4, §6.7.3, "the product that created the vCard
// object". The reference's program did not write these lines, and who looks for the cause of one must not be sent there.
func (m *merger) revise() {
	m.set("REV", m.o.REV)
	m.set("PRODID", prodID)
}

// set gives a property that a card has once its value, as text of the property's own type.
func (m *merger) set(property, value string) {
	if l := m.out.First(property); l != nil {
		l.DelParam("VALUE") // RFC 2426 §3.6.4: a REV may have been a date
		l.SetValue(value)
		return
	}
	m.out.Append(contentline.New("", property, value))
}
